"""Drawings without digits: scribbles, shapes, icons, and letters and words in fonts.

Shapes that people could read as a digit are excluded: rings and ellipses (0), upright bars and
arrows (1), bolts (7), magnifying glasses (9), hourglasses (8), and the letters not in `LETTERS`.
"""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.harness.fonts import draw_text

Ink = NDArray[np.float32]
"""(H, W), 0 paper .. 1 full ink."""

LETTERS = "ACEFHKMNPRTUVWXacdefhkmnprtuvwx"
"""Letters except those that look like a digit in some hand or font: O o Q D (0), I i J j L l (1),
Z z (2), S s (5), G b (6), B (8), g q (9), and Y y (an open 4)."""

PHRASES = (
    "the quick brown fox",
    "over a lazy dog",
    "small boats drift",
    "nobody knows why",
    "Captain Miller",
    "his Hat behind",
    "Dear Maria",
    "remember to buy milk",
    "bread and cheese",
    "Kind regards Thomas",
    "vor dem Haus",
    "dans le jardin",
)
"""Phrases, including letters that look like digits: a page of words is not a number."""


def scribble(shape: tuple[int, int], rng: np.random.Generator) -> Ink:
    """Draw a scribble: a tangle, hatching, a spiral, a coil or a crossing-out."""
    time = np.linspace(0, 1, 1000)
    turns = rng.uniform(4, 9)
    kind = rng.integers(5)
    if kind == 0:  # a tangle: a few incommensurable frequencies
        waves = rng.uniform(3, 8, (2, 3)) * 2 * np.pi
        phases = rng.uniform(0, 2 * np.pi, (2, 3))
        x, y = (np.sin(waves[k][:, None] * time + phases[k][:, None]).sum(0) for k in (0, 1))
    elif kind == 1:  # hatching: back and forth
        x = time + 0.05 * np.sin(9 * time)
        y = np.abs((time * turns * 2) % 2 - 1) * (1 + 0.2 * np.sin(7 * time))
    elif kind == 2:  # a spiral
        angle = 2 * np.pi * turns * time
        x, y = (0.15 + time) * np.cos(angle), (0.15 + time) * np.sin(angle)
    elif kind == 3:  # a coil
        angle = 2 * np.pi * turns * time
        x, y = 0.35 * turns * time + 0.3 * np.cos(angle), 0.5 * np.sin(angle)
    else:  # a crossing-out: overlapping strokes back and forth
        ends = rng.normal(0, 0.25, (int(turns) + 4, 2)) + np.array([1.0, 0.15])
        ends[::2] *= -1
        places = np.linspace(0, 1, len(ends))
        x, y = (np.interp(time, places, ends[:, k]) for k in (0, 1))
    return _stroke(np.column_stack([x, y]), shape, rng, turn=rng.uniform(-0.5, 0.5))


def shape(size: tuple[int, int], rng: np.random.Generator) -> Ink:
    """Draw a triangle, diamond, square, cross, heart or trapezium, some filled, or a full disc."""
    around = np.linspace(0, 2 * np.pi, 60)
    heart = np.column_stack(
        [
            16 * np.sin(around) ** 3,
            -13 * np.cos(around)
            + 5 * np.cos(2 * around)
            + 2 * np.cos(3 * around)
            + np.cos(4 * around),
        ]
    )
    cross = [(1, 0), (2, 0), (2, 1), (3, 1), (3, 2), (2, 2), (2, 3), (1, 3), (1, 2), (0, 2)]
    outlines: list[list[tuple[float, float]]] = [
        [(0, 2), (1.2, 0), (2.4, 2)],
        [(0, 1), (1, 0), (2, 1), (1, 2)],
        [(0, 0), (2, 0), (2, 2), (0, 2)],
        [*cross, (0, 1), (1, 1)],
        heart.tolist(),
        [(0.6, 0), (1.8, 0), (2.4, 1.4), (0, 1.4)],
        np.column_stack([np.cos(around), np.sin(around)]).tolist(),
    ]
    number = int(rng.integers(len(outlines)))
    outline = outlines[number]
    filled = number == len(outlines) - 1 or rng.random() < 0.5
    points = np.array([*outline, outline[0]], np.float64)
    return _stroke(points, size, rng, turn=rng.uniform(-0.2, 0.2), filled=filled)


