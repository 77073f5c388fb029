"""Two opinions of an isolated digit: the reader's, and that of a classifier which sees it alone.

The reader knows what stands around a digit, the classifier has learned on far more of each. They
err on different digits, and together they are a product of experts (Hinton 2002).
"""

import numpy as np
from numpy.typing import NDArray

from digitnet.model.probabilities import CLASSES, DIGIT
from digitnet.reading.answer import Sign
from digitnet.reading.ctc import Reading

SURE = 0.995
"""What the reader is so sure of needs no second opinion."""

READER_WEIGHT, CLASSIFIER_WEIGHT = 0.9, 0.1
"""Powers of the two opinions, found on validation lines."""

_LEAST = 1e-6


def needs_opinion(sign: Sign) -> bool:
    """Whether a symbol is shown to the classifier: an isolated digit that is not sure."""
    return sign.is_digit and sign.place.isolated and sign.reading.confidence < SURE


def agree(reading: Reading, said: NDArray[np.float32]) -> NDArray[np.float32]:
    """The probabilities of ten digits by both opinions.

    Args:
        reading: what the reader says.
        said: (32,) what the classifier says, see `digitnet.model.probabilities`.

    Returns:
        float32 (10,), which sum to 1: that it is no digit is shared out among them.
    """
    by_reader = reading.probabilities[DIGIT]
    shared = said[DIGIT].min()  # no digit, and several, are in each of the ten
    by_classifier = said[DIGIT] - shared
    both = _with_none(by_reader) ** READER_WEIGHT * _with_none(by_classifier) ** CLASSIFIER_WEIGHT
    both /= both.sum()
    return np.asarray(both[:CLASSES] + both[CLASSES] / CLASSES, np.float32)


def _with_none(digits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Probabilities of ten digits and, last, of none of them."""
    whole = np.append(digits.astype(np.float64), 1 - digits.sum(dtype=np.float64))
    return np.asarray(np.maximum(whole, _LEAST), np.float64)
