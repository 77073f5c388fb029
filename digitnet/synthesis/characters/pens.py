"""Drawing primitives: a canvas, lines and characters, slanted and stretched like handwriting."""

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.synthesis.characters.fonts import Face, draw_characters

Picture = NDArray[np.uint8]
"""uint8 (height, width), white ink (255) on black (0)."""

Stroke = NDArray[np.float64]
"""float64 (N, 2), points (x, y), y downwards."""

CANVAS = 80
"""Height and width of line drawings, in pixels."""

LINE_FONTS = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
    cv2.FONT_HERSHEY_SCRIPT_SIMPLEX,
    cv2.FONT_HERSHEY_SCRIPT_COMPLEX,
)
"""OpenCV's line fonts (A. V. Hershey, 1967)."""

MAX_PEN_WIDTH = 8
"""Maximum pen width, in pixels of a canvas: about a sixth of a character's height."""

SMALL_CANVAS_SHARE = 0.35
"""Probability of drawing as with a mouse on a small canvas: hard edges, few pixels."""
MIN_CANVAS_SIDE, MAX_CANVAS_SIDE = 14, 50
"""Range of the side of such canvases, in pixels; a digit is about 60 % as high."""

SMALL_PRINT = (15, 32)
"""Range of the height of small print on a screen, in pixels, margins included."""


def draw_lines(strokes: list[Stroke], rng: np.random.Generator) -> Picture:
    """Draw lines through points with a pen of random width, or as with a mouse.

    Args:
        strokes: coordinates from 0 to `CANVAS`.
        rng: random generator.
    """
    few = rng.random() < SMALL_CANVAS_SHARE
    side = int(rng.integers(MIN_CANVAS_SIDE, MAX_CANVAS_SIDE + 1)) if few else CANVAS
    thinnest, widest = (
        (1, max(1, round(MAX_PEN_WIDTH * side / CANVAS))) if few else (2, MAX_PEN_WIDTH)
    )
    thickness = int(rng.integers(thinnest, widest + 1))
    edge = cv2.LINE_8 if few else cv2.LINE_AA
    canvas = np.zeros((side, side), np.uint8)
    for stroke in strokes:
        fixed = np.round(stroke * 16 * side / CANVAS).astype(np.int32)
        cv2.polylines(canvas, [fixed], False, 255, thickness, edge, shift=4)
    return canvas


def draw_character(character: str, rng: np.random.Generator) -> Picture:
    """Draw a character in a line font with a pen of random width, slanted and stretched."""
    canvas = np.zeros((CANVAS, CANVAS), np.uint8)
    thickness = int(rng.integers(1, 7))
    font = LINE_FONTS[rng.integers(len(LINE_FONTS))]
    cv2.putText(canvas, character, (24, 54), font, 1.3, 255, thickness, cv2.LINE_AA)
    return slant(canvas, 1.0, rng)


def print_text(face: Face, text: str, rng: np.random.Generator) -> Picture:
    """Draw text in a font, slightly slanted and stretched, sometimes as small as on a screen."""
    picture = slant(draw_characters(face, text), 0.5, rng)
    if rng.random() < 0.3:
        height = rng.uniform(*SMALL_PRINT)
        factor = height / picture.shape[0]
        size = (max(3, round(factor * picture.shape[1])), round(height))
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        picture = cv2.resize(small, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC).view(np.uint8)
    return picture


def slant(picture: Picture, strength: float, rng: np.random.Generator) -> Picture:
    """Shear, rotate and stretch an image; a margin is added on each side.

    Args:
        picture: uint8 (height, width).
        strength: 1 for the variation between writers, 0 for none.
        rng: random generator.
    """
    margin = max(picture.shape) // 4
    turn = np.array([[1, rng.normal(0, 0.2 * strength)], [rng.normal(0, 0.1 * strength), 1]])
    turn *= np.exp(rng.normal(0, 0.15 * strength, (1, 2)))
    height, width = (side + 2 * margin for side in picture.shape)
    middle = np.array([width / 2, height / 2])
    matrix = np.column_stack([turn, middle - turn @ (middle - margin)])
    return cv2.warpAffine(picture, matrix, (width, height)).view(np.uint8)
