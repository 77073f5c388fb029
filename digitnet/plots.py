"""Figures of predictions, trainings and evaluations.

Figures are drawn with Matplotlib's objects and need no display. Colours are those of Okabe and Ito,
which colour-blind people can tell apart.
"""

import logging
import math
import os
import sys
import warnings
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import NDArray

from digitnet.errors import OutputError
from digitnet.escape import escape_controls
from digitnet.prediction import UNSURE, Box, Prediction

SURE_COLOUR = "#0072B2"
UNSURE_COLOUR = "#D55E00"
QUIET_COLOUR = "#8C8C8C"

LONGEST_SIDE = 8.0
"""Inches of the picture in a figure."""

RESOLUTION = 150
"""Pixels an inch: sharp on a slide."""

# Matplotlib tells its own affairs (fonts, caches) on stderr; they are nothing to our users.
logging.getLogger("matplotlib").setLevel(logging.ERROR)


def writable_suffixes() -> frozenset[str]:
    """The suffixes of files that a figure can be saved as: `.png`, `.pdf`, `.svg`, ..."""
    return frozenset(f".{name}" for name in FigureCanvasAgg.get_supported_filetypes())


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure; the suffix says as what.

    Raises:
        OutputError: it cannot be written.
    """
    try:
        with warnings.catch_warnings():
            # A title may have letters that Matplotlib's font lacks; boxes stand for them.
            warnings.filterwarnings("ignore", message="Glyph .* missing from")
            figure.savefig(path)
    except OSError as error:
        raise OutputError(
            f"the figure {escape_controls(str(path))} cannot be written: "
            f"{(error.strerror or str(error)).lower()}; give another --plot"
        ) from None


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


def show_prediction(image: NDArray[np.uint8], prediction: Prediction, title: str) -> None:
    """Show what `prediction_figure` draws in a window, until it is closed."""
    from matplotlib import pyplot

    _draw_prediction(pyplot.figure(), image, prediction, title)
    pyplot.show(block=True)
    pyplot.close()


def prediction_figure(image: NDArray[np.uint8], prediction: Prediction, title: str = "") -> Figure:
    """Draw an image with its digits: boxes, answers, confidences, and the order of reading.

    What the network is not sure of has another colour. With a single digit, the probabilities of
    all ten stand beside it.

    Args:
        image: (H, W) uint8 gray as it is seen, 0 dark .. 255 light.
        prediction: what was read in it.
        title: above the picture, for instance the file's name.
    """
    figure = _new_figure(1, 1)
    _draw_prediction(figure, image, prediction, title)
    return figure


def history_figure(history: Sequence[Mapping[str, float]]) -> Figure:
    """Draw loss and error over the epochs, of the training and of the validation part.

    Args:
        history: a row an epoch, as `history.csv` has them: `epoch`, `loss`, `error`,
            `validation_loss`, `validation_error`.
    """
    figure = _new_figure(9, 4)
    loss, error = figure.subplots(1, 2)
    epochs = [row["epoch"] for row in history]
    for axes, name, label in ((loss, "loss", "loss (cross-entropy)"), (error, "error", "error")):
        for key, part, colour in (
            (name, "training", QUIET_COLOUR),
            (f"validation_{name}", "validation", SURE_COLOUR),
        ):
            values = [row[key] for row in history]
            axes.plot(epochs, values, color=colour, label=part, linewidth=2, marker=".")
        axes.set(xlabel="epoch", ylabel=label)
        axes.set_ylim(bottom=0)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    error.yaxis.set_major_formatter(PercentFormatter(1))
    loss.legend(frameon=False)
    return figure


def confusion_figure(matrix: Sequence[Sequence[int]]) -> Figure:
    """Draw how often each digit was taken for which.

    Colour shows the mistakes only: right answers, in gray, would outshine them.

    Args:
        matrix: `matrix[i][j]` digits i were called j; 10 x 10.
    """
    counts = np.asarray(matrix, np.int64)
    mistakes = np.where(np.eye(len(counts), dtype=bool), 0, counts)
    figure = _new_figure(7, 6)
    axes = figure.subplots()
    worst = max(1, int(mistakes.max()))
    picture = axes.imshow(mistakes, cmap="Oranges", vmin=0, vmax=worst)
    for (row, column), count in np.ndenumerate(counts):
        right = row == column
        if right:
            axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, color="#E8E8E8"))
        if count:
            colour = "white" if not right and count > 0.6 * worst else "black"
            axes.text(column, row, f"{count}", ha="center", va="center", color=colour, fontsize=9)
    axes.set(xlabel="answer", ylabel="what was written")
    axes.set_xticks(range(len(counts)))
    axes.set_yticks(range(len(counts)))
    axes.tick_params(length=0)
    figure.colorbar(picture, label="mistakes", shrink=0.8).ax.yaxis.set_major_locator(
        MaxNLocator(integer=True)
    )
    wrong, total = int(mistakes.sum()), int(counts.sum())
    axes.set_title(f"{wrong:,} of {total:,} wrong ({wrong / max(1, total):.2%})")
    return figure


def misses_figure(
    images: NDArray[np.uint8],
    labels: NDArray[np.integer],
    predicted: NDArray[np.integer],
    confidence: NDArray[np.floating],
) -> Figure:
    """Draw digits that were read wrongly, in the order given.

    Args:
        images: (N, 28, 28) uint8, white ink (255) on black (0).
        labels: (N,) what was written, 0-9.
        predicted: (N,) the answers, 0-9.
        confidence: (N,) the probability (0-1) of each answer.
    """
    columns = min(8, max(4, len(images)))
    rows = max(1, math.ceil(len(images) / columns))
    figure = _new_figure(1.2 * columns, 1.5 * rows)
    cells = figure.subplots(rows, columns, squeeze=False)
    for axes in cells.flat:
        axes.set_axis_off()
    misses = zip(cells.flat, images, labels, predicted, confidence, strict=False)
    for axes, image, label, answer, probability in misses:
        axes.imshow(255 - image, cmap="gray", vmin=0, vmax=255)
        axes.set_title(f"{label} read as {answer}\n{_percent(probability)}", fontsize=8)
    if not len(images):
        figure.suptitle("no digit was read wrongly")
    return figure


def reliability_figure(
    confidence: NDArray[np.floating], right: NDArray[np.bool_], bins: int = 15
) -> Figure:
    """Draw how often answers of each confidence are right: on the diagonal, they keep their word.

    Args:
        confidence: (N,) the probability (0-1) of each answer.
        right: (N,) whether it was right.
        bins: how many intervals of confidence (Guo et al. 2017 take 15).
    """
    edges = np.linspace(0, 1, bins + 1)
    places = np.minimum((confidence * bins).astype(int), bins - 1)
    counts = np.bincount(places, minlength=bins)
    filled = counts > 0
    accuracy = np.bincount(places, weights=right, minlength=bins)[filled] / counts[filled]
    figure = _new_figure(5.5, 6)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    above.bar(
        edges[:-1][filled], accuracy, width=1 / bins, align="edge", color=SURE_COLOUR, edgecolor="w"
    )
    above.plot([0, 1], [0, 1], "--", color=UNSURE_COLOUR, label="as sure as right")
    above.set(ylabel="answers that are right", ylim=(0, 1))
    above.legend(frameon=False, loc="upper left")
    below.bar(
        edges[:-1],
        counts,
        width=1 / bins,
        align="edge",
        color=QUIET_COLOUR,
        edgecolor="w",
        log=True,
    )
    below.set(xlabel="confidence", ylabel="answers", xlim=(0, 1))
    for axes in (above, below):
        axes.spines[["top", "right"]].set_visible(False)
    for axis in (above.yaxis, below.xaxis):
        axis.set_major_formatter(PercentFormatter(1))
    return figure


def _new_figure(width: float, height: float) -> Figure:
    figure = Figure((width, height), RESOLUTION, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def _draw_prediction(
    figure: Figure, image: NDArray[np.uint8], prediction: Prediction, title: str
) -> None:
    height, width = image.shape
    alone = len(prediction.boxes) == 1
    inches = (LONGEST_SIDE / 2 if alone else LONGEST_SIDE) / max(height, width)
    picture_width, picture_height = max(3.0, width * inches), max(1.5, height * inches)
    figure.set_size_inches(picture_width + (3.0 if alone else 0.4), picture_height + 1.1)
    figure.suptitle(_headline(prediction), fontsize=18, fontweight="bold", parse_math=False)
    if alone:
        axes, beside = figure.subplots(1, 2, width_ratios=(picture_width, 3.0))
        _draw_probabilities(beside, prediction.boxes[0])
    else:
        axes = figure.subplots()
    axes.set_title(_printable(title), fontsize=9, color=QUIET_COLOUR, parse_math=False)
    axes.imshow(image, cmap="gray", vmin=0, vmax=255)
    axes.set(xticks=[], yticks=[], xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
    points = 72 * min(picture_width / width, picture_height / height)
    _draw_order(axes, prediction.boxes)
    for box, room in zip(prediction.boxes, _rooms(prediction.boxes), strict=True):
        _draw_box(axes, box, room * points)


def _headline(prediction: Prediction) -> str:
    if prediction.confidence is None:
        return "no digit"
    return f"{prediction.digits}  ({_percent(prediction.confidence)})"


def _printable(title: str) -> str:
    """A title that can be drawn: undecodable bytes of a file's name have no letter."""
    return escape_controls(title).encode("utf-8", "replace").decode("utf-8")


def _percent(probability: float) -> str:
    """Whole percents, rounded down: only certainty is 100 %."""
    return f"{math.floor(100 * probability)} %"


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
    small = min(8.0, room / 2.8)
    if small >= 4:
        axes.annotate(
            _percent(box.confidence),
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
    """Draw arrows from digit to digit, dotted ones from a row to the next."""
    for one, other in pairwise(boxes):
        same_row = one.row == other.row
        axes.add_patch(
            FancyArrowPatch(
                (one.x + one.width, one.y + one.height / 2),
                (other.x, other.y + other.height / 2),
                arrowstyle="->",
                mutation_scale=8,
                color=QUIET_COLOUR,
                linewidth=1 if same_row else 0.8,
                linestyle="-" if same_row else ":",
                shrinkA=2,
                shrinkB=2,
            )
        )
