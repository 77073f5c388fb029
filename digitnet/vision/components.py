"""An ink map -> its components: ink that hangs together."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.vision.normalize import at_least

# From so much ink on a pixel belongs to a stroke: half of full ink is its edge.
STROKE_LEVEL = 128

# Next to a stroke less ink counts too: where a pen was light or pixels are few, strokes thin out.
FAINT_LEVEL = 64

# In images up to this size there is one digit as a rule.
SMALL_SIDE = 64


class Components(NamedTuple):
    """Connected ink.

    Attributes:
        labels: (H, W) int32, 0 paper, else the component's number.
        boxes: (N, 5) int32 of left, top, width, height, area; row 0 is component 1.
    """

    labels: NDArray[np.int32]
    boxes: NDArray[np.int32]


def components(ink: NDArray[np.uint8]) -> Components:
    """Find what hangs together (8-neighbours).

    Args:
        ink: (H, W), 0 paper .. 255 full ink.
    """
    strong = at_least(ink, STROKE_LEVEL)
    reach = 1 + max(ink.shape) // 128
    near = cv2.dilate(strong, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    faint = at_least(ink, FAINT_LEVEL)
    mask = cv2.bitwise_and(near, faint)
    if max(mask.shape) <= SMALL_SIDE:
        # most small images have one connected digit, which is detected several times as fast
        count, labels = cv2.connectedComponents(mask, connectivity=8, ltype=cv2.CV_32S)
        if count == 2:
            box = (*cv2.boundingRect(mask), cv2.countNonZero(mask))
            return Components(labels.view(np.int32), np.array([box], np.int32))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8, ltype=cv2.CV_32S)
    return Components(labels.view(np.int32), stats[1:].view(np.int32))
