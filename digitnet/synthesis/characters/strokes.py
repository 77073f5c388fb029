"""Handwritten characters: strokes through a few points, with random variation.

A way to write a character is a string of strokes, separated by |. A stroke is a sequence of points,
each two digits, x and y, from 0 to 9. A point given twice in a row is a corner.
"""

import cv2
import numpy as np

from digitnet.synthesis.characters.pens import CANVAS, Picture, Stroke, draw_lines

HEIGHT = 46.0
"""Height of a character on its canvas, in pixels."""


def read_way(way: str) -> list[Stroke]:
    """Parse a way to write a character into strokes, in grid units.

    >>> [stroke.tolist() for stroke in read_way("40 49|04 64")]
    [[[4.0, 0.0], [4.0, 9.0]], [[0.0, 4.0], [6.0, 4.0]]]
    """
    return [
        np.array([[int(point[0]), int(point[1])] for point in stroke.split()], np.float64)
        for stroke in way.split("|")
    ]


def place(grids: list[Stroke], max_aspect: float, rng: np.random.Generator) -> list[Stroke]:
    """Scale strokes to a canvas, stretch them and jitter their points.

    Args:
        grids: strokes in grid units.
        max_aspect: maximum width of a grid unit, relative to its height; the minimum is 0.6.
        rng: random generator.

    Returns:
        The strokes in pixels, relative to the canvas centre.
    """
    size = HEIGHT / 9 * np.array([rng.uniform(0.6, max_aspect), 1.0])
    careless = rng.uniform(0.1, 0.6)
    strokes = []
    for grid in grids:
        # points that coincide on the grid are moved together
        moved = np.unique(grid, axis=0, return_inverse=True)[1].reshape(-1)
        points = (grid - (3.75, 4.5)) * size
        points += rng.normal(0, careless, (len(grid), 2))[moved] * HEIGHT / 9
        strokes.append(points)
    return strokes


def write(strokes: list[Stroke], max_rounding: float, rng: np.random.Generator) -> Picture:
    """Draw strokes with their corners rounded, with a pen of random width.

    Args:
        strokes: in pixels, relative to the canvas centre.
        max_rounding: maximum rounding of corners, in eighths of the distance between two points.
        rng: random generator.

    Returns:
        uint8 (side, side), white ink on black.
    """
    return draw_lines(
        [CANVAS / 2 + curve for curve in round_corners(strokes, max_rounding, rng)], rng
    )


def round_corners(
    strokes: list[Stroke], max_rounding: float, rng: np.random.Generator
) -> list[Stroke]:
    """Turn strokes through a few points into smooth curves, with optional tremor.

    Args:
        strokes: in pixels, each (N, 2).
        max_rounding: maximum rounding of corners, in eighths of the distance between two points.
        rng: random generator.

    Returns:
        The curves in pixels, each (8 N - 7, 2).
    """
    smooth = rng.uniform(0.5, max_rounding)
    wobble = float(rng.choice([0.0, 0.5, 1.0]))
    return [_curve(points, smooth, wobble, rng) for points in strokes]


def _curve(points: Stroke, smooth: float, wobble: float, rng: np.random.Generator) -> Stroke:
    """Return a line through points, with rounded corners and tremor.

    Args:
        points: (N, 2).
        smooth: rounding of corners, in eighths of the distance between two points.
        wobble: approximate standard deviation of the tremor, in pixels.
        rng: random generator.
    """
    steps = np.linspace(0, len(points) - 1, 8 * (len(points) - 1) + 1)
    places = np.arange(len(points))
    path = np.column_stack([np.interp(steps, places, points[:, axis]) for axis in (0, 1)])
    ends = path[[0, -1]]
    rounded = cv2.GaussianBlur(path, (1, 25), smooth, borderType=cv2.BORDER_REPLICATE)
    rounded[[0, -1]] = ends
    trembling = cv2.GaussianBlur(rng.normal(0, 3 * wobble, path.shape), (1, 9), 1.5)
    return np.asarray(rounded + trembling, np.float64)
