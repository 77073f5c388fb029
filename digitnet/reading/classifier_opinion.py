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

READER_WEIGHT, CLASSIFIER_WEIGHT = 0.7, 0.5
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
        float32 (10,), which sum to 1; what is no digit by the reader is shared out among them.
    """
    own = reading.probabilities[DIGIT].astype(np.float64)
    is_digit = float(own.sum())
    both = np.maximum(own / is_digit, _LEAST) ** READER_WEIGHT
    both *= np.maximum(said[DIGIT].astype(np.float64), _LEAST) ** CLASSIFIER_WEIGHT
    both *= is_digit / both.sum()
    return np.asarray(both + (1 - is_digit) / CLASSES, np.float32)
