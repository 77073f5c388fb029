"""The boxes on an image: answers, confidences, and the order of reading."""

import math
from collections.abc import Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, Rectangle
from matplotlib.path import Path
from numpy.typing import NDArray

from digitnet.plots.figure import (
    MARK_COLOUR,
    NEUTRAL_COLOUR,
    SURE_COLOUR,
    UNSURE_COLOUR,
    percent,
)
from digitnet.reading.prediction import UNSURE, Box


def draw_picture(axes: Axes, image: NDArray[np.uint8]) -> None:
    """Draw a gray image, (H, W) uint8, without ticks, a pixel a unit."""
    height, width = image.shape
    axes.imshow(image, cmap="gray", vmin=0, vmax=255, extent=(0, width, height, 0))
    axes.set(xticks=[], yticks=[], xlim=(0, width), ylim=(height, 0))


def draw_boxes(axes: Axes, boxes: Sequence[Box], points: float) -> None:
    """Draw boxes on a picture.

    Args:
        axes: of the picture.
        boxes: in reading order.
        points: how wide (1/72 inch) a pixel of the picture is drawn.
    """
    rows = [list(row) for _, row in groupby(boxes, key=lambda box: box.row)]
    _draw_order(axes, rows)
    for row, over, under in zip(rows, [[], *rows], [*rows[1:], []], strict=False):
        for box, room in zip(row, _rooms(row, over, under), strict=True):
            _draw_box(axes, box, room, points)


def colour_of(box: Box) -> str:
    """Say by a colour whether it is a digit or a mark, or the network is not sure."""
    if box.symbol == UNSURE:
        return UNSURE_COLOUR
    return MARK_COLOUR if box.is_mark else SURE_COLOUR


class _Room(NamedTuple):
    """Where a box has its labels, and how large they may be, in pixels of the picture.

    Attributes:
        top: the lower edge of the answer.
        bottom: the upper edge of the confidence.
        width: of both, beside the labels of the neighbours.
        above: free height over `top`, to be shared with the confidences there.
        below: free height under `bottom`, to be shared with the answers there.
    """

    top: int
    bottom: int
    width: float
    above: float
    below: float


def _rooms(row: Sequence[Box], over: Sequence[Box], under: Sequence[Box]) -> list[_Room]:
    """The space for the labels of a row between two others.

    A mark has its labels at the height of the digits beside it: it may be small and low.
    """
    centres = [box.x + box.width / 2 for box in row]
    distances = [math.inf, *(abs(b - a) for a, b in pairwise(centres)), math.inf]
    rooms = []
    for number, box in enumerate(row):
        before = [other for other in row[:number] if not other.is_mark][-1:]
        behind = [other for other in row[number + 1 :] if not other.is_mark][:1]
        level = [box, *before, *behind] if box.is_mark else [box]
        top = min(other.y for other in level)
        bottom = max(other.y + other.height for other in level)
        width = min(max(box.width, bottom - top), distances[number], distances[number + 1])
        left, right = centres[number] - width / 2, centres[number] + width / 2
        above = [top - b.y - b.height for b in over if b.x < right and b.x + b.width > left]
        below = [b.y - bottom for b in under if b.x < right and b.x + b.width > left]
        rooms.append(
            _Room(top, bottom, width, min(above, default=math.inf), min(below, default=math.inf))
        )
    return rooms


def _draw_box(axes: Axes, box: Box, room: _Room, points: float) -> None:
    """Draw a box, the answer above it and the confidence below it.

    Args:
        axes: of the picture.
        box: what to draw.
        room: of its labels.
        points: how wide (1/72 inch) a pixel of the picture is drawn.
    """
    colour = colour_of(box)
    axes.add_patch(
        Rectangle((box.x, box.y), box.width, box.height, fill=False, color=colour, linewidth=1.5)
    )
    centre = box.x + box.width / 2
    chip = {"boxstyle": "round,pad=0.15", "facecolor": colour, "edgecolor": "none"}
    # A figure is about 0.6 of the font size wide and, with the chip around it, 1.6 high. Where
    # another row is near, answers have 0.6 of the height between, and confidences the rest.
    size = min(14.0, max(5.0, min(0.8 * room.width, 0.38 * room.above) * points))
    axes.annotate(
        box.symbol,
        (centre, room.top),
        xytext=(0, 2),
        textcoords="offset points",
        ha="center",
        va="bottom",
        color="white",
        fontsize=size,
        fontweight="bold",
        bbox=chip,
    )
    small = min(9.0, min(room.width / 2.8, 0.28 * room.below) * points)
    if small >= 4:
        axes.annotate(
            percent(box.confidence),
            (centre, room.bottom),
            xytext=(0, -2),
            textcoords="offset points",
            ha="center",
            va="top",
            color=colour,
            fontsize=small,
            bbox={"boxstyle": "round,pad=0.1", "facecolor": "white", "alpha": 0.8, "linewidth": 0},
        )


def _draw_order(axes: Axes, rows: Sequence[Sequence[Box]]) -> None:
    """Draw arrows from symbol to symbol, and from the end of a row back to the next one's start."""
    for row in rows:
        for one, other in pairwise(row):
            _draw_arrow(axes, [_right_end(one), _left_end(other)], "-")
    for row, following in pairwise(rows):
        last, first = row[-1], following[0]
        # Like a typewriter's carriage: out, through the gap between the rows, and in again.
        bottom = max(box.y + box.height for box in row)
        gap = (bottom + min(box.y for box in following)) / 2
        margin = 0.15 * max(box.height for box in (last, first))
        start, end = _right_end(last), _left_end(first)
        out, back = start[0] + margin, end[0] - margin
        corners = [(out, start[1]), (out, gap), (back, gap), (back, end[1])]
        _draw_arrow(axes, [start, *corners, end], ":")


def _left_end(box: Box) -> tuple[float, float]:
    return box.x, box.y + box.height / 2


def _right_end(box: Box) -> tuple[float, float]:
    return box.x + box.width, box.y + box.height / 2


def _draw_arrow(axes: Axes, points: list[tuple[float, float]], style: str) -> None:
    arrow = FancyArrowPatch(
        path=Path(points),
        arrowstyle="->",
        mutation_scale=8,
        color=NEUTRAL_COLOUR,
        linestyle=style,
        shrinkA=2,
        shrinkB=2,
    )
    axes.add_patch(arrow)
