"""Sequences of symbols in what the reader network says of a line's columns.

Connectionist temporal classification (Graves et al. 2006): each column names a symbol or none; a
run of one symbol is that symbol once, and where the same one stands twice a column without a
symbol lies between.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
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
_SMALL = 1e-100


class Reading(NamedTuple):
    """A symbol that was read.

    Attributes:
        symbol: which one, see `digitnet.model.symbols`.
        start: the first of its columns.
        end: the first column behind it.
        probabilities: (19,), of the symbols where it is surest; they sum to 1 with that of none.
        confidence: the probability (0-1) that between its neighbours just this symbol stands.
    """

    symbol: int
    start: int
    end: int
    probabilities: NDArray[np.float32]
    confidence: float = 0.0


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
    return _with_confidences(readings, columns)


def _with_confidences(readings: list[Reading], columns: Columns) -> list[Reading]:
    """Work out how sure each symbol is, on the columns that are nearer to it than to others."""
    if not readings:
        return []
    of_digits = digits_only(columns)
    edges = [0, *((a.end + b.start) // 2 for a, b in pairwise(readings)), len(columns)]
    done = []
    for reading, (start, end) in zip(readings, pairwise(edges), strict=True):
        said = of_digits if reading.symbol < _DIGITS else columns
        probability = math.exp(log_probability(said[start:end], [reading.symbol]))
        done.append(reading._replace(confidence=probability))
    return done


def digits_only(columns: Columns) -> Columns:
    """What is said of the digits alone: a mark, a gap or other writing counts as no symbol.

    Args:
        columns: (T, 20).

    Returns:
        (T, 11), the ten digits and none.
    """
    none = columns[:, _DIGITS:].sum(axis=1, keepdims=True)
    return np.concatenate([columns[:, :_DIGITS], none], axis=1)


def log_probability(columns: NDArray[np.float32], symbols: Sequence[int]) -> float:
    """The logarithm of the probability that a line reads so, over all paths (forward algorithm).

    Args:
        columns: (T, C), of each column the probabilities of C - 1 symbols and, last, of none.
        symbols: what is read, below C - 1.

    Returns:
        At most 0; minus infinity where it is impossible.
    """
    none = columns.shape[1] - 1
    emitted = columns[:, [none, *symbols]].tolist()
    count = len(symbols)
    is_new = [number == 0 or symbols[number] != symbols[number - 1] for number in range(count)]
    # the sums of all paths that end behind so many symbols, or in the last of them
    behind, within = [1.0] + [0.0] * count, [0.0] * count
    scale = 0.0
    for blank, *said in emitted:
        entered = [
            (within[n] + behind[n] + (within[n - 1] if n and is_new[n] else 0.0)) * said[n]
            for n in range(count)
        ]
        behind = [behind[0] * blank] + [(behind[n + 1] + within[n]) * blank for n in range(count)]
        within = entered
        most = max(max(behind), max(within, default=0.0))
        if most <= 0.0:
            return -math.inf
        if most < _SMALL:
            behind, within = [p / most for p in behind], [p / most for p in within]
            scale += math.log(most)
    total = behind[count] + (within[-1] if count else 0.0)
    return scale + math.log(total) if total > 0 else -math.inf
