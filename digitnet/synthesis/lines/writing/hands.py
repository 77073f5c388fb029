"""Hands: each writes the characters of one line in a consistent style.

A hand keeps its slant, width, care and digit sizes over a line. For example, it may always write a
small 0 and a long 7.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.model.symbols import DIGITS, MARKS
from digitnet.synthesis.characters.digit_ways import (
    LINE_WAYS,
    WAYS,
    WORLD_WAYS,
    digit_strokes,
    max_rounding,
)
from digitnet.synthesis.characters.letters import WAYS as LETTER_WAYS
from digitnet.synthesis.characters.pens import Picture, Stroke
from digitnet.synthesis.characters.strokes import place, read_way, round_corners
from digitnet.synthesis.lines.chance import pick
from digitnet.synthesis.lines.writing.glyphs import Glyph, mask_glyph, stroke_glyph
from digitnet.synthesis.lines.writing.shapes import (
    STROKE_MARK_SIZES,
    mark_strokes,
    sign_size,
    sign_way,
)
from digitnet.synthesis.lines.writing.sources import Sources

MIN_ASPECT = 0.35
"""Minimum height for scaling a character, relative to its width.

Characters are scaled to a height; without the minimum, a digit that is a single flat dash would
fill the line.
"""

SMALL_DIGIT_SIZES = 0.35, 0.65
"""Range of the height of occasional small digits, relative to the others."""

LINE_WAY = 0.3
"""Chance that a drawn hand writes a digit of a number in one of `LINE_WAYS`."""
UNUSUAL, UNUSUAL_ONE = 0.06, 0.2
"""Chance that people's digits of a line, and its 1s, are replaced by drawn ones.

Hardly any 1 of MNIST or UNIPEN has an upstroke.
"""

LEANING_ONE, LEAN = 0.3, (0.05, 0.45)
"""Chance that a drawn hand's 1s lean more than its other digits, and the range of the extra slant,
in pixels across per pixel up."""
HURRIED = 0.25
"""Chance that a hand hurries over repeated zeros."""
HURRIED_SIZES, HURRIED_STRETCH = (0.45, 0.95), (0.9, 1.9)
"""Ranges of the height of such a zero, relative to the other digits, and of its extra width."""

INK = 60
"""Gray level above which pixels of MNIST's digits are ink."""


class Hand:
    """Writes marks, letters and signs; subclasses write digits."""

    def __init__(self, sources: Sources, rng: np.random.Generator) -> None:
        self.sources = sources
        self.slant = float(rng.normal(0.05, 0.18))
        self.stretch = float(np.exp(rng.normal(0, 0.17)))
        self.careless = float(abs(rng.normal(0, 0.05)))
        self.size_spread = pick([0.02, 0.02, 0.07, 0.07, 0.15], rng)
        self.own_sizes = _own_sizes(rng) if rng.random() < 0.12 else {}
        self.shrinks = rng.random() < 0.1
        self.in_number = False

    def prepare(self, text: str) -> None:
        """Adapt to a text: unusual sizes and shapes need other digits beside them."""
        digits = [character for character in text if character in DIGITS]
        self.in_number = len(digits) > 2
        self.shrinks = self.shrinks and len(digits) > 1
        sizes = [self.own_sizes.get(digit, (1.0, 0.0))[0] for digit in digits]
        if sizes and max(sizes) < 1:
            self.own_sizes = {}

    def glyph(self, character: str, height: float, rng: np.random.Generator) -> Glyph:
        """Write a character.

        Args:
            character: a digit, a mark, a letter or a sign.
            height: height of the line's digits, in pixels.
            rng: random generator.
        """
        if character in DIGITS:
            size, drop = self.own_sizes.get(character, (1.0, 0.0))
            spread = float(np.exp(rng.normal(0, self.size_spread)))
            if self.shrinks and rng.random() < 0.25:  # some are raised as well
                size = rng.uniform(*SMALL_DIGIT_SIZES)
                drop = -rng.uniform(0, 1 - size)
            return self.digit(int(character), size * spread, drop, height, rng)
        if character in MARKS:
            return self.mark(character, height, rng)
        return self.other(character, height, rng)

    def digit(
        self, digit: int, size: float, drop: float, height: float, rng: np.random.Generator
    ) -> Glyph:
        """Write a digit.

        Args:
            digit: 0-9.
            size: height of the digit, relative to `height`.
            drop: how far the digit reaches below the baseline, relative to `height`.
            height: height of the line's digits, in pixels.
            rng: random generator.
        """
        raise NotImplementedError

    def mark(self, mark: str, height: float, rng: np.random.Generator) -> Glyph:
        """Write one of the reader's marks."""
        strokes = [stroke * height for stroke in mark_strokes(mark, rng)]
        for stroke in strokes:
            stroke[:, 0] -= self.slant * stroke[:, 1]
        return stroke_glyph(strokes, height)

    def other(self, character: str, height: float, rng: np.random.Generator) -> Glyph:
        """Write a letter or a sign."""
        size, drop = sign_size(character, rng)
        if found := self.sources.stroke_items(character):
            items, own = found
            strokes = items.strokes(pick(own, rng))
        else:
            grids = read_way(sign_way(character, LETTER_WAYS, rng))
            strokes = round_corners(place(grids, 1.3, rng), 4.0, rng)
        return stroke_glyph(self.set_strokes(strokes, size, drop, height, rng), height)

    def set_strokes(
        self,
        strokes: list[Stroke],
        size: float,
        drop: float,
        height: float,
        rng: np.random.Generator,
        by_width: bool = False,
    ) -> list[Stroke]:
        """Scale strokes, slant them and set them on the baseline.

        Args:
            strokes: in any unit, y downwards.
            size: height (or width) of the character, relative to `height`.
            drop: how far the strokes reach below the baseline, relative to `height`.
            height: height of the line's digits, in pixels.
            rng: random generator.
            by_width: whether `size` is a width.
        """
        points = np.concatenate(strokes)
        low, high = points.min(axis=0), points.max(axis=0)
        wide, tall = np.maximum(high - low, 1e-3)
        scale = size * height / (wide if by_width else max(tall, MIN_ASPECT * wide))
        across = scale * self.stretch * float(np.exp(rng.normal(0, 0.06)))
        slant = self.slant + rng.normal(0, 0.04)
        placed = []
        for stroke in strokes:
            moved = (stroke - (low[0], high[1])) * (across, scale)
            moved[:, 1] += drop * height
            moved[:, 0] -= slant * moved[:, 1]
            placed.append(moved)
        return placed


