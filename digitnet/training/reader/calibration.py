"""How sure a reader is of whole numbers, and below what it had better not name a symbol.

Both are found on validation lines, which the weights were not fitted to.
"""

from collections.abc import Sequence

import numpy as np
import scipy.special
from numpy.typing import NDArray

from digitnet.evaluation.evaluate import calibration_error
from digitnet.model.symbols import DIGITS, OTHER, SYMBOLS
from digitnet.reading.ctc import best_paths, digits_only, log_probabilities
from digitnet.training.reader.targets import Batch

REJECTED_FRACTION = 0.005
"""A symbol's threshold is set so that this part of those that are read right would be refused."""
MIN_READINGS = 100
"""Of a class, to set its own threshold by; classes with fewer have that of all symbols."""

TEMPERATURES = np.geomspace(0.6, 2.5, 25)


def probabilities(logits: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    """The probabilities as the network that ships answers them, (N, T, 20)."""
    return np.asarray(scipy.special.softmax(logits / np.float32(temperature), axis=-1))


def find_temperature(logits: Sequence[NDArray[np.float32]], batches: Sequence[Batch]) -> float:
    """The temperature that makes the calibration error of whole numbers smallest.

    The probability of a number is that of all paths that spell its digits.

    Args:
        logits: of each batch, (N, T, 20).
        batches: validation lines.
    """

    def error(temperature: float) -> float:
        lines = [line for said in logits for line in probabilities(said, temperature)]
        answers = [
            [reading.symbol for reading in path if reading.symbol < len(DIGITS)]
            for path in best_paths(lines)
        ]
        confidences = np.exp(log_probabilities([digits_only(line) for line in lines], answers))
        right = [answer == label for answer, label in zip(answers, labels, strict=True)]
        return calibration_error(confidences.clip(0, 1), np.array(right))

    labels = [
        [label for label in row.tolist() if 0 <= label < len(DIGITS)]
        for said, (_, targets) in zip(logits, batches, strict=True)
        for row in targets[:, said.shape[1] :]
    ]
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
        paths = best_paths([*probabilities(said, temperature)])
        for path, classes in zip(paths, targets, strict=True):
            for reading in path:
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
