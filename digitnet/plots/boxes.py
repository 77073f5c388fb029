"""Draws boxes on an image, with answers, confidences and the reading order."""

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
    """Draw a gray image, (H, W) uint8, without ticks; one pixel is one unit."""
    height, width = image.shape
    axes.imshow(image, cmap="gray", vmin=0, vmax=255, extent=(0, width, height, 0))
    axes.set(xticks=[], yticks=[], xlim=(0, width), ylim=(height, 0))


def draw_boxes(axes: Axes, boxes: Sequence[Box], points: float) -> None:
    """Draw boxes on an image.

    Args:
        axes: the axes of the image.
        boxes: the boxes in reading order.
        points: the width of an image pixel in the figure, in points (1/72 inch).
    """
    rows = [list(row) for _, row in groupby(boxes, key=lambda box: box.row)]
    _draw_order(axes, rows)
    for row, over, under in zip(rows, [[], *rows], [*rows[1:], []], strict=False):
        for box, room in zip(row, _rooms(row, over, under), strict=True):
            _draw_box(axes, box, room, points)


def colour_of(box: Box) -> str:
    """Return the colour of a box: that of digits, of marks, or of uncertain symbols."""
    if box.symbol == UNSURE:
        return UNSURE_COLOUR
    return MARK_COLOUR if box.is_mark else SURE_COLOUR


class _Room(NamedTuple):
    """The space for the labels of a box, in pixels of the image.

    Attributes:
        top: the lower edge of the answer.
        bottom: the upper edge of the confidence.
        width: the width available to both, between the labels of the neighbours.
        above: the free height above `top`, shared with the confidences of the row above.
        below: the free height below `bottom`, shared with the answers of the row below.
    """

    top: int
    bottom: int
    width: float
    above: float
    below: float


def _rooms(row: Sequence[Box], over: Sequence[Box], under: Sequence[Box]) -> list[_Room]:
    """Return the space for the labels of a row between the rows over and under it.

    The labels of a mark, which may be small and low, are at the height of the digits beside it.
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
        axes: the axes of the image.
        box: the box to draw.
        room: the space for its labels.
        points: the width of an image pixel in the figure, in points (1/72 inch).
    """
    colour = colour_of(box)
    axes.add_patch(
        Rectangle((box.x, box.y), box.width, box.height, fill=False, color=colour, linewidth=1.5)
    )
    centre = box.x + box.width / 2
    chip = {"boxstyle": "round,pad=0.15", "facecolor": colour, "edgecolor": "none"}
    # A digit is about 0.6 of the font size wide and, with the chip around it, 1.6 high. If another
    # row is near, answers get 0.6 of the height between the rows, and confidences the rest.
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
    """Draw arrows from symbol to symbol, and from the end of each row to the start of the next."""
    for row in rows:
        for one, other in pairwise(row):
            _draw_arrow(axes, [_right_end(one), _left_end(other)], "-")
    for row, following in pairwise(rows):
        last, first = row[-1], following[0]
        # Like a carriage return: out, back through the gap between the rows, and in again.
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
