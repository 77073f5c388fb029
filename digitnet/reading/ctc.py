"""Decoding: symbol sequences from the reader network's output columns.

Connectionist temporal classification (Graves et al. 2006): each column has a symbol or a blank; a
run of the same symbol is one symbol, and a blank separates repeated ones.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitnet.model.symbols import BLANK, DIGITS, OTHER, SYMBOLS

Columns = NDArray[np.float32]
"""(T, 20): the probabilities of the 19 symbols and the blank in each column; rows sum to 1."""

MIN_SYMBOL_PROBABILITY = 0.5
"""A column has a symbol if the probability of all symbols together is above this."""

_OTHER = SYMBOLS.index(OTHER)
_DIGITS = len(DIGITS)

NONE = _DIGITS
PAIR = slice(NONE + 1, NONE + 1 + _DIGITS**2)
LONGER = PAIR.stop
"""Short numbers, after the ten digits: no digit, the pairs 00 to 99, and all longer numbers."""

BATCH_LINES = 64
"""Batch size of the forward algorithm, in lines."""


class Reading(NamedTuple):
    """A decoded symbol.

    Attributes:
        symbol: its index, see `digitnet.model.symbols`.
        start: its first column.
        end: the column after its last.
        probabilities: (19,) those of all symbols, in the column where this one is most likely; with
            the blank, they sum to 1.
        confidence: the probability (0-1) that exactly this symbol is between its neighbours.
    """

    symbol: int
    start: int
    end: int
    probabilities: NDArray[np.float32]
    confidence: float = 0.0


def best_paths(lines: Sequence[Columns]) -> list[list[Reading]]:
    """Decode lines by the most likely symbol of each column (best path decoding).

    A column has a symbol if all symbols together are more likely than a blank, so that a digit is
    reported even if it is unclear which one it is.

    Args:
        lines: the network's output for each line.

    Returns:
        The symbols of each line from left to right; consecutive `OTHER` symbols are merged.
    """
    paths = [_runs(columns) for columns in lines]
    segments, symbols = [], []
    for columns, runs in zip(lines, paths, strict=True):
        # the confidence of a symbol comes from the columns nearest to it
        edges = [0, *((a.end + b.start) // 2 for a, b in pairwise(runs)), len(columns)]
        of_digits = digits_only(columns)
        for run, (start, end) in zip(runs, pairwise(edges), strict=False):
            is_digit = run.symbol < _DIGITS
            segment = of_digits[start:end] if is_digit else columns[start:end]
            segments.append(segment[:, [run.symbol, -1]])
            symbols.append([0])
    confidences = iter(np.exp(log_probabilities(segments, symbols)).tolist())
    return [[run._replace(confidence=next(confidences)) for run in runs] for runs in paths]


def _runs(columns: Columns) -> list[Reading]:
    """Find the runs of columns with the same symbol; their confidence is not set yet."""
    named = columns[:, :BLANK]
    best = np.where(1 - columns[:, BLANK] > MIN_SYMBOL_PROBABILITY, named.argmax(axis=1), BLANK)
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
    """Keep only the digits: marks, gaps and other writing count as blank.

    Args:
        columns: (T, 20).

    Returns:
        (T, 11): the ten digits and the blank.
    """
    none = columns[:, _DIGITS:].sum(axis=1, keepdims=True)
    return np.concatenate([columns[:, :_DIGITS], none], axis=1)


def short_number_probabilities(lines: Sequence[Columns]) -> NDArray[np.float64]:
    """Compute the probabilities that lines have no digit, or one or two, over all alignments.

    Args:
        lines: the network's output for each line.

    Returns:
        (N, 112), rows sum to 1: the ten digits, no digit, the pairs 00 to 99, and longer numbers.
    """
    longest = max(map(len, lines), default=0)
    padded = np.zeros((longest, len(lines), _DIGITS + 1, 1), np.float64)
    padded[:, :, -1] = 1.0  # blanks change nothing
    for number, columns in enumerate(lines):
        padded[: len(columns), number, :, 0] = digits_only(columns)
    # being at the first or second digit, or in a blank behind it
    none = np.ones((len(lines), 1, 1))
    first, behind_first = np.zeros((2, len(lines), _DIGITS, 1))
    second, behind_second = np.zeros((2, len(lines), _DIGITS, _DIGITS))
    other = 1 - np.eye(_DIGITS)  # a repeated digit needs a blank before it
    for column in padded:
        digits, blank = column[:, :_DIGITS], column[:, _DIGITS:]
        entered = second + behind_first + first * other
        behind_second, second = (behind_second + second) * blank, entered * digits.mT
        behind_first, first = (behind_first + first) * blank, (none + first) * digits
        none = none * blank
    pairs = (second + behind_second).reshape(len(lines), _DIGITS**2, 1)
    short = np.concatenate([first + behind_first, none, pairs], axis=1)[..., 0]
    longer = (1 - short.sum(axis=1, keepdims=True)).clip(0)
    return np.concatenate([short, longer], axis=1)


def log_probabilities(
    lines: Sequence[NDArray[np.float32]], sequences: Sequence[Sequence[int]]
) -> NDArray[np.float64]:
    """Compute the log probabilities of symbol sequences over all alignments (forward algorithm).

    Args:
        lines: (T, C) each, with the same C: the probabilities of C - 1 symbols and, last, of the
            blank in each column.
        sequences: the symbols of each line, below C - 1.

    Returns:
        (N,), at most 0; minus infinity for an impossible sequence.
    """
    answers = np.empty(len(lines), np.float64)
    # group lines of similar length, because a batch is padded
    order = sorted(range(len(lines)), key=lambda n: (len(lines[n]), len(sequences[n])))
    for start in range(0, len(order), BATCH_LINES):
        some = order[start : start + BATCH_LINES]
        answers[some] = _forward([lines[n] for n in some], [sequences[n] for n in some])
    return answers


def _forward(
    lines: Sequence[NDArray[np.float32]], sequences: Sequence[Sequence[int]]
) -> NDArray[np.float64]:
    """Run the forward algorithm on a batch, with scaling after each column (Rabiner 1989)."""
    count, none = len(lines), lines[0].shape[1] - 1
    last = np.array([2 * len(symbols) for symbols in sequences])
    states = np.full((count, last.max() + 1), none)
    # a blank column behind each line gathers both ways to end, with or without a last blank
    columns = np.zeros((max(map(len, lines)) + 1, count, none + 1), np.float64)
    columns[..., none] = 1.0
    for number, (line, symbols) in enumerate(zip(lines, sequences, strict=True)):
        columns[: len(line), number] = line
        states[number, 1 : 2 * len(symbols) : 2] = symbols
    may_skip = (states[:, 2:] != none) & (states[:, 2:] != states[:, :-2])
    # The result for a line must be bitwise independent of the other lines in its batch.
    own = np.arange(states.shape[1]) <= last[:, None]
    probabilities = np.take_along_axis(columns, states[None], axis=2) * own
    reached = np.zeros(states.shape, np.float64)
    reached[:, 0] = 1.0
    scales = np.ones((len(columns), count, 1), np.float64)
    for column, scale in zip(probabilities, scales, strict=True):
        entered = reached.copy()
        entered[:, 1:] += reached[:, :-1]
        entered[:, 2:] += reached[:, :-2] * may_skip
        entered *= column
        np.max(entered, axis=1, keepdims=True, out=scale)
        scale[scale == 0] = 1.0
        reached = entered / scale
    with np.errstate(divide="ignore"):
        ends = np.log(reached[np.arange(count), last])
    return np.asarray(np.log(scales[..., 0]).cumsum(axis=0)[-1] + ends, np.float64)
