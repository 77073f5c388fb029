"""Digits in shapes that MNIST's American writers hardly used, drawn by code.

A 1 with a flag or a foot is a 7 to a network that knows MNIST only, and a 0 with a bar is an 8; who
draws with a mouse wobbles and misses where strokes should meet; print has shapes of its own. All of
it comes through the same `normalize` as a user's image.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from digitnet.synthesis.fonts import Face, choose_face
from digitnet.synthesis.pens import Picture, Stroke, draw_character, print_text
from digitnet.synthesis.strokes import place, read_way, write
from digitnet.vision.normalize import normalize

WAYS = {
    0: [
        *2 * ("40 11 03 06 18 39 68 76 73 61", "40 12 25 38 59 77 73 61"),
        "10 10 19 19 69 69 60 60",
        "60 30 11 07 29 59 78 71",
        "61 11 04 09 49 78 72",
    ],
    1: ["40 49", "40 49|29 69", *2 * ("13 40 40 49|29 69",), *5 * ("13 40 40 49",)],
    2: ["12 30 60 73 55 19 19 79", "12 30 60 73 36 19 17 37 79", "11 41 72 64 19 19 79"],
    3: ["11 40 70 73 44 44 75 77 49 08", "10 10 70 70 34 34 65 77 49 08", "11 51 72 35 76 49 08"],
    4: ["20 06 06 76|50 59", "30 06 06 86|52 59", "50 50 06 06 86|50 59", "10 05 05 65|60 59"],
    5: ["70 10 10 14 43 75 77 49 08", "10 14 53 75 68 39 08|10 70", "10 14 53 76 39 08|30 80"],
    6: ["50 13 06 28 58 76 55 15", "60 22 07 39 69 76 45 07"],
    7: [
        "00 70 70 29",
        "00 70 70 39|25 65",
        "02 00 70 70 29",
        "00 70 44 39|15 65",
        "01 70 53 39|34 64",
    ],
    8: ["60 20 13 44 76 59 19 06 44 73 60", "40 12 44 76 49 06 44 72 40"],
    9: ["71 40 02 15 55 72 71 71 69", "71 40 02 15 55 72 71 65 29", "71 31 04 35 71 71 79"],
}
"""How each digit is written (see `strokes`)."""

BARRED = 0.4
"""The chance that a 0 has a bar through it or a dot in it."""


def make_drawn(
    count: int, faces: Sequence[Face], rng: np.random.Generator
) -> tuple[Picture, NDArray[np.uint8]]:
    """Draw digits: half of them stroke by stroke, the others in fonts.

    Args:
        count: how many.
        faces: fonts to take digits from.
        rng: where the randomness comes from.

    Returns:
        uint8 (count, 28, 28), white ink on black, and their labels, uint8 (count,).
    """
    with_digits = [face for face in faces if face.digits]
    labels, pictures = [], []
    for _ in range(count):
        way = rng.random()
        label = int(rng.integers(10))
        if way < 0.5:
            # those in which MNIST is poorest come most often
            label = int(rng.choice([0, 1, 7, label], p=[0.2, 0.35, 0.1, 0.35]))
            picture = draw_digit(label, rng)
        elif way < 0.6:
            picture = draw_character(str(label), rng)
        else:
            picture = print_text(choose_face(with_digits, rng), str(label), rng)
        labels.append(label)
        pictures.append(normalize(picture))
    return np.stack(pictures), np.array(labels, np.uint8)


def draw_digit(digit: int, rng: np.random.Generator) -> Picture:
    """Draw a digit stroke by stroke, as a hand with a pen or a mouse does.

    Returns:
        uint8 (side, side), white ink on black.
    """
    return write(digit_strokes(digit, WAYS[digit], rng), roundest_corner(digit), rng)


def roundest_corner(digit: int) -> float:
    """How far the corners of a digit are rounded at most (see `strokes`): a 1 has a sharp top."""
    return 2.0 if digit == 1 else 5.0


def digit_strokes(digit: int, ways: Sequence[str], rng: np.random.Generator) -> list[Stroke]:
    """The strokes of a digit, corners not yet rounded, in pixels about the middle of a canvas.

    Args:
        digit: 0-9.
        ways: the ways to write it (see `strokes`); one of them is taken.
        rng: where the randomness comes from.
    """
    grids = read_way(ways[int(rng.integers(len(ways)))])
    if digit == 1 and len(grids[0]) > 2:
        grids[0][0] = _flag(rng)
    strokes = place(grids, 1.0 if digit == 1 else 1.5, rng)
    if digit == 0:
        strokes[0] = _loop(strokes[0], rng)
        if rng.random() < BARRED:
            strokes.append(_bar(strokes[0], rng))
    return strokes


def _flag(rng: np.random.Generator) -> tuple[float, float]:
    """Where the flag of a 1 begins whose stem begins at (4, 0): it hangs, unlike that of a 7.

    A short one may be nearly level, as in print.
    """
    across = rng.uniform(0.8, 4.0)
    return 4 - across, across * rng.uniform(0.5 if across > 2.5 else 0.2, 2.0)


def _loop(points: Stroke, rng: np.random.Generator) -> Stroke:
    """Close the stroke of a 0, more or less: its end misses its beginning or runs past it."""
    closed = np.concatenate([points, points[:1] + rng.normal(0, 1.5, 2)])
    return np.concatenate([closed, points[1:2]]) if rng.random() < 0.3 else closed


def _bar(loop: Stroke, rng: np.random.Generator) -> Stroke:
    """A bar through a 0, slanted or level, or a dot in it."""
    middle = loop.mean(axis=0) + rng.normal(0, 1.5, 2)
    reach = np.ptp(loop, axis=0) / 2 * [rng.uniform(0.6, 1.5), -rng.uniform(-0.2, 1.1)]
    if rng.random() < 0.2:
        reach = np.array([0.0, rng.uniform(0, 2)])
    return np.array([middle - reach, middle + reach])
