"""Normalizes the ink of one digit to MNIST's format, 28 x 28 pixels.

LeCun et al. 1998, section III.A: the digit is scaled to fit a box of 20 x 20 pixels, with its
aspect ratio kept and its edges smoothed. The box is placed so that the digit's centre of mass is
the centre of 28 x 28. The writers of NIST's forms all used similar pens, so hair-thin strokes are
thickened to match theirs, and blurred ones are sharpened.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE = 28
"""Side of a digit's image, in pixels."""
BOX_SIDE = 20
"""Longer side of the digit in it, in pixels."""

FULL_INK = 250
"""Minimum level of full ink."""

MIN_INK = 16
"""Minimum ink inside a digit's bounding box, as in MNIST."""

EDGE_INK = 80
"""Minimum ink inside the bounding box of a digit larger than 20 pixels. MNIST's digits were black
and white before they were reduced; with a soft edge inside the box, a digit would be too small."""

MIN_STROKE_PX = 1.6
TYPICAL_STROKE_PX = 2.2
"""In MNIST's 28 x 28 pixels, 90 % of strokes are 1.6 to 3.6 pixels wide; the median is 2.3. Thinner
strokes are thickened to a typical width."""

SOFT_EDGE_PX = 1.3
"""In MNIST's 28 x 28, edges are 0.6 to 1.2 pixels wide. Wider ones are out of focus or enlarged."""

SHARPENING = 2.0
"""Strength of unsharp masking."""

DETAILED_SIDE = 160
"""Minimum longer side in pixels for thickening and sharpening: finer than MNIST's pixels."""


