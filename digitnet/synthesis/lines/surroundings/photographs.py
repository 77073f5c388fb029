"""A drawing -> a photograph of it at the reader's size, on which every symbol is legible."""

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
MIN_CORRELATION = 0.65
"""Minimum visible fraction of a symbol's ink: below it, noise or clutter hides the symbol."""

SEVERITY = 0.15, 1.0
"""How strong the degradation of a line is; half as strong where a symbol was not legible."""


def take_photograph(
    drawing: Drawing, shares: Shares, rng: np.random.Generator
) -> tuple[Picture, tuple[PlacedSymbol, ...]]:
    """Bend a drawing, and photograph it at the reader's size.

    Where paper or clutter hide a symbol, it is photographed again on better paper, at last on plain
    paper without clutter.

    Args:
        drawing: a line or a cell.
        shares: how often a drawing is bent, paper is plain and ink is light.
        rng: random generator.

    Returns:
        The photograph, uint8 (32, W), and its symbols in their columns.
    """
    if rng.random() < shares.warped:
        drawing = warp(drawing, rng)
    rows, columns = drawing.ink.shape
    width = _width(columns * LINE_HEIGHT / rows * float(np.exp(rng.normal(0, 0.08))))
    way = cv2.INTER_AREA if rows > LINE_HEIGHT else cv2.INTER_LINEAR
    if rows <= LINE_HEIGHT and columns <= width and rng.random() < 0.15:
        way = cv2.INTER_NEAREST  # it would lose thin strokes where it makes a picture smaller
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
    """A gray picture at the reader's size."""
    width = _width(gray.shape[1] * LINE_HEIGHT / gray.shape[0])
    return cv2.resize(gray, (width, LINE_HEIGHT), interpolation=cv2.INTER_AREA).view(np.uint8)


def _width(columns: float) -> int:
    return min(max(round(columns), MIN_LINE_WIDTH), LINE_WIDTHS[-1])


def _is_legible(gray: Picture, ink: Picture, symbols: tuple[PlacedSymbol, ...]) -> bool:
    """Whether each symbol is visible: its ink stands out from its surroundings.

    Args:
        gray: uint8 (32, W), the photograph.
        ink: uint8 (32, W), the writing alone, white on black.
        symbols: where it is.
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
