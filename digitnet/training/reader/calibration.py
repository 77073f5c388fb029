"""Calibration of a reader: its temperature, and a rejection threshold for each symbol.

Both are found on validation lines, which the weights were not fitted to.
"""

from collections.abc import Sequence

import numpy as np
import scipy.special
from numpy.typing import NDArray

from digitnet.model.symbols import DIGITS, OTHER, SYMBOLS
from digitnet.reading.ctc import best_paths, digits_only, log_probabilities
from digitnet.training.reader.targets import Batch

MIN_THRESHOLD = 0.5
"""Minimum threshold: below it, a symbol is more likely wrong than right."""
WRONG_COST = 1.5
"""How many refused symbols a wrong one is as bad as."""
OTHER_SYMBOL_WEIGHT = 0.3
"""Weight of readings of other symbols: few readings of each are near the threshold."""

TEMPERATURES = np.geomspace(0.4, 2.5, 31)

MIN_ERROR_PROBABILITY = 1e-4
"""Lower bound of the error probability in the score of a wrong number."""


def probabilities(logits: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    """The probabilities as the network that ships answers them, (N, T, 20)."""
    return np.asarray(scipy.special.softmax(logits / np.float32(temperature), axis=-1))


def find_temperature(logits: Sequence[NDArray[np.float32]], batches: Sequence[Batch]) -> float:
    """The temperature that calibrates the probabilities of whole numbers.

    The probability of a number is that of all paths that spell its digits. That it is right is an
    event whose cross-entropy is made smallest: a proper score (Good 1952), and on 2,000 lines
    steadier than the calibration error, whose bins of doubtful numbers hold some fifty each.

    Args:
        logits: of each batch, (N, T, 20).
        batches: validation lines.
    """
    labels = [
        [label for label in row.tolist() if 0 <= label < len(DIGITS)]
        for said, (_, targets) in zip(logits, batches, strict=True)
        for row in targets[:, said.shape[1] :]
    ]

    def score(temperature: float) -> float:
        lines = [line for said in logits for line in probabilities(said, temperature)]
        answers = [
            [reading.symbol for reading in path if reading.symbol < len(DIGITS)]
            for path in best_paths(lines)
        ]
        said = np.exp(log_probabilities([digits_only(line) for line in lines], answers))
        confidences = said.clip(MIN_ERROR_PROBABILITY, 1 - MIN_ERROR_PROBABILITY)
        right = [answer == label for answer, label in zip(answers, labels, strict=True)]
        return float(-np.log(np.where(right, confidences, 1 - confidences)).mean())

    return float(min(TEMPERATURES, key=score))


def find_thresholds(
    logits: Sequence[NDArray[np.float32]], batches: Sequence[Batch], temperature: float
) -> dict[str, float]:
    """The probability (0-1) below which each symbol is not named.

    It makes the cost of right symbols below it and of wrong ones from it on smallest. Each digit
    has its own, and so has other writing; marks and gaps share one. A symbol is read right where
    some of its columns have that class.

    Args:
        logits: of each batch, (N, T, 20).
        batches: validation lines.
        temperature: of the network that ships.

    Returns:
        A threshold for each character of `SYMBOLS`.
    """
    groups = [*DIGITS, OTHER]
    read: dict[str, list[tuple[float, bool]]] = {group: [] for group in (*groups, "marks")}
    for said, (_, targets) in zip(logits, batches, strict=True):
        paths = best_paths([*probabilities(said, temperature)])
        for path, classes in zip(paths, targets, strict=True):
            for reading in path:
                symbol = SYMBOLS[reading.symbol]
                right = bool((classes[reading.start : reading.end] == reading.symbol).any())
                group = symbol if symbol in groups else "marks"
                read[group].append((reading.confidence, right))
    return {
        symbol: _even_point(read, symbol if symbol in groups else "marks") for symbol in SYMBOLS
    }


def _even_point(read: dict[str, list[tuple[float, bool]]], own: str) -> float:
    """The confidence above which the symbols of a group should be accepted."""
    every = [
        (*one, 1.0 if group == own else OTHER_SYMBOL_WEIGHT)
        for group, some in read.items()
        for one in some
    ]
    if not every:
        return MIN_THRESHOLD
    confidences, right, weights = np.array(sorted(every), np.float64).T
    # symbols lost below each confidence, and wrong ones above it
    lost = np.append(0, np.cumsum(weights * right))
    wrong = np.append(np.cumsum((weights * (1 - right))[::-1])[::-1], 0)
    place = int((lost + WRONG_COST * wrong).argmin())
    return round(max(float(np.append(confidences, 1.0)[place]), MIN_THRESHOLD), 3)
