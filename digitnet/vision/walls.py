"""Finds horizontal walls (ruling lines of tables) in an ink mask; transpose it for vertical walls.

In a photo, the horizontal walls of a table are nearly straight lines that meet in a distant
vanishing point. On curled paper, they all bend alike. So the pieces of horizontal strokes together
determine the curves that walls follow. Along these curves, the ink of a wall adds up to a sharp
peak, even if it is broken or doubled; writing forms no peaks.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

MIN_STROKE_ASPECT = 2.0
"""Minimum aspect ratio of a horizontal piece of a stroke, which may slant by up to 25 degrees."""

MIN_PIECE_PX = 10
"""Minimum length in pixels of a horizontal piece of a stroke. Shorter ones have no direction."""

SLOPE_ERROR = 0.03
"""Typical deviation of a piece's slope from that of its wall."""

CURVE_TOLERANCE = 0.004
"""Tolerance around a wall's curve, relative to the image's longer side; 1.5 pixels are added."""

MIN_WALL_LENGTH = 0.15
"""Minimum visible length of a wall, relative to the image's width."""

MIN_WALL_DISTANCE_PX = 8
"""Minimum distance between walls in pixels. Closer lines are one doubled wall."""

MAX_WALLS = 64
"""Maximum number of walls in one direction. A texture may appear to have more."""


