"""Training targets of a classifier: labels, and their target vectors.

Besides the ten digits, there are labels for synthetic images of no digit, of two digits and of
more. A target is a float32 row of `COLUMNS` probabilities that the network's logits should give.
`digitnet.model.probabilities` describes the output of the exported network.
"""

import numpy as np
from numpy.typing import NDArray

from digitnet.model.probabilities import CLASSES

NO_DIGIT, TWO, MORE = CLASSES, CLASSES + 1, CLASSES + 2
"""Labels of images of no digit, of two digits and of more, and their columns."""
PAIR = MORE + 1
"""The label of two known digits is `PAIR` + 10 a + b, with a on the left and b on the right."""

CLASS = slice(0, PAIR)
"""The columns for the class of an image: one of ten digits, no digit, two digits, more."""
LEFT, RIGHT = slice(PAIR, PAIR + CLASSES), slice(PAIR + CLASSES, PAIR + 2 * CLASSES)
"""The columns for the left and for the right digit of two."""
SOFTMAX_GROUPS = CLASS, LEFT, RIGHT
"""The groups of columns whose probabilities sum to 1."""
COLUMNS = RIGHT.stop
"""The number of columns, 33."""


def one_hot(labels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the targets of labels, (N, 33) float32.

    A row has a 1 for the class of the image and, for a pair, a 1 for each of the two digits.

    Args:
        labels: (N,) 0-9, `NO_DIGIT`, `TWO`, `MORE` or a pair (see `PAIR`).
    """
    return _TARGETS[labels]


def _targets() -> NDArray[np.float32]:
    """Return the target of each label."""
    singles = np.eye(PAIR, COLUMNS, dtype=np.float32)
    left, right = np.divmod(np.arange(CLASSES**2), CLASSES)
    pairs = np.zeros((CLASSES**2, COLUMNS), np.float32)
    pairs[:, TWO] = 1
    pairs[np.arange(CLASSES**2), LEFT.start + left] = 1
    pairs[np.arange(CLASSES**2), RIGHT.start + right] = 1
    return np.concatenate([singles, pairs])


_TARGETS = _targets()
