"""Digits drawn by code, in shapes that MNIST's American writers hardly used.

A network trained only on MNIST reads a 1 with a flag or a foot as a 7, and a 0 with a bar as an 8.
Strokes drawn with a mouse wobble and fail to meet, and printed digits have their own shapes. All
drawings pass through the same `normalize` as a user's image.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from digitnet.synthesis.characters.digit_ways import (
    WAYS,
    WORLD_WAYS,
    digit_strokes,
    max_rounding,
)
from digitnet.synthesis.characters.displays import dot_pixels, dot_strokes, segment_strokes
from digitnet.synthesis.characters.fonts import Face, choose_face
from digitnet.synthesis.characters.pens import (
    CANVAS,
    Picture,
    draw_character,
    draw_lines,
    print_text,
)
from digitnet.synthesis.characters.strokes import HEIGHT, write
from digitnet.vision.normalize import normalize

RARE_DIGITS = (0, 1, 7), (0.2, 0.35, 0.1)
"""Digits with the least variety in MNIST, and the extra share of each among drawn digits."""
RARE_IN_THE_WORLD = (1, 4, 7, 9), (0.15, 0.1, 0.15, 0.1)
"""The same for the shapes that MNIST lacks entirely (`WORLD_WAYS`)."""


def make_drawn(
    count: int, faces: Sequence[Face], rng: np.random.Generator
) -> tuple[Picture, NDArray[np.uint8]]:
    """Draw digits: most of them stroke by stroke, the others in fonts or as on displays.

    Args:
        count: number of digits.
        faces: fonts to draw digits with.
        rng: random generator.

    Returns:
        uint8 (count, 28, 28), white ink on black, and their labels, uint8 (count,).
    """
    with_digits = [face for face in faces if face.digits]
    labels, pictures = [], []
    for _ in range(count):
        way = rng.random()
        label = int(rng.integers(10))
        if way < 0.3:
            label = _oversample(label, *RARE_DIGITS, rng)
            picture = draw_digit(label, rng)
        elif way < 0.6:
            label = _oversample(label, *RARE_IN_THE_WORLD, rng)
            picture = draw_digit(label, rng, WORLD_WAYS)
        elif way < 0.65:
            picture = draw_display(label, rng)
        elif way < 0.7:
            picture = draw_character(str(label), rng)
        else:
            picture = print_text(choose_face(with_digits, rng), str(label), rng)
        labels.append(label)
        pictures.append(normalize(picture))
    return np.stack(pictures), np.array(labels, np.uint8)


def _oversample(
    label: int, rare: tuple[int, ...], shares: tuple[float, ...], rng: np.random.Generator
) -> int:
    """Return a rare digit with the probability of its share, otherwise the label."""
    return int(rng.choice([*rare, label], p=[*shares, 1 - sum(shares)]))


def draw_digit(
    digit: int, rng: np.random.Generator, ways: Mapping[int, Sequence[str]] = WAYS
) -> Picture:
    """Draw a digit stroke by stroke, as with a pen or a mouse.

    Args:
        digit: 0-9.
        rng: random generator.
        ways: ways to write each digit.

    Returns:
        uint8 (side, side), white ink on black.
    """
    return write(digit_strokes(digit, ways[digit], rng), max_rounding(digit), rng)


def draw_display(digit: int, rng: np.random.Generator) -> Picture:
    """Draw a digit as on a display: in segments, dots or block pixels.

    Returns:
        uint8 (side, side), white ink on black.
    """
    kind = rng.random()
    if kind < 0.3:
        wide, high = (int(side) for side in rng.integers(2, 8, 2))
        return np.kron(dot_pixels(str(digit)), np.ones((high, wide), np.uint8))
    strokes = dot_strokes(str(digit))
    if kind < 0.75:
        strokes = segment_strokes(str(digit), rng.uniform(0, 0.14))
    aspect, slant = rng.uniform(0.38, 0.7), rng.choice([0.0, 0.12])
    corner = (CANVAS - aspect * HEIGHT) / 2, (CANVAS + HEIGHT) / 2
    turn = HEIGHT * np.array([[aspect, 0], [-slant, 1]])
    return draw_lines([stroke @ turn + corner for stroke in strokes], rng)
