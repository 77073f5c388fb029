"""The output of a classifier for an image: `COLUMNS` probabilities, float32.

An image has one digit, no digit, two digits that touch, or more. The first ten columns are the
probabilities of the digits and sum to 1: the probability of everything that is not one digit is
divided equally among them. `TWO` and `MORE` are the probabilities of two digits and of more. The
last twenty columns are of use if there are two digits: ten for the left digit and ten for the
right. Each ten sum to 1.
"""

import numpy as np
from numpy.typing import NDArray

CLASSES = 10
"""The digits 0 to 9."""

DIGIT = slice(0, CLASSES)
"""The columns of the ten digits."""
TWO, MORE = CLASSES, CLASSES + 1
"""The columns of two digits and of more."""
LEFT = slice(CLASSES + 2, 2 * CLASSES + 2)
RIGHT = slice(2 * CLASSES + 2, 3 * CLASSES + 2)
"""The columns of the left and of the right digit of two."""
COLUMNS = 3 * CLASSES + 2
"""The number of columns, 32."""

Probabilities = NDArray[np.float32]
"""(N, 32): one row for each image."""
