"""Combines the reader's and the classifier's predictions for an isolated digit.

The reader sees the surroundings of a digit; the classifier was trained on far more non-digits.
Together they are a product of experts (Hinton 2002), each with its weight. For numbers, only the
reader is used, because it is calibrated for them.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from digitnet.model.probabilities import CLASSES, DIGIT
from digitnet.reading.answer import LocatedSymbol
from digitnet.reading.ctc import Reading

MIN_SURE_CONFIDENCE = 0.999
"""Digits above this confidence need no second prediction."""

READER_WEIGHT = 0.6
"""Weight of the reader's probabilities."""
CLASS_WEIGHT = 0.05
"""Weight of the classifier's probabilities of the ten digits."""
NONE_WEIGHT = 0.1
"""Weight of the classifier's probability that the image is not a single digit.

The three weights minimize the cross-entropy on validation images of single symbols: digits,
letters and drawings.
"""

_EPSILON = 1e-6


def needs_classifier(symbols: Sequence[LocatedSymbol]) -> bool:
    """Whether an image has only one symbol: an isolated digit of which the reader is not sure."""
    return (
        len(symbols) == 1
        and symbols[0].is_digit
        and symbols[0].place.isolated
        and symbols[0].reading.confidence < MIN_SURE_CONFIDENCE
    )


def combine_experts(reading: Reading, classified: NDArray[np.float32]) -> NDArray[np.float32]:
    """Combine the digit probabilities of the reader and the classifier.

    Args:
        reading: the digit as the reader decoded it.
        classified: (32,) float32, the classifier's output, see `digitnet.model.probabilities`.

    Returns:
        (10,) float32, summing to 1: the probability of a non-digit is divided equally among the
        digits.
    """
    by_reader = reading.probabilities[DIGIT].astype(np.float64)
    own = np.append(by_reader, 1 - by_reader.sum()).clip(_EPSILON)
    # each digit includes a tenth of the probability of non-digits
    shared = float(classified[DIGIT].min())
    classes = classified[DIGIT].astype(np.float64) - shared
    none = min(max(CLASSES * shared, _EPSILON), 1 - _EPSILON)
    both = own**READER_WEIGHT
    both[:CLASSES] *= (classes / max(classes.sum(), _EPSILON)).clip(_EPSILON) ** CLASS_WEIGHT
    both[:CLASSES] *= (1 - none) ** NONE_WEIGHT
    both[CLASSES] *= none**NONE_WEIGHT
    both /= both.sum()
    return np.asarray(both[:CLASSES] + both[CLASSES] / CLASSES, np.float32)
