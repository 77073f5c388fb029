"""Smooth distortion of drawings, so that the same digit appears in ever new shapes."""

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.synthesis.characters.pens import Picture
from digitnet.synthesis.lines.drawing import Drawing

REACH = 0.035
"""Maximum standard deviation of a shift, relative to the height of the drawing."""


def warp(drawing: Drawing, rng: np.random.Generator) -> Drawing:
    """Shift the pixels of ink and clutter by smooth random fields (Simard, Steinkraus, Platt 2003).

    The shifts are small enough for the positions of symbols to stay valid.
    """
    rows, columns = drawing.ink.shape
    step = rng.uniform(0.25, 0.7) * rows
    coarse = int(rows / step) + 2, int(columns / step) + 2
    reach = rng.uniform(0.2, 1.0) * REACH * rows
    across, down = (_field(coarse, (rows, columns), reach, rng) for _ in range(2))
    across += np.arange(columns, dtype=np.float32)
    down += np.arange(rows, dtype=np.float32)[:, None]
    ink, clutter = (
        cv2.remap(canvas, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        for canvas in (drawing.ink, drawing.clutter)
    )
    return Drawing(_pixels(ink), _pixels(clutter), drawing.symbols)


def _field(
    coarse: tuple[int, int], shape: tuple[int, int], reach: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Return smooth random shifts in pixels, float32 in the given shape."""
    few = rng.normal(0, reach, coarse).astype(np.float32)
    return np.asarray(cv2.resize(few, shape[::-1], interpolation=cv2.INTER_CUBIC), np.float32)


def _pixels(canvas: cv2.typing.MatLike) -> Picture:
    return np.asarray(canvas, np.uint8)
