"""The figure of a prediction: an image with its boxes, answers and reading order."""

import os
import sys
import textwrap
from collections.abc import Sequence
from itertools import groupby, pairwise

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle
from matplotlib.path import Path
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray

from digitnet.escape import escape_controls
from digitnet.plots.figure import QUIET_COLOUR, SURE_COLOUR, UNSURE_COLOUR, new_figure, percent
from digitnet.prediction import UNSURE, Box, Prediction

LONGEST_SIDE = 8.0
"""Inches of the picture in a figure."""

LONGEST_TITLE, LONGEST_HEADLINE = 50, 40
"""Characters that fit above a picture."""


def prediction_figure(image: NDArray[np.uint8], prediction: Prediction, title: str = "") -> Figure:
    """Draw an image with its digits: boxes, answers, confidences, and the order of reading.

    What the network is not sure of has another colour. With a single digit, the probabilities of
    all ten stand beside it.

    Args:
        image: (H, W) uint8 gray as it is seen, 0 dark .. 255 light.
        prediction: what was read in it.
        title: above the picture, for instance the file's name.
    """
    figure = new_figure(1, 1)
    _draw_prediction(figure, image, prediction, title)
    return figure


def show_prediction(image: NDArray[np.uint8], prediction: Prediction, title: str) -> None:
    """Show what `prediction_figure` draws in a window, until it is closed."""
    from matplotlib import pyplot

    _draw_prediction(pyplot.figure(), image, prediction, title)
    pyplot.show(block=True)
    pyplot.close()


def can_open_windows() -> bool:
    """Whether there is a person at a terminal, a display, and a toolkit that can use it."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    if sys.platform == "linux" and not (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    ):
        return False
    # Matplotlib falls back on Agg, which draws into memory, where no toolkit reaches a display.
    return str(mpl.get_backend()).lower() != "agg"


def _draw_prediction(
    figure: Figure, image: NDArray[np.uint8], prediction: Prediction, title: str
) -> None:
    height, width = image.shape
    alone = len(prediction.boxes) == 1
    inches = (LONGEST_SIDE / 2 if alone else LONGEST_SIDE) / max(height, width)
    picture_width, picture_height = max(3.0, width * inches), max(1.5, height * inches)
    figure.set_layout_engine("constrained")
    figure.set_size_inches(picture_width + (3.0 if alone else 0.4), picture_height + 1.1)
    figure.suptitle(_headline(prediction), fontsize=18, fontweight="bold", parse_math=False)
    if alone:
        axes, beside = figure.subplots(1, 2, width_ratios=(picture_width, 3.0))
        _draw_probabilities(beside, prediction.boxes[0])
    else:
        axes = figure.subplots()
    axes.set_title(_printable(title), fontsize=9, color=QUIET_COLOUR, parse_math=False)
    axes.imshow(image, cmap="gray", vmin=0, vmax=255, extent=(0, width, height, 0))
    axes.set(xticks=[], yticks=[], xlim=(0, width), ylim=(height, 0))
    points = 72 * min(picture_width / width, picture_height / height)
    _draw_order(axes, prediction.boxes)
    for box, room in zip(prediction.boxes, _rooms(prediction.boxes), strict=True):
        _draw_box(axes, box, room * points)


def _headline(prediction: Prediction) -> str:
    if prediction.confidence is None:
        return "no digit"
    digits = textwrap.shorten(prediction.digits, LONGEST_HEADLINE, placeholder=" …")
    return f"{digits or f'{len(prediction.boxes)} digits'}  ({percent(prediction.confidence)})"


def _printable(title: str) -> str:
    """A title that can be drawn: undecodable bytes of a file's name have no letter."""
    drawable = escape_controls(title).encode("utf-8", "replace").decode("utf-8")
    return drawable if len(drawable) <= LONGEST_TITLE else f"…{drawable[-LONGEST_TITLE:]}"


def _draw_probabilities(axes: Axes, box: Box) -> None:
    best = max(range(len(box.probabilities)), key=box.probabilities.__getitem__)
    colours = [QUIET_COLOUR] * len(box.probabilities)
    colours[best] = _colour(box)
    axes.barh(range(len(box.probabilities)), box.probabilities, color=colours)
    axes.set(xlim=(0, 1), yticks=range(len(box.probabilities)), xlabel="probability")
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.spines[["top", "right", "left"]].set_visible(False)


def _colour(box: Box) -> str:
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
    colour = _colour(box)
    axes.add_patch(
        Rectangle((box.x, box.y), box.width, box.height, fill=False, color=colour, linewidth=1.5)
    )
    centre = box.x + box.width / 2
    chip = {"boxstyle": "round,pad=0.15", "facecolor": colour, "edgecolor": "none"}
    answer = UNSURE if box.digit is None else str(box.digit)
    # A figure is about 0.6 of the font size wide; the chip around it takes as much again.
    size = min(14.0, max(5.0, room * 0.8))
    axes.annotate(
        answer,
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
        color=QUIET_COLOUR,
        linestyle=style,
        shrinkA=2,
        shrinkB=2,
    )
    axes.add_patch(arrow)
