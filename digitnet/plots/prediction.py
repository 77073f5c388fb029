"""The figure of a prediction: an image with its boxes and answers, or every stage of reading."""

import os
import sys

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray

from digitnet.files.escape import escape_controls
from digitnet.plots.boxes import colour_of, draw_boxes, draw_picture
from digitnet.plots.figure import NEUTRAL_COLOUR, new_figure, percent
from digitnet.plots.stages import Stages, draw_stages
from digitnet.reading.prediction import Box, Prediction

MAX_SIDE = 8.0
"""Longer side of the image in a figure, in inches; half as long for a single symbol."""

MAX_TITLE, MAX_HEADLINE = 50, 40
"""Maximum length of the texts above an image, in characters."""

MAX_HEADLINE_SIZE = 18.0
"""Maximum font size of the headline, in points (1/72 inch)."""


def prediction_figure(
    image: NDArray[np.uint8],
    prediction: Prediction,
    title: str = "",
    stages: Stages | None = None,
) -> Figure:
    """Draw an image with its boxes, answers, confidences and reading order.

    Digits, marks and uncertain symbols have different colours. A single digit gets a bar chart of
    the probabilities of all ten digits.

    Args:
        image: (H, W) uint8 grayscale, 0 (dark) to 255 (light).
        prediction: its prediction.
        title: shown above the image, such as the name of the file.
        stages: draw the stages of reading as well: the result of `Recognizer.find_lines`.
    """
    figure = new_figure(1, 1)
    _draw(figure, image, prediction, title, stages)
    return figure


def show_prediction(
    image: NDArray[np.uint8], prediction: Prediction, title: str, stages: Stages | None = None
) -> None:
    """Show the figure of `prediction_figure` in a window, and wait until it is closed."""
    from matplotlib import pyplot

    _draw(pyplot.figure(), image, prediction, title, stages)
    pyplot.show(block=True)
    pyplot.close()


def can_open_windows() -> bool:
    """Whether there is an interactive terminal, a display, and a GUI toolkit that can use it."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    if sys.platform == "linux" and not (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    ):
        return False
    # Without a usable GUI toolkit, Matplotlib falls back to Agg, which draws into memory.
    return str(mpl.get_backend()).lower() != "agg"


def _draw(
    figure: Figure,
    image: NDArray[np.uint8],
    prediction: Prediction,
    title: str,
    stages: Stages | None,
) -> None:
    figure.set_layout_engine("constrained")
    if stages is None:
        axes = _draw_answer(figure, image, prediction)
    else:
        axes = draw_stages(figure, image, stages, prediction.boxes)
    axes.set_title(
        _printable(title),
        loc="center" if stages is None else "left",  # the first of three images may be narrow
        fontsize=9,
        color=NEUTRAL_COLOUR,
        parse_math=False,
    )
    headline = _headline(prediction)
    # A bold digit is about 0.7 of the font size wide.
    size = min(MAX_HEADLINE_SIZE, 72 * figure.get_figwidth() / (0.75 * len(headline)))
    figure.suptitle(headline, fontsize=size, fontweight="bold", parse_math=False)


def _draw_answer(figure: Figure, image: NDArray[np.uint8], prediction: Prediction) -> Axes:
    """Draw the image with its boxes, and return the axes of the image."""
    height, width = image.shape
    alone = len(prediction.boxes) == 1
    inches = (MAX_SIDE / 2 if alone else MAX_SIDE) / max(height, width)
    picture_width, picture_height = max(3.0, width * inches), max(1.5, height * inches)
    figure.set_size_inches(picture_width + (3.0 if alone else 0.4), picture_height + 1.1)
    axes: Axes
    if alone:
        axes, beside = figure.subplots(1, 2, width_ratios=(picture_width, 3.0))
        _draw_probabilities(beside, prediction.boxes[0])
    else:
        axes = figure.subplots()
    draw_picture(axes, image)
    draw_boxes(axes, prediction.boxes, 72 * min(picture_width / width, picture_height / height))
    return axes


def _headline(prediction: Prediction) -> str:
    if prediction.confidence is None:
        return "no digit"
    text = prediction.text
    read = text if len(text) <= MAX_HEADLINE else f"{text[:MAX_HEADLINE]} …"
    return f"{read}  ({percent(prediction.confidence)})"


def _printable(title: str) -> str:
    """Make a title drawable and short: undecodable bytes of a file name have no glyph."""
    drawable = escape_controls(title).encode("utf-8", "replace").decode("utf-8")
    return drawable if len(drawable) <= MAX_TITLE else f"…{drawable[-MAX_TITLE:]}"


def _draw_probabilities(axes: Axes, box: Box) -> None:
    colours = [NEUTRAL_COLOUR] * len(box.probabilities)
    colours[int(box.raw)] = colour_of(box)
    axes.barh(range(len(box.probabilities)), box.probabilities, color=colours)
    axes.set(xlim=(0, 1), yticks=range(len(box.probabilities)), xlabel="probability")
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.spines[["top", "right", "left"]].set_visible(False)
