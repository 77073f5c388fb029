"""What the reader says of an image's lines -> its symbols, with places and probabilities."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from digitnet.model.symbols import DIGITS
from digitnet.reading.ctc import (
    Columns,
    Reading,
    best_path,
    digits_only,
    log_probability,
)
from digitnet.vision.find import Layout
from digitnet.vision.text_line import TextLine

SMALL_ROW = 0.6
"""A row of less than this part of the image's height is small in it."""

_DIGITS = len(DIGITS)


class LineReading(NamedTuple):
    """A line as it was read.

    Attributes:
        line: where it is.
        columns: float32 (T, 20), what the reader says of each of its columns.
        symbols: the best path.
        probability: that its digits are right (0-1).
    """

    line: TextLine
    columns: Columns
    symbols: list[Reading]
    probability: float

    @property
    def digits(self) -> list[int]:
        """The digits of the best path."""
        return [reading.symbol for reading in self.symbols if reading.symbol < _DIGITS]


def read_line(line: TextLine, columns: Columns) -> LineReading:
    """The best path through a line, and the probability of its digits."""
    symbols = best_path(columns)
    digits = [reading.symbol for reading in symbols if reading.symbol < _DIGITS]
    probability = math.exp(log_probability(digits_only(columns), digits))
    return LineReading(line, columns, symbols, probability)


def choose_lines(layout: Layout, columns: Sequence[Columns]) -> list[LineReading]:
    """Decide whether an image is one line, or the rows that layout proposes.

    The reader has learned to call a page `other` that is seen from too far, and a digit that is
    small beside its cell a digit. So what it says of the whole image counts, unless the rows are
    small in it, or say more surely what is there.

    Args:
        layout: of the image.
        columns: what the reader says of `layout.whole`, and of each of `layout.lines`.

    Returns:
        The lines that have digits.
    """
    whole = read_line(layout.whole, columns[0])
    rows = [read_line(*pair) for pair in zip(layout.lines, columns[1:], strict=True)]
    rows = [row for row in rows if row.digits]
    if not whole.digits:
        return [row for row in rows if _height(row) < SMALL_ROW * _height(whole)]
    if not rows or (len(rows) == 1 and len(rows[0].digits) < len(whole.digits)):
        return [whole]
    usual = math.prod(row.probability for row in rows) ** (1 / len(rows))
    return rows if usual > whole.probability else [whole]


def _height(read: LineReading) -> float:
    """How many pixels of the gray image a line is high."""
    return float(np.hypot(*read.line.to_image[:, 1]))
