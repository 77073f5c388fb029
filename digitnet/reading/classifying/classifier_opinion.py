"""Combines the reader's and the classifier's predictions for an isolated digit.

The reader sees the surroundings of a digit; the classifier was trained on far more non-digits.
Together they are a product of experts (Hinton 2002), each with its weight. In numbers the reader's
output is used: it is calibrated for them.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from digitnet.model.probabilities import CLASSES, DIGIT
from digitnet.reading.answer import Sign
from digitnet.reading.ctc import Reading

MIN_SURE_CONFIDENCE = 0.999
"""Digits above this confidence need no second prediction."""

READER_WEIGHT = 0.6
CLASS_WEIGHT = 0.05
"""Of the classifier's opinion which digit it is."""
NONE_WEIGHT = 0.1
"""Weight of its probability of non-digits and several digits.

All three minimize the cross-entropy of validation pictures of single symbols smallest, digits,
letters and drawings.
"""

_LEAST = 1e-6


def needs_opinion(signs: Sequence[Sign]) -> bool:
    """Whether an image is of one digit that is isolated and not sure."""
    return (
        len(signs) == 1
        and signs[0].is_digit
        and signs[0].place.isolated
        and signs[0].reading.confidence < MIN_SURE_CONFIDENCE
    )


def agree(reading: Reading, said: NDArray[np.float32]) -> NDArray[np.float32]:
    """The probabilities of ten digits by both opinions.

    Args:
        reading: the reader's output.
        said: (32,) the classifier's output, see `digitnet.model.probabilities`.

    Returns:
        float32 (10,), summing to 1: the probability of non-digits is divided equally among them.
    """
    by_reader = reading.probabilities[DIGIT].astype(np.float64)
    own = np.append(by_reader, 1 - by_reader.sum()).clip(_LEAST)
    shared = float(said[DIGIT].min())  # no digit, and several, are in each of the ten
    classes = said[DIGIT].astype(np.float64) - shared
    none = min(max(CLASSES * shared, _LEAST), 1 - _LEAST)
    both = own**READER_WEIGHT
    both[:CLASSES] *= (classes / max(classes.sum(), _LEAST)).clip(_LEAST) ** CLASS_WEIGHT
    both[:CLASSES] *= (1 - none) ** NONE_WEIGHT
    both[CLASSES] *= none**NONE_WEIGHT
    both /= both.sum()
    return np.asarray(both[:CLASSES] + both[CLASSES] / CLASSES, np.float32)
