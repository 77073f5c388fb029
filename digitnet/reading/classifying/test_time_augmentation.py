"""Test-time augmentation: digits of low confidence are classified again under small distortions.

A digit that is turned a little, moved by a pixel, or drawn with a bolder or a softer pen is the
same digit, and a network that errs on one picture of it seldom errs on all in the same way
(Krizhevsky et al. 2012 average over crops; the geometric mean is the product of experts of Hinton
2002). Most digits have a high confidence and cost nothing more.
"""

from collections.abc import Callable
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.interruption import Interruption
from digitnet.model.litert import SIDE
from digitnet.model.probabilities import CLASSES, DIGIT, Probabilities

Float = TypeVar("Float", np.float32, np.float64)

# A digit of this confidence is not classified again ...
MIN_CONFIDENCE = 0.9

# ... nor are images far from any digit: letters or textures.
MIN_DIGIT_PROBABILITY = 0.15

ROTATION_DEGREES = 8.0
"""Degrees, to either side."""

BLUR_SIGMA_PX = 0.8
"""Standard deviation of the softer pen's blur, in pixels."""

MIN_PROBABILITY = 1e-7
"""Probabilities below are as good as this, so that no view alone rules a digit out."""

_CENTER = (SIDE - 1) / 2
_ROTATIONS = [
    cv2.getRotationMatrix2D((_CENTER, _CENTER), angle, 1.0)
    for angle in (-ROTATION_DEGREES, ROTATION_DEGREES)
]
_DILATION_KERNEL = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))


def augment_uncertain(
    digits: NDArray[np.uint8],
    answers: Probabilities,
    classify: Callable[[NDArray[np.uint8]], Probabilities],
) -> Probabilities:
    """Classify uncertain digits again under small distortions.

    Args:
        digits: uint8 (N, 28, 28), white ink (255) on black (0).
        answers: to these.
        classify: gives the answers to any number of such pictures.

    Returns:
        The answers, those in doubt with the geometric mean of the digits' probabilities over the
        picture and its views. The columns for numbers stay.
    """
    doubtful = find_uncertain(answers)
    if not len(doubtful):
        return answers
    with Interruption():
        seen = np.concatenate([augmented_views(digits[number]) for number in doubtful])
    said = classify(seen)[:, DIGIT].reshape(len(doubtful), -1, CLASSES)
    again = answers.copy()
    again[doubtful, DIGIT] = geometric_mean(
        np.concatenate([answers[doubtful, None, DIGIT], said], axis=1)
    )
    return again


def find_uncertain(answers: NDArray[np.floating]) -> NDArray[np.int64]:
    """Positions of the digits to classify again, of (N, 10 or more) probabilities."""
    best = answers[:, DIGIT].max(axis=1)
    return np.flatnonzero((best >= MIN_DIGIT_PROBABILITY) & (best < MIN_CONFIDENCE))


def geometric_mean(said: NDArray[Float]) -> NDArray[Float]:
    """What pictures of the same digit say together.

    Args:
        said: (N, images, 10), the probabilities of the digits for each distortion.

    Returns:
        (N, 10), the geometric mean of each digit's, so that they sum to 1.
    """
    mean = np.exp(np.log(np.maximum(said, MIN_PROBABILITY)).mean(axis=1))
    return np.asarray(mean / mean.sum(axis=1, keepdims=True), said.dtype)


def augmented_views(digit: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A digit from eight sides.

    Args:
        digit: uint8 (28, 28), white ink (255) on black (0).

    Returns:
        uint8 (8, 28, 28): turned to the right and to the left, moved in four directions by a pixel
        (what leaves the picture is lost), with a bolder and with a softer pen.
    """
    framed = cv2.copyMakeBorder(digit, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    moved = [
        framed[down : down + SIDE, right : right + SIDE]
        for down, right in ((1, 2), (1, 0), (0, 1), (2, 1))
    ]
    turned = [cv2.warpAffine(digit, turn, (SIDE, SIDE)) for turn in _ROTATIONS]
    pens = [cv2.dilate(digit, _DILATION_KERNEL), cv2.GaussianBlur(digit, (3, 3), BLUR_SIGMA_PX)]
    return np.stack([*turned, *moved, *pens])
