"""Shapes that code draws: marks, signs, displays, and digits as some hands write them.

Ways to write (see `digitnet.synthesis.strokes`) are on a grid from 0 to 9; marks are in heights of
a digit, y downwards from the baseline.
"""

import numpy as np

from digitnet.synthesis.lines.chance import pick
from digitnet.synthesis.pens import Picture, Stroke

WORLD_WAYS = {
    0: [
        "20 20 60 60 82 82 87 87 69 69 29 29 07 07 02 02 20",
        "20 04 07 39 67 64 20",
    ],
    1: ["07 50 50 59", "05 50 50 59", "08 50 50 59|29 89", "06 30 30 39", "50 39"],
    2: [
        "11 30 61 54 28 17 06 18 38 79",
        "02 20 51 54 08 07 27 59 78",
        "10 60 60 64 04 04 09 09 69",
    ],
    3: [
        "10 70 70 33 33 55 77 49 18",
        "11 40 62 44 24 24 54 77 49 08",
        "10 60 60 64 14 14 64 64 69 69 09",
    ],
    4: [
        "01 05 76 76|71 59",
        "01 05 35 65 61|60 49",
        "02 15 45 74 71 71 69",
        "00 05 75|52 59",
    ],
    5: ["80 20 13 53 76 48 09", "70 70 10 10 04 04 64 64 69 69 09", "72 60 20 13 54 76 39 08"],
    6: [
        "82 71 40 12 06 28 58 76 64 35 07",
        "60 20 05 29 69 75 44 06",
        "70 60 31 05 19 49 66 35 07",
        "70 10 10 19 19 79 79 75 75 15",
    ],
    7: [
        "01 12 30 51 70 70 29",
        "02 11 31 52 70 54 39",
        "00 70 70 29|17 57",
        "00 70 39|07 66",
        "20 60 60 39",
        "02 00 30 50 70 46 49",
        "01 30 31 70 29|24 64",
    ],
    8: [
        "60 31 12 33 64 77 49 18 16 43 62 60",
        "44 22 40 62 44 44 16 49 76 44",
        "10 70 70 79 79 19 19 10|14 74",
    ],
    9: [
        "62 41 32 54 62 61 59",
        "71 40 11 13 45 72 70 67 49 18",
        "40 12 13 45 73 72 40 40 49",
        "60 41 42 63 61 59",
        "71 50 21 24 54 71 71 67 49 29 08",
        "70 10 10 14 14 74|70 79",
    ],
}
"""Digits of hands that MNIST lacks: 1 with a long upstroke; 7 with a wave or a low bar; 4 open, in
one stroke, like a psi; 9 with a small or curled loop, like a phi; hooked 6; angular 0."""

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
"""Signs, for those that no pen strokes are at hand of."""

SIGN_SIZES = {
    **dict.fromkeys("acemnorsuvwxz", ((0.5, 0.75), (-0.02, 0.04))),
    **dict.fromkeys("gpqy", ((0.8, 1.1), (0.2, 0.4))),
    **dict.fromkeys("j", ((0.9, 1.2), (0.2, 0.4))),
    **dict.fromkeys("$()[]{}@&#%!?€£", ((0.9, 1.35), (0.0, 0.2))),
    **dict.fromkeys("*^", ((0.25, 0.45), (-0.75, -0.5))),
    **dict.fromkeys("<>~", ((0.3, 0.6), (-0.3, -0.1))),
}
"""Height and drop below the baseline of letters and signs, as ranges in heights of a digit."""
USUAL_SIZE = ((0.85, 1.15), (-0.04, 0.04))

STROKE_MARK_SIZES = {
    "/": ((0.95, 1.3), (0.0, 0.2), False),
    "+": ((0.4, 0.7), (-0.25, -0.1), False),
    "=": ((0.35, 0.7), (-0.35, -0.2), True),
    "-": ((0.25, 0.7), (-0.55, -0.3), True),
    ",": ((0.15, 0.4), (0.1, 0.3), False),
}
"""Of marks in pen strokes, which have lost their size: size, drop, whether the size is a width."""

SEGMENTS = {
    "0": "abcdef",
    "1": "bc",
    "2": "abged",
    "3": "abgcd",
    "4": "fgbc",
    "5": "afgcd",
    "6": "afgedc",
    "7": "abc",
    "8": "abcdefg",
    "9": "abcdfg",
}
"""The lit segments of a seven-segment display: a at the top, then clockwise, g in the middle."""

_SEGMENT_ENDS = {
    "a": (0, -1, 1, -1),
    "b": (1, -1, 1, -0.5),
    "c": (1, -0.5, 1, 0),
    "d": (0, 0, 1, 0),
    "e": (0, -0.5, 0, 0),
    "f": (0, -1, 0, -0.5),
    "g": (0, -0.5, 1, -0.5),
}

DOTS = {
    "0": "01110 10001 10011 10101 11001 10001 01110",
    "1": "00100 01100 00100 00100 00100 00100 01110",
    "2": "01110 10001 00001 00010 00100 01000 11111",
    "3": "11111 00010 00100 00010 00001 10001 01110",
    "4": "00010 00110 01010 10010 11111 00010 00010",
    "5": "11111 10000 11110 00001 00001 10001 01110",
    "6": "00110 01000 10000 11110 10001 10001 01110",
    "7": "11111 00001 00010 00100 01000 01000 01000",
    "8": "01110 10001 10001 01110 10001 10001 01110",
    "9": "01110 10001 10001 01111 00001 00010 01100",
}
"""A dot-matrix face of 5 x 7 dots, row by row."""


def segment_strokes(digit: str, gap: float) -> list[Stroke]:
    """The segments of a digit in a square of side 1 above the baseline, shortened by gaps."""
    ends = np.array([_SEGMENT_ENDS[segment] for segment in SEGMENTS[digit]]).reshape(-1, 2, 2)
    reach = np.diff(ends, axis=1) * gap
    return list(ends + np.concatenate([reach, -reach], axis=1))


def dot_strokes(digit: str) -> list[Stroke]:
    """The dots of a digit in a square of side 1 above the baseline, each as a very short line."""
    dots = [
        (column / 4, row / 6 - 1)
        for row, line in enumerate(DOTS[digit].split())
        for column, dot in enumerate(line)
        if dot == "1"
    ]
    return [np.array([dot, (dot[0] + 0.01, dot[1])]) for dot in dots]


def dot_pixels(digit: str) -> Picture:
    """A digit of 5 x 7 pixels, uint8 (7, 5), white ink (255) on black (0)."""
    rows = [[255 * int(dot) for dot in line] for line in DOTS[digit].split()]
    return np.array(rows, np.uint8)


def mark_strokes(mark: str, rng: np.random.Generator) -> list[Stroke]:
    """One of the reader's marks as a hand writes it, in heights of a digit about the baseline."""
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
    """Height and drop below the baseline of a letter or sign, in heights of a digit."""
    heights, drops = SIGN_SIZES.get(character, USUAL_SIZE)
    return rng.uniform(*heights), rng.uniform(*drops)


def sign_way(character: str, letters: dict[str, list[str]], rng: np.random.Generator) -> str:
    """A way to write a sign or letter; another letter where there is none for it."""
    ways = SIGN_WAYS.get(character) or letters.get(character) or pick(list(letters.values()), rng)
    return pick(ways, rng)
