"""Occlusion: a classifier's output when a part of the digit is covered.

Zeiler and Fergus 2014, section 4.2: a patch of background is moved over the picture. Where the
probability of the answer falls, the network looks.
"""

import numpy as np
from numpy.typing import NDArray

from digitnet.model.litert import SIDE, Networks
from digitnet.model.probabilities import DIGIT
from digitnet.reading.classifying.classifier import BATCH_SIZE

PATCH_PX, STEP_PX = 6, 2
"""A patch is twice as wide as most strokes: the networks hardly mind a gap of 4 pixels."""

PATCHES = (SIDE - PATCH_PX) // STEP_PX + 1
"""Patches side by side."""


def occlude(digit: NDArray[np.uint8], networks: Networks) -> NDArray[np.float32]:
    """Classify a digit once for each patch that is painted over.

    Args:
        digit: (28, 28) uint8, white ink (255) on black (0).
        networks: the classifier.

    Returns:
        (12, 12, 10) float32: by row and column of the patch, the probabilities of the digits.

    Raises:
        BundleError: a network cannot be run.
    """
    pictures = np.repeat(digit[None], PATCHES**2, axis=0)
    for number, picture in enumerate(pictures):
        top, left = (STEP_PX * place for place in divmod(number, PATCHES))
        picture[top : top + PATCH_PX, left : left + PATCH_PX] = 0
    starts = range(0, len(pictures), BATCH_SIZE)
    said = [networks.answer(pictures[start : start + BATCH_SIZE]) for start in starts]
    return np.concatenate(said)[:, DIGIT].reshape(PATCHES, PATCHES, -1)
