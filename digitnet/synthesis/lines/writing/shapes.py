"""Shapes of marks and signs that are drawn by code.

Ways to write signs (see `digitnet.synthesis.characters.strokes`) use a grid from 0 to 9. Marks are
in heights of a digit, y downwards from the baseline.
"""

import numpy as np

from digitnet.synthesis.characters.pens import Stroke
from digitnet.synthesis.lines.chance import pick

SIGN_WAYS = {
    "€": ["71 40 11 05 18 49 78|04 54|06 46"],
    "£": ["62 40 22 27 08 09 09 79|04 54"],
    "$": ["71 40 11 13 44 76 48 18 07|40 49"],
    "✓": ["05 39 39 90", "15 28 28 71"],
    "✗": ["01 79|80 09", "00 88|80 08"],
    "(": ["30 03 06 39"],
    ")": ["00 33 36 09"],
    "[": ["30 00 00 09 09 39"],
    "]": ["00 30 30 39 39 09"],
    "#": ["30 19|60 49|03 83|06 76"],
    "%": ["20 01 22 40 20|80 09|67 48 69 87 67"],
    "*": ["41 48|13 76|73 16"],
    "<": ["71 05 05 79"],
    ">": ["01 75 75 09"],
    "?": ["12 30 61 44 36|39 39"],
    "!": ["40 46|49 49"],
    "@": ["63 43 35 46 63 66 85 72 30 06 39 78"],
    "&": ["79 22 30 51 24 07 29 59 76"],
    "x": ["03 69|63 09"],
}
"""Ways to write signs for which there are no pen strokes."""

SIGN_SIZES = {
    **dict.fromkeys("acemnorsuvwxz", ((0.5, 0.75), (-0.02, 0.04))),
    **dict.fromkeys("gpqy", ((0.8, 1.1), (0.2, 0.4))),
    **dict.fromkeys("j", ((0.9, 1.2), (0.2, 0.4))),
    **dict.fromkeys("$()[]{}@&#%!?€£", ((0.9, 1.35), (0.0, 0.2))),
    **dict.fromkeys("*^", ((0.25, 0.45), (-0.75, -0.5))),
    **dict.fromkeys("<>~", ((0.3, 0.6), (-0.3, -0.1))),
}
"""Ranges of the height of letters and signs, and of their drop below the baseline.

Both are in heights of a digit.
"""
USUAL_SIZE = ((0.85, 1.15), (-0.04, 0.04))
"""The same ranges for all other characters."""

STROKE_MARK_SIZES = {
    "/": ((0.95, 1.3), (0.0, 0.2), False),
    "+": ((0.4, 0.7), (-0.25, -0.1), False),
    "=": ((0.35, 0.7), (-0.35, -0.2), True),
    "-": ((0.25, 0.7), (-0.55, -0.3), True),
    ",": ((0.15, 0.4), (0.1, 0.3), False),
}
"""Ranges of the size and drop of marks in pen strokes, and whether the size is a width.

Both are in heights of a digit. Files of pen strokes do not record the original size.
"""


def mark_strokes(mark: str, rng: np.random.Generator) -> list[Stroke]:
    """Draw one of the reader's marks, in heights of a digit relative to the baseline."""
    if mark == ".":
        y = -rng.uniform(0, 0.1)
        return [np.array([(0, y), (rng.uniform(0, 0.06), y + rng.normal(0, 0.02))])]
    if mark == ",":
        length, lean, y = rng.uniform(0.15, 0.4), rng.uniform(0, 0.22), rng.uniform(-0.12, 0.05)
        middle = (lean * rng.uniform(0.4, 1.2), y + length * 0.45)
        return [np.array([(lean, y), middle, (0, y + length)])]
    if mark == "/":
        top, bottom = -rng.uniform(0.95, 1.3), rng.uniform(-0.05, 0.25)
        width = rng.uniform(0.32, 0.85)
        middle = (width / 2 + rng.normal(0, 0.03), (top + bottom) / 2)
        return [np.array([(width, top), middle, (0, bottom)])]
    if mark == ":":
        y, apart, dot = -rng.uniform(0.02, 0.15), rng.uniform(0.3, 0.55), rng.uniform(0, 0.05)
        shift = 0.03 + rng.normal(0, 0.03)
        return [
            np.array([(0, y), (dot, y)]),
            np.array([(shift, y - apart), (shift + dot, y - apart)]),
        ]
    width, sag = rng.uniform(0.3, 0.75), rng.normal(0, 0.04, 4)
    if mark == "-":
        y = -rng.uniform(0.3, 0.6)
        return [np.array([(0, y), (width / 2, y + sag[0] / 2), (width, y + sag[1])])]
    if mark == "+":
        height, y, x = rng.uniform(0.35, 0.75), -rng.uniform(0.35, 0.5), width / 2
        down = np.array([(x + sag[2], y - height / 2), (x + sag[3], y + height / 2)])
        return [np.array([(0, y + sag[0]), (width, y + sag[1])]), down]
    apart, y = rng.uniform(0.2, 0.32), -rng.uniform(0.25, 0.4)
    upper = np.array([(sag[2], y - apart), (width + sag[3], y - apart + sag[0])])
    return [np.array([(0, y + sag[0]), (width, y + sag[1])]), upper]


def sign_size(character: str, rng: np.random.Generator) -> tuple[float, float]:
    """Choose the height and drop of a letter or sign, in heights of a digit."""
    heights, drops = SIGN_SIZES.get(character, USUAL_SIZE)
    return rng.uniform(*heights), rng.uniform(*drops)


def sign_way(character: str, letters: dict[str, list[str]], rng: np.random.Generator) -> str:
    """Choose a way to write a sign or letter; if there is none, that of a random letter."""
    ways = SIGN_WAYS.get(character) or letters.get(character) or pick(list(letters.values()), rng)
    return pick(ways, rng)
