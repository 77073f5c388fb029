"""Reads images line by line: the reader reads the lines, the classifier confirms its digits."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitnet.interruption import Interruption
from digitnet.model.bundle import Bundle
from digitnet.model.probabilities import Probabilities
from digitnet.model.symbols import SYMBOLS
from digitnet.reading.answer import answer_grid, answer_lines, locate_symbols
from digitnet.reading.classifying.product_of_experts import combine_experts, needs_classifier
from digitnet.reading.prediction import Prediction
from digitnet.reading.read_lines import LineReading, choose_lines, read_lines
from digitnet.reading.reader import Reader
from digitnet.vision import Layout
from digitnet.vision.normalize import normalize
from digitnet.vision.text_line import TextLine

Classify = Callable[[list[NDArray[np.uint8]]], Probabilities]
"""Classifies any number of digits, (28, 28) uint8 each: returns (N, 32) probabilities."""


class Explanation(NamedTuple):
    """How an image was read.

    Attributes:
        gray: (H, W) uint8, 0 (dark) to 255 (light).
        layout: where the writing is.
        lines: the lines that the answer was read from; the whole image if there was no such line;
            empty if only the classifier was used.
        prediction: the answer.
    """

    gray: NDArray[np.uint8]
    layout: Layout
    lines: list[LineReading]
    prediction: Prediction


class ImageReader:
    """Reads images whose layout was found. Thread-safe.

    Args:
        model: a reader's bundle.
        threshold: the rejection threshold (0-1) of all symbols; None for the model's own.

    Raises:
        BundleError: the network is damaged, or is not a reader.
    """

    def __init__(self, model: Bundle, threshold: float | None) -> None:
        self._reader = Reader(model)
        own = model.thresholds
        self._thresholds = own if threshold is None else [threshold] * len(SYMBOLS)

    def read_whole(self, layout: Layout) -> LineReading:
        """Read the whole image as one line.

        Raises:
            BundleError: the network cannot be run.
        """
        return read_lines([layout.whole], self._reader.read([layout.whole.image]))[0]

    def read(self, layouts: Sequence[Layout]) -> list[list[LineReading]]:
        """Read the lines of several images in one batch, and choose those to answer from.

        Raises:
            BundleError: the network cannot be run.
        """
        lines = list(chain.from_iterable(map(_lines_of, layouts)))
        columns = self._reader.read([line.image for line in lines])
        with Interruption():
            read = iter(read_lines(lines, columns))
            return [_chosen(layout, read) for layout in layouts]

    def answer(self, layouts: Sequence[Layout], classify: Classify) -> list[Prediction]:
        """Make the predictions for several images in one batch.

        Args:
            layouts: the layouts of the images.
            classify: classifies isolated digits of which the reader is not sure.

        Raises:
            BundleError: a network cannot be run.
        """
        return self._answer(layouts, self.read(layouts), classify) if layouts else []

    def explain(self, layout: Layout, classify: Classify) -> tuple[list[LineReading], Prediction]:
        """Make the prediction for one image, like `answer`, and keep the lines it was read from.

        If there are none, this is the whole image as one line.

        Raises:
            BundleError: a network cannot be run.
        """
        lines = self.read([layout])
        (prediction,) = self._answer([layout], lines, classify)
        return lines[0] or [self.read_whole(layout)], prediction

    def _answer(
        self,
        layouts: Sequence[Layout],
        lines: Sequence[list[LineReading]],
        classify: Classify,
    ) -> list[Prediction]:
        # each cell of a requested table is answered like an image of its own
        units = [
            (layout, unit)
            for layout, own in zip(layouts, lines, strict=True)
            for unit in ([[line] for line in own] if layout.grid else [own])
        ]
        with Interruption():
            symbols = [locate_symbols(own, layout) for layout, own in units]
            uncertain = [number for number, own in enumerate(symbols) if needs_classifier(own)]
            digits = [normalize(symbols[number][0].place.ink) for number in uncertain]
        combined: list[NDArray[np.float32] | None] = [None] * len(units)
        for number, classified in zip(uncertain, classify(digits), strict=True):
            combined[number] = combine_experts(symbols[number][0].reading, classified)
        answers = iter(
            answer_lines(own, located, digit, self._thresholds, complete=not layout.left_out)
            for (layout, own), located, digit in zip(units, symbols, combined, strict=True)
        )
        return [
            answer_grid(layout, [(line, next(answers)) for line in own])
            if layout.grid
            else next(answers)
            for layout, own in zip(layouts, lines, strict=True)
        ]


def _lines_of(layout: Layout) -> list[TextLine]:
    """Return the lines of an image that the reader reads."""
    if layout.grid:
        return [cell.line for row in layout.grid for cell in row if cell.line]
    return [layout.whole, *layout.lines, *chain.from_iterable(layout.table)]


def _chosen(layout: Layout, read: Iterator[LineReading]) -> list[LineReading]:
    """Take the readings of an image from `read`, and choose those to answer from."""
    if layout.grid:
        return [next(read) for _ in _lines_of(layout)]
    return choose_lines(
        next(read),
        [next(read) for _ in layout.lines],
        [[next(read) for _ in row] for row in layout.table],
    )
