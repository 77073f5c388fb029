"""Prepares a text line or table cell for the reader: 32 pixels high, with normalized gray levels.

Nothing is erased: the network sees walls, ruled lines and stains.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

LINE_HEIGHT = 32
"""Height of a line in pixels."""

MIN_LINE_WIDTH = 8
"""Minimum width of a line in pixels."""

LINE_WIDTHS = 32, 48, 64, 96, 128, 176, 240, 320, 384
"""Widths in pixels at which lines enter the network, padded with paper on the right."""

PAPER, INK = 100, 200
"""Normalized levels of paper and of full-contrast ink. Pixels that differ from the paper in the
opposite direction to ink are below `PAPER`."""

MAX_LINE_WIDTH = 40_000
"""Maximum width of a line in pixels. Longer lines are squeezed, to bound memory."""

MIN_CONTRAST = 8.0
"""Minimum contrast of ink in gray levels. Lower contrast is noise, and is not amplified."""

EXTREME_PERCENTILE = 1
"""Percentile taken as the darkest level; 100 minus this is the lightest."""


def padded_width(width: int) -> int:
    """Return the smallest of `LINE_WIDTHS` that fits a line of this width, at most 384 pixels.

    >>> padded_width(32), padded_width(33)
    (32, 48)
    """
    return next(padded for padded in LINE_WIDTHS if padded >= width)


def line_image(gray: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Scale an image of a line or cell to the height of a line, keeping its aspect ratio.

    Args:
        gray: (H, W), any polarity.

    Returns:
        (32, round(32 W / H)) of 8 to 40,000 columns, normalized.
    """
    height, width = gray.shape
    columns = min(max(MIN_LINE_WIDTH, round(width * LINE_HEIGHT / height)), MAX_LINE_WIDTH)
    way = cv2.INTER_AREA if height > LINE_HEIGHT else cv2.INTER_LINEAR
    scaled = cv2.resize(gray, (columns, LINE_HEIGHT), interpolation=way)
    return normalize_line(scaled.view(np.uint8))


def normalize_line(gray: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Map paper and ink of a line to fixed levels, for either polarity.

    Paper is the median level. Ink is the extreme that is farther from it.

    Args:
        gray: (32, W) or any other shape, 0 dark .. 255 light.

    Returns:
        An image of the same shape, 0 to 250: `PAPER` for paper, `INK` for strong ink.
    """
    levels = gray.astype(np.float32)
    levels -= np.median(levels)
    low, high = np.percentile(levels, (EXTREME_PERCENTILE, 100 - EXTREME_PERCENTILE))
    if -low > high:
        levels, high = -levels, -low
    contrast = max(float(high), MIN_CONTRAST)
    scaled = PAPER + (INK - PAPER) * np.clip(levels / contrast, -1.0, 1.5)
    return np.asarray(np.round(scaled), np.uint8)
