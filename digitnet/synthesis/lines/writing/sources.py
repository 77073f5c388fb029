"""Sources of the characters of lines: images, pen strokes and fonts."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from digitnet.data.pen_strokes import PenStrokes
from digitnet.synthesis.characters.fonts import Face

MIN_DIGITS_OF_A_WRITER = 8
"""Minimum number of recorded digits for a writer to write lines."""


@dataclass(frozen=True)
class Sources:
    """Characters to write lines with, all from the same split: training or validation.

    Shapes drawn by code and displays need no source. Missing sources are skipped.

    Attributes:
        images: images of digits such as MNIST's, uint8 (N, height, width), white ink on black.
        labels: (N,), 0-9.
        digits: digits as pen strokes, or None.
        letters: letters as pen strokes, or None.
        symbols: signs as pen strokes, or None.
        numbers: whole numbers with marks as pen strokes, or None.
        faces: fonts; those without digits do not write lines.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    digits: PenStrokes | None = None
    letters: PenStrokes | None = None
    symbols: PenStrokes | None = None
    numbers: PenStrokes | None = None
    faces: Sequence[Face] = ()

    @cached_property
    def of_digit(self) -> list[NDArray[np.int64]]:
        """Indices of the images of each of the ten digits."""
        return [np.flatnonzero(self.labels == digit).astype(np.int64) for digit in range(10)]

    @cached_property
    def has_images(self) -> bool:
        """Whether there is an image of every digit."""
        return all(len(own) for own in self.of_digit)

    @cached_property
    def writers(self) -> list[int]:
        """The writers with enough digits as pen strokes, in ascending order."""
        if self.digits is None:
            return []
        counts = {
            writer: sum(map(len, own.values())) for writer, own in self.digits.by_writer.items()
        }
        return [writer for writer, count in counts.items() if count >= MIN_DIGITS_OF_A_WRITER]

    @cached_property
    def families(self) -> list[list[Face]]:
        """The fonts that have digits, by family."""
        families: dict[str, list[Face]] = {}
        for face in self.faces:
            if face.digits:
                families.setdefault(face.family, []).append(face)
        return [families[name] for name in sorted(families)]

    def stroke_items(self, character: str) -> tuple[PenStrokes, NDArray[np.int64]] | None:
        """Find pen strokes of a letter or sign.

        Returns:
            The set that has them and their indices in it; None if no set has any.
        """
        for items in (self.letters, self.symbols):
            if items is not None and character in items.by_label:
                return items, items.by_label[character]
        return None
