"""Finds the ink and the bounding box of each symbol that was read on a line.

The reader outputs columns, not ink. A connected component belongs to a symbol if it overlaps only
that symbol's columns. One that overlaps several, like touching digits, is cut halfway between them.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.reading.ctc import Reading
from digitnet.vision.components import FAINT_LEVEL, Components
from digitnet.vision.find import Layout, cut_out
from digitnet.vision.line_image import LINE_HEIGHT
from digitnet.vision.normalize import at_least
from digitnet.vision.text_line import COLUMN_PX, TextLine

MAX_INK_DISTANCE = 0.6
"""Maximum distance of a symbol's ink from the symbol's centre, relative to the line height."""


class Place(NamedTuple):
    """The position of a symbol.

    Attributes:
        x: left edge in pixels of the gray image.
        y: top edge in pixels of the gray image.
        width: in pixels.
        height: in pixels.
        ink: (H, W) uint8, the ink of this symbol alone, 0 (paper) to 255 (full ink).
        isolated: whether this is the ink of one component, away from all others, ruled lines and
            the edges of the image. False in a table, whose walls were erased.
    """

    x: int
    y: int
    width: int
    height: int
    ink: NDArray[np.uint8]
    isolated: bool = False


def place_symbols(readings: Sequence[Reading], line: TextLine, layout: Layout) -> list[Place]:
    """Find the ink of each symbol of a line.

    Args:
        readings: the symbols, from left to right.
        line: the line that they were read on.
        layout: the layout of the image.
    """
    cores = [(COLUMN_PX * one.start, COLUMN_PX * one.end) for one in readings]
    edges = [-math.inf, *((a[1] + b[0]) / 2 for a, b in pairwise(cores)), math.inf]
    reach = MAX_INK_DISTANCE * LINE_HEIGHT
    pieces = _pieces(layout.parts)
    places = []
    for (start, end), (before, behind) in zip(cores, pairwise(edges), strict=False):
        middle = (start + end) / 2
        bounds = line.box(max(middle - reach, before), min(middle + reach, behind))
        places.append(_place(line.box(start, end), bounds, pieces, layout))
    return places


def place_only_component(layout: Layout) -> Place | None:
    """Return the place of the writing, if it is one component away from the edges and any rules."""
    if layout.table or layout.grid or layout.rules.any():
        return None
    if sum(len(row.members) for row in layout.rows) != 1:
        return None
    (row,) = layout.rows
    left, top, right, bottom = row.boxes[0].tolist()
    height, width = layout.ink.shape
    if left == 0 or top == 0 or right == width or bottom == height:
        return None
    ink = cut_out(layout.ink, layout.parts, row.members, (left, top, right, bottom))
    scale = layout.scale
    box = in_image((scale * left, scale * top, scale * right, scale * bottom), layout)
    return Place(*box, ink)


def split_place(place: Place) -> list[Place]:
    """Cut a component into two digits, at the column with the least ink in its middle half.

    Args:
        place: the component, its ink with a margin of one pixel as in `cut_out`.
    """
    rows, columns = place.ink.shape
    across, down = place.width / (columns - 2), place.height / (rows - 2)
    quarter = columns // 4
    of_columns = place.ink[:, quarter : columns - quarter].sum(axis=0, dtype=np.int64)
    cut = max(1, quarter + int(of_columns.argmin()))
    halves = []
    for start, end in ((0, cut), (cut, columns)):
        own = place.ink[:, start:end]
        left, top, width, height = cv2.boundingRect(at_least(own, FAINT_LEVEL))
        x, y = round(across * max(0, start + left - 1)), round(down * max(0, top - 1))
        size = max(1, round(across * width)), max(1, round(down * height))
        halves.append(Place(place.x + x, place.y + y, *size, own))
    return halves


def _pieces(parts: Components) -> NDArray[np.int64]:
    """Return the left, top, right and bottom edges of components, (4, N), in ink map pixels."""
    left, top, width, height = parts.boxes[:, :4].astype(np.int64).T
    return np.stack([left, top, left + width, top + height])


def _place(
    core: tuple[float, float, float, float],
    bounds: tuple[float, float, float, float],
    pieces: NDArray[np.int64],
    layout: Layout,
) -> Place:
    """Find the ink of one symbol.

    Args:
        core: the box of its columns in the gray image.
        bounds: the box that its ink may fill in the gray image.
        pieces: see `_pieces`.
        layout: the layout of the image.
    """
    area = _within(bounds, layout.scale, layout.ink.shape)
    inner = _within(core, layout.scale, layout.ink.shape)
    left, top, right, bottom = pieces
    members = np.flatnonzero(
        (left < inner[2]) & (right > inner[0]) & (top < inner[3]) & (bottom > inner[1])
    )
    beside_rules = bool(layout.rules[members].any())
    if not layout.rules[members].all():
        members = members[~layout.rules[members]]
    if not members.size:
        return Place(*in_image(core, layout), np.zeros((1, 1), np.uint8))
    extent = (
        int(left[members].min()),
        int(top[members].min()),
        int(right[members].max()),
        int(bottom[members].max()),
    )
    box = _intersect(extent, area)
    height, width = layout.ink.shape
    inside = _intersect(extent, (1, 1, width - 1, height - 1)) == extent
    ink = cut_out(layout.ink, layout.parts, members + 1, box)
    # components that cross the bounds belong to other symbols as well
    if extent[0] < area[0] or extent[2] > area[2]:  # shrink the box to the ink within the bounds
        x, y, width, height = cv2.boundingRect(ink)
        x, y = max(0, box[0] - 1) + x, max(0, box[1] - 1) + y
        box = x, y, x + width, y + height
    left_, top_, right_, bottom_ = (layout.scale * side for side in box)
    alone = members.size == 1 and box == extent and inside and not beside_rules
    isolated = alone and not layout.table and not layout.grid
    return Place(*in_image((left_, top_, right_, bottom_), layout), ink, isolated)


def _intersect(
    one: tuple[int, int, int, int], other: tuple[int, int, int, int]
) -> tuple[int, int, int, int]:
    """Return the common area of two boxes: left, top, right, bottom."""
    return (
        max(one[0], other[0]),
        max(one[1], other[1]),
        min(one[2], other[2]),
        min(one[3], other[3]),
    )


def in_image(box: tuple[float, float, float, float], layout: Layout) -> tuple[int, int, int, int]:
    """Return x, y, width and height of a box, clipped to the gray image.

    A line may extend beyond the image, and so may the last pixels of a reduced ink map.
    """
    *_, width, height = map(round, layout.whole.box(0, layout.whole.image.shape[1]))
    left, top, right, bottom = map(round, box)
    left, top = min(max(left, 0), width - 1), min(max(top, 0), height - 1)
    return (
        left,
        top,
        min(max(right - left, 1), width - left),
        min(max(bottom - top, 1), height - top),
    )


def _within(
    box: tuple[float, float, float, float], scale: float, shape: tuple[int, ...]
) -> tuple[int, int, int, int]:
    """Convert a box from the gray image to the ink map, at least one pixel wide and high."""
    height, width = shape
    left = min(max(math.floor(box[0] / scale), 0), width - 1)
    top = min(max(math.floor(box[1] / scale), 0), height - 1)
    right = min(max(math.ceil(box[2] / scale), left + 1), width)
    bottom = min(max(math.ceil(box[3] / scale), top + 1), height)
    return left, top, right, bottom
