"""Measures ink in small images with even paper along their border, such as digits of data sets."""

import cv2
import numpy as np
from numpy.typing import NDArray

SMALL_SIDE = 64
"""In images up to this size, in pixels, an even border is paper; photos with a desk are larger."""

MAX_UNEVENNESS = 0.05
"""Maximum difference along an even border, relative to the image's contrast."""

MIN_PAPER = 0.5
"""Minimum fraction of the border that is paper."""


def even_border(gray: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """Measure the depth of ink in a small image with even paper along its border: a fast path.

    Most images of digits in data sets and from drawing programs are like this. Ink may cover a part
    of the border, if all other ink is on the same side of the paper's level.

    Args:
        gray: (H, W) image, 0 dark .. 255 light, any polarity.

    Returns:
        (H, W), 0 paper .. 255, how much each pixel differs from the paper; None if the image is
        large or its border uneven.
    """
    if max(gray.shape) > SMALL_SIDE:
        return None
    low, high, _, _ = cv2.minMaxLoc(gray)
    border = np.concatenate((gray[0], gray[-1], gray[:, 0], gray[:, -1]))
    lowest, highest = (int(level) for level in cv2.minMaxLoc(border)[:2])
    uneven = MAX_UNEVENNESS * (high - low)
    if highest - lowest > uneven:
        middle = int(np.partition(border, (border.size - 1) // 2)[(border.size - 1) // 2])
        paper = border[np.abs(border.astype(np.int16) - middle) <= uneven]
        lowest, highest = int(paper.min()), int(paper.max())
        ink_on_both_sides = low < lowest and high > highest
        if highest - lowest > uneven or paper.size < MIN_PAPER * border.size or ink_on_both_sides:
            return None
    if high - highest >= lowest - low:
        return np.asarray(np.maximum(gray, highest) - highest, np.uint8) if highest else gray
    return np.asarray(lowest - np.minimum(gray, lowest), np.uint8)
