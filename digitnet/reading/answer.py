"""Symbols that were read -> a prediction.

A symbol below its rejection threshold becomes `?`. The confidence is the probability that all
digits are right.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitnet.model.probabilities import CLASSES, DIGIT
from digitnet.model.symbols import DIGITS, GAP, OTHER, SYMBOLS
from digitnet.reading.ctc import PAIR, Reading
from digitnet.reading.place_symbols import Place, in_image, place_symbols, split_place
from digitnet.reading.prediction import (
    UNSURE,
    Box,
    Prediction,
    make_cell,
    make_grid,
    make_prediction,
)
from digitnet.reading.read_lines import LineReading
from digitnet.vision.find import Layout, Region

_GAP, _OTHER = SYMBOLS.index(GAP), SYMBOLS.index(OTHER)
_DIGITS = len(DIGITS)


class LocatedSymbol(NamedTuple):
    """A digit or mark that becomes a box of the prediction.

    Attributes:
        reading: the decoded symbol.
        place: its ink and bounding box.
        row: index of its line, from 0 at the top.
        after_gap: whether a wide gap precedes it.
        correction: a factor for the confidence of its line, from a second prediction.
    """

    reading: Reading
    place: Place
    row: int
    after_gap: bool
    correction: float = 1.0

    @property
    def is_digit(self) -> bool:
        """Whether its most likely symbol is a digit."""
        return self.reading.symbol < _DIGITS


def locate_symbols(lines: Sequence[LineReading], layout: Layout) -> list[LocatedSymbol]:
    """Find the digits and marks of all lines with digits, in reading order."""
    symbols = []
    row = -1
    for read in lines:
        if not read.digits:
            continue  # a line of marks alone is not part of the answer
        row += not read.beside
        placed = [reading for reading in read.symbols if reading.symbol != _GAP]
        places = place_symbols(placed, read.line, layout)
        place_of = dict(zip((reading.start for reading in placed), places, strict=True))
        after_gap = read.beside
        for reading in read.symbols:
            if reading.symbol == _GAP:
                after_gap = True
            elif reading.symbol != _OTHER:
                symbols.append(LocatedSymbol(reading, place_of[reading.start], row, after_gap))
                after_gap = False
    return symbols


def answer_lines(
    lines: Sequence[LineReading],
    symbols: Sequence[LocatedSymbol],
    thresholds: Sequence[float],
    *,
    complete: bool = True,
) -> Prediction:
    """Make the prediction for an image that was read line by line.

    Args:
        lines: the lines to answer from, see `choose_lines`.
        symbols: their digits and marks.
        thresholds: the rejection threshold (0-1) of each symbol.
        complete: whether all writing was read; otherwise every symbol becomes `?`, and the
            confidence is 0.
    """
    corrections = math.prod(located.correction for located in symbols)
    confidence = min(1.0, math.prod(line.probability for line in lines) * corrections)
    boxes = []
    for located in symbols:
        symbol = located.reading.symbol
        probability = located.reading.confidence
        of_digits: tuple[float, ...] = ()
        if located.is_digit:
            of_digits = _spread_remainder(located.reading.probabilities[:_DIGITS])
        named = complete and probability >= thresholds[symbol]
        place = located.place
        boxes.append(
            Box(
                digit=symbol if named and located.is_digit else None,
                symbol=SYMBOLS[symbol] if named else UNSURE,
                confidence=probability,
                x=place.x,
                y=place.y,
                width=place.width,
                height=place.height,
                row=located.row,
                probabilities=of_digits,
                raw=SYMBOLS[symbol],
                after_gap=located.after_gap,
                ink=place.ink,
            )
        )
    return make_prediction(boxes, confidence if complete else 0.0)


def answer_component(
    place: Place,
    by_reader: Sequence[Place],
    probabilities: NDArray[np.float32],
    thresholds: Sequence[float],
) -> Prediction:
    """Make the prediction for an image of one component: a digit, or two that touch.

    Args:
        place: its ink and bounding box.
        by_reader: those of the digits in it that the reader found.
        probabilities: (112,), see `digitnet.reading.ctc.short_number_probabilities`.
        thresholds: the rejection threshold (0-1) of each digit.
    """
    digits, pairs = probabilities[DIGIT], probabilities[PAIR].reshape(CLASSES, CLASSES)
    if digits.max() >= pairs.max():
        box = _digit_box(_spread_remainder(digits), thresholds, place[:4], 0, place.ink)
        return make_prediction([box], box.confidence)
    halves = by_reader if len(by_reader) == 2 else split_place(place)
    marginals = pairs.sum(axis=1), pairs.sum(axis=0)
    boxes = [
        _digit_box(_spread_remainder(own), thresholds, half[:4], 0, half.ink)
        for own, half in zip(marginals, halves, strict=True)
    ]
    first, second = (int(own.argmax()) for own in marginals)
    return make_prediction(boxes, float(pairs[first, second]))


def _spread_remainder(digits: NDArray[np.float32]) -> tuple[float, ...]:
    """Divide the remaining probability equally among the ten digits, so that they sum to 1."""
    return tuple(np.asarray(digits + (1 - digits.sum()) / CLASSES, np.float32).tolist())


def answer_grid(layout: Layout, read: Sequence[tuple[LineReading, Prediction]]) -> Prediction:
    """Make the prediction for a requested table.

    Args:
        layout: the layout of the image.
        read: the reading and the prediction of each cell with ink, in order.
    """
    answers = iter(read)
    rows = []
    for number, row in enumerate(layout.grid):
        cells = []
        for cell in row:
            (left, top), (right, bottom) = cell.corners.min(axis=0), cell.corners.max(axis=0)
            place = in_image((left, top, right, bottom), layout)
            if cell.line is None:
                cells.append(make_cell([], 1.0, place))
                continue
            line, prediction = next(answers)
            confidence = (
                line.probability if prediction.confidence is None else prediction.confidence
            )
            boxes = [replace(box, row=number) for box in prediction.boxes]
            cells.append(make_cell(boxes, confidence, place))
        rows.append(cells)
    return make_grid(rows)


def answer_digits(
    regions: Sequence[Region], probabilities: Sequence[Sequence[float]], threshold: float
) -> Prediction:
    """Make the prediction for an image whose digits were classified one by one.

    Args:
        regions: the candidate digits, in reading order.
        probabilities: those of the digits 0 to 9, for each region.
        threshold: the rejection threshold (0-1).
    """
    boxes = [
        _digit_box(row, [threshold] * CLASSES, region[:4], region.row, region.digit)
        for region, row in zip(regions, probabilities, strict=True)
    ]
    return make_prediction(boxes, math.prod(box.confidence for box in boxes))


def _digit_box(
    probabilities: Sequence[float],
    thresholds: Sequence[float],
    place: tuple[int, int, int, int],
    row: int,
    ink: NDArray[np.uint8],
) -> Box:
    """Make the box of the most likely digit.

    Args:
        probabilities: those of the digits 0 to 9.
        thresholds: the rejection threshold of each.
        place: left edge, top edge, width and height, in pixels.
        row: as in `Box`.
        ink: as in `Box`.
    """
    confidence = max(probabilities)
    digit = probabilities.index(confidence)
    named = confidence >= thresholds[digit]
    return Box(
        digit if named else None,
        SYMBOLS[digit] if named else UNSURE,
        confidence,
        *place,
        row=row,
        probabilities=tuple(probabilities),
        raw=SYMBOLS[digit],
        ink=ink,
    )
