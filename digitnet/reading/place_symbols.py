"""Symbols that were read on a line -> the ink of each, and the box around it.

The reader tells columns, not ink. A piece of ink is a symbol's if it lies over the columns of that
symbol alone; what lies over several, as touching digits do, is cut half way between them.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.reading.ctc import Reading
from digitnet.vision.find import Layout, cut_out
from digitnet.vision.line_image import LINE_HEIGHT
from digitnet.vision.text_line import TextLine

COLUMN_PX = 2
"""Pixels of a line to a column of the reader's answer."""

REACH = 0.6
"""A symbol's ink is at most so many heights of the line from its middle."""

MAX_HEIGHT = 0.98
"""Ink as high as the line and wider than a symbol is a wall or a frame, and cut, too."""


class Place(NamedTuple):
    """Where a symbol stands.

    Attributes:
        x: left edge in pixels of the gray image.
        y: top edge.
        width: in pixels.
        height: in pixels.
        ink: (H, W) uint8, 0 paper .. 255 full ink: the symbol's alone, without that of others.
        isolated: its ink hangs together with no other symbol's.
    """

    x: int
    y: int
    width: int
    height: int
    ink: NDArray[np.uint8]
    isolated: bool


def place_symbols(readings: Sequence[Reading], line: TextLine, layout: Layout) -> list[Place]:
    """Find the ink of each symbol of a line.

    Args:
        readings: what was read, from left to right.
        line: where.
        layout: of the image.
    """
    starts = [COLUMN_PX * reading.start for reading in readings]
    ends = [COLUMN_PX * reading.end for reading in readings]
    reach = REACH * LINE_HEIGHT
    places = []
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        middle = (start + end) / 2
        before = (ends[number - 1] + start) / 2 if number else -math.inf
        behind = (end + starts[number + 1]) / 2 if number + 1 < len(starts) else math.inf
        bounds = max(middle - reach, before), min(middle + reach, behind)
        places.append(_place((start, end), bounds, line, layout))
    return places


def _place(
    columns: tuple[int, int], bounds: tuple[float, float], line: TextLine, layout: Layout
) -> Place:
    """Find the ink of one symbol; its core and its bounds are given in pixels of the line."""
    parts, scale = layout.parts, layout.scale
    area = _within(line.box(*bounds), scale, layout.ink.shape)
    core = _within(line.box(*columns), scale, layout.ink.shape)
    labels = parts.labels[area[1] : area[3], area[0] : area[2]]
    inside = labels[:, max(core[0] - area[0], 0) : core[2] - area[0]]
    found = np.unique(inside)
    numbers = found[found > 0].astype(np.intp)
    left, _, width, height, _ = parts.boxes[numbers - 1].T
    # over the bounds: another symbol's, too
    shared = (left < area[0]) | (left + width > area[2])
    shared |= (height >= MAX_HEIGHT * (area[3] - area[1])) & (width > 0.5 * (area[3] - area[1]))
    own = np.isin(labels, numbers)
    if not own.any():
        nothing = np.zeros((1, 1), np.uint8)
        return Place(*_in_image(line.box(*columns), layout), nothing, isolated=False)
    x, y, columns_of_ink, rows_of_ink = cv2.boundingRect(own.view(np.uint8))
    x, y = area[0] + x, area[1] + y
    box = x, y, x + columns_of_ink, y + rows_of_ink
    seen = cut_out(layout.ink, parts, numbers, box)
    found_at = box[0] * scale, box[1] * scale, box[2] * scale, box[3] * scale
    return Place(*_in_image(found_at, layout), seen, isolated=not shared.any())


def _in_image(box: tuple[float, float, float, float], layout: Layout) -> tuple[int, int, int, int]:
    """x, y, width and height of a box, cut at the edges of the gray image.

    A line may lie partly outside of it, and so may the last pixels of one that was reduced.
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
    """A box of the gray image in pixels of the ink map, at least one of each side."""
    height, width = shape
    left = min(max(math.floor(box[0] / scale), 0), width - 1)
    top = min(max(math.floor(box[1] / scale), 0), height - 1)
    right = min(max(math.ceil(box[2] / scale), left + 1), width)
    bottom = min(max(math.ceil(box[3] / scale), top + 1), height)
    return left, top, right, bottom
