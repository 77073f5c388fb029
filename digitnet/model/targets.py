"""Training targets of a classifier: labels, and the target vectors that they stand for.

There are more labels than the ten digits, for pictures that training makes: of no digit, of two and
of more. A target is a row of float32 with `COLUMNS` numbers, what the logits of a network should
say; `digitnet.model.probabilities` has the form in which a model that ships says it.
"""

import numpy as np
from numpy.typing import NDArray

from digitnet.model.probabilities import CLASSES

NO_DIGIT, TWO, MORE = CLASSES, CLASSES + 1, CLASSES + 2
"""Labels of pictures of no digit, of two digits and of more, and their columns."""
PAIR = MORE + 1
"""The label of two digits a and b, from left to right, is this + 10 a + b."""

CLASS = slice(0, PAIR)
"""The columns for the class of an image: a digit, not a digit, two digits, more."""
LEFT, RIGHT = slice(PAIR, PAIR + CLASSES), slice(PAIR + CLASSES, PAIR + 2 * CLASSES)
"""Those that say which digit of two is on the left, and which on the right."""
SOFTMAX_GROUPS = CLASS, LEFT, RIGHT
"""Of each of them, the probabilities sum to 1."""
COLUMNS = RIGHT.stop


def one_hot(labels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Labels (N,), 0-9, `NO_DIGIT`, `TWO`, `MORE` or a `PAIR`, as rows of float32 (N, 33).

    A row has a 1 for the class of the image, and one for each of two known digits.
    """
    return _TARGETS[labels]


def _targets() -> NDArray[np.float32]:
    """A target for each label."""
    singles = np.eye(PAIR, COLUMNS, dtype=np.float32)
    left, right = np.divmod(np.arange(CLASSES**2), CLASSES)
    pairs = np.zeros((CLASSES**2, COLUMNS), np.float32)
    pairs[:, TWO] = 1
    pairs[np.arange(CLASSES**2), LEFT.start + left] = 1
    pairs[np.arange(CLASSES**2), RIGHT.start + right] = 1
    return np.concatenate([singles, pairs])


_TARGETS = _targets()
