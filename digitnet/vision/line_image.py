"""A line or cell of writing as the reader network sees it: 32 pixels high, paper and ink in range.

Nothing is erased and nothing is decided: walls, rules and stains stay, for the network to see.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

LINE_HEIGHT = 32
"""Rows of a line."""

MIN_LINE_WIDTH = 8
"""Columns of a line, at least."""

LINE_WIDTHS = 32, 48, 64, 96, 128, 176, 240, 320, 384
"""Lines go through the network at these widths, with paper on the right up to the next one."""

PAPER, INK = 100, 200
"""Levels of paper, and of ink of full contrast; pixels lighter than the paper are below it."""

MAX_LINE_WIDTH = 40_000
"""Columns of a line: one that is longer is squeezed, so that memory is bounded."""

MIN_CONTRAST = 8.0
"""Gray levels between paper and ink, at least: less is noise, and not made more of."""

EXTREME_PERCENTILE = 1
"""Percentile of the strongest ink."""


def padded_width(width: int) -> int:
    """The width of `LINE_WIDTHS` at which a line of a width goes through the network.

    >>> padded_width(32), padded_width(33)
    (32, 48)
    """
    return next(padded for padded in LINE_WIDTHS if padded >= width)


def line_image(gray: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Scale a picture of a line or cell to the height of a line, its aspect kept.

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
    """Bring paper and ink of a line to fixed levels, whichever of them is darker.

    The median is paper; ink is on the side of the farther extreme.

    Args:
        gray: (32, W) or any other shape, 0 dark .. 255 light.

    Returns:
        The same shape: `PAPER` where it is paper, `INK` for strong ink, 0 to 250.
    """
    levels = gray.astype(np.float32)
    levels -= np.median(levels)
    low, high = np.percentile(levels, (EXTREME_PERCENTILE, 100 - EXTREME_PERCENTILE))
    if -low > high:
        levels, high = -levels, -low
    contrast = max(float(high), MIN_CONTRAST)
    scaled = PAPER + (INK - PAPER) * np.clip(levels / contrast, -1.0, 1.5)
    return np.asarray(np.round(scaled), np.uint8)
