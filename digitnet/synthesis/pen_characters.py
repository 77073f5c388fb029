"""Pen strokes recorded on tablets -> 28 x 28 images, drawn with pens of random width.

The drawings pass through the same `normalize` as a user's image.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.data.pen_strokes import PenStrokes
from digitnet.model.symbols import DIGITS
from digitnet.model.targets import NO_DIGIT
from digitnet.synthesis.characters.alphabets import may_be_digit
from digitnet.synthesis.characters.pens import SMALL_CANVAS_SHARE, Picture, Stroke
from digitnet.synthesis.lines.writing.glyphs import draw_strokes
from digitnet.vision.normalize import SIDE, normalize

PEN_WIDTHS = (0.01, 0.2)
"""Range of the pen width, relative to the larger side of a character."""
HEIGHTS_PX = (24, 72)
"""Range of a character's larger side before normalization, in pixels: as in users' images."""
MIN_HARD_EDGED_PX = 10
"""Minimum larger side of hard-edged characters, as drawn with a mouse on a small canvas."""
TREMBLING = 0.008
"""Standard deviation of the tremor of points, relative to the larger side."""


@dataclass(frozen=True)
class PenCharacters:
    """Training data for the classifier, drawn from files of pen strokes.

    Attributes:
        files: pen strokes of digits, letters or signs.
    """

    files: Sequence[PenStrokes]

    @cached_property
    def digits(self) -> list[tuple[PenStrokes, int]]:
        """The digits, each as a file and an index into it."""
        return self._find(DIGITS.__contains__)

    @cached_property
    def others(self) -> list[tuple[PenStrokes, int]]:
        """Letters and signs that do not look like a digit, each as a file and an index into it."""
        return self._find(lambda label: len(label) == 1 and not may_be_digit(label))

    def draw_digits(
        self, count: int, rng: np.random.Generator
    ) -> tuple[Picture, NDArray[np.uint8]]:
        """Draw random digits, each with its own pen.

        Args:
            count: how many.
            rng: random generator.

        Returns:
            uint8 (count, 28, 28), white ink on black, and their labels, uint8 (count,), 0-9. Both
            are empty if no file has digits.
        """
        pictures, labels = _draw(self.digits, count, rng)
        return pictures, np.array(labels, np.uint8)

    def draw_others(
        self, count: int, rng: np.random.Generator
    ) -> tuple[Picture, NDArray[np.uint8]]:
        """Draw random letters and signs, like `draw_digits`; each label is `NO_DIGIT`."""
        pictures, labels = _draw(self.others, count, rng)
        return pictures, np.full(len(labels), NO_DIGIT, np.uint8)

    def _find(self, wanted: Callable[[str], bool]) -> list[tuple[PenStrokes, int]]:
        """Return the characters whose label is wanted."""
        return [
            (items, item)
            for items in self.files
            for label, own in items.by_label.items()
            if wanted(label)
            for item in own.tolist()
        ]


def _draw(
    characters: list[tuple[PenStrokes, int]], count: int, rng: np.random.Generator
) -> tuple[Picture, list[str]]:
    """Draw `count` random characters, and return them with their labels."""
    chosen = rng.integers(max(1, len(characters)), size=count if characters else 0)
    pictures = np.zeros((len(chosen), SIDE, SIDE), np.uint8)
    labels = []
    for picture, place in zip(pictures, chosen, strict=True):
        items, item = characters[place]
        picture[:] = normalize(draw_item(items.strokes(item), rng))
        labels.append(str(items.labels[item]))
    return pictures, labels


def draw_item(strokes: list[Stroke], rng: np.random.Generator) -> Picture:
    """Draw a character with a pen of 1 to 20 % of its larger side.

    Args:
        strokes: the character, scaled so that its larger side measures 1.
        rng: random generator.

    Returns:
        uint8 (height, width), white ink on black.
    """
    hard = rng.random() < SMALL_CANVAS_SHARE
    height = np.exp(
        rng.uniform(*np.log((MIN_HARD_EDGED_PX if hard else HEIGHTS_PX[0], HEIGHTS_PX[1])))
    )
    pen = max(1, round(height * rng.uniform(*PEN_WIDTHS)))
    spread = rng.choice([0.0, TREMBLING])
    paths = [height * (stroke + spread * rng.standard_normal(stroke.shape)) for stroke in strokes]
    points = np.concatenate(paths)
    left, top = points.min(axis=0) - (pen + 1)
    width, rows = np.ceil(np.ptp(points, axis=0) + 2 * pen + 3).astype(int).tolist()
    canvas = np.zeros((rows, width), np.uint8)
    edge = cv2.LINE_8 if hard else cv2.LINE_AA
    draw_strokes(canvas, paths, (-left, -top), pen, edge, 255)
    return canvas
