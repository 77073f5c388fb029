"""Test-time augmentation: digits of low confidence are classified again under small distortions.

A digit that is rotated slightly, shifted by a pixel, or drawn with a bolder or softer pen is still
the same digit, and a network that errs on one view of it seldom makes the same error on all.
Krizhevsky et al. (2012) average over crops; the geometric mean is a product of experts (Hinton
2002). Most digits have a high confidence, so they cost nothing extra.
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

MIN_CONFIDENCE = 0.9
"""Digits below this confidence are classified again."""

MIN_DIGIT_PROBABILITY = 0.15
"""Images below this confidence are not classified again: they are far from any digit, like letters
or textures."""

ROTATION_DEGREES = 8.0
"""Rotation to either side, in degrees."""

BLUR_SIGMA_PX = 0.8
"""Standard deviation, in pixels, of the blur that imitates a softer pen."""

MIN_PROBABILITY = 1e-7
"""Lower bound of probabilities in the geometric mean, so that no single view rules out a digit."""

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
        digits: (N, 28, 28) uint8, white ink (255) on black (0).
        answers: (N, 32) their probabilities.
        classify: returns the probabilities of any number of such images.

    Returns:
        `answers`, with the digit probabilities of uncertain digits replaced by their geometric mean
        over the image and its views. The other columns are unchanged.
    """
    doubtful = find_uncertain(answers)
    if not len(doubtful):
        return answers
    with Interruption():
        seen = np.concatenate([augmented_views(digits[number]) for number in doubtful])
    of_views = classify(seen)[:, DIGIT].reshape(len(doubtful), -1, CLASSES)
    again = answers.copy()
    again[doubtful, DIGIT] = geometric_mean(
        np.concatenate([answers[doubtful, None, DIGIT], of_views], axis=1)
    )
    return again


def find_uncertain(answers: NDArray[np.floating]) -> NDArray[np.int64]:
    """Return the indices of the digits to classify again, from (N, 10 or more) probabilities."""
    best = answers[:, DIGIT].max(axis=1)
    return np.flatnonzero((best >= MIN_DIGIT_PROBABILITY) & (best < MIN_CONFIDENCE))


def geometric_mean(probabilities: NDArray[Float]) -> NDArray[Float]:
    """Average the probabilities of several views of each digit.

    Args:
        probabilities: (N, views, 10) the digit probabilities of each view.

    Returns:
        (N, 10) the geometric means over the views, normalized to sum to 1.
    """
    mean = np.exp(np.log(np.maximum(probabilities, MIN_PROBABILITY)).mean(axis=1))
    return np.asarray(mean / mean.sum(axis=1, keepdims=True), probabilities.dtype)


def augmented_views(digit: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Make eight distorted views of a digit.

    Args:
        digit: (28, 28) uint8, white ink (255) on black (0).

    Returns:
        (8, 28, 28) uint8: rotated clockwise and counterclockwise, shifted by one pixel in four
        directions (pixels that leave the image are lost), with a bolder pen and with a softer pen.
    """
    framed = cv2.copyMakeBorder(digit, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    moved = [
        framed[down : down + SIDE, right : right + SIDE]
        for down, right in ((1, 2), (1, 0), (0, 1), (2, 1))
    ]
    turned = [cv2.warpAffine(digit, turn, (SIDE, SIDE)) for turn in _ROTATIONS]
    pens = [cv2.dilate(digit, _DILATION_KERNEL), cv2.GaussianBlur(digit, (3, 3), BLUR_SIGMA_PX)]
    return np.stack([*turned, *moved, *pens])
