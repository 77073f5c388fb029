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
    """Draw a sun, flower, star, face, house, envelope or window, uint8 (80, 80), white on black."""
    draw = (_parts_around_a_middle, _face, _box)[int(rng.integers(3))]
    parts = draw(rng)
    filled = draw is _parts_around_a_middle and rng.random() < 0.4
    turn = _turn(rng.normal(0, 0.2))
    pen = int(rng.integers(1, MAX_PEN_PX + 1))
    canvas = np.zeros((CANVAS, CANVAS), np.uint8)
    for part in parts:
        fixed = np.round((part @ turn * 0.42 + 0.5) * CANVAS * 16).astype(np.int32)
        if filled and len(fixed) == len(_ROUND):
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
