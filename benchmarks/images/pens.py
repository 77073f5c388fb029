"""A round pen that draws paths, antialiased, at any width."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.images.canvas import Cover

Path = NDArray[np.float64]
"""(N, 2): right of an edge and above the baseline."""

FINENESS = 8
"""Strokes are drawn enlarged by this factor, then reduced."""


def pen_strokes(paths: Sequence[Path], width: float) -> tuple[Cover, float]:
    """Draw paths with a round pen.

    Args:
        paths: in pixels; one of a single point is a dot.
        width: of the pen in pixels.

    Returns:
        The ink, cut to what is seen of it, and how far its top is above the baseline.
    """
    everything = np.concatenate(paths)
    left, top = everything[:, 0].min() - width, everything[:, 1].max() + width
    size = np.ptp(everything, axis=0) + 2 * width
    columns, rows = (np.ceil(size).astype(int) + 1).tolist()
    canvas = np.zeros((rows * FINENESS, columns * FINENESS), np.uint8)
    for path in paths:
        places = np.column_stack([path[:, 0] - left, top - path[:, 1]]) * FINENESS
        fixed = np.rint(places).astype(np.int32)
        ends = fixed if len(fixed) > 1 else np.repeat(fixed, 2, axis=0)
        cv2.polylines(canvas, [ends], False, 255, max(1, round(width * FINENESS)))
    ink = cv2.resize(canvas, (columns, rows), interpolation=cv2.INTER_AREA) / np.float32(255)
    x, y, columns, rows = cv2.boundingRect((ink > 0.1).astype(np.uint8))
    return np.asarray(ink[y : y + rows, x : x + columns], np.float32), float(top - y)


def rounded(points: Path) -> Path:
    """A path without corners (Chaikin 1974), its ends kept."""
    for _ in range(3):
        near, far = points[:-1], points[1:]
        cut = np.stack([0.75 * near + 0.25 * far, 0.25 * near + 0.75 * far], axis=1)
        points = np.concatenate([points[:1], cut.reshape(-1, 2), points[-1:]])
    return points
