"""Sequences of symbols in what the reader network says of a line's columns.

Connectionist temporal classification (Graves et al. 2006): each column names a symbol or none; a
run of one symbol is that symbol once, and where the same one stands twice a column without a
symbol lies between.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitnet.model.symbols import BLANK, DIGITS, OTHER, SYMBOLS

Columns = NDArray[np.float32]
"""(T, 20): of each column, the probabilities of the 19 symbols and of none; each row sums to 1."""

MIN_INK = 0.5
"""A column has a symbol where no symbol is less probable than this."""

_OTHER = SYMBOLS.index(OTHER)
_DIGITS = len(DIGITS)
_LEAST = 1e-30


class Reading(NamedTuple):
    """A symbol that was read.

    Attributes:
        symbol: which one, see `digitnet.model.symbols`.
        start: the first of its columns.
        end: the first column behind it.
        probabilities: (19,), of the symbols where it is surest; they sum to 1 with that of none.
    """

    symbol: int
    start: int
    end: int
    probabilities: NDArray[np.float32]

    @property
    def confidence(self) -> float:
        """The probability of the symbol."""
        return float(self.probabilities[self.symbol])

    @property
    def middle(self) -> float:
        """The middle of its columns."""
        return (self.start + self.end) / 2


def best_path(columns: Columns) -> list[Reading]:
    """The symbols of a line by the best symbol of each column.

    A column has a symbol if that is likelier than none, whichever symbol it is: what is surely
    ink of a digit is told even where it is not clear of which.

    Args:
        columns: what the network says of the line.

    Returns:
        The symbols from left to right; a run of `other` is one.
    """
    named = columns[:, :BLANK]
    best = np.where(1 - columns[:, BLANK] > MIN_INK, named.argmax(axis=1), BLANK)
    edges = np.flatnonzero(np.diff(best, prepend=BLANK, append=BLANK))
    readings: list[Reading] = []
    for start, end in zip(edges.tolist(), edges[1:].tolist(), strict=False):
        symbol = int(best[start])
        if symbol == BLANK:
            continue
        if symbol == _OTHER and readings and readings[-1].symbol == _OTHER:
            start = readings.pop().start
        peak = start + int(named[start:end, symbol].argmax())
        readings.append(Reading(symbol, start, end, named[peak]))
    return readings


def digits_only(columns: Columns) -> Columns:
    """What is said of the digits alone: a mark, a gap or other writing counts as no symbol.

    Args:
        columns: (T, 20).

    Returns:
        (T, 11), the ten digits and none.
    """
    none = columns[:, _DIGITS:].sum(axis=1, keepdims=True)
    return np.concatenate([columns[:, :_DIGITS], none], axis=1)


def log_probability(columns: Columns, symbols: Sequence[int]) -> float:
    """The logarithm of the probability that a line reads so, over all paths (forward algorithm).

    Args:
        columns: (T, C), of each column the probabilities of C - 1 symbols and, last, of none.
        symbols: what is read, below C - 1.

    Returns:
        At most 0; minus infinity where the line has too few columns.
    """
    blank = columns.shape[1] - 1
    states = np.full(2 * len(symbols) + 1, blank)
    states[1::2] = symbols
    emitted = np.log(np.maximum(columns, _LEAST).astype(np.float64))[:, states]
    may_skip = np.zeros(len(states), np.bool_)
    may_skip[3::2] = states[3::2] != states[1:-2:2]
    reached = np.full(len(states), -np.inf)
    reached[:2] = emitted[0, :2]
    with np.errstate(divide="ignore"):
        for said in emitted[1:]:
            moved = np.logaddexp(reached[1:], reached[:-1])
            skipped = np.where(may_skip[2:], reached[:-2], -np.inf)
            reached[1:] = moved
            reached[2:] = np.logaddexp(reached[2:], skipped)
            reached += said
    return float(np.logaddexp.reduce(reached[-2:]))
