"""Decodes the reader's output for the lines of an image, and chooses the lines to answer from."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from digitnet.model.symbols import DIGITS
from digitnet.reading.ctc import (
    Columns,
    Reading,
    best_paths,
    digits_only,
    log_probabilities,
)
from digitnet.vision.text_line import COLUMN_PX, TextLine

SMALL_ROW_HEIGHT = 0.6
"""A single row is small if its height, relative to that of the image, is below this."""

MAX_REPETITION_DISTANCE = 0.25
"""Maximum horizontal distance between the middles of a digit that was read in two lines, relative
to the line height."""

_DIGITS = len(DIGITS)


LocatedDigit = tuple[int, tuple[float, float, float, float]]
"""A digit, and left, top, right and bottom of a box."""


class LineReading(NamedTuple):
    """A line with the reader's output.

    Attributes:
        line: its image and position.
        columns: (T, 20) float32, the reader's output for each column.
        symbols: the symbols of the best path.
        probability: the probability (0-1) that its digits are right.
        beside: whether it continues the row of the previous line: both are cells of a table.
    """

    line: TextLine
    columns: Columns
    symbols: list[Reading]
    probability: float
    beside: bool = False

    @property
    def digits(self) -> list[int]:
        """The digits among the symbols."""
        return [reading.symbol for reading in self.symbols if reading.symbol < _DIGITS]

    def located_digits(self) -> list[LocatedDigit]:
        """Return the digits with the boxes of their columns in the gray image."""
        return [
            (one.symbol, self.line.box(COLUMN_PX * one.start, COLUMN_PX * one.end))
            for one in self.symbols
            if one.symbol < _DIGITS
        ]

    def within(self, left: float, right: float) -> bool:
        """Whether the middles of all digits are between two columns of the gray image."""
        boxes = [box for _, box in self.located_digits()]
        return all(left <= (start + end) / 2 <= right for start, _, end, _ in boxes)


class ImageReading(NamedTuple):
    """The lines of an image with the reader's output.

    Attributes:
        whole: the whole image as one line, or all of its ink, see `choose_view`.
        rows: the rows that were found; none for a requested table.
        chosen: the lines to answer from, see `choose_lines`: none if there are no digits. For a
            requested table, its cells with ink.
    """

    whole: LineReading
    rows: list[LineReading]
    chosen: list[LineReading]

    @property
    def digits(self) -> list[int]:
        """The digits of the chosen lines."""
        return [digit for line in self.chosen for digit in line.digits]

    @property
    def shown(self) -> list[LineReading]:
        """The chosen lines; if there are none, the whole image."""
        return self.chosen or [self.whole]


def read_lines(lines: Sequence[TextLine], columns: Sequence[Columns]) -> list[LineReading]:
    """Decode lines by best path, and compute the probabilities of their digits."""
    paths = best_paths(columns)
    digits = [[one.symbol for one in path if one.symbol < _DIGITS] for path in paths]
    probabilities = np.exp(log_probabilities([digits_only(line) for line in columns], digits))
    return [
        LineReading(*read)
        for read in zip(lines, columns, paths, probabilities.tolist(), strict=True)
    ]


def choose_view(whole: LineReading, inked: LineReading) -> LineReading:
    """Choose how to read an image in one line: the whole image, or the bounding box of its ink.

    The row of a number on a ruled line lacks the line, with any pieces of digits on it; the box has
    both. The more probable reading with digits is used; without digits, that of the whole image.
    """
    with_digits = [view for view in (whole, inked) if view.digits]
    return max(with_digits, key=lambda view: view.probability, default=whole)


def choose_lines(
    whole: LineReading,
    rows: Sequence[LineReading],
    table: Sequence[Sequence[LineReading]] = (),
) -> list[LineReading]:
    """Decide whether to read an image as one line, as the rows that were found, or as a table.

    A table with a digit in any cell is read by its cells.

    The reader was trained to output `OTHER` for a page that is scaled down too far, and to read a
    digit that is small in its cell. So without digits in the whole image, several rows are used,
    and rows that are small in it. In all other cases, the more probable reading is used.

    Args:
        whole: the reading of the whole image.
        rows: the reading of each row.
        table: the readings of the cells in each row of the table, and of each line beside it.

    Returns:
        The lines with digits, and cells with ink.
    """
    if any(line.line.cell and line.digits for row in table for line in row):
        return _by_cells(table)
    if table and not any(table):  # a table without ink
        return []
    with_digits = _without_repetitions([row for row in rows if row.digits])
    in_one = [whole] if whole.digits else []
    if not with_digits:
        return in_one
    if not whole.digits:
        several = len(with_digits) > 1
        small = all(_height(row) < SMALL_ROW_HEIGHT * _height(whole) for row in with_digits)
        if several or small:
            return with_digits
    elif len(with_digits) == 1 and not _covers(with_digits[0], whole):
        return in_one
    of_rows = math.prod(row.probability for row in with_digits)
    of_one = whole.probability * _probability_of_nothing_beside(whole, with_digits)
    return with_digits if of_rows > of_one else in_one


def _probability_of_nothing_beside(whole: LineReading, rows: Sequence[LineReading]) -> float:
    """Return the probability that the other rows have no digits, if the whole image repeats one.

    Writing that is small in the image may be overlooked there.
    """
    seen = whole.located_digits()
    located = [row.located_digits() for row in rows]
    repeated = [_repeat(seen, own) for own in located]
    if not any(repeated):
        return 1.0
    beside = [
        row
        for row, own, same in zip(rows, located, repeated, strict=True)
        if not same and not _repeat(own, seen)
    ]
    return math.prod(float(digits_only(row.columns)[:, -1].prod()) for row in beside)


def _by_cells(table: Sequence[Sequence[LineReading]]) -> list[LineReading]:
    """Return the cells with ink, row by row, and the lines with digits beside the table.

    Cells without digits count in the confidence, as the probability that they have none.
    """
    chosen = []
    for row in table:
        beside = False
        for line in row:
            if line.digits:
                chosen.append(line._replace(beside=beside))
                beside = True
            elif line.line.cell:
                chosen.append(line)
    return chosen


def _without_repetitions(rows: Sequence[LineReading]) -> list[LineReading]:
    """Leave out rows whose digits were read in another row too.

    A digit that touches a ruled line may be found in pieces, which form two rows.
    """
    if len(rows) < 2:
        return [*rows]
    located = [row.located_digits() for row in rows]
    boxes = [np.array([box for _, box in digits]) for digits in located]
    upper = np.array([own[:, 1].min() for own in boxes])
    lower = np.array([own[:, 3].max() for own in boxes])
    best_first = sorted(
        range(len(rows)), key=lambda number: (-len(located[number]), -rows[number].probability)
    )
    rank = np.argsort(best_first)
    kept = []
    for number, row in enumerate(rows):
        y = boxes[number][0, 1::2].mean()
        others = np.flatnonzero((upper < y) & (y < lower) & (rank < rank[number])).tolist()
        if not any(_repeat(located[number], located[other]) for other in others):
            kept.append(row)
    return kept


def _repeat(digits: Sequence[LocatedDigit], others: Sequence[LocatedDigit]) -> bool:
    """Whether all digits are where another row has digits, and most of them are equal."""
    equal = 0
    for digit, (left, top, right, bottom) in digits:
        near = _digits_at((left + right) / 2, (top + bottom) / 2, others)
        if not near:
            return False
        equal += digit in near
    return 2 * equal > len(digits)


def _digits_at(x: float, y: float, digits: Sequence[LocatedDigit]) -> list[int]:
    """Return the digits that were read at a point of the gray image."""
    return [
        digit
        for digit, (start, upper, end, lower) in digits
        if upper < y < lower
        and abs(x - (start + end) / 2) < MAX_REPETITION_DISTANCE * (lower - upper)
    ]


def _covers(row: LineReading, whole: LineReading) -> bool:
    """Whether the image of a row covers all digits that were read in the whole image."""
    left, _, right, _ = row.line.box(0, row.line.image.shape[1])
    return whole.within(left, right)


def _height(read: LineReading) -> float:
    """Return the height of a line in pixels of the gray image."""
    return float(np.hypot(*read.line.to_image[:, 1]))
