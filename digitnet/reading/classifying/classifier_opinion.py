"""Two opinions of a digit that stands alone: the reader's, and that of a classifier.

The reader sees what stands around a digit, the classifier has learned on far more of what is none.
Together they are a product of experts (Hinton 2002), each with its weight. In numbers the reader's
word stands: it is calibrated for them.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from digitnet.model.probabilities import CLASSES, DIGIT
from digitnet.reading.answer import Sign
from digitnet.reading.ctc import Reading

SURE = 0.999
"""What the reader is so sure of needs no second opinion."""

READER_WEIGHT = 0.6
CLASS_WEIGHT = 0.05
"""Of the classifier's opinion which digit it is."""
NONE_WEIGHT = 0.1
"""Of its opinion that it is no digit, or several. All three make the cross-entropy of validation
pictures of single symbols smallest, digits, letters and drawings."""

_LEAST = 1e-6


def needs_opinion(signs: Sequence[Sign]) -> bool:
    """Whether an image is of one digit that is isolated and not sure."""
    return (
        len(signs) == 1
        and signs[0].is_digit
        and signs[0].place.isolated
        and signs[0].reading.confidence < SURE
    )


def agree(reading: Reading, said: NDArray[np.float32]) -> NDArray[np.float32]:
    """The probabilities of ten digits by both opinions.

    Args:
        reading: what the reader says.
        said: (32,) what the classifier says, see `digitnet.model.probabilities`.

    Returns:
        float32 (10,), which sum to 1: that it is no digit is shared out among them.
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
