"""Pages with rows of numbers, in one or two columns, on different paper."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.harness.cases import Case
from benchmarks.images.canvas import Cover, Picture, Random, paint, to_bytes
from benchmarks.images.writing import (
    Baseline,
    Digits,
    Glyph,
    Hand,
    level,
    moved,
    on_its_own,
    random_number,
    set_down,
    width_of,
    write_digit,
    write_mixed,
)

KINDS = ("level", "slanted", "curved", "mixed heights", "two sizes", "two columns")
PAPERS = ("plain", "ruled", "squared", "dark ruled", "noisy", "on a desk")

LARGE = 1.5, 4.0
"""Range of the size of the first or last row of two sizes, relative to the others."""

STEEPEST = 0.25
"""Maximum slope of a curved line."""


def draw_sheet(kind: str, paper: str, digits: Digits, rng: Random) -> Case:
    """Draw a page.

    Args:
        kind: one of `KINDS`.
        paper: one of `PAPERS`.
        digits: digits to write with.
        rng: draws everything else.

    Returns:
        A case whose label has the numbers row by row, separated by spaces. The numbers of a row
        without a space, which `predict` only puts between rows, and the numbers column by column
        are accepted, too.
    """
    height = float(np.exp(rng.uniform(np.log(20), np.log(80))))
    hand = Hand(height, slant=rng.normal(0.05, 0.1))
    columns = 2 if kind == "two columns" else 1
    longest = {1: 9, 2: 5}[columns]
    shortest = 4 if kind == "curved" else 1
    rows = [
        [random_number(rng, shortest, longest) for _ in range(columns)]
        for _ in range(rng.integers(2, 7))
    ]
    sizes = np.ones(len(rows))
    if kind == "two sizes":
        place = -int(rng.integers(2))
        sizes[place] = rng.uniform(*LARGE)
        rows[place] = [number[:4] for number in rows[place]]
    written = [
        [write(number, kind, hand._replace(height=size * height), digits, rng) for number in row]
        for row, size in zip(rows, sizes.tolist(), strict=True)
    ]
    apart = " ".join(number for row in rows for number in row)
    joined = " ".join("".join(row) for row in rows)
    down = " ".join(number for column in zip(*rows, strict=True) for number in column)
    image = _on_paper(written, sizes, kind, paper, height, rng)
    return Case(image, apart, also=frozenset({joined, down}))


def draw_line(digits: Digits, rng: Random) -> Case:
    """Draw one number of one to ten digits, 16 to 100 pixels high, on a piece of paper.

    Args:
        digits: digits to write with.
        rng: draws everything else.
    """
    number = random_number(rng, 1, 10)
    height = float(np.exp(rng.uniform(np.log(16), np.log(100))))
    gaps = ((-0.05, 0.1), (0.05, 0.35), (0.3, 0.8))[rng.integers(3)]
    hand = Hand(height, slant=rng.normal(0.05, 0.1), gaps=gaps, uneven=rng.uniform(0.03, 0.2))
    glyphs = [write_digit(picture, hand, rng) for picture in digits.draw(number, rng)]
    slope = rng.normal(0, 0.02)
    margin = height * rng.uniform(0.15, 1)
    return Case(finish(on_its_own(glyphs, margin, lambda x: slope * x), None, rng), number)


def write(number: str, kind: str, hand: Hand, digits: Digits, rng: Random) -> list[Glyph]:
    """Write a number and return its glyphs."""
    pictures = list(digits.draw(number, rng))
    if kind == "mixed heights":
        return write_mixed(pictures, hand, rng)
    return [write_digit(picture, hand, rng) for picture in pictures]


def _on_paper(
    written: Sequence[Sequence[Sequence[Glyph]]],
    sizes: NDArray[np.float64],
    kind: str,
    paper: str,
    height: float,
    rng: Random,
) -> Picture:
    """Put rows of numbers, of these relative sizes, on a page of matching size."""
    widths = [max(map(width_of, column)) for column in zip(*written, strict=True)]
    between = height * rng.uniform(2, 6)
    across = sum(widths) + between * (len(widths) - 1)
    margin = height * rng.uniform(0.6, 2.5)
    pitch = height * rng.uniform(1.8 if kind == "mixed heights" else 1.5, 2.4)
    rise = baseline_of(kind, across, height, rng)
    bends = [rise(column) for column in np.linspace(0, across, 16)]
    top = margin + sizes[0] * height - min(bends)
    shape = (
        round(top + pitch * sizes[1:].sum() + max(bends) + margin + 0.3 * height),
        round(across + 2 * margin),
    )
    canvas = np.zeros(shape, np.float32)
    for number, row in enumerate(written):
        foot = top + pitch * sizes[1 : number + 1].sum() + 0.06 * height * rng.uniform(-1, 1)
        left = margin
        for glyphs, width in zip(row, widths, strict=True):
            # align the number left or right in its column, or neither
            start = left + rng.choice([0.0, 1.0, rng.uniform()]) * (width - width_of(glyphs))
            set_down(canvas, glyphs, start, moved(rise, margin, foot))
            left += width + between
    if paper == "noisy":
        page = finish(canvas, None, rng)
        return to_bytes(page + rng.uniform(10, 35) * rng.standard_normal(shape, np.float32))
    if paper == "on a desk":
        return finish(_on_a_desk(canvas, height, rng), None, rng)
    if paper == "plain":
        return finish(canvas, None, rng)
    if paper == "squared":
        return finish(canvas, _squares(shape, pitch, top, rng) * rng.uniform(0.1, 0.4), rng)
    strength = (0.6, 1.0) if paper == "dark ruled" else (0.15, 0.5)
    return finish(canvas, _ruling(shape, pitch, top, rng) * rng.uniform(*strength), rng)


def baseline_of(kind: str, across: float, height: float, rng: Random) -> Baseline:
    """Return the baseline of a line; length and height are in pixels."""
    if kind == "slanted":
        slope = rng.choice([-1, 1]) * rng.uniform(0.03, 0.15)
        return lambda column: slope * column
    if kind == "curved":
        waves, phase = rng.uniform(0.4, 1.0), rng.uniform(0, 2 * np.pi)
        deep = height * rng.uniform(0.3, 0.8)
        deep = min(deep, STEEPEST * across / (2 * np.pi * waves))
        return lambda column: float(deep * np.sin(2 * np.pi * waves * column / across + phase))
    return level


def _ruling(shape: tuple[int, int], pitch: float, top: float, rng: Random) -> Cover:
    """Draw ruled lines, one just below each row of digits and up to two more between rows."""
    canvas = np.zeros(shape, np.uint8)
    apart = pitch / rng.integers(1, 4)
    first = (top + pitch * rng.uniform(0.0, 0.1)) % apart
    width, askew = int(rng.integers(1, 3)), shape[1] * rng.normal(0, 0.003)
    for row in np.arange(first, shape[0], apart):
        ends = (0, round(16 * row)), (16 * shape[1], round(16 * (row + askew)))
        cv2.line(canvas, *ends, 255, width, cv2.LINE_AA, shift=4)
    if rng.random() < 0.2:
        column = round(shape[1] * rng.uniform(0.01, 0.05))
        cv2.line(canvas, (column, 0), (column, shape[0]), 255, width)
    return np.asarray(canvas / 255, np.float32)


def _squares(shape: tuple[int, int], pitch: float, top: float, rng: Random) -> Cover:
    """Draw the squares of squared paper, two to four per row of digits."""
    canvas = np.zeros(shape, np.uint8)
    side = pitch / rng.integers(2, 5)
    for row in np.arange((top + pitch * rng.uniform(0.0, 0.1)) % side, shape[0], side):
        cv2.line(canvas, (0, round(row)), (shape[1], round(row)), 255, 1)
    for column in np.arange(rng.uniform(0, side), shape[1], side):
        cv2.line(canvas, (round(column), 0), (round(column), shape[0]), 255, 1)
    return np.asarray(canvas / 255, np.float32)


def _on_a_desk(canvas: Cover, height: float, rng: Random) -> Cover:
    """Add strips of a dark desk along one to four sides of a sheet that lies askew."""
    widths = np.where(rng.permutation(4) < rng.integers(1, 5), rng.uniform(0.3, 1.5, 4), 0.0)
    left, top, right, bottom = (round(height * width) for width in widths)
    desk = cv2.copyMakeBorder(canvas, top, bottom, left, right, cv2.BORDER_CONSTANT, value=0)
    rows, columns = desk.shape
    lean = rng.normal(0, 0.02)
    down, across = np.mgrid[:rows, :columns].astype(np.float32)
    x, y = across - lean * (down - rows / 2), down + lean * (across - columns / 2)
    outside = (x < left) | (x > columns - right) | (y < top) | (y > rows - bottom)
    return np.where(outside, np.float32(rng.uniform(0.6, 1)), desk)


def finish(canvas: Cover, printed: Cover | None, rng: Random) -> Picture:
    """Turn ink and printed lines into grayscale with uneven light, blur and noise."""
    cover = canvas * rng.uniform(0.7, 1)
    if printed is not None:
        cover = np.maximum(cover, printed)
    paper, ink = rng.uniform(190, 250), rng.uniform(20, 80)
    if printed is None and rng.random() < 0.25:
        paper, ink = ink, paper
    gray = paint(cover, ink, paper)
    rows, columns = gray.shape
    dark = rng.uniform(0, 0.2, 2)
    gray *= 1 - dark[0] * np.linspace(0, 1, columns, dtype=np.float32)
    gray *= 1 - dark[1] * np.linspace(0, 1, rows, dtype=np.float32)[:, None]
    if rng.random() < 0.5:
        gray = cv2.GaussianBlur(gray, (0, 0), rng.uniform(0.4, 1.0)).astype(np.float32)
    return to_bytes(gray + rng.uniform(0, 5) * rng.standard_normal(gray.shape, np.float32))
