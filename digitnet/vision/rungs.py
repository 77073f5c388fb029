"""Bars between ruled lines, what is left of bricks and tiles, are erased from the ink."""

import cv2
import numpy as np
from numpy.typing import NDArray

# Bars are such rungs if there are so many, if they are so large a part of all that is left, and
# each so narrow as a part of its length.
MIN_RUNGS = 4
MOSTLY_RUNGS = 0.8
NARROW_RUNG = 0.5

# What is shorter, as a part of the longest bar, is crumbs.
MIN_RUNG = 0.35


def erase_rungs(
    kept: NDArray[np.uint8], erased: NDArray[np.uint8], level: int
) -> NDArray[np.uint8]:
    """Erase what is left of bricks and tiles, if it is bars from one erased line to the next.

    A 1 may reach from line to line too, but not nearly all that stands on a page.

    Args:
        kept: (H, W), 0 paper .. 255 full ink; the lines are erased already.
        erased: (H, W), 1 where there was a line, else 0.
        level: From so much ink on a pixel is ink.
    """
    reached = cv2.dilate(erased, np.ones((7, 7), np.uint8))
    # The border may hide a line.
    hidden = max(1, max(kept.shape) // 24)
    reached = cv2.rectangle(
        reached, (0, 0), (kept.shape[1] - 1, kept.shape[0] - 1), 1, 2 * hidden - 1
    )
    _, labels, stats, _ = cv2.connectedComponentsWithStats((kept >= level).view(np.uint8))
    longer = stats[:, 2:4].max(axis=1)
    large = longer >= MIN_RUNG * longer[1:].max(initial=0)
    large[0] = False  # the paper
    left, top, width, height = stats[large, :4].T
    right, bottom, tall = left + width, top + height, height > width
    sums = cv2.integral(reached)

    def is_reached(
        left: NDArray[np.intp],
        top: NDArray[np.intp],
        right: NDArray[np.intp],
        bottom: NDArray[np.intp],
    ) -> NDArray[np.bool_]:
        """Whether a line is within each of some boxes."""
        return sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left] > 0

    begins = is_reached(left, top, np.where(tall, right, left + 1), np.where(tall, top + 1, bottom))
    ends = is_reached(
        np.where(tall, left, right - 1), np.where(tall, bottom - 1, top), right, bottom
    )
    narrow = np.minimum(width, height) <= NARROW_RUNG * np.maximum(width, height)
    rungs = np.count_nonzero(narrow & begins & ends)
    if rungs < max(MIN_RUNGS, MOSTLY_RUNGS * len(left)):
        return kept
    return np.where(labels > 0, 0, kept).astype(np.uint8)
