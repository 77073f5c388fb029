"""Digits as on displays: seven segments, dot matrices, and block pixels."""

import numpy as np

from digitnet.synthesis.characters.pens import Picture, Stroke

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
"""A dot-matrix font of 5 x 7 dots, row by row."""


def segment_strokes(digit: str, gap: float) -> list[Stroke]:
    """Return the segments of a digit in a unit square above the baseline, shortened by gaps."""
    ends = np.array([_SEGMENT_ENDS[segment] for segment in SEGMENTS[digit]]).reshape(-1, 2, 2)
    reach = np.diff(ends, axis=1) * gap
    return list(ends + np.concatenate([reach, -reach], axis=1))


def dot_strokes(digit: str) -> list[Stroke]:
    """Return the dots of a digit in a unit square above the baseline, as very short lines."""
    dots = [
        (column / 4, row / 6 - 1)
        for row, line in enumerate(DOTS[digit].split())
        for column, dot in enumerate(line)
        if dot == "1"
    ]
    return [np.array([dot, (dot[0] + 0.01, dot[1])]) for dot in dots]


def dot_pixels(digit: str) -> Picture:
    """Return a digit of 5 x 7 pixels, uint8 (7, 5), white ink (255) on black (0)."""
    rows = [[255 * int(dot) for dot in line] for line in DOTS[digit].split()]
    return np.array(rows, np.uint8)
