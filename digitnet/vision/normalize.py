"""The ink of one digit -> 28 x 28 as MNIST has it.

LeCun et al. 1998, section III.A: the digit is scaled, its aspect kept and its edges smoothed, into
a box of 20 x 20 pixels, which is placed so that the centre of mass is the centre of 28 x 28.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE = 28
BOX = 20

# MNIST's strokes are 2-4 pixels wide. What would come out thinner is thickened to this.
THINNEST_STROKE = 2.0


def normalize(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Bring one digit to MNIST's convention.

    Args:
        ink: (H, W), 0 paper .. 255 full ink; the whole array is taken to be one digit.

    Returns:
        (28, 28), white ink (255) on black (0). All 0 if there is no ink.
    """
    box = cv2.boundingRect((ink >= 64).view(np.uint8))
    left, top, width, height = box
    if width == 0 or height == 0:
        return np.zeros((SIDE, SIDE), np.uint8)
    digit = ink[top : top + height, left : left + width]
    scale = BOX / max(width, height)
    digit = _thicken(digit, scale)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(digit, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return centre(small.view(np.uint8))


def centre(digit: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Place a digit of at most 20 x 20 so that its centre of mass is the centre of 28 x 28."""
    height, width = digit.shape
    moments = cv2.moments(digit)
    middle = (SIDE - 1) / 2
    left, top = (SIDE - width) // 2, (SIDE - height) // 2
    if moments["m00"] > 0:
        left = round(middle - moments["m10"] / moments["m00"])
        top = round(middle - moments["m01"] / moments["m00"])
    left, top = min(max(left, 0), SIDE - width), min(max(top, 0), SIDE - height)
    placed = np.zeros((SIDE, SIDE), np.uint8)
    placed[top : top + height, left : left + width] = digit
    return placed


def stroke_width(ink: NDArray[np.uint8]) -> float:
    """Mean width of the strokes in pixels: twice the area over the outline (Crofton's formula)."""
    mask = np.pad(ink >= 128, 1)
    area = np.count_nonzero(mask)
    crossings = np.count_nonzero(mask[1:] != mask[:-1]) + np.count_nonzero(
        mask[:, 1:] != mask[:, :-1]
    )
    return 2 * area / (np.pi / 4 * crossings) if crossings else 0.0


def _thicken(digit: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    missing = THINNEST_STROKE - stroke_width(digit) * scale
    if missing <= 0 or scale >= 1:
        return digit
    size = round(missing / scale)
    if size < 1:
        return digit
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size + 1, size + 1))
    return cv2.dilate(digit, kernel).view(np.uint8)
