"""Amounts as on bank cheques: on paper with a pattern of fine waves, above a ruled line."""

import cv2
import numpy as np

from benchmarks.harness.cases import Case
from benchmarks.images.canvas import Cover, Random, paint, to_bytes
from benchmarks.images.marks import draw_mark
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

HEIGHT, WIDTH = 100, 300
"""Approximate size of an image in pixels."""


def draw_cheque(digits: Digits, rng: Random) -> Case:
    """Draw an amount of three to six digits, some with a point as thousands separator.

    Args:
        digits: digits to draw with.
        rng: draws everything else.
    """
    shape = round(HEIGHT * rng.uniform(0.8, 1.2)), round(WIDTH * rng.uniform(0.8, 1.2))
    number = random_number(rng, 3, 6)
    hand = Hand(0.45 * shape[0], slant=rng.normal(0.15, 0.1), gaps=(-0.02, 0.2), uneven=0.12)
    pen = hand.height * rng.uniform(0.06, 0.12)
    glyphs: list[Glyph] = [write_digit(one, hand, rng) for one in digits.draw(number, rng)]
    if len(number) > 3 and rng.random() < 0.6:
        glyphs.insert(len(number) - 3, draw_mark(".", hand, pen, rng))
    foot = shape[0] * rng.uniform(0.7, 0.8)
    narrow = min(1.0, 0.92 * shape[1] / width_of(glyphs))
    ink = np.zeros((shape[0], max(shape[1], round(shape[1] / narrow))), np.float32)
    left = (ink.shape[1] - width_of(glyphs)) * rng.uniform(0.3, 0.7)
    set_down(ink, glyphs, left, moved(level, 0, foot))
    ink = cv2.resize(ink, shape[::-1], interpolation=cv2.INTER_AREA).astype(np.float32)
    printed = np.maximum(rng.uniform(0.15, 0.45) * waves(shape, rng), 0.6 * _rule(shape, foot, rng))
    gray = paint(np.maximum(ink * rng.uniform(0.7, 1), printed), 50, rng.uniform(180, 230))
    return Case(to_bytes(gray + 3 * rng.standard_normal(shape, np.float32)), number)


def waves(shape: tuple[int, int], rng: Random) -> Cover:
    """Draw one or two sets of fine wavy lines in random directions."""
    rows, columns = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    cover = np.zeros(shape, np.float32)
    for _ in range(rng.integers(1, 3)):
        angle, pitch = rng.uniform(0, np.pi), rng.uniform(4, 9)
        along = columns * np.cos(angle) + rows * np.sin(angle)
        across = rows * np.cos(angle) - columns * np.sin(angle)
        bend = rng.uniform(0, 8) * np.sin(2 * np.pi * along / rng.uniform(30, 120))
        off = np.abs((across + bend) % pitch - pitch / 2)
        cover = np.maximum(cover, np.clip(1.2 - off, 0, 1))
    return cover


def _rule(shape: tuple[int, int], foot: float, rng: Random) -> Cover:
    """Draw a ruled line on the baseline or below."""
    canvas = np.zeros(shape, np.uint8)
    row = round(foot + shape[0] * rng.uniform(0, 0.15))
    cv2.line(canvas, (0, row), (shape[1], row), 255, int(rng.integers(1, 3)))
    return np.asarray(canvas / np.float32(255), np.float32)
