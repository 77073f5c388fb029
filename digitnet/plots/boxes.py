"""The boxes on an image: answers, confidences, and the order of reading."""

from collections.abc import Sequence
from itertools import groupby, pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, Rectangle
from matplotlib.path import Path
from numpy.typing import NDArray

from digitnet.plots.figure import NEUTRAL_COLOUR, SURE_COLOUR, UNSURE_COLOUR, percent
from digitnet.reading.prediction import Box


def draw_picture(axes: Axes, image: NDArray[np.uint8]) -> None:
    """Draw an image without ticks, a pixel a unit.

    Args:
        axes: to draw on.
        image: (H, W) uint8 gray, or (H, W, 3) uint8 RGB.
    """
    height, width = image.shape[:2]
    axes.imshow(image, cmap="gray", vmin=0, vmax=255, extent=(0, width, height, 0))
    axes.set(xticks=[], yticks=[], xlim=(0, width), ylim=(height, 0))


def draw_boxes(axes: Axes, boxes: Sequence[Box], points: float) -> None:
    """Draw boxes on a picture.

    Args:
        axes: of the picture.
        boxes: in reading order.
        points: how wide (1/72 inch) a pixel of the picture is drawn.
    """
    _draw_order(axes, boxes)
    for box, room in zip(boxes, _rooms(boxes), strict=True):
        _draw_box(axes, box, room * points)


def colour_of(box: Box) -> str:
    """Say by a colour whether the network is sure."""
    return UNSURE_COLOUR if box.digit is None else SURE_COLOUR


def _rooms(boxes: Sequence[Box]) -> list[float]:
    """The width (pixels) that the label of each box may have beside its neighbours' labels."""
    centres = [box.x + box.width / 2 for box in boxes]
    rooms = [max(box.width, box.height) * 1.0 for box in boxes]
    for i, (one, other) in enumerate(pairwise(boxes)):
        if one.row == other.row:
            distance = abs(centres[i + 1] - centres[i])
            rooms[i], rooms[i + 1] = min(rooms[i], distance), min(rooms[i + 1], distance)
    return rooms


def _draw_box(axes: Axes, box: Box, room: float) -> None:
    """Draw a box, the answer above it and the confidence below it.

    Args:
        axes: of the picture.
        box: what to draw.
        room: the width (points) that its labels may have.
    """
    colour = colour_of(box)
    axes.add_patch(
        Rectangle((box.x, box.y), box.width, box.height, fill=False, color=colour, linewidth=1.5)
    )
    centre = box.x + box.width / 2
    chip = {"boxstyle": "round,pad=0.15", "facecolor": colour, "edgecolor": "none"}
    # A figure is about 0.6 of the font size wide; the chip around it takes as much again.
    size = min(14.0, max(5.0, room * 0.8))
    axes.annotate(
        box.answer,
        (centre, box.y),
        xytext=(0, 2),
        textcoords="offset points",
        ha="center",
        va="bottom",
        color="white",
        fontsize=size,
        fontweight="bold",
        bbox=chip,
    )
    small = min(9.0, room / 2.8)
    if small >= 4:
        axes.annotate(
            percent(box.confidence),
            (centre, box.y + box.height),
            xytext=(0, -2),
            textcoords="offset points",
            ha="center",
            va="top",
            color=colour,
            fontsize=small,
            bbox={"boxstyle": "round,pad=0.1", "facecolor": "white", "alpha": 0.8, "linewidth": 0},
        )


def _draw_order(axes: Axes, boxes: Sequence[Box]) -> None:
    """Draw arrows from digit to digit, and from the end of a row back to the next row's start."""
    rows = [list(row) for _, row in groupby(boxes, key=lambda box: box.row)]
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