def icon(shape: tuple[int, int], rng: np.random.Generator) -> Ink:
    """Draw a smiley, star, arrow, frame, tick, house, sun, stick figure, envelope or flower."""
    size, thickness = 200, int(rng.integers(6, 22))
    canvas = np.zeros((size, size), np.float32)

    def line(*points: tuple[float, float], closed: bool = False) -> None:
        fixed = np.array(points, np.float64) * size
        cv2.polylines(canvas, [fixed.astype(np.int32)], closed, 1.0, thickness, cv2.LINE_AA)

    def circle(x: float, y: float, radius: float, *, filled: bool = False) -> None:
        centre = (int(x * size), int(y * size))
        cv2.circle(
            canvas, centre, int(radius * size), 1.0, -1 if filled else thickness, cv2.LINE_AA
        )

    def round_about(
        radius: float, count: int, first: float = -np.pi / 2
    ) -> list[tuple[float, float]]:
        angles = first + np.arange(count) * 2 * np.pi / count
        return [(0.5 + radius * np.cos(a), 0.5 + radius * np.sin(a)) for a in angles]

    kind = rng.integers(10)
    if kind == 0:
        circle(0.5, 0.5, 0.4)
        circle(0.36, 0.4, 0.05, filled=True)
        circle(0.64, 0.4, 0.05, filled=True)
        arc = np.linspace(0.15 * np.pi, 0.85 * np.pi, 12)
        line(*((0.5 + 0.25 * np.cos(a), 0.5 + 0.22 * np.sin(a)) for a in arc))
    elif kind == 1:
        outer, inner = round_about(0.42, 5), round_about(0.18, 5, -np.pi / 2 + np.pi / 5)
        star = [point for pair in zip(outer, inner, strict=True) for point in pair]
        line(*star, closed=True)
        if rng.random() < 0.5:
            cv2.fillPoly(canvas, [(np.array(star) * size).astype(np.int32)], 1.0, cv2.LINE_AA)
    elif kind == 2:  # horizontal: an upright arrow looks like a 1
        line((0.1, 0.5), (0.9, 0.5))
        line((0.65, 0.3), (0.9, 0.5), (0.65, 0.7))
    elif kind == 3:
        line((0.1, 0.15), (0.9, 0.15), (0.9, 0.85), (0.1, 0.85), closed=True)
        line((0.24, 0.29), (0.76, 0.29), (0.76, 0.71), (0.24, 0.71), closed=True)
    elif kind == 4:
        line((0.12, 0.55), (0.38, 0.8), (0.88, 0.2))
    elif kind == 5:
        line((0.2, 0.9), (0.2, 0.45), (0.8, 0.45), (0.8, 0.9), closed=True)
        line((0.08, 0.5), (0.5, 0.1), (0.92, 0.5))
    elif kind == 6:
        circle(0.5, 0.5, 0.2)
        for near, far in zip(round_about(0.3, 8), round_about(0.45, 8), strict=True):
            line(near, far)
    elif kind == 7:
        circle(0.5, 0.2, 0.12)
        line((0.5, 0.32), (0.5, 0.65))
        line((0.2, 0.45), (0.8, 0.45))
        line((0.25, 0.95), (0.5, 0.65), (0.75, 0.95))
    elif kind == 8:
        line((0.08, 0.22), (0.92, 0.22), (0.92, 0.78), (0.08, 0.78), closed=True)
        line((0.08, 0.22), (0.5, 0.55), (0.92, 0.22))
    else:
        for x, y in round_about(0.25, 5):
            circle(x, y, 0.14)
        circle(0.5, 0.5, 0.1, filled=True)
    turn = cv2.getRotationMatrix2D((size / 2, size / 2), rng.normal(0, 6), 0.9)
    turned = cv2.warpAffine(canvas, turn, (size, size))
    return _place(np.asarray(turned, np.float32), shape, rng)


def letter(shape: tuple[int, int], fonts: list[Path], rng: np.random.Generator) -> Ink:
    """Draw one letter in a random font."""
    text = LETTERS[rng.integers(len(LETTERS))]
    drawn = draw_text(text, fonts[rng.integers(len(fonts))], 120)
    return _place(np.asarray(drawn / 255, np.float32), shape, rng)


def words(fonts: list[Path], rng: np.random.Generator) -> Ink:
    """Draw one to four lines of words."""
    font = fonts[rng.integers(len(fonts))]
    height = int(rng.integers(16, 80))
    chosen = rng.choice(PHRASES, rng.integers(1, 5))
    lines = [draw_text(str(phrase), font, height) for phrase in chosen]
    below = round(2.2 * height)
    widest = max(line.shape[1] for line in lines)
    page: Ink = np.zeros((below * (len(lines) + 1), widest + 2 * height), np.float32)
    for number, line in enumerate(lines):
        top = below * number + height // 2
        page[top : top + len(line), height : height + line.shape[1]] = line / 255
    return page


def _stroke(
    points: NDArray[np.float64],
    shape: tuple[int, int],
    rng: np.random.Generator,
    *,
    turn: float,
    filled: bool = False,
) -> Ink:
    """Scale a path, rotate it by `turn` radians and draw it at a random place of the canvas."""
    size = 240
    cosine, sine = np.cos(turn), np.sin(turn)
    turned = points @ np.array([[cosine, sine], [-sine, cosine]])
    turned = (turned - turned.min(axis=0)) / np.ptp(turned, axis=0).max() * size * 0.8 + 0.1 * size
    canvas: Ink = np.zeros((size, size), np.float32)
    fixed = [np.round(turned * 16).astype(np.int32)]
    if filled:
        cv2.fillPoly(canvas, fixed, 1.0, cv2.LINE_AA, shift=4)
    cv2.polylines(canvas, fixed, False, 1.0, int(rng.integers(3, 14)), cv2.LINE_AA, shift=4)
    return _place(canvas, shape, rng)


def _place(drawn: Ink, shape: tuple[int, int], rng: np.random.Generator) -> Ink:
    """Put a drawing at a random place of an empty canvas, at 30 to 85 % of the canvas's size."""
    rows, columns = np.flatnonzero(drawn.max(axis=1)), np.flatnonzero(drawn.max(axis=0))
    drawn = drawn[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = rng.uniform(0.3, 0.85) * min(shape[0] / drawn.shape[0], shape[1] / drawn.shape[1])
    height, width = (max(1, round(side * scale)) for side in drawn.shape)
    small = cv2.resize(drawn, (width, height), interpolation=cv2.INTER_AREA)
    top, left = (
        int(rng.integers(0, whole - part + 1))
        for whole, part in zip(shape, small.shape, strict=True)
    )
    ink = np.zeros(shape, np.float32)
    ink[top : top + height, left : left + width] = small
    return ink
