"""What each choice does: small networks that differ in one choice, trained side by side.

Seven networks are each trained on the same 10,000 digits of MNIST for 15 epochs with
`digitnet.training.train`. Loss and error are those of the validation set of the shipped models,
5,600 digits. MNIST's test set is not used. docs/choices.md explains the results. Each network is
trained with one seed: differences below a fifth of a percentage point are not significant.
"""

import argparse
import dataclasses
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from benchmarks.harness import digits, options
from benchmarks.harness.result import Result
from digitnet.data.datasets import Dataset, Split, split
from digitnet.plots import save_figure
from digitnet.plots.figure import NEUTRAL_COLOUR, SURE_COLOUR, UNSURE_COLOUR, new_figure
from digitnet.silence import silent_native_code
from digitnet.training.checkpoint import Row
from digitnet.training.options import Activation, Network, Optimizer, TrainingOptions

if TYPE_CHECKING:
    from digitnet.training.fit import Plan

EPOCHS = 15

MLP = TrainingOptions(
    network=Network.MLP,
    hidden=(128, 128),
    epochs=EPOCHS,
    patience=EPOCHS,
    optimizer=Optimizer.ADAM,
    augment=False,
)
SIGMOID = dataclasses.replace(MLP, activation=Activation.SIGMOID)
TANH = dataclasses.replace(MLP, activation=Activation.TANH)
SGD = dataclasses.replace(MLP, optimizer=Optimizer.SGD)
CNN = dataclasses.replace(MLP, network=Network.CNN)
RNN = dataclasses.replace(MLP, network=Network.RNN)
DISTORTED = dataclasses.replace(CNN, augment=True)

CHOICES = {
    "Activation of the feed-forward network": {"sigmoid": SIGMOID, "tanh": TANH, "ReLU": MLP},
    "Optimizer of the feed-forward network": {"SGD": SGD, "Adam": MLP},
    "Kind of network": {"recurrent": RNN, "feed-forward": MLP, "convolutional": CNN},
    "Distortions for the convolutional network": {"without": CNN, "with": DISTORTED},
}
"""The networks that are compared, by choice and name."""

COLOURS = (UNSURE_COLOUR, SURE_COLOUR, "#009E73")
LOSS_TICKS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
ERROR_TICKS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
ERRORS = (0.004, 0.6)
"""Limits of the error axis; the training error reaches 0, which a log scale cannot show."""


class Learner:
    """Training listener that collects all epochs and the number of weights."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.weights = 0

    def started(self, plan: "Plan") -> None:
        """Store the number of weights."""
        self.weights = plan.parameters

    def stepped(self, epoch: int, step: int, loss: float, error: float) -> None:
        """Ignore single batches."""

    def finished_epoch(self, row: Row) -> None:
        """Store the epoch."""
        self.rows.append(row)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--limit`, `--seed` and `--output`."""
    options.add(parser, limit=10_000, seed=0, output=None)


def run(options: argparse.Namespace, result: Result) -> None:
    """Train the networks and plot their learning curves."""
    dataset, parts = choose_digits(options.limit, options.seed)
    learners: dict[TrainingOptions, Learner] = {}
    table = result.table(
        "network",
        {
            "choice": "",
            "weights": ",",
            "loss, first epoch": ".3f",
            "loss, last": ".3f",
            "error, first epoch": ".2%",
            "error, last": ".2%",
        },
    )
    for title, choices in CHOICES.items():
        for name, choice in choices.items():
            if choice not in learners:
                with silent_native_code():
                    learners[choice] = learn(choice, dataset, parts)
            learner = learners[choice]
            first, last = learner.rows[0], learner.rows[-1]
            losses = first["validation_loss"], last["validation_loss"]
            errors = first["validation_error"], last["validation_error"]
            table.row(name, title, learner.weights, *losses, *errors)
    if options.output:
        draw(learners, options.output / "choices.png")


def choose_digits(limit: int, seed: int) -> tuple[Dataset, Split]:
    """Return a sample of MNIST's training set and its whole validation set, without a test set."""
    mnist = digits.mnist()
    parts = split(mnist)
    sample = np.random.default_rng(seed).choice(parts.train, limit, replace=False)
    positions = np.concatenate([sample, parts.validation])
    chosen = Dataset(
        "mnist", mnist.images[positions], mnist.labels[positions], mnist.official[positions]
    )
    nothing = np.empty(0, np.int64)
    return chosen, Split(np.arange(limit), np.arange(limit, len(chosen)), nothing, nothing)


def learn(options: TrainingOptions, dataset: Dataset, parts: Split) -> Learner:
    """Train a network and return its learning curve; the network is not kept."""
    from digitnet.training.train import train  # TensorFlow: not needed to list options

    learner = Learner()
    with tempfile.TemporaryDirectory() as folder:
        train(options, dataset, parts, Path(folder) / "model", learner)
    return learner


def draw(learners: dict[TrainingOptions, Learner], path: Path) -> None:
    """Plot loss and error over the epochs, one row per choice."""
    figure = new_figure(9, 3 * len(CHOICES))
    grid = figure.subplots(len(CHOICES), 2, sharex=True, sharey="col")
    for (loss, error), (title, choices) in zip(grid, CHOICES.items(), strict=True):
        for (name, choice), colour in zip(choices.items(), COLOURS, strict=False):
            rows = learners[choice].rows
            plot(loss, rows, "loss", name, colour)
            plot(error, rows, "error", name, colour)
        loss.set_title(title, loc="left", fontsize=11, fontweight="bold")
        loss.set_ylabel("loss (cross-entropy)")
        error.set_ylabel("error")
        error.legend(frameon=False, loc="upper right")
        adorn(loss, LOSS_TICKS, lambda value: f"{value:g}")
        adorn(error, ERROR_TICKS, lambda value: f"{100 * value:g}%")
        error.set_ylim(ERRORS)
    for axes in grid[-1]:
        axes.set_xlabel("epoch")
    figure.supxlabel(
        "solid: validation part; dashed: training part, measured while it is learned",
        fontsize=9,
        color=NEUTRAL_COLOUR,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    save_figure(figure, path)


def plot(axes: Axes, rows: Sequence[Row], key: str, name: str, colour: str) -> None:
    """Plot a training curve (dashed) and the validation curve (solid)."""
    epochs = [row["epoch"] for row in rows]
    axes.plot(epochs, [row[key] for row in rows], "--", color=colour, linewidth=1, alpha=0.6)
    validation = [row[f"validation_{key}"] for row in rows]
    axes.plot(epochs, validation, color=colour, linewidth=2, marker=".", label=name)


def adorn(axes: Axes, ticks: Sequence[float], text: Callable[[float], str]) -> None:
    """Style the axes; on the log scale, each halving takes the same distance."""
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(FixedLocator(ticks))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: text(value)))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
