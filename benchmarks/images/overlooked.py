"""Lines and pages with one digit that is easily missed: faint, small, cut off, or far away."""

from typing import NamedTuple

import numpy as np

from benchmarks.harness.cases import Case
from benchmarks.images.canvas import Random
from benchmarks.images.sheets import finish
from benchmarks.images.writing import (
    Digits,
    Glyph,
    Hand,
    level,
    moved,
    random_number,
    set_down,
    width_of,
    write_digit,
)

KINDS = ("faint", "small", "cut by the edge", "after a gap")
FORMS = ("line", "page")

FAINT = (0.2, 0.5)
"""Ink relative to the other digits."""
SMALL = (0.35, 0.6)
"""Height relative to the other digits."""
CUT = (0.15, 0.4)
"""Fraction of the digit's width that is cut off."""
GAP = (1.5, 5.0)
"""Gap relative to the height."""


class Row(NamedTuple):
    """A number and its horizontal position on the page."""

    number: str
    glyphs: list[Glyph]
    left: float

    @property
    def right(self) -> float:
        """The first column after the number."""
        return self.left + width_of(self.glyphs)


def draw_overlooked(kind: str, form: str, digits: Digits, rng: Random) -> Case:
    """Draw a line or a page of two to five rows with one digit that is easily missed.

    Args:
        kind: one of `KINDS`.
        form: one of `FORMS`.
        digits: digits to write with.
        rng: draws everything else.
    """
    height = float(np.exp(rng.uniform(np.log(24), np.log(80))))
    hand = Hand(height, slant=rng.normal(0.05, 0.1))
    numbers = [random_number(rng, 2, 6) for _ in range(rng.integers(2, 6) if form == "page" else 1)]
    special = int(rng.integers(len(numbers)))
    rows = []
    for number in numbers:
        glyphs = [write_digit(picture, hand, rng) for picture in digits.draw(number, rng)]
        rows.append(Row(number, glyphs, height * rng.uniform(0.3, 1.5)))
    is_last = bool(rng.random() < 0.5)
    if kind == "cut by the edge":
        rows, width = _cut(rows, special, is_last, height, rng)
    else:
        rows[special] = _changed(rows[special], kind, is_last, hand, digits, rng)
        width = max(row.right for row in rows) + height * rng.uniform(0.3, 1.5)
    pitch, margin = height * rng.uniform(1.6, 2.4), height * rng.uniform(0.4, 1.2)
    tall = 2 * margin + height + pitch * (len(rows) - 1)
    canvas = np.zeros((round(tall), round(width)), np.float32)
    for place, row in enumerate(rows):
        set_down(canvas, row.glyphs, row.left, moved(level, 0, margin + height + pitch * place))
    return Case(finish(canvas, None, rng), " ".join(row.number for row in rows))


def _changed(row: Row, kind: str, is_last: bool, hand: Hand, digits: Digits, rng: Random) -> Row:
    """Make one digit of a row faint or small, or separate its first or last digit by a gap."""
    glyphs = [*row.glyphs]
    place = int(rng.integers(len(glyphs)))
    if kind == "faint":
        glyphs[place] = glyphs[place]._replace(ink=glyphs[place].ink * rng.uniform(*FAINT))
    elif kind == "small":
        (picture,) = digits.draw(row.number[place], rng)
        small = write_digit(picture, hand, rng, rng.uniform(*SMALL))
        lifted = rng.uniform(0, 1) * (hand.height - small.ink.shape[0])
        glyphs[place] = small._replace(above=small.above + lifted)
    else:
        place = len(glyphs) - 1 if is_last else 1
        glyphs[place] = glyphs[place]._replace(before=hand.height * rng.uniform(*GAP))
    return row._replace(glyphs=glyphs)


def _cut(
    rows: list[Row], special: int, is_last: bool, height: float, rng: Random
) -> tuple[list[Row], float]:
    """Place rows so that the edge cuts the first or last digit of one; return the width, too."""
    chosen = rows[special]
    gone = rng.uniform(*CUT) * chosen.glyphs[-1 if is_last else 0].ink.shape[1]
    if not is_last:
        rows = [*rows]
        rows[special] = chosen._replace(left=-gone)
        return rows, max(row.right for row in rows) + height * rng.uniform(0.3, 1.5)
    width = chosen.right - gone
    room = width - 0.3 * height
    fitting = []
    for place, row in enumerate(rows):
        while place != special and row.right > room and len(row.glyphs) > 1:
            row = row._replace(number=row.number[:-1], glyphs=row.glyphs[:-1])
        if place == special or row.right <= room:
            fitting.append(row)
    return fitting, width
