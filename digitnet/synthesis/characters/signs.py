"""Signs drawn with a few lines; none of them looks like a digit."""

from collections.abc import Sequence

import numpy as np

from digitnet.synthesis.characters.pens import CANVAS, Picture, Stroke, draw_lines


def draw_sign(rng: np.random.Generator) -> Picture:
    """Draw a random sign.

    It is a face, star, sun, arrow, tick, cross, spiral, heart, house, polygon, grid, wheel or a few
    sticks.
    """
    kinds = _kinds(rng)
    strokes = kinds[rng.integers(len(kinds))]
    angle = rng.choice([0, 0.5, 1, 1.5]) * np.pi if rng.random() < 0.3 else rng.normal(0, 0.15)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turn *= CANVAS * 0.32 * np.exp(rng.normal(0, 0.1, (1, 2)))
    placed = (CANVAS / 2 + stroke @ turn for stroke in strokes)
    return draw_lines([stroke + rng.normal(0, 0.6, stroke.shape) for stroke in placed], rng)


def _kinds(rng: np.random.Generator) -> list[list[Stroke]]:
    """Return the strokes of each sign, with coordinates from -1 to 1."""
    around = np.linspace(0, 2 * np.pi, 40)
    ring = _polar(around, 1.0)
    mouth = _polar(np.linspace(0.2, np.pi - 0.2, 12), 0.55) * [1, rng.choice([-1, 1])]
    eye = _line((-0.35, -0.35), (-0.35, -0.2))
    corners = np.arange(11) * np.pi / 5 - np.pi / 2
    star = _polar(corners, np.where(np.arange(11) % 2, rng.uniform(0.35, 0.55), 1.0))
    turns = np.linspace(0, rng.uniform(4, 8) * np.pi, 120)
    lobes = 13 * np.cos(around) - 5 * np.cos(2 * around) - 2 * np.cos(3 * around)
    return [
        [ring, mouth, eye, eye * [-1, 1]],
        [star],
        [0.6 * ring, *(_line(0.7 * end, end) for end in ring[::5])],
        _arrow(rng),
        [_line((-0.8, 0.1), (-0.3, 0.7), (0.9, -0.8))],
        [_line((-0.8, -0.8), (0.8, 0.8)), _line((-0.8, 0.8), (0.8, -0.8))],
        [_polar(turns, turns / turns[-1])],
        [np.column_stack([np.sin(around) ** 3, -lobes / 16])],
        [_line((-0.8, 1), (-0.8, 0), (0, -0.8), (0.8, 0), (0.8, 1), (-0.8, 1))],
        [_polygon(rng)],
        [_polygon(rng)],
        [_line((x, -1), (x, 1)) for x in (-0.6, 0.0, 0.6)]
        + [_line((-1, y), (1, y)) for y in (-0.5, 0.5)],
        [ring, _line((-1, 0), (1, 0)), _line((0, -1), (0, 1))],
        [rng.uniform(-1, 1, (2, 2)) for _ in range(rng.integers(4, 8))],
    ]


def _polygon(rng: np.random.Generator) -> Stroke:
    """Return a closed polygon of three to six corners, about as wide as high.

    A narrow one might pass for a 0.
    """
    corners = int(rng.integers(3, 7))
    first = rng.choice([0.0, 0.5, rng.random()])
    angles = (np.arange(corners + 1) + first) * 2 * np.pi / corners
    angles[:-1] += rng.normal(0, 0.1, corners)
    angles[-1] = angles[0] + 2 * np.pi
    return _polar(angles, 1.0)


def _arrow(rng: np.random.Generator) -> list[Stroke]:
    """Return an arrow in any direction."""
    angle, (back, aside) = rng.uniform(0, 2 * np.pi), rng.uniform(0.3, 0.7, 2)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    head = _line((1 - back, -aside), (1, 0), (1 - back, aside))
    return [_line((-1, 0), (1, 0)) @ turn, head @ turn]


def _line(*points: Sequence[float] | Stroke) -> Stroke:
    return np.array(points, np.float64)


def _polar(angles: Stroke, radius: float | Stroke) -> Stroke:
    return np.column_stack([radius * np.cos(angles), radius * np.sin(angles)])
