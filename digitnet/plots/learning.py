"""Figures of training runs and evaluations."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import NDArray

from digitnet.plots.figure import NEUTRAL_COLOUR, SURE_COLOUR, UNSURE_COLOUR, new_figure, percent

MAX_MISSES, MISSES_A_ROW = 40, 8
"""Maximum number of misclassified digits in a figure, and number of digits side by side."""


def history_figure(history: Sequence[Mapping[str, float]]) -> Figure:
    """Plot the loss and the error of the training and validation sets over the epochs.

    Args:
        history: one row per epoch, as in `history.csv`: `epoch`, `loss`, `error`,
            `validation_loss`, `validation_error`.
    """
    figure = new_figure(9, 4)
    loss, error = figure.subplots(1, 2)
    epochs = [row["epoch"] for row in history]
    for axes, name, label in ((loss, "loss", "loss (cross-entropy)"), (error, "error", "error")):
        for key, part, colour in (
            (name, "training", NEUTRAL_COLOUR),
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
    """Draw a confusion matrix.

    Only mistakes are coloured: right answers, which are gray, would outshine them.

    Args:
        matrix: 10 x 10; `matrix[i][j]` is the number of digits i that were classified as j.
    """
    counts = np.asarray(matrix, np.int64)
    mistakes = np.where(np.eye(len(counts), dtype=bool), 0, counts)
    figure = new_figure(7, 6)
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
    axes.set(xlabel="predicted digit", ylabel="true digit")
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
    """Draw the misclassified digits, the most confident mistakes first.

    Args:
        images: (N, 28, 28) uint8, white ink (255) on black (0).
        labels: (N,) the labels, 0-9.
        predicted: (N,) the answers, 0-9.
        confidence: (N,) the probability (0-1) of each answer.
    """
    wrong = np.flatnonzero(labels != predicted)
    shown = wrong[np.argsort(-confidence[wrong], kind="stable")][:MAX_MISSES]
    rows = max(1, math.ceil(len(shown) / MISSES_A_ROW))
    figure = new_figure(1.15 * MISSES_A_ROW, 1.5 * rows + 0.5)
    cells = figure.subplots(rows, MISSES_A_ROW, squeeze=False)
    for axes in cells.flat:
        axes.set_axis_off()
    for axes, number in zip(cells.flat, shown, strict=False):
        axes.imshow(255 - images[number], cmap="gray", vmin=0, vmax=255)
        answer = f"{labels[number]} read as {predicted[number]}\n{percent(confidence[number])}"
        axes.set_title(answer, fontsize=8)
    count = "all" if len(shown) == len(wrong) else f"the {len(shown)} most confident of"
    figure.suptitle(f"{count} {len(wrong)} mistakes in {len(labels):,} digits", fontsize=11)
    return figure


def reliability_figure(
    confidence: NDArray[np.floating], right: NDArray[np.bool_], bins: int = 15
) -> Figure:
    """Plot accuracy over confidence (reliability diagram): calibrated answers are on the diagonal.

    Args:
        confidence: (N,) the probability (0-1) of each answer.
        right: (N,) whether it was right.
        bins: the number of confidence intervals (Guo et al. 2017 use 15).
    """
    edges = np.linspace(0, 1, bins + 1)
    places = np.minimum((confidence * bins).astype(int), bins - 1)
    counts = np.bincount(places, minlength=bins)
    filled = counts > 0
    accuracy = np.bincount(places, weights=right, minlength=bins)[filled] / counts[filled]
    figure = new_figure(5.5, 6)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    above.bar(
        edges[:-1][filled], accuracy, width=1 / bins, align="edge", color=SURE_COLOUR, edgecolor="w"
    )
    above.plot([0, 1], [0, 1], "--", color=UNSURE_COLOUR, label="perfect calibration")
    above.set(ylabel="accuracy", ylim=(0, 1))
    above.legend(loc="upper left", framealpha=0.9, edgecolor="none")
    below.bar(
        edges[:-1],
        counts,
        width=1 / bins,
        align="edge",
        color=NEUTRAL_COLOUR,
        edgecolor="w",
        log=True,
    )
    below.set(xlabel="confidence", ylabel="number of answers", xlim=(0, 1))
    for axes in (above, below):
        axes.spines[["top", "right"]].set_visible(False)
    for axis in (above.yaxis, below.xaxis):
        axis.set_major_formatter(PercentFormatter(1))
    return figure
