"""Numbers made of MNIST digits, written side by side on a baseline in one handwriting."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.images.canvas import Cover, Picture, Random, strokes

Baseline = Callable[[float], float]
"""Maps a column of the canvas to the row of the baseline."""


def level(_: float) -> float:
    """Baseline of a level line."""
    return 0.0


def moved(baseline: Baseline, right: float, down: float) -> Baseline:
    """Shift a baseline by this many pixels."""
    return lambda column: down + baseline(column - right)


class Glyph(NamedTuple):
    """The ink of one character.

    Attributes:
        ink: ink coverage, cropped to its bounding box.
        above: height of its top above the baseline, in pixels.
        before: gap to the previous glyph, in pixels; negative if they overlap.
    """

    ink: Cover
    above: float
    before: float


class Hand(NamedTuple):
    """Parameters of a handwriting.

    Attributes:
        height: height of a typical digit, in pixels.
        slant: pixels to the right for each pixel upwards.
        gaps: narrowest and widest gap between digits, relative to the height.
        uneven: maximum variation of size and vertical position, relative to the height.
    """

    height: float
    slant: float = 0.0
    gaps: tuple[float, float] = (0.08, 0.35)
    uneven: float = 0.08


class Digits(NamedTuple):
    """MNIST's digits: (N, 28, 28) uint8, white ink on black, and (N,) labels."""

    images: Picture
    labels: NDArray[np.uint8]

    def draw(self, text: str, rng: Random) -> Iterator[Picture]:
        """Yield a random image for each digit of a text."""
        for character in text:
            own = np.flatnonzero(self.labels == int(character))
            yield self.images[own[rng.integers(len(own))]]


def random_number(rng: Random, shortest: int, longest: int) -> str:
    """Return a random number with this many digits; the first may be 0."""
    return "".join(map(str, rng.integers(0, 10, rng.integers(shortest, longest + 1))))


def write_digit(digit: Picture, hand: Hand, rng: Random, size: float = 1.0) -> Glyph:
    """Write a digit near the baseline, `size` times as high as usual."""
    height = size * hand.height * (1 + hand.uneven * rng.uniform(-1, 1))
    ink = slanted(strokes(digit, height), hand.slant)
    lifted = hand.uneven * hand.height * rng.uniform(-1, 1)
    return Glyph(ink, ink.shape[0] + lifted, hand.height * rng.uniform(*hand.gaps))


def write_mixed(digits: Sequence[Picture], hand: Hand, rng: Random) -> list[Glyph]:
    """Write digits of mixed heights: short ones low, centred or high, tall ones below the line."""
    glyphs = []
    for digit in digits:
        glyph = write_digit(digit, hand, rng, rng.uniform(0.5, 1.25))
        room = hand.height - glyph.ink.shape[0]
        lifted = room * rng.choice([0.0, 0.5, 1.0], p=[0.4, 0.4, 0.2])
        glyphs.append(glyph._replace(above=glyph.ink.shape[0] + lifted))
    return glyphs


def slanted(ink: Cover, slant: float) -> Cover:
    """Slant ink to the right and crop it to its bounding box."""
    if slant:
        rows, columns = ink.shape
        aside = abs(slant) * rows
        matrix = np.array([[1, -slant, max(0.0, slant * rows)], [0, 1, 0]], np.float32)
        ink = cv2.warpAffine(ink, matrix, (columns + int(np.ceil(aside)), rows)).astype(np.float32)
    left, top, width, height = cv2.boundingRect((ink > 0.1).astype(np.uint8))
    return ink[top : top + height, left : left + width]


def width_of(glyphs: Sequence[Glyph]) -> float:
    """Return the total width of glyphs in pixels, including the gaps between them."""
    return float(sum(glyph.ink.shape[1] + glyph.before for glyph in glyphs) - glyphs[0].before)


def set_down(
    canvas: Cover, glyphs: Sequence[Glyph], left: float, baseline: Baseline
) -> tuple[int, int, int, int]:
    """Draw glyphs on a canvas from a column on, clipped at its edges.

    Returns:
        Left, top, right and bottom of their bounding box, in pixels of the canvas.
    """
    boxes = []
    place = left - glyphs[0].before
    for glyph in glyphs:
        rows, columns = glyph.ink.shape
        place += glyph.before
        x, y = round(place), round(baseline(place + columns / 2) - glyph.above)
        lay(canvas, glyph.ink, y, x)
        boxes.append((x, y, x + columns, y + rows))
        place += columns
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def lay(canvas: Cover, ink: Cover, top: int, left: int) -> None:
    """Add ink to a canvas, in place; where ink overlaps, the stronger one is kept."""
    rows, columns = canvas.shape
    first, start = max(0, -top), max(0, -left)
    part = ink[first : max(0, rows - top), start : max(0, columns - left)]
    top, left = max(0, top), max(0, left)
    under = canvas[top : top + part.shape[0], left : left + part.shape[1]]
    np.maximum(under, part, out=under)


def on_its_own(glyphs: Sequence[Glyph], margin: float, baseline: Baseline = level) -> Cover:
    """Draw one line on a canvas of its own with a margin in pixels."""
    width = width_of(glyphs)
    lifted = [glyph.above for glyph in glyphs]
    fallen = [glyph.ink.shape[0] - glyph.above for glyph in glyphs]
    bends = [baseline(column) for column in np.linspace(0, width, 16)]
    top, bottom = max(lifted) - min(bends), max(fallen) + max(bends)
    shape = round(top + bottom + 2 * margin), round(width + 2 * margin)
    canvas = np.zeros(shape, np.float32)
    set_down(canvas, glyphs, margin, moved(baseline, margin, margin + top))
    return canvas
