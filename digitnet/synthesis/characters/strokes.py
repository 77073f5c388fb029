"""Handwritten characters: strokes through a few points, with random variation.

A way to write a character is a text: strokes, parted by |, through points, each an x and a y from
0 to 9. A point that is named twice is a corner.
"""

import cv2
import numpy as np

from digitnet.synthesis.characters.pens import CANVAS, Picture, Stroke, draw_lines

HEIGHT = 46.0
"""Pixels that a character is high on its canvas."""


def read_way(way: str) -> list[Stroke]:
    """The strokes of a way to write a character, in units of its grid.

    >>> [stroke.tolist() for stroke in read_way("40 49|04 64")]
    [[[4.0, 0.0], [4.0, 9.0]], [[0.0, 4.0], [6.0, 4.0]]]
    """
    return [
        np.array([[int(point[0]), int(point[1])] for point in stroke.split()], np.float64)
        for stroke in way.split("|")
    ]


def place(grids: list[Stroke], widest: float, rng: np.random.Generator) -> list[Stroke]:
    """Put strokes on a canvas, stretched and carelessly.

    Args:
        grids: in units of the grid.
        widest: how much wider than high a unit is at most; at least it is 0.6.
        rng: where the randomness comes from.

    Returns:
        In pixels, about the middle of the canvas.
    """
    size = HEIGHT / 9 * np.array([rng.uniform(0.6, widest), 1.0])
    careless = rng.uniform(0.1, 0.6)
    strokes = []
    for grid in grids:
        # points that are one on the grid stay one
        moved = np.unique(grid, axis=0, return_inverse=True)[1].reshape(-1)
        points = (grid - (3.75, 4.5)) * size
        points += rng.normal(0, careless, (len(grid), 2))[moved] * HEIGHT / 9
        strokes.append(points)
    return strokes


def write(strokes: list[Stroke], roundest: float, rng: np.random.Generator) -> Picture:
    """Draw strokes with their corners rounded, with a pen of random width.

    Args:
        strokes: in pixels, about the middle of the canvas.
        roundest: how far corners are rounded at most, in eighths of the way between two points.
        rng: where the randomness comes from.

    Returns:
        uint8 (side, side), white ink on black.
    """
    return draw_lines([CANVAS / 2 + curve for curve in round_corners(strokes, roundest, rng)], rng)


def round_corners(strokes: list[Stroke], roundest: float, rng: np.random.Generator) -> list[Stroke]:
    """Turn strokes through a few points into smooth curves, with optional tremor.

    Args:
        strokes: in pixels, each (N, 2).
        roundest: how far corners are rounded at most, in eighths of the way between two points.
        rng: where the randomness comes from.

    Returns:
        In pixels, each (8 N - 7, 2).
    """
    smooth = rng.uniform(0.5, roundest)
    wobble = float(rng.choice([0.0, 0.5, 1.0]))
    return [_curve(points, smooth, wobble, rng) for points in strokes]


def _curve(points: Stroke, smooth: float, wobble: float, rng: np.random.Generator) -> Stroke:
    """A line through points with rounded corners and tremor.

    Args:
        points: (N, 2).
        smooth: how far corners are rounded, in eighths of the way between two points.
        wobble: standard deviation of the trembling in pixels.
        rng: where the randomness comes from.
    """
    steps = np.linspace(0, len(points) - 1, 8 * (len(points) - 1) + 1)
    places = np.arange(len(points))
    path = np.column_stack([np.interp(steps, places, points[:, axis]) for axis in (0, 1)])
    ends = path[[0, -1]]
    rounded = cv2.GaussianBlur(path, (1, 25), smooth, borderType=cv2.BORDER_REPLICATE)
    rounded[[0, -1]] = ends
    trembling = cv2.GaussianBlur(rng.normal(0, 3 * wobble, path.shape), (1, 9), 1.5)
    return np.asarray(rounded + trembling, np.float64)