class DrawnHand(Hand):
    """Writes digits drawn by code, in shapes that MNIST's writers hardly used."""

    def __init__(self, sources: Sources, rng: np.random.Generator) -> None:
        super().__init__(sources, rng)
        # a writer always writes a digit in the same way
        self.ways = {
            digit: [pick(WORLD_WAYS[digit] if rng.random() < 0.6 else WAYS[digit], rng)]
            for digit in range(10)
        }
        self.line_ways = {
            digit: [pick(ways, rng)] for digit, ways in LINE_WAYS.items() if rng.random() < LINE_WAY
        }
        self.lean_of_one = rng.uniform(*LEAN) if rng.random() < LEANING_ONE else 0.0
        self.hurried_size = rng.uniform(*HURRIED_SIZES)
        self.hurried_stretch = rng.uniform(*HURRIED_STRETCH)
        self.hurries = rng.random() < HURRIED
        self.in_hurry = False

    def prepare(self, text: str) -> None:
        """Adapt to a text."""
        super().prepare(text)
        self.in_hurry = self.hurries and "00" in text

    def digit(
        self, digit: int, size: float, drop: float, height: float, rng: np.random.Generator
    ) -> Glyph:
        """Write a digit stroke by stroke."""
        ways = self.line_ways.get(digit) if self.in_number else None
        hurried = digit == 0 and self.in_hurry
        sketch = digit_strokes(digit, LINE_WAYS[0] if hurried else ways or self.ways[digit], rng)
        if hurried:
            size *= self.hurried_size
            sketch = [stroke * (self.hurried_stretch, 1.0) for stroke in sketch]
        if digit == 1 and self.in_number:
            sketch = [stroke - self.lean_of_one * stroke[:, ::-1] * (1, 0) for stroke in sketch]
        strokes = round_corners(sketch, max_rounding(digit), rng)
        return stroke_glyph(self.set_strokes(strokes, size, drop, height, rng), height)


class RecordingHand(Hand):
    """Writes with people's digits, and some digits as a drawn hand does."""

    def __init__(self, sources: Sources, rng: np.random.Generator) -> None:
        super().__init__(sources, rng)
        self.drawn = DrawnHand(sources, rng)
        chances = [UNUSUAL_ONE if digit == 1 else UNUSUAL for digit in range(10)]
        self.unusual = {digit for digit in range(10) if rng.random() < chances[digit]}

    def prepare(self, text: str) -> None:
        """Adapt to a text."""
        super().prepare(text)
        self.drawn.prepare(text)

    def digit(
        self, digit: int, size: float, drop: float, height: float, rng: np.random.Generator
    ) -> Glyph:
        """Write a digit: one of people's, or a drawn one if this hand writes it unusually."""
        unusual = digit in self.unusual or (digit == 0 and self.drawn.in_hurry)
        write = self.drawn.digit if unusual else self.recorded
        return write(digit, size, drop, height, rng)

    def recorded(
        self, digit: int, size: float, drop: float, height: float, rng: np.random.Generator
    ) -> Glyph:
        """Write one of people's digits."""
        raise NotImplementedError


