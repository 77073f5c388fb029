"""What code draws with: a canvas, and letters that are slanted and stretched like a hand's."""

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""Uint8 (height, width), white ink (255) on black (0)."""

CANVAS = 80
"""Height and width in pixels."""

FONTS = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
    cv2.FONT_HERSHEY_SCRIPT_SIMPLEX,
    cv2.FONT_HERSHEY_SCRIPT_COMPLEX,
)
"""The line fonts that OpenCV carries (A. V. Hershey, 1967)."""


def draw_text(text: str, font: int, rng: np.random.Generator) -> Picture:
    """Draw a character with a pen of random width, slanted and stretched."""
    canvas = np.zeros((CANVAS, CANVAS), np.uint8)
    thickness = int(rng.integers(1, 7))
    cv2.putText(canvas, text, (24, 54), font, 1.3, 255, thickness, cv2.LINE_AA)
    turn = np.array([[1, rng.normal(0, 0.2)], [rng.normal(0, 0.1), 1]])
    turn *= np.exp(rng.normal(0, 0.15, (1, 2)))
    middle = np.full(2, CANVAS / 2)
    matrix = np.column_stack([turn, middle - turn @ middle])
    turned = np.zeros_like(canvas)
    cv2.warpAffine(canvas, matrix, (CANVAS, CANVAS), dst=turned)
    return turned
