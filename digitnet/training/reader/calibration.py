"""Calibration of a reader: its temperature, and a rejection threshold for each symbol.

Both are fitted on validation lines, which the weights were not fitted to.
"""

from collections.abc import Sequence

import numpy as np
import scipy.special
from numpy.typing import NDArray

from digitnet.model.symbols import DIGITS, OTHER, SYMBOLS
from digitnet.reading.ctc import best_paths, digits_only, log_probabilities
from digitnet.training.reader.targets import Batch

MIN_THRESHOLD = 0.5
"""Minimum rejection threshold: below it, a symbol is more likely wrong than right."""
WRONG_COST = 1.5
"""Cost of a wrong symbol, relative to rejecting a correct one."""
OTHER_SYMBOL_WEIGHT = 0.3
"""Weight of readings of other symbols in finding a threshold: a single symbol has few readings near
its threshold."""

TEMPERATURES = np.geomspace(0.4, 2.5, 31)
"""Candidate temperatures."""

MIN_ERROR_PROBABILITY = 1e-4
"""Confidences are clipped this far from 0 and 1, so that no wrong number costs an infinite loss."""


def probabilities(logits: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    """Return the probabilities, float32 (N, T, 20), as the exported network computes them."""
    return np.asarray(scipy.special.softmax(logits / np.float32(temperature), axis=-1))


def find_temperature(logits: Sequence[NDArray[np.float32]], batches: Sequence[Batch]) -> float:
    """Find the temperature that calibrates the probabilities of whole numbers.

    The probability of a number is the sum over all paths that spell its digits. The temperature
    minimizes the cross-entropy of the event that the number is correct. This is a proper score
    (Good 1952), and more stable on 2,000 lines than the calibration error, whose bins of uncertain
    numbers hold only about fifty each.

    Args:
        logits: float32 (N, T, 20) for each batch.
        batches: validation lines.

    Returns:
        One of `TEMPERATURES`; above 1 if the network is overconfident.
    """
    labels = [
        [label for label in row.tolist() if 0 <= label < len(DIGITS)]
        for batch, (_, targets) in zip(logits, batches, strict=True)
        for row in targets[:, batch.shape[1] :]
    ]

    def score(temperature: float) -> float:
        lines = [line for batch in logits for line in probabilities(batch, temperature)]
        answers = [
            [reading.symbol for reading in path if reading.symbol < len(DIGITS)]
            for path in best_paths(lines)
        ]
        confidences = np.exp(log_probabilities([digits_only(line) for line in lines], answers))
        confidences = confidences.clip(MIN_ERROR_PROBABILITY, 1 - MIN_ERROR_PROBABILITY)
        right = [answer == label for answer, label in zip(answers, labels, strict=True)]
        return float(-np.log(np.where(right, confidences, 1 - confidences)).mean())

    return float(min(TEMPERATURES, key=score))


def find_thresholds(
    logits: Sequence[NDArray[np.float32]], batches: Sequence[Batch], temperature: float
) -> dict[str, float]:
    """Find the probability (0-1) below which each symbol is rejected.

    A threshold minimizes the cost of correct symbols below it and wrong symbols above it. Each
    digit has its own threshold, and so has other writing; marks and gaps share one. A reading is
    correct if any of its columns has its class.

    Args:
        logits: float32 (N, T, 20) for each batch.
        batches: validation lines.
        temperature: the temperature of the exported network.

    Returns:
        A threshold (0.5-1) for each character of `SYMBOLS`.
    """
    groups = [*DIGITS, OTHER]
    read: dict[str, list[tuple[float, bool]]] = {group: [] for group in (*groups, "marks")}
    for batch, (_, targets) in zip(logits, batches, strict=True):
        paths = best_paths([*probabilities(batch, temperature)])
        for path, classes in zip(paths, targets, strict=True):
            for reading in path:
                symbol = SYMBOLS[reading.symbol]
                right = bool((classes[reading.start : reading.end] == reading.symbol).any())
                group = symbol if symbol in groups else "marks"
                read[group].append((reading.confidence, right))
    return {
        symbol: _best_threshold(read, symbol if symbol in groups else "marks") for symbol in SYMBOLS
    }


def _best_threshold(read: dict[str, list[tuple[float, bool]]], own: str) -> float:
    """Return the threshold of a group of symbols, from (confidence, correct) pairs of readings."""
    every = [
        (*one, 1.0 if group == own else OTHER_SYMBOL_WEIGHT)
        for group, some in read.items()
        for one in some
    ]
    if not every:
        return MIN_THRESHOLD
    confidences, right, weights = np.array(sorted(every), np.float64).T
    # correct symbols rejected below each confidence, and wrong ones accepted above it
    lost = np.append(0, np.cumsum(weights * right))
    wrong = np.append(np.cumsum((weights * (1 - right))[::-1])[::-1], 0)
    place = int((lost + WRONG_COST * wrong).argmin())
    return round(max(float(np.append(confidences, 1.0)[place]), MIN_THRESHOLD), 3)
