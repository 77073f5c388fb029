"""Numbers with marks and currency signs, drawn in pen strokes with random variation."""

from collections.abc import Callable

import numpy as np

from benchmarks.harness.cases import Case
from benchmarks.images.canvas import Random
from benchmarks.images.pens import pen_strokes, rounded
from benchmarks.images.sheets import finish
from benchmarks.images.writing import (
    Digits,
    Glyph,
    Hand,
    on_its_own,
    random_number,
    write_digit,
)
from digitnet.model.symbols import DIGITS, GAP, MARKS

Points = list[tuple[float, float]]
"""A stroke: x from the left edge and y above the baseline, relative to the height of a digit."""

CURRENCIES = "$€£"

WIDE_GAP = (0.75, 1.5)
"""Range of a wide gap, relative to the height; other gaps are at most a third of the height."""


def number_with_gaps(rng: Random) -> str:
    """Return a telephone number in groups separated by gaps or hyphens."""
    groups = [random_number(rng, 2, 4) for _ in range(rng.integers(2, 5))]
    return str(rng.choice([GAP, "-"], p=[0.7, 0.3])).join(groups)


def decimal(rng: Random) -> str:
    """Return a decimal number, some with a thousands separator."""
    point, other = rng.permutation([".", ","]).tolist()
    whole, part = random_number(rng, 1, 3), random_number(rng, 1, 3)
    if rng.random() < 0.25:
        whole += other + random_number(rng, 3, 3)
    return f"{whole}{point}{part}"


def negative(rng: Random) -> str:
    """Return a negative number."""
    return "-" + (decimal(rng) if rng.random() < 0.5 else random_number(rng, 1, 5))


def date(rng: Random) -> str:
    """Return a date or a time of day."""
    if rng.random() < 0.2:
        return f"{rng.integers(24)}:{rng.integers(60):02}"
    year = f"{rng.integers(1950, 2050)}"
    day, month = (f"{rng.integers(1, last):0{rng.integers(1, 3)}}" for last in (32, 13))
    if rng.random() < 0.2:
        return f"{year}-{int(month):02}-{int(day):02}"
    parts = [day, month, year if rng.random() < 0.6 else year[2:]]
    return str(rng.choice(["/", ".", "-"])).join(parts)


def addition(rng: Random) -> str:
    """Return a sum or a difference, some with an equals sign or the result."""
    one, two = int(random_number(rng, 1, 3)), int(random_number(rng, 1, 3))
    one, two = max(one, two), min(one, two)
    if rng.random() < 0.6:
        sign, comes_to = "+", one + two
    else:
        sign, comes_to = "-", one - two
    behind = str(rng.choice(["", "=", f"={comes_to}"], p=[0.3, 0.2, 0.5]))
    return f"{one}{sign}{two}{behind}"


def amount(rng: Random) -> str:
    """Return an amount of money with a currency sign before or after it."""
    number = random_number(rng, 1, 4)
    if rng.random() < 0.7:
        number += str(rng.choice([".", ","])) + random_number(rng, 2, 2)
    sign = CURRENCIES[rng.integers(len(CURRENCIES))]
    return sign + number if rng.random() < 0.6 else number + sign


KINDS: dict[str, Callable[[Random], str]] = {
    "decimals": decimal,
    "negative numbers": negative,
    "dates and times": date,
    "telephone numbers": number_with_gaps,
    "sums": addition,
    "amounts with currency": amount,
}


def draw_marked(kind: str, digits: Digits, rng: Random) -> Case:
    """Draw a number with marks on a piece of paper.

    Args:
        kind: one of `KINDS`.
        digits: digits to write with.
        rng: draws everything else.
    """
    text = KINDS[kind](rng)
    height = float(np.exp(rng.uniform(np.log(24), np.log(100))))
    hand = Hand(height, slant=rng.normal(0.08, 0.1), gaps=(0.08, 0.3), uneven=0.06)
    pictures = digits.draw("".join(filter(str.isdigit, text)), rng)
    pen = height * rng.uniform(0.07, 0.14)
    glyphs: list[Glyph] = []
    for place, character in enumerate(text):
        if character == GAP:
            continue
        if character in DIGITS:
            glyph = write_digit(next(pictures), hand, rng)
        else:
            glyph = draw_mark(character, hand, pen, rng)
        if place and text[place - 1] == GAP:
            glyph = glyph._replace(before=height * rng.uniform(*WIDE_GAP))
        glyphs.append(glyph)
    canvas = on_its_own(glyphs, height * rng.uniform(0.2, 1))
    readable = "".join(one for one in text if one in DIGITS + MARKS + GAP)
    return Case(finish(canvas, None, rng), "".join(filter(str.isdigit, text)), readable)


