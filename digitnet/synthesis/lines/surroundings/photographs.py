"""Photographs of drawings at the reader's size, in which every symbol is legible."""

import math

import cv2
import numpy as np

from digitnet.model.symbols import GAP, SYMBOLS
from digitnet.synthesis.characters.pens import Picture
from digitnet.synthesis.lines.drawing import Drawing, PlacedSymbol
from digitnet.synthesis.lines.shares import Shares
from digitnet.synthesis.lines.surroundings.paper import photograph
from digitnet.synthesis.lines.surroundings.warp import warp
from digitnet.vision.line_image import LINE_HEIGHT, LINE_WIDTHS, MIN_LINE_WIDTH

MIN_CONTRAST = 36.0
"""Minimum contrast between a visible symbol's ink and its surroundings, in gray levels."""
MIN_CORRELATION = 0.5
"""Minimum correlation of a symbol's ink with its photograph: below it, the symbol is hidden."""

SEVERITY = 0.15, 1.0
"""Range of the severity of degradation; it is halved if a symbol is not legible."""


def take_photograph(
    drawing: Drawing, shares: Shares, rng: np.random.Generator
) -> tuple[Picture, tuple[PlacedSymbol, ...]]:
    """Warp a drawing, and photograph it at the reader's size.

    If paper or clutter hide a symbol, the drawing is photographed again on better paper, finally on
    plain paper without clutter.

    Args:
        drawing: a line or a cell.
        shares: how often a drawing is warped, paper is plain and ink is light.
        rng: random generator.

    Returns:
        The photograph, uint8 (32, W), and its placed symbols.
    """
    if rng.random() < shares.warped:
        drawing = warp(drawing, rng)
    rows, columns = drawing.ink.shape
    width = _width(columns * LINE_HEIGHT / rows * float(np.exp(rng.normal(0, 0.08))))
    way = cv2.INTER_AREA if rows > LINE_HEIGHT else cv2.INTER_LINEAR
    if rows <= LINE_HEIGHT and columns <= width and rng.random() < 0.15:
        way = cv2.INTER_NEAREST  # when shrinking, it would lose thin strokes
    ink, clutter = (
        cv2.resize(canvas, (width, LINE_HEIGHT), interpolation=way).view(np.uint8)
        for canvas in (drawing.ink, drawing.clutter)
    )
    scale = width / columns
    symbols = tuple(
        PlacedSymbol(symbol, max(left * scale, 0.0), min(right * scale, float(width)))
        for symbol, left, right in drawing.symbols
    )
    first = rng.uniform(*SEVERITY)
    for severity in (first, first / 2):
        gray = photograph(ink, clutter, shares, severity, rng)
        if _is_legible(gray, ink, symbols):
            return gray, symbols
    return photograph(ink, np.zeros_like(ink), shares, 0.0, rng), symbols


def scale_to_line(gray: Picture) -> Picture:
    """Resize a grayscale image to the reader's size, uint8 (32, W) of 8 to 384 columns."""
    width = _width(gray.shape[1] * LINE_HEIGHT / gray.shape[0])
    return cv2.resize(gray, (width, LINE_HEIGHT), interpolation=cv2.INTER_AREA).view(np.uint8)


def _width(columns: float) -> int:
    return min(max(round(columns), MIN_LINE_WIDTH), LINE_WIDTHS[-1])


def _is_legible(gray: Picture, ink: Picture, symbols: tuple[PlacedSymbol, ...]) -> bool:
    """Return whether the ink of each symbol stands out from its surroundings.

    All symbols must have the same polarity.

    Args:
        gray: uint8 (32, W), the photograph.
        ink: uint8 (32, W), the writing alone, white on black.
        symbols: the symbols and their columns.
    """
    signs = set()
    for symbol, left, right in symbols:
        if SYMBOLS[symbol] == GAP:
            continue
        peak = float(ink[:, int(left) : math.ceil(right)].max())
        columns = slice(max(int(left) - 1, 0), int(right) + 2)
        own = ink[:, columns].astype(np.float32)
        own -= own.mean()
        seen = gray[:, columns].astype(np.float32)
        seen -= seen.mean()
        common, power = float(np.vdot(own, seen)), float(np.vdot(own, own))
        if power == 0 or abs(common) / power * peak < MIN_CONTRAST:
            return False
        if abs(common) < MIN_CORRELATION * (power * float(np.vdot(seen, seen))) ** 0.5:
            return False
        signs.add(common > 0)
    return len(signs) < 2