def normalize(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Normalize one digit to MNIST's format.

    Args:
        ink: (H, W), 0 paper .. 255 full ink; the whole array is taken to be one digit.

    Returns:
        (28, 28), white ink (255) on black (0). All 0 if there is no ink.
    """
    cut = _crop(ink, MIN_INK)
    digit = _full(cut)
    if max(digit.shape) > BOX_SIDE:
        digit = _crop_to_some(digit, EDGE_INK)
    if digit.size == 0:
        return np.zeros((SIDE, SIDE), np.uint8)
    stroke, edge = widths(digit)
    if edge * BOX_SIDE > SOFT_EDGE_PX * max(digit.shape):
        # The limit, a quarter of the digit, keeps specks from taking 10 ms each.
        sharp = _sharpen(digit, min(edge, max(digit.shape) / 4))
        digit = _full(_crop_to_some(sharp, EDGE_INK))
        stroke, _ = widths(digit)
    missing = TYPICAL_STROKE_PX - stroke * BOX_SIDE / max(digit.shape)
    if missing > TYPICAL_STROKE_PX - MIN_STROKE_PX:
        digit = _crop_to_some(_thicken(digit, missing / BOX_SIDE), MIN_INK)
    scale = BOX_SIDE / max(digit.shape)
    height, width = (max(1, round(side * scale)) for side in digit.shape)
    if digit is cut and digit.shape == (height, width):  # already in MNIST's format
        return centre(digit)
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return centre(_full(cv2.resize(digit, (width, height), interpolation=method).view(np.uint8)))


def is_normal(ink: NDArray[np.uint8]) -> bool:
    """Whether an image is in MNIST's format already.

    This accepts 99 % of MNIST's own images.

    Args:
        ink: (28, 28), 0 paper .. 255 full ink.
    """
    longer = max(cv2.boundingRect(at_least(ink, MIN_INK))[2:])
    if longer != BOX_SIDE or cv2.minMaxLoc(ink)[1] < FULL_INK:
        return False
    moments = cv2.moments(ink)
    off = (moments[name] / moments["m00"] - SIDE // 2 for name in ("m10", "m01"))
    return max(map(abs, off)) <= 0.5


def centre(digit: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Place a digit of at most 28 x 28 so that its centre of mass is the centre of 28 x 28."""
    height, width = digit.shape
    moments = cv2.moments(digit)
    mass = max(moments["m00"], 1.0)
    # In MNIST, the centre of mass is within half a pixel of the centre of pixel (14, 14).
    left = round(SIDE // 2 - moments["m10"] / mass)
    top = round(SIDE // 2 - moments["m01"] / mass)
    left, top = min(max(left, 0), SIDE - width), min(max(top, 0), SIDE - height)
    placed = np.zeros((SIDE, SIDE), np.uint8)
    placed[top : top + height, left : left + width] = digit
    return placed


def widths(ink: NDArray[np.uint8]) -> tuple[float, float]:
    """Measure the mean width of strokes and of their soft edges.

    Strokes have two sides, so their width is twice their area divided by the length of their
    outlines. Edges are pixels that are neither ink nor paper.

    Args:
        ink: (H, W), 0 paper .. 255 full ink.

    Returns:
        Both widths in pixels; 0 if there is no ink.
    """
    mask = cv2.threshold(ink, 127, 1, cv2.THRESH_BINARY)[1]
    length = outline(mask)
    edges = cv2.countNonZero(cv2.inRange(ink, 32, 223))
    return 2 * cv2.countNonZero(mask) / length, edges / length


def outline(mask: cv2.typing.MatLike) -> float:
    """Measure the length of all outlines in pixels, at least pi / 4 (Crofton's formula).

    Args:
        mask: (H, W), 0 or 1. Pixels outside the mask count as 0.
    """
    mask = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    down = cv2.norm(mask[1:], mask[:-1], cv2.NORM_L1)
    across = cv2.norm(mask[:, 1:], mask[:, :-1], cv2.NORM_L1)
    return float(np.pi / 4 * max(down + across, 1.0))


def at_least(ink: NDArray[np.uint8], level: int) -> cv2.typing.MatLike:
    """Threshold an ink map: (H, W), 255 where ink is at least `level`, else 0."""
    return cv2.threshold(ink, level - 1, 255, cv2.THRESH_BINARY)[1]


def _crop(ink: NDArray[np.uint8], level: int) -> NDArray[np.uint8]:
    """Crop to the bounding box of all ink of at least `level`."""
    left, top, width, height = cv2.boundingRect(at_least(ink, level))
    return ink[top : top + height, left : left + width]


def _crop_to_some(digit: NDArray[np.uint8], level: int) -> NDArray[np.uint8]:
    """Crop to ink of at least `level`, or to the strongest if none is as strong."""
    return _crop(digit, min(level, int(cv2.minMaxLoc(digit)[1])))


def _full(digit: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Scale faint ink so that the strongest twentieth of the strokes is 255."""
    inked = np.count_nonzero(digit >= 64)
    twentieth = inked - int(0.95 * (inked - 1))
    if np.count_nonzero(digit >= FULL_INK) >= twentieth:
        return digit
    strongest = int(np.partition(digit, -twentieth, axis=None)[-twentieth])
    return cv2.convertScaleAbs(digit, alpha=255 / strongest).view(np.uint8)


def _thicken(digit: NDArray[np.uint8], part: float) -> NDArray[np.uint8]:
    """Make all strokes wider.

    Args:
        digit: (H, W) ink.
        part: additional width, relative to the longer side.

    Returns:
        The thicker ink with a margin, enlarged if the digit was small.
    """
    factor = -(-DETAILED_SIDE // max(digit.shape))
    size = max(2, round(part * max(digit.shape) * factor) + 1)
    room = np.pad(digit, size // factor + 2)
    large = cv2.resize(room, None, fx=factor, fy=factor, interpolation=cv2.INTER_LINEAR)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    return cv2.dilate(large, kernel).view(np.uint8)


def _sharpen(digit: NDArray[np.uint8], soft: float) -> NDArray[np.uint8]:
    """Sharpen edges of this width in pixels, by unsharp masking.

    Returns:
        The sharper ink, scaled to a longer side of `DETAILED_SIDE`.
    """
    scale = DETAILED_SIDE / max(digit.shape)
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    detailed = cv2.resize(digit, None, fx=scale, fy=scale, interpolation=method)
    # cv2.GaussianBlur takes eight times as long for such a wide kernel.
    spread = soft * scale
    kernel = cv2.getGaussianKernel(2 * round(3 * spread) + 1, spread)
    blurred = cv2.sepFilter2D(detailed, -1, kernel, kernel, borderType=cv2.BORDER_CONSTANT)
    return cv2.addWeighted(detailed, 1 + SHARPENING, blurred, -SHARPENING, 0).view(np.uint8)
