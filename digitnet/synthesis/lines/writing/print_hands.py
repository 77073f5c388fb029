"""Hands that print: fonts, seven-segment displays, dot matrices and block pixels."""

import cv2
import numpy as np

from digitnet.synthesis.characters.displays import dot_pixels, dot_strokes, segment_strokes
from digitnet.synthesis.characters.fonts import draw_on_baseline
from digitnet.synthesis.characters.pens import Picture, Stroke
from digitnet.synthesis.lines.chance import pick, weighted
from digitnet.synthesis.lines.shares import Shares
from digitnet.synthesis.lines.writing.glyphs import Glyph, mask_glyph, stroke_glyph
from digitnet.synthesis.lines.writing.hands import DrawnHand, Hand, ImageHand, PenHand
from digitnet.synthesis.lines.writing.sources import Sources


def make_hand(sources: Sources, shares: Shares, rng: np.random.Generator) -> Hand:
    """Choose a random hand for a line, among those that the sources allow."""
    kinds: list[tuple[type[Hand], float]] = [
        (ImageHand, shares.mnist if sources.has_images else 0.0),
        (PenHand, shares.pen if sources.writers else 0.0),
        (DrawnHand, shares.drawn),
        (FontHand, shares.font if sources.families else 0.0),
        (SegmentHand, shares.display * 0.6),
        (DotHand, shares.display * 0.4),
    ]
    return weighted(kinds, rng)(sources, rng)


class FontHand(Hand):
    """Prints in a font, mostly upright."""

    def __init__(self, sources: Sources, rng: np.random.Generator) -> None:
        super().__init__(sources, rng)
        self.face = pick(pick(sources.families, rng), rng)
        self.slant = float(rng.normal(0, 0.05)) if rng.random() < 0.4 else 0.0
        self.size_spread, self.own_sizes = 0.0, {}

    def digit(
        self, digit: int, size: float, drop: float, height: float, rng: np.random.Generator
    ) -> Glyph:
        """Print a digit."""
        return self._printed(str(digit), height) or super().digit(digit, size, drop, height, rng)

    def mark(self, mark: str, height: float, rng: np.random.Generator) -> Glyph:
        """Print a mark, or write it by hand if the font lacks it."""
        return self._printed(mark, height) or super().mark(mark, height, rng)

    def other(self, character: str, height: float, rng: np.random.Generator) -> Glyph:
        """Print a letter or a sign, or write it by hand, as on a form."""
        printed = self._printed(character, height) if rng.random() < 0.8 else None
        return printed or super().other(character, height, rng)

    def _printed(self, character: str, height: float) -> Glyph | None:
        """Print a character, scaled so that the font's 8 is as high as the line's digits.

        None if the font lacks the character.
        """
        found = draw_on_baseline(self.face.path, character)
        if found is None:
            return None
        drawn, eight, below = found
        scale = height / eight
        rows, columns = drawn.shape
        size = max(1, round(columns * scale * self.stretch)), max(1, round(rows * scale))
        way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        mask: Picture = cv2.resize(drawn, size, interpolation=way).view(np.uint8)
        if self.slant:
            pad = int(abs(self.slant) * size[1]) + 1
            shift = pad / 2 + self.slant * size[1] / 2
            matrix = np.array([[1, -self.slant, shift], [0, 1, 0]])
            mask = cv2.warpAffine(mask, matrix, (size[0] + pad, size[1])).view(np.uint8)
        return mask_glyph(mask, below * scale, height)


class SegmentHand(Hand):
    """Shows digits in seven segments; unlit segments may be faintly visible."""

    def __init__(self, sources: Sources, rng: np.random.Generator) -> None:
        super().__init__(sources, rng)
        self.slant = pick([0.0, 0.12], rng)
        self.size_spread, self.own_sizes = 0.0, {}
        self.aspect = rng.uniform(0.38, 0.62)
        self.gap = rng.uniform(0, 0.14)
        self.ghosts = rng.random() < 0.25

    def digit(
        self, digit: int, size: float, drop: float, height: float, rng: np.random.Generator
    ) -> Glyph:
        """Draw the lit segments of a digit."""
        lit = self._set(segment_strokes(str(digit), self.gap), height)
        ghost = self._set(segment_strokes("8", self.gap), height) if self.ghosts else []
        return stroke_glyph(lit, height, ghost)

    def _set(self, strokes: list[Stroke], height: float) -> list[Stroke]:
        """Scale and slant strokes in a unit square to the display, in place."""
        for stroke in strokes:
            stroke *= (height * self.aspect, height)
            stroke[:, 0] -= self.slant * stroke[:, 1]
        return strokes


class DotHand(SegmentHand):
    """Shows digits in a matrix of 5 x 7 dots or of block pixels."""

    def __init__(self, sources: Sources, rng: np.random.Generator) -> None:
        super().__init__(sources, rng)
        self.blocks = rng.random() < 0.5

    def digit(
        self, digit: int, size: float, drop: float, height: float, rng: np.random.Generator
    ) -> Glyph:
        """Draw the dots or pixels of a digit."""
        if not self.blocks:
            return stroke_glyph(self._set(dot_strokes(str(digit)), height), height)
        pixels = dot_pixels(str(digit))
        wanted = max(5, round(height * self.aspect)), max(7, round(height))
        mask = cv2.resize(pixels, wanted, interpolation=cv2.INTER_NEAREST).view(np.uint8)
        columns = np.flatnonzero(mask.any(axis=0))
        return mask_glyph(np.ascontiguousarray(mask[:, columns[0] : columns[-1] + 1]), 0.0, height)
