"""The ink of one digit -> 28 x 28 as MNIST has it.

LeCun et al. 1998, section III.A: the digit is scaled, its aspect kept and its edges smoothed, into
a box of 20 x 20 pixels, which is placed so that the centre of mass is the centre of 28 x 28. What
this convention leaves to the writers of NIST's forms is the pen: all of theirs were alike, so
hair-thin strokes are thickened to what theirs look like, and blurred ones sharpened.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE = 28
BOX_SIDE = 20

# From here on, ink is full.
FULL_INK = 250

# Minimum ink inside a digit's bounding box; MNIST's boxes end here.
MIN_INK = 16

# The soft edge of digits larger than 20 pixels is cut here. MNIST's digits were black and white
# before they were reduced: with the edge of few pixels that were enlarged, a digit is too small.
EDGE_INK = 80

# On MNIST's 28 x 28, nine of ten strokes are 1.6 to 3.6 pixels wide, half of them more than 2.3.
# Thinner ones are thickened to the width that most pens have there.
MIN_STROKE_PX = 1.6
TYPICAL_STROKE_PX = 2.2

# On 28 x 28, its edges are 0.6 to 1.2 pixels wide. Wider ones are out of focus, or had few pixels.
SOFT_EDGE_PX = 1.3

# Strength of unsharp masking.
SHARPENING = 2.0

# Minimum size for both, in pixels: there must be room between MNIST's.
DETAILED_SIDE = 160


def normalize(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Bring one digit to MNIST's convention.

    Args:
        ink: (H, W), 0 paper .. 255 full ink; the whole array is taken to be one digit.

    Returns:
        (28, 28), white ink (255) on black (0). All 0 if there is no ink.
    """
    cut = _crop(ink, MIN_INK)
    digit = _full(cut)
    if max(digit.shape) > BOX_SIDE:
        digit = _crop_at_edge(digit)
    if digit.size == 0:
        return np.zeros((SIDE, SIDE), np.uint8)
    stroke, edge = widths(digit)
    if edge * BOX_SIDE > SOFT_EDGE_PX * max(digit.shape):
        # no edge is wider than a quarter of a digit; specks that seem so would cost 10 ms each
        digit = _full(_crop_at_edge(_sharpen(digit, min(edge, max(digit.shape) / 4))))
        stroke, _ = widths(digit)
    missing = TYPICAL_STROKE_PX - stroke * BOX_SIDE / max(digit.shape)
    if missing > TYPICAL_STROKE_PX - MIN_STROKE_PX:
        digit = _crop(_thicken(digit, missing / BOX_SIDE), MIN_INK)
    scale = BOX_SIDE / max(digit.shape)
    height, width = (max(1, round(side * scale)) for side in digit.shape)
    if digit is cut and digit.shape == (height, width):  # as it should be already
        return centre(digit)
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return centre(_full(cv2.resize(digit, (width, height), interpolation=method).view(np.uint8)))


def is_normal(ink: NDArray[np.uint8]) -> bool:
    """Whether a picture is in MNIST's form already, as the digits of data sets are.

    Of MNIST's own pictures, 99 in 100 are.

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
    # In MNIST's own digits, it is within half a pixel of the centre of pixel (14, 14).
    left = round(SIDE // 2 - moments["m10"] / mass)
    top = round(SIDE // 2 - moments["m01"] / mass)
    left, top = min(max(left, 0), SIDE - width), min(max(top, 0), SIDE - height)
    placed = np.zeros((SIDE, SIDE), np.uint8)
    placed[top : top + height, left : left + width] = digit
    return placed


def widths(ink: NDArray[np.uint8]) -> tuple[float, float]:
    """Mean width of strokes and of their soft edges.

    Strokes have two sides, so their width is twice their area divided by their outline. Edges are
    what is neither ink nor paper.

    Args:
        ink: (H, W), 0 paper .. 255 full ink.

    Returns:
        Both in pixels; 0 if there is no ink.
    """
    mask = cv2.threshold(ink, 127, 1, cv2.THRESH_BINARY)[1]
    length = outline(mask)
    edges = cv2.countNonZero(cv2.inRange(ink, 32, 223))
    return 2 * cv2.countNonZero(mask) / length, edges / length


def outline(mask: cv2.typing.MatLike) -> float:
    """The length of all outlines in pixels, at least pi / 4 (Crofton's formula).

    Args:
        mask: (H, W), 0 or 1; outside of it there is 0.
    """
    mask = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    down = cv2.norm(mask[1:], mask[:-1], cv2.NORM_L1)
    across = cv2.norm(mask[:, 1:], mask[:, :-1], cv2.NORM_L1)
    return float(np.pi / 4 * max(down + across, 1.0))


def at_least(ink: NDArray[np.uint8], level: int) -> cv2.typing.MatLike:
    """Where there is ink of at least this level, 255; else 0. (H, W) of an ink map like it."""
    return cv2.threshold(ink, level - 1, 255, cv2.THRESH_BINARY)[1]


def _crop(ink: NDArray[np.uint8], level: int) -> NDArray[np.uint8]:
    """Cut to the box around all ink of at least this level."""
    left, top, width, height = cv2.boundingRect(at_least(ink, level))
    return ink[top : top + height, left : left + width]


def _crop_at_edge(digit: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Cut the soft edge off, but never all ink."""
    return _crop(digit, min(EDGE_INK, int(cv2.minMaxLoc(digit)[1])))


def _full(digit: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Bring faint ink to full: the strongest twentieth of the strokes to 255."""
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
        part: By how much, as a part of the longer side.

    Returns:
        The thicker ink, with a margin, and larger if the digit was small.
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
        The sharper ink, at another size.
    """
    scale = DETAILED_SIDE / max(digit.shape)
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    detailed = cv2.resize(digit, None, fx=scale, fy=scale, interpolation=method)
    # (OpenCV's GaussianBlur takes eight times as long for so wide a kernel)
    spread = soft * scale
    kernel = cv2.getGaussianKernel(2 * round(3 * spread) + 1, spread)
    blurred = cv2.sepFilter2D(detailed, -1, kernel, kernel, borderType=cv2.BORDER_CONSTANT)
    return cv2.addWeighted(detailed, 1 + SHARPENING, blurred, -SHARPENING, 0).view(np.uint8)
