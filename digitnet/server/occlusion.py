"""Occlusion sensitivity: a classifier's output when a part of the digit is covered.

Zeiler and Fergus 2014, section 4.2: a patch of background is moved over the image. Where it lowers
the probability of the answer, the covered part matters to the network.
"""

import numpy as np
from numpy.typing import NDArray

from digitnet.model.litert import SIDE, Networks
from digitnet.model.probabilities import DIGIT
from digitnet.reading.classifying.classifier import BATCH_SIZE

PATCH_PX, STEP_PX = 6, 2
"""Side and stride of the patch in pixels. The patch is twice as wide as most strokes: a gap of 4
pixels hardly changes the output."""

PATCHES = (SIDE - PATCH_PX) // STEP_PX + 1
"""Number of patch positions in each row and column."""


def occlude(digit: NDArray[np.uint8], networks: Networks) -> NDArray[np.float32]:
    """Classify a digit once for each position of the patch.

    Args:
        digit: (28, 28) uint8, white ink (255) on black (0).
        networks: the classifier.

    Returns:
        (12, 12, 10) float32: row and column of the patch, probability of each digit.

    Raises:
        BundleError: a network cannot be run.
    """
    pictures = np.repeat(digit[None], PATCHES**2, axis=0)
    for number, picture in enumerate(pictures):
        top, left = (STEP_PX * place for place in divmod(number, PATCHES))
        picture[top : top + PATCH_PX, left : left + PATCH_PX] = 0
    starts = range(0, len(pictures), BATCH_SIZE)
    outputs = [networks.answer(pictures[start : start + BATCH_SIZE]) for start in starts]
    return np.concatenate(outputs)[:, DIGIT].reshape(PATCHES, PATCHES, -1)