def draw_mark(character: str, hand: Hand, pen: float, rng: Random) -> Glyph:
    """Draw a mark or currency sign.

    Args:
        character: one of `.,-/:+=` and `CURRENCIES`.
        hand: handwriting parameters.
        pen: pen width in pixels.
        rng: draws the variation.
    """
    strokes = _STROKES[character](rng)
    size = hand.height * rng.uniform(0.9, 1.1)
    paths = []
    for stroke in strokes:
        points = np.array(stroke) + rng.normal(0, 0.012, (len(stroke), 2))
        points[:, 0] += hand.slant * points[:, 1]
        paths.append(rounded(points) * size)
    wide = pen * rng.uniform(0.9, 1.2)
    if character in ".:":
        wide *= rng.uniform(1.0, 1.5)
    ink, above = pen_strokes(paths, wide)
    near = (0.02, 0.15) if character in ".,:" else (0.08, 0.3)
    return Glyph(ink, above, hand.height * rng.uniform(*near))


def _dot(low: float, rng: Random) -> Points:
    along = rng.uniform(0, 0.05, 2)
    return [(0, low), (along[0], low + along[1])]


def _level(middle: float, rng: Random) -> Points:
    long, rise = rng.uniform(0.28, 0.55), rng.normal(0, 0.03)
    return [(0, middle - rise), (long / 2, middle + rng.normal(0, 0.02)), (long, middle + rise)]


def _point(rng: Random) -> list[Points]:
    return [_dot(rng.uniform(0, 0.06), rng)]


def _comma(rng: Random) -> list[Points]:
    across, deep = rng.uniform(0.05, 0.12), rng.uniform(0.13, 0.22)
    return [[(across, 0.06), (across, 0.0), (0, -deep)]]


def _hyphen(rng: Random) -> list[Points]:
    return [_level(rng.uniform(0.38, 0.55), rng)]


def _slash(rng: Random) -> list[Points]:
    wide = rng.uniform(0.35, 0.6)
    return [[(0, -rng.uniform(0.1, 0.2)), (wide, rng.uniform(1.05, 1.25))]]


def _colon(rng: Random) -> list[Points]:
    low = rng.uniform(0.08, 0.2)
    return [_dot(low, rng), _dot(low + rng.uniform(0.32, 0.45), rng)]


def _plus(rng: Random) -> list[Points]:
    middle, half = rng.uniform(0.4, 0.55), rng.uniform(0.18, 0.3)
    level = _level(middle, rng)
    x = level[-1][0] / 2
    return [level, [(x, middle + half), (x, middle - half)]]


def _equals(rng: Random) -> list[Points]:
    middle, half = rng.uniform(0.38, 0.5), rng.uniform(0.1, 0.15)
    return [_level(middle + half, rng), _level(middle - half, rng)]


def _dollar(rng: Random) -> list[Points]:
    bow = [(0.46, 0.8), (0.3, 0.92), (0.06, 0.86), (0.04, 0.6), (0.27, 0.5)]
    bow += [(0.5, 0.4), (0.48, 0.12), (0.22, 0.04), (0.02, 0.18)]
    bars: list[Points] = [[(0.26, 1.1), (0.26, -0.12)]]
    if rng.random() < 0.3:
        bars = [[(x, 1.08), (x, -0.1)] for x in (0.19, 0.33)]
    return [[*bow], *bars]


def _euro(_: Random) -> list[Points]:
    bow = [(0.62, 0.84), (0.45, 1.0), (0.14, 0.9), (0.1, 0.5), (0.16, 0.08), (0.46, 0.0)]
    return [[*bow, (0.62, 0.14)], [(0, 0.6), (0.46, 0.6)], [(0, 0.4), (0.42, 0.4)]]


def _pound(_: Random) -> list[Points]:
    stem = [(0.55, 0.82), (0.42, 1.02), (0.22, 0.92), (0.24, 0.5), (0.22, 0.14), (0.02, 0.0)]
    return [[*stem, (0.3, 0.04), (0.58, 0.02)], [(0.04, 0.46), (0.44, 0.46)]]


_STROKES: dict[str, Callable[[Random], list[Points]]] = {
    ".": _point,
    ",": _comma,
    "-": _hyphen,
    "/": _slash,
    ":": _colon,
    "+": _plus,
    "=": _equals,
    "$": _dollar,
    "€": _euro,
    "£": _pound,
}