class PenHand(RecordingHand):
    """Writes with the pen strokes of one writer."""

    def __init__(self, sources: Sources, rng: np.random.Generator) -> None:
        super().__init__(sources, rng)
        assert sources.digits is not None  # `make_hand` ensures this
        self.items = sources.digits
        self.own = sources.digits.by_writer[pick(sources.writers, rng)]

    def recorded(
        self, digit: int, size: float, drop: float, height: float, rng: np.random.Generator
    ) -> Glyph:
        """Write one of the writer's digits, or another writer's if there is none."""
        found = self.own.get(str(digit))
        if found is None:
            found = self.items.by_label.get(str(digit))
        if found is None:  # a small data set
            return self.drawn.digit(digit, size, drop, height, rng)
        strokes = self.items.strokes(pick(found, rng))
        if self.careless > 0.06:
            strokes = [stroke + rng.normal(0, 0.012, stroke.shape) for stroke in strokes]
        return stroke_glyph(self.set_strokes(strokes, size, drop, height, rng), height)

    def mark(self, mark: str, height: float, rng: np.random.Generator) -> Glyph:
        """Write a mark, half of the time with recorded pen strokes if there are any."""
        found = self.sources.stroke_items(mark) if mark in STROKE_MARK_SIZES else None
        if found is None or rng.random() < 0.5:
            return super().mark(mark, height, rng)
        size, drop, by_width = STROKE_MARK_SIZES[mark]
        items, own = found
        strokes = self.set_strokes(
            items.strokes(pick(own, rng)),
            rng.uniform(*size),
            rng.uniform(*drop),
            height,
            rng,
            by_width,
        )
        return stroke_glyph(strokes, height)


class ImageHand(RecordingHand):
    """Writes with images of digits, such as MNIST's."""

    def __init__(self, sources: Sources, rng: np.random.Generator) -> None:
        super().__init__(sources, rng)
        self.weight = float(rng.normal(0, 0.8))
        self.hard_edges = rng.random() < 0.3

    def recorded(
        self, digit: int, size: float, drop: float, height: float, rng: np.random.Generator
    ) -> Glyph:
        """Scale and slant an image of a digit."""
        image = self.sources.images[pick(self.sources.of_digit[digit], rng)]
        left, top, wide, tall = cv2.boundingRect(_inked(image))
        scale = size * height / max(tall, MIN_ASPECT * wide)
        across = scale * self.stretch * float(np.exp(rng.normal(0, 0.05)))
        slant = (self.slant + rng.normal(0, 0.03)) * 0.6
        lean = slant * tall * scale
        # a margin of two pixels; each row is shifted by `slant` relative to the one above
        matrix = np.array(
            [
                [across, -slant * scale, 2 - across * left + slant * scale * top + max(0, lean)],
                [0, scale, 2 - scale * top],
            ]
        )
        shape = int(wide * across + abs(lean)) + 5, int(tall * scale) + 5
        way = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
        mask = cv2.warpAffine(image, matrix, shape, flags=way).view(np.uint8)
        mask = _cropped(self._change_weight(mask, scale))
        return mask_glyph(mask, drop * height, height)

    def _change_weight(self, mask: Picture, scale: float) -> Picture:
        """Make ink bolder or finer if there are enough pixels, and hard-edged for some hands."""
        if self.weight > 0.8 and scale > 1.4:
            mask = cv2.dilate(mask, np.ones((2 + (self.weight > 1.5), 2), np.uint8)).view(np.uint8)
        elif self.weight < -1 and scale > 1.4:
            mask = cv2.erode(mask, np.ones((2, 2), np.uint8)).view(np.uint8)
        if self.hard_edges:
            mask = cv2.threshold(mask, 110, 255, cv2.THRESH_BINARY)[1].view(np.uint8)
        return mask


def _own_sizes(rng: np.random.Generator) -> dict[str, tuple[float, float]]:
    """Choose sizes and drops for some digits: short ones, and some that descend."""
    sizes = {digit: (rng.uniform(0.45, 0.75), 0.0) for digit in DIGITS if rng.random() < 0.35}
    for digit in "3479":
        if digit not in sizes and rng.random() < 0.5:
            drop = rng.uniform(0.1, 0.4)
            sizes[digit] = (rng.uniform(1.0, 1.2) + drop / 2, drop)
    return sizes


def _inked(image: Picture) -> Picture:
    """Return the mask of an image's ink, uint8 0 or 255; all 255 if it has none."""
    ink = cv2.threshold(image, INK, 255, cv2.THRESH_BINARY)[1].view(np.uint8)
    return ink if ink.any() else np.full_like(image, 255)


def _cropped(mask: Picture) -> Picture:
    """Crop a mask to its ink."""
    left, top, width, height = cv2.boundingRect(_inked(mask))
    cropped: NDArray[np.uint8] = np.ascontiguousarray(mask[top : top + height, left : left + width])
    return cropped
