"""Digits in shapes that MNIST's American writers hardly used, drawn by code.

A 1 with a flag or a foot is a 7 to a network that knows MNIST only, and print has shapes of its
own. What is drawn here comes through the same `normalize` as a user's image.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.learning.pens import CANVAS, FONTS, Picture, draw_text
from digitnet.vision.normalize import normalize


def make_drawn(count: int, rng: np.random.Generator) -> tuple[Picture, NDArray[np.uint8]]:
    """Draw digits.

    Args:
        count: how many.
        rng: where the randomness comes from.

    Returns:
        uint8 (count, 28, 28), white ink on black, and their labels, uint8 (count,).
    """
    labels = np.where(
        rng.random(count) < 0.5, rng.choice([1, 7], count), rng.integers(0, 10, count)
    )
    printed = rng.random(count) < 0.4
    pictures = [
        printed_digit(int(label), rng)
        if is_printed or label not in (1, 7)
        else (one(rng) if label == 1 else seven(rng))
        for label, is_printed in zip(labels, printed, strict=True)
    ]
    return np.stack([normalize(picture) for picture in pictures]), labels.astype(np.uint8)


def printed_digit(digit: int, rng: np.random.Generator) -> Picture:
    """A digit of one of OpenCV's Hershey fonts."""
    return draw_text(str(digit), FONTS[rng.integers(len(FONTS))], rng)


def one(rng: np.random.Generator) -> Picture:
    """A 1 with a flag, a foot, or both."""
    height = 50.0
    top = _xy(CANVAS / 2, 12)
    bottom = top + _xy(rng.normal(-2, 4), height)
    # the flag of a 1 goes steeply down, the bar of a 7 does not: at least 30 degrees
    angle = np.deg2rad(rng.uniform(30, 75))
    flag = height * rng.uniform(0.15, 0.5) * _xy(-np.cos(angle), np.sin(angle))
    strokes = [[top + flag, top, bottom]]
    foot = rng.uniform(0.12, 0.35) * height
    if rng.random() < 0.5:
        ends = _xy(-foot, rng.normal(0, 1)), _xy(foot, rng.normal(0, 1))
        strokes.append([bottom + end for end in ends])
        if rng.random() < 0.3:
            strokes[0] = [top, bottom]
    return _draw(strokes, rng)


def seven(rng: np.random.Generator) -> Picture:
    """A 7, often with a bar through its stem, sometimes with a serif."""
    height = 50.0
    width = height * rng.uniform(0.45, 0.8)
    left = _xy((CANVAS - width) / 2, 12 + rng.normal(0, 2))
    right = left + _xy(width, rng.normal(0, 2))
    bottom = _xy(left[0] + width * rng.uniform(0.05, 0.6), 12 + height)
    bend = (right + bottom) / 2 + rng.normal(0, 2.5, 2)
    head = [left, right, bend, bottom]
    if rng.random() < 0.25:
        head.insert(0, left + _xy(rng.normal(0, 1), rng.uniform(4, 12)))
    strokes = [head]
    if rng.random() < 0.6:
        half = _xy(rng.uniform(0.12, 0.3) * height, rng.normal(0, 2))
        strokes.append([bend - half, bend + half])
    return _draw(strokes, rng)


def _xy(x: float, y: float) -> NDArray[np.float64]:
    return np.array([x, y])


def _draw(strokes: list[list[NDArray[np.float64]]], rng: np.random.Generator) -> Picture:
    """Draw lines through points (x, y), each a little off, with one pen."""
    canvas = np.zeros((CANVAS, CANVAS), np.uint8)
    thickness = int(rng.integers(2, 9))
    for stroke in strokes:
        points = np.array(stroke) + rng.normal(0, 0.8, (len(stroke), 2))
        fixed = np.round(points * 16).astype(np.int32)
        cv2.polylines(canvas, [fixed], False, 255, thickness, cv2.LINE_AA, shift=4)
    return canvas
