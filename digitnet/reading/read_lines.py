"""The reader's output for the lines of an image -> symbols with positions and probabilities."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from digitnet.model.symbols import DIGITS
from digitnet.reading.ctc import Columns, Reading, best_paths, digits_only, log_probabilities
from digitnet.vision.text_line import COLUMN_PX, TextLine

SMALL_ROW = 0.6
"""A single row below this part of the image's height is small in it."""

SILENT_ROW = 0.5
"""Minimum height of a further row, relative to the highest row with digits."""

_DIGITS = len(DIGITS)


class LineReading(NamedTuple):
    """A line as it was read.

    Attributes:
        line: where it is.
        columns: float32 (T, 20), the reader's output by column.
        symbols: the best path.
        probability: that its digits are right (0-1).
        beside: it continues the row of the line before it: both are cells of a table.
    """

    line: TextLine
    columns: Columns
    symbols: list[Reading]
    probability: float
    beside: bool = False

    @property
    def digits(self) -> list[int]:
        """The digits of the best path."""
        return [reading.symbol for reading in self.symbols if reading.symbol < _DIGITS]


def read_lines(lines: Sequence[TextLine], columns: Sequence[Columns]) -> list[LineReading]:
    """The best paths through lines, and the probabilities of their digits."""
    paths = best_paths(columns)
    digits = [[one.symbol for one in path if one.symbol < _DIGITS] for path in paths]
    probabilities = np.exp(log_probabilities([digits_only(said) for said in columns], digits))
    return [
        LineReading(*read)
        for read in zip(lines, columns, paths, probabilities.tolist(), strict=True)
    ]


def choose_lines(
    whole: LineReading,
    rows: Sequence[LineReading],
    table: Sequence[Sequence[LineReading]] = (),
) -> list[LineReading]:
    """Decide whether an image is one line, a table, or the rows that layout proposes.

    A table with a digit in a cell is read by its cells.

    The reader has learned to call a page `other` that is seen from too far, and a digit that is
    small beside its cell a digit. So the reading of the whole image is used, unless the rows are
    small in it or are read with more confidence.

    Args:
        whole: the whole image, as it was read.
        rows: the same of each row.
        table: the same of the cells of each row of a table, and of each line beside it.

    Returns:
        The lines that have digits, and those without that may have some: rows that are as high,
        cells with ink.
    """
    if any(line.line.cell and line.digits for row in table for line in row):
        return _by_cells(table)
    if table and not any(table):  # an empty one
        return []
    with_digits = [row for row in rows if row.digits]
    if not whole.digits:
        several = len(with_digits) > 1
        small = all(_height(row) < SMALL_ROW * _height(whole) for row in with_digits)
        return _with_silent(with_digits, rows) if several or small else []
    if not with_digits or (len(with_digits) == 1 and not _covers(with_digits[0], whole)):
        return [whole]
    usual = math.prod(row.probability for row in with_digits) ** (1 / len(with_digits))
    return _with_silent(with_digits, rows) if usual > whole.probability else [whole]


def _by_cells(table: Sequence[Sequence[LineReading]]) -> list[LineReading]:
    """Cells row by row, and lines beside the table that have digits.

    Cells with ink and no digit are among them: that they have none must be sure, too.
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


def _covers(row: LineReading, whole: LineReading) -> bool:
    """Whether a row's picture shows all places where digits were read in the whole image."""
    left, _, right, _ = row.line.box(0, row.line.image.shape[1])
    middles = [
        sum(whole.line.box(COLUMN_PX * one.start, COLUMN_PX * one.end)[::2]) / 2
        for one in whole.symbols
        if one.symbol < _DIGITS
    ]
    return all(left <= middle <= right for middle in middles)


def _with_silent(chosen: list[LineReading], rows: Sequence[LineReading]) -> list[LineReading]:
    """Rows with digits, and those as high that have none: that they have none must be sure, too."""
    if not chosen:
        return []
    least = SILENT_ROW * max(map(_height, chosen))
    kept = {id(row) for row in chosen}
    return [row for row in rows if id(row) in kept or (not row.digits and _height(row) >= least)]


def _height(read: LineReading) -> float:
    """How many pixels of the gray image a line is high."""
    return float(np.hypot(*read.line.to_image[:, 1]))