class Wall(NamedTuple):
    """A horizontal wall of a table.

    Attributes:
        rows: float64 (W,), the row of its centreline in each column of the image.
        seen: bool (W,), whether its ink is visible in each column.
        thickness: its thickness in pixels.
    """

    rows: NDArray[np.float64]
    seen: NDArray[np.bool_]
    thickness: float

    def inked(self, mask: NDArray[np.bool_], shift: int) -> NDArray[np.bool_]:
        """(W,), whether there is ink `shift` pixels below the centreline in each column."""
        rows = np.rint(self.rows).astype(np.intp) + shift
        within = rows.clip(0, len(mask) - 1)
        return np.asarray(mask[within, np.arange(len(rows))] & (within == rows))

    def beside(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """(W,), whether there is ink on both sides of the wall, so that something crosses it."""
        reach = int(self.thickness / 2) + 2
        return self.inked(mask, -reach) & self.inked(mask, reach)


class _Points(NamedTuple):
    """Centres of horizontal strokes: one for each column of a stroke."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    thickness: NDArray[np.float64]


class Pencil(NamedTuple):
    """A pencil of curves through a vanishing point: y = v (1 - near x) + slope x + bend x² / 2.

    Attributes:
        slope: the slope of the curve v = 0 in column 0.
        near: 1 / the column of the vanishing point.
        bend: the change of slope per pixel.
    """

    slope: float
    near: float
    bend: float

    def place(self, points: _Points) -> NDArray[np.float64]:
        """Return v of the curve through each point."""
        x = points.x
        return (points.y - self.slope * x - self.bend * x**2 / 2) / (1 - self.near * x)

    def rows(self, v: NDArray[np.float64], x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the rows of curves v in columns x."""
        return v * (1 - self.near * x) + self.slope * x + self.bend * x**2 / 2


def horizontal_walls(mask: NDArray[np.bool_]) -> list[Wall]:
    """Find horizontal walls, and candidates that look like walls.

    Args:
        mask: (H, W), True for ink.

    Returns:
        Walls from top to bottom; none if there are more than `MAX_WALLS`.
    """
    height, width = mask.shape
    tolerance = 1.5 + CURVE_TOLERANCE * max(height, width)
    points, pieces = _stroke_centres(mask)
    # two cells wide enough for a digit
    shortest = max(MIN_WALL_LENGTH * width, 4 * MIN_WALL_DISTANCE_PX)
    if not shortest <= len(points.x) <= MAX_WALLS * width:
        return []
    # Columns are relative to the centre column, in which walls are told apart.
    points = points._replace(x=points.x - width / 2)
    pencil = _fit_pencil(points, pieces)
    places = pencil.place(points)
    walls: list[Wall] = []
    columns = np.arange(width) - width / 2
    powers = (2 * points.x[:, None] / width) ** np.arange(4)
    every_power = (2 * columns[:, None] / width) ** np.arange(4)
    while True:
        place, count = _peak(places, tolerance)
        if count < shortest:
            break
        if len(walls) == MAX_WALLS:
            return []
        fit = _follow(places - place, powers, tolerance)
        off = places - place - powers @ fit
        own = np.abs(off) <= MIN_WALL_DISTANCE_PX
        if own.any():
            # The centre and total thickness, if the wall is doubled.
            low, high = _band(off[own])
            thickness = high - low + float(np.median(points.thickness[own]))
            rows = pencil.rows(place + every_power @ fit + (low + high) / 2, columns)
            wall = Wall(rows, np.zeros(width, np.bool_), thickness)
            # Visible: ink that nothing crosses, or horizontal strokes.
            seen = wall.inked(mask, 0) & ~wall.beside(mask)
            seen[np.rint(points.x[own] + width / 2).astype(np.intp)] = True
            walls.append(wall._replace(seen=seen))
        other = ~own & (np.abs(places - place) > 1)  # remove the peak itself, so that the loop ends
        points = _Points(*(values[other] for values in points))
        places, powers = places[other], powers[other]
    return sorted(walls, key=lambda wall: float(wall.rows[width // 2]))


def _stroke_centres(mask: NDArray[np.bool_]) -> tuple[_Points, NDArray[np.intp]]:
    """Find the centres of horizontal strokes, and the number of each one's piece of stroke."""
    x, top, thickness = _runs(np.ascontiguousarray(mask.T))
    lengths = np.zeros(mask.shape, np.int32)
    across = _runs(mask)[2]
    lengths[mask] = np.repeat(across, across)
    middle = top + (thickness - 1) // 2
    flat = lengths[middle, x] >= MIN_STROKE_ASPECT * thickness
    x, middle, top, thickness = x[flat], middle[flat], top[flat], thickness[flat]
    canvas = np.zeros(mask.shape, np.uint8)
    canvas[middle, x] = 1
    canvas = cv2.dilate(canvas, np.ones((3, 1), np.uint8)).view(np.uint8)
    labels = cv2.connectedComponents(canvas, connectivity=8, ltype=cv2.CV_32S)[1][middle, x]
    long = np.bincount(labels, minlength=1)[labels] >= MIN_PIECE_PX
    _, pieces = np.unique(labels[long], return_inverse=True)
    middles = top + (thickness - 1) / 2
    points = _Points(*(v[long].astype(np.float64) for v in (x, middles, thickness)))
    return points, pieces.astype(np.intp)


def _runs(mask: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Find runs of True along rows, in reading order: their rows, first columns and lengths."""
    width = mask.shape[1] + 1
    flat = np.pad(mask, ((0, 0), (0, 1))).ravel()
    ends = np.flatnonzero(np.diff(flat, prepend=False))
    first, last = ends[::2], ends[1::2]
    return first // width, first % width, last - first


def _fit_pencil(points: _Points, pieces: NDArray[np.intp]) -> Pencil:
    """Fit the curves of walls to the slopes of pieces, by iteratively reweighted least squares.

    A line y = v + s x through the vanishing point has slope s = slope - near v; on a bent curve,
    the slope also changes with x. Long pieces have the most accurate slopes. Pieces of digits
    point anywhere, so Cauchy weights reduce the influence of pieces far from the fit.
    """
    count = np.bincount(pieces)
    x, y = (np.bincount(pieces, v) / count for v in (points.x, points.y))
    spread = np.bincount(pieces, (points.x - x[pieces]) ** 2).clip(1)
    slopes = np.bincount(pieces, (points.x - x[pieces]) * points.y) / spread
    order = np.argsort(slopes)
    weights = np.cumsum(spread[order])
    usual = slopes[order][np.searchsorted(weights, weights[-1] / 2)]
    # A prior for straight, parallel lines matters if only few pieces are visible.
    unit = max(float(np.ptp(points.x)), float(np.ptp(points.y)), 1.0)
    prior = np.diag([0.0, 1.0, 1.0]) * 1e-3 * spread.sum()
    fit = np.array([usual, 0.0, 0.0])
    for _ in range(8):
        intercepts = y - slopes * x + fit[2] / unit * x**2 / 2
        terms = np.column_stack([np.ones_like(x), -intercepts / unit, x / unit])
        weights = spread / (1 + ((slopes - terms @ fit) / SLOPE_ERROR) ** 2)
        weighted = terms.T * weights
        fit = np.linalg.solve(weighted @ terms + prior, weighted @ slopes)
    return Pencil(float(fit[0]), float(fit[1]) / unit, float(fit[2]) / unit)


def _peak(places: NDArray[np.float64], tolerance: float) -> tuple[float, int]:
    """Find the densest place among the points, and the number of points there."""
    if not places.size:
        return 0.0, 0
    first = np.floor(places.min())
    histogram = np.bincount((places - first).astype(np.intp))
    sums = np.convolve(histogram, np.ones(2 * round(tolerance) + 1, np.int64), "same")
    # the middle one of equal maxima
    most = np.flatnonzero(sums == sums.max())
    return float(first + most[len(most) // 2] + 0.5), int(sums.max())


def _band(off: NDArray[np.float64]) -> tuple[float, float]:
    """Find the dense range among points within `MIN_WALL_DISTANCE_PX` of a curve."""
    reach = MIN_WALL_DISTANCE_PX
    counts = np.bincount(np.rint(off + reach).astype(np.intp), minlength=2 * reach + 1)
    dense = np.flatnonzero(counts >= counts.max() / 2) - reach
    return float(dense[0]), float(dense[-1])


def _follow(
    off: NDArray[np.float64], powers: NDArray[np.float64], tolerance: float
) -> NDArray[np.float64]:
    """Follow a wall that deviates from its curve, by repeated polynomial fits to nearby points.

    Args:
        off: (N,), distance of the points below the curve, in pixels.
        powers: (N, 4), powers 0 to 3 of the points' columns, scaled to -1 to 1.
        tolerance: maximum distance of the wall's points from the wall, in pixels.

    Returns:
        (4,), coefficients of the wall's distance below the curve.
    """
    fit = np.zeros(4)
    for degree, reach in ((0, 1.5), (1, 1.5), (2, 1.5), (3, 1.0), (3, 1.0)):
        near = np.abs(off - powers @ fit) <= reach * tolerance
        own = powers[near, : degree + 1]
        if not len(own):
            break
        # A prior for small deviations matters if only few points are visible.
        prior = 0.02 * len(own) * np.eye(degree + 1)
        prior[0, 0] = 1e-6
        fit[: degree + 1] = np.linalg.solve(own.T @ own + prior, own.T @ off[near])
    return fit
