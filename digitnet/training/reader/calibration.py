"""How sure a reader is of whole numbers, and below what it had better not name a symbol.

Both are found on validation lines, which the weights were not fitted to.
"""

from collections.abc import Callable, Sequence

import numpy as np
import scipy.special
from numpy.typing import NDArray

from digitnet.evaluation.evaluate import calibration_error
from digitnet.model.symbols import DIGITS, OTHER, SYMBOLS
from digitnet.reading.ctc import best_path, digits_only
from digitnet.training.reader.targets import Batch

REJECTED_FRACTION = 0.005
"""A symbol's threshold is set so that this part of those that are read right would be refused."""
MIN_READINGS = 100
"""Of a class, to set its own threshold by; classes with fewer have that of all symbols."""

TEMPERATURES = np.geomspace(0.6, 2.5, 25)

LogProbabilities = Callable[[NDArray[np.float64], Sequence[Sequence[int]]], NDArray[np.float64]]
"""From columns (N, T, C) and sequences to the logarithms of their probabilities (N,)."""


def probabilities(logits: NDArray[np.float32], temperature: float) -> NDArray[np.float64]:
    """The probabilities as the network that ships answers them, (N, T, 20)."""
    scaled = logits.astype(np.float64) / temperature
    return np.asarray(scipy.special.softmax(scaled, axis=-1))


def find_temperature(
    logits: Sequence[NDArray[np.float32]],
    batches: Sequence[Batch],
    log_probabilities: LogProbabilities,
) -> float:
    """The temperature that makes the calibration error of whole numbers smallest.

    The probability of a number is that of all paths that spell its digits.

    Args:
        logits: of each batch, (N, T, 20).
        batches: validation lines.
        log_probabilities: the forward algorithm.
    """

    def error(temperature: float) -> float:
        confidences, right = [], []
        for said, (_, targets) in zip(logits, batches, strict=True):
            columns = probabilities(said, temperature)
            answers = [_digits_read(line) for line in columns]
            only = np.stack([digits_only(line.astype(np.float32)) for line in columns])
            confidences.append(np.exp(log_probabilities(only.astype(np.float64), answers)))
            labels = targets[:, columns.shape[1] :]
            right += [
                answer == [label for label in row.tolist() if 0 <= label < len(DIGITS)]
                for answer, row in zip(answers, labels, strict=True)
            ]
        return calibration_error(np.concatenate(confidences).clip(0, 1), np.array(right))

    return float(min(TEMPERATURES, key=error))


def find_thresholds(
    logits: Sequence[NDArray[np.float32]], batches: Sequence[Batch], temperature: float
) -> dict[str, float]:
    """The probability (0-1) below which each symbol is not named.

    Each digit has its own, and so has other writing; marks and gaps share one. A symbol is read
    right where it stands: some of its columns have that class.

    Args:
        logits: of each batch, (N, T, 20).
        batches: validation lines.
        temperature: of the network that ships.

    Returns:
        A threshold for each character of `SYMBOLS`.
    """
    groups = [*DIGITS, OTHER]
    right: dict[str, list[float]] = {group: [] for group in (*groups, "marks")}
    for said, (_, targets) in zip(logits, batches, strict=True):
        for columns, classes in zip(probabilities(said, temperature), targets, strict=True):
            for reading in best_path(columns.astype(np.float32)):
                if (classes[reading.start : reading.end] == reading.symbol).any():
                    symbol = SYMBOLS[reading.symbol]
                    right[symbol if symbol in groups else "marks"].append(reading.confidence)
    every = [confidence for group in right.values() for confidence in group]
    found = {}
    for symbol in SYMBOLS:
        own = right[symbol if symbol in groups else "marks"]
        known = own if len(own) >= MIN_READINGS else every
        found[symbol] = round(float(np.quantile(known or [0.0], REJECTED_FRACTION)), 6)
    return found


def _digits_read(columns: NDArray[np.float64]) -> list[int]:
    readings = best_path(columns.astype(np.float32))
    return [reading.symbol for reading in readings if reading.symbol < len(DIGITS)]
