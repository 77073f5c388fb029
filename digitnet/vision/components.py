"""Finds the connected components of an ink map."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.vision.normalize import at_least

STROKE_LEVEL = 128
"""Minimum ink of a stroke's pixel: half of full ink, as at a stroke's edge."""

FAINT_LEVEL = 64
"""Minimum ink next to a stroke: strokes thin out under light pressure or at low resolution."""

SMALL_SIDE = 64
"""Images up to this size, in pixels, usually show a single digit."""


class Components(NamedTuple):
    """Connected components of an ink map.

    Attributes:
        labels: (H, W) int32, the component of each pixel, counted from 1; 0 is paper.
        boxes: (N, 5) int32 of left, top, width, height, area; row 0 is component 1.
    """

    labels: NDArray[np.int32]
    boxes: NDArray[np.int32]


def components(ink: NDArray[np.uint8]) -> Components:
    """Find the 8-connected components.

    Args:
        ink: (H, W), 0 paper .. 255 full ink.
    """
    strong = at_least(ink, STROKE_LEVEL)
    reach = 1 + max(ink.shape) // 128
    near = cv2.dilate(strong, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    faint = at_least(ink, FAINT_LEVEL)
    mask = cv2.bitwise_and(near, faint)
    if max(mask.shape) <= SMALL_SIDE:
        # Fast path, for most small images: without statistics, one component is found several
        # times as fast.
        count, labels = cv2.connectedComponents(mask, connectivity=8, ltype=cv2.CV_32S)
        if count == 2:
            box = (*cv2.boundingRect(mask), cv2.countNonZero(mask))
            return Components(labels.view(np.int32), np.array([box], np.int32))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8, ltype=cv2.CV_32S)
    return Components(labels.view(np.int32), stats[1:].view(np.int32))
