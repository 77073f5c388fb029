"""Draw paths with a round pen of any width, antialiased."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.images.canvas import Cover

Path = NDArray[np.float64]
"""(N, 2): x from an edge and y above the baseline."""

FINENESS = 8
"""Supersampling factor of the strokes."""


def pen_strokes(paths: Sequence[Path], width: float) -> tuple[Cover, float]:
    """Draw paths with a round pen.

    Args:
        paths: paths in pixels; a single point is a dot.
        width: pen width in pixels.

    Returns:
        The ink, cropped to its bounding box, and the height of its top above the baseline.
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
    """Round the corners of a path (Chaikin 1974) and keep its ends."""
    for _ in range(3):
        near, far = points[:-1], points[1:]
        cut = np.stack([0.75 * near + 0.25 * far, 0.25 * near + 0.75 * far], axis=1)
        points = np.concatenate([points[:1], cut.reshape(-1, 2), points[-1:]])
    return points
