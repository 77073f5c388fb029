"""Figures without digits: icons, whose parts look like digits, but not together.

The rays of a sun look like 1s, the petals of a flower like 0s and 8s, a house like a 0.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.synthesis.characters.pens import CANVAS, Picture, Stroke

MAX_PEN_PX = 6
_ROUND = np.linspace(0, 2 * np.pi, 24, endpoint=False)


def draw_figure(rng: np.random.Generator) -> Picture:
    """Draw a sun, star, face, house, arrow, heart or similar, uint8 (80, 80), white on black."""
    draw = (_parts_around_a_middle, _face, _box, _arrow, _emblem)[int(rng.integers(5))]
    parts = draw(rng)
    filled = draw is _parts_around_a_middle and rng.random() < 0.4
    turn = _turn(rng.uniform(0, 2 * np.pi) if draw is _arrow else rng.normal(0, 0.2))
    solid = draw in (_arrow, _emblem) and rng.random() < 0.6
    pen = int(rng.integers(1, MAX_PEN_PX + 1))
    canvas = np.zeros((CANVAS, CANVAS), np.uint8)
    for part in parts:
        fixed = np.round((part @ turn * 0.42 + 0.5) * CANVAS * 16).astype(np.int32)
        if (filled and len(fixed) == len(_ROUND)) or (solid and len(fixed) > 3):
            cv2.fillPoly(canvas, [fixed], 255, cv2.LINE_AA, shift=4)
        cv2.polylines(canvas, [fixed], True, 255, pen, cv2.LINE_AA, shift=4)
    return canvas


def _oval(middle: tuple[float, float], width: float, height: float) -> Stroke:
    """Return the outline of an oval, in a square from -1 to 1."""
    return np.column_stack([np.cos(_ROUND) * width, np.sin(_ROUND) * height]) + middle


def _corners(width: float, height: float) -> Stroke:
    """Return the corners of a rectangle around the middle, given half of its sides."""
    return np.array([[-width, -height], [width, -height], [width, height], [-width, height]])


def _turn(angle: float) -> NDArray[np.float64]:
    """Return the matrix (2, 2) that turns row vectors by an angle in radians."""
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def _parts_around_a_middle(rng: np.random.Generator) -> list[Stroke]:
    """Return a sun, a flower or a star: four to nine equal parts around a middle."""
    inner, count = rng.uniform(0.2, 0.55), int(rng.integers(4, 10))
    kind = int(rng.integers(3))
    if kind == 0:
        start = inner * rng.uniform(0.9, 1.6)
        part = np.array([[min(start, 0.8), 0.0], [1.0, 0.0]])
    elif kind == 1:
        width = (1 - inner) / 2
        size = width * rng.uniform(0.5, 1.1)
        part = _oval((1 - width, 0.0), width, size)
    else:
        half = rng.uniform(0.1, 0.3)
        part = np.array([[inner, -half], [1.0, 0.0], [inner, half]])
    angles = np.arange(count) * 2 * np.pi / count + rng.uniform(0, 1)
    parts = [part @ _turn(angle) for angle in angles]
    return [*parts, _oval((0, 0), inner, inner)] if kind == 0 or rng.random() < 0.6 else parts


def _face(rng: np.random.Generator) -> list[Stroke]:
    """Return a face: an outline with two eyes and a mouth."""
    eye, away = rng.uniform(0.04, 0.2), rng.uniform(0.3, 0.5)
    width, height = rng.uniform(0.7, 1.0, 2)
    bend = np.linspace(-1, 1, 9)
    mouth = np.column_stack([bend * rng.uniform(0.2, 0.5), rng.normal(0, 0.2) * bend**2 + 0.4])
    outline = _oval((0, 0), width, height)
    if rng.random() < 0.3:
        outline = _corners(width, height)
    eyes = [_oval((side * away, -rng.uniform(0.1, 0.3)), eye, eye) for side in (-1, 1)]
    return [outline, *eyes, np.concatenate([mouth, mouth[::-1]])]


def _box(rng: np.random.Generator) -> list[Stroke]:
    """Return a house, an envelope or a window: a polygon with lines inside or a part on top."""
    width, height = rng.uniform(0.5, 1.0), rng.uniform(0.4, 0.9)
    corners = _corners(width, height) + rng.normal(0, 0.04, (4, 2))
    kind = int(rng.integers(3))
    if kind == 0:  # a roof, and a door or none
        top = np.array([[0.0, -1.0 - rng.uniform(0, 0.3)]])
        eaves = np.array([[-1, -1], [1, -1]]) * (width * rng.uniform(1, 1.3), height * 0.6)
        roof = np.concatenate([eaves[:1], top, eaves[1:]])
        box = corners * (1, 0.8) + (0, 0.3)
        door = box * (0.25, 0.5) + (0, 0.3)
        return [box, roof, door] if rng.random() < 0.5 else [box, roof]
    if kind == 1:  # a flap
        fold = np.array([[0.0, rng.uniform(-0.2, 0.4)]])
        return [corners, np.concatenate([corners[:1], fold, corners[1:2]])]
    # both diagonals, or a cross
    if rng.random() < 0.5:
        return [corners, corners[::2], corners[1::2]]
    middles = (corners + np.roll(corners, -1, axis=0)) / 2
    return [corners, middles[::2], middles[1::2]]


def _arrow(rng: np.random.Generator) -> list[Stroke]:
    """Return an arrow to the right: of three lines, or the outline of a block arrow."""
    back, half = rng.uniform(0.4, 1.0), rng.uniform(0.25, 0.7)
    tip = np.array([1.0, 0.0])
    if rng.random() < 0.5:
        ends = [(back * rng.uniform(0.8, 1.1), side * half) for side in (-1, 1)]
        barbs = [np.array([tip - end, tip]) for end in ends]
        lines = [np.array([[-1.0, rng.normal(0, 0.05)], tip]), *barbs]
        if rng.random() < 0.5:
            return lines
        thick = rng.uniform(0.05, 0.15)
        return [_bar(start, end, thick) for start, end in lines]
    neck = half * rng.uniform(0.2, 0.6)
    upper = np.array([[-1.0, -neck], [1 - back, -neck], [1 - back, -half]])
    return [np.concatenate([upper, [tip], upper[::-1] * (1, -1)])]


def _bar(start: NDArray[np.float64], end: NDArray[np.float64], thick: float) -> Stroke:
    """Return the corners of a bar along a line, given half of its thickness."""
    along = (end - start) / np.linalg.norm(end - start) * thick
    across = along[::-1] * (1, -1)
    return np.array([start + across, end + along + across, end + along - across, start - across])


def _emblem(rng: np.random.Generator) -> list[Stroke]:
    """Return the outline of a heart, crescent or lightning bolt."""
    kind = int(rng.integers(3))
    if kind == 0:
        x = np.sin(_ROUND) ** 3
        y = -(13 * np.cos(_ROUND) - 5 * np.cos(2 * _ROUND) - 2 * np.cos(3 * _ROUND)) / 15
        return [np.column_stack([x, y]) * (rng.uniform(0.6, 1.0), 1)]
    if kind == 1:
        inner = _oval((rng.uniform(0.3, 0.6), 0), 0.75, 0.85)
        arc = _oval((0, 0), 0.9, 0.95)
        left = arc[arc[:, 0] < 0.3]
        bay = inner[inner[:, 0] < 0.3]
        order = [part[np.argsort(np.arctan2(part[:, 1], -part[:, 0]))] for part in (left, bay)]
        return [np.concatenate([order[0], order[1][::-1]])]
    wide, bend = rng.uniform(0.3, 0.6), rng.uniform(0.0, 0.25)
    half = np.array([[wide * 0.6, -1.0], [-wide, bend], [-wide * 0.1, bend]])
    return [np.concatenate([half, -half])]
