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
from digitnet.reading.answer import (
    LocatedSymbol,
    answer_component,
    answer_grid,
    answer_lines,
    locate_symbols,
)
from digitnet.reading.classifying.product_of_experts import (
    Candidate,
    combine_experts,
    combine_symbol,
    find_candidates,
    needs_classifier,
)
from digitnet.reading.ctc import LONGER, NONE
from digitnet.reading.place_symbols import Place
from digitnet.reading.prediction import Prediction
from digitnet.reading.read_lines import (
    ImageReading,
    LineReading,
    choose_lines,
    choose_view,
    read_lines,
)
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


class Part(NamedTuple):
    """Lines that are answered together: those of an image, or a cell of a requested table.

    Attributes:
        lines: the lines.
        symbols: their digits and marks.
    """

    lines: list[LineReading]
    symbols: list[LocatedSymbol]


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

    def read(self, layouts: Sequence[Layout]) -> list[ImageReading]:
        """Read the lines of several images in one batch, and choose those to answer from.

        Raises:
            BundleError: the network cannot be run.
        """
        lines = list(chain.from_iterable(map(_lines_of, layouts)))
        columns = self._reader.read([line.image for line in lines])
        with Interruption():
            read = iter(read_lines(lines, columns))
            return [_image_reading(layout, read) for layout in layouts]

    def answer(self, layouts: Sequence[Layout], classify: Classify) -> list[Prediction]:
        """Make the predictions for several images in one batch.

        Args:
            layouts: the layouts of the images.
            classify: classifies the digits and pairs of which the reader is not sure.

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
        (reading,) = self.read([layout])
        (prediction,) = self._answer([layout], [reading], classify)
        return reading.shown, prediction

    def _answer(
        self,
        layouts: Sequence[Layout],
        readings: Sequence[ImageReading],
        classify: Classify,
    ) -> list[Prediction]:
        with Interruption():
            candidates = find_candidates(readings, layouts)
            located = [*map(_locate, readings, layouts)]
            places = [
                [candidate.place] if candidate else _places_to_classify(parts)
                for candidate, parts in zip(candidates, located, strict=True)
            ]
            digits = [normalize(place.ink) for place in chain(*places)]
        classified = iter(classify(digits))
        with Interruption():
            return [
                self._answer_image(layout, reading, candidate, parts, classified)
                for layout, reading, candidate, parts in zip(
                    layouts, readings, candidates, located, strict=True
                )
            ]

    def _answer_image(
        self,
        layout: Layout,
        reading: ImageReading,
        candidate: Candidate | None,
        parts: list[Part],
        classified: Iterator[NDArray[np.float32]],
    ) -> Prediction:
        """Make the prediction for one image.

        Args:
            layout: where the writing is.
            reading: the reader's output.
            candidate: writing of one digit or two that was classified as well, if any.
            parts: its lines, or the cells of a requested table.
            classified: has the classifier's output for it next, or for the digits of the parts.
        """
        if candidate:
            both = combine_experts(candidate.by_reader, next(classified))
            best = both.argmax()
            # a digit that the reader found is at least a `?`, even if the classifier sees none
            if best != LONGER and (reading.chosen or best != NONE):
                symbols = [symbol for part in parts for symbol in part.symbols]
                digits = [symbol.place for symbol in symbols if symbol.is_digit]
                return answer_component(candidate.place, digits, both, self._thresholds)
        else:
            parts = [_combine(part, classified) for part in parts]
        complete = not layout.left_out
        answers = [answer_lines(*part, self._thresholds, complete=complete) for part in parts]
        if layout.grid:
            return answer_grid(layout, [*zip(reading.chosen, answers, strict=True)])
        return answers[0]


def _locate(reading: ImageReading, layout: Layout) -> list[Part]:
    """Find the digits and marks of an image, or of each cell of a requested table."""
    groups = [[cell] for cell in reading.chosen] if layout.grid else [reading.chosen]
    return [Part(lines, locate_symbols(lines, layout)) for lines in groups]


def _places_to_classify(parts: Sequence[Part]) -> list[Place]:
    return [one.place for part in parts for one in part.symbols if needs_classifier(one)]


def _combine(part: Part, classified: Iterator[NDArray[np.float32]]) -> Part:
    """Combine the digits that were classified as well with the classifier's output."""
    symbols = [
        combine_symbol(one, next(classified)) if needs_classifier(one) else one
        for one in part.symbols
    ]
    return part._replace(symbols=symbols)


def _lines_of(layout: Layout) -> list[TextLine]:
    """Return the lines of an image that the reader reads."""
    if layout.grid:
        return [layout.whole, *(cell.line for row in layout.grid for cell in row if cell.line)]
    inked = [layout.inked] if layout.inked else []
    return [layout.whole, *inked, *layout.lines, *chain.from_iterable(layout.table)]


def _image_reading(layout: Layout, read: Iterator[LineReading]) -> ImageReading:
    """Take the readings of an image from `read`, and choose those to answer from."""
    whole, *others = [next(read) for _ in _lines_of(layout)]
    if layout.grid:
        return ImageReading(whole, [], others)
    if layout.inked:
        whole = choose_view(whole, others.pop(0))
    rows, cells = others[: len(layout.lines)], iter(others[len(layout.lines) :])
    table = [[next(cells) for _ in row] for row in layout.table]
    return ImageReading(whole, rows, choose_lines(whole, rows, table))
