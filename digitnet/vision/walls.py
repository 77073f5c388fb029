"""The mask of an image's ink -> the level walls of tables in it; upright ones are its transpose's.

A photographed table's level walls are nearly straight lines that meet far away in one point, their
vanishing point; on curled paper, they bend alike. So all pieces of level strokes together show how
walls run. Along such curves, ink adds up to sharp peaks, even for broken or doubled walls, and what
is written adds up to none.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

FLAT = 2.0
"""Minimum aspect ratio of a level piece of a stroke, up to 25 degrees."""

MIN_PIECE = 10
"""Minimum length in pixels of a level piece of a stroke; shorter ones have no direction."""

SLOPE_ERROR = 0.03
"""A piece's slope differs from that of a wall by about so much, where it is a piece of one."""

TOLERANCE = 0.004
"""A wall keeps to its curve by this part of the image's longer side, and 1.5 pixels."""

MIN_LENGTH = 0.15
"""It is seen along this part of the image, at least."""

APART = 8
"""Minimum distance of walls in pixels; closer ones are one doubled wall."""

MAX_WALLS = 64
"""No table has more in one direction; a texture may."""


class Wall(NamedTuple):
    """A level wall of a table.

    Attributes:
        rows: float64 (W,), where its middle is in each column of the image.
        seen: bool (W,), where there is ink along it.
        thickness: in pixels.
    """

    rows: NDArray[np.float64]
    seen: NDArray[np.bool_]
    thickness: float

    def inked(self, mask: NDArray[np.bool_], shift: int) -> NDArray[np.bool_]:
        """(W,), the distance of ink below the wall's middle, in pixels."""
        rows = np.rint(self.rows).astype(np.intp) + shift
        within = rows.clip(0, len(mask) - 1)
        return np.asarray(mask[within, np.arange(len(rows))] & (within == rows))

    def beside(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """(W,), where ink is on both sides of the wall: that of what crosses it."""
        reach = int(self.thickness / 2) + 2
        return self.inked(mask, -reach) & self.inked(mask, reach)


class _Points(NamedTuple):
    """Middles of level strokes: one for each column that a stroke crosses."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    thickness: NDArray[np.float64]


class _Pencil(NamedTuple):
    """Lines through one point, bent alike: y = v (1 - near x) + slope x + bend x² / 2.

    Attributes:
        slope: of the curve v = 0 in column 0.
        near: 1 / the column of the vanishing point.
        bend: change of slope a pixel.
    """

    slope: float
    near: float
    bend: float

    def place(self, points: _Points) -> NDArray[np.float64]:
        """The v of the curves that go through points."""
        x = points.x
        return (points.y - self.slope * x - self.bend * x**2 / 2) / (1 - self.near * x)

    def rows(self, v: NDArray[np.float64], x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where curves are in columns."""
        return v * (1 - self.near * x) + self.slope * x + self.bend * x**2 / 2


def level_walls(mask: NDArray[np.bool_]) -> list[Wall]:
    """Find level walls, from top to bottom, and what looks like them.

    Args:
        mask: (H, W), True where ink is.

    Returns:
        Walls from top to bottom; none where there are more than in any table.
    """
    height, width = mask.shape
    tolerance = 1.5 + TOLERANCE * max(height, width)
    points, pieces = _level_points(mask)
    shortest = max(MIN_LENGTH * width, 4 * APART)  # along two cells that can be read
    if not shortest <= len(points.x) <= MAX_WALLS * width:
        return []
    # columns are counted from the middle one, where walls are separated
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
        own = np.abs(off) <= APART
        if own.any():
            # for a doubled wall, the middle and the total thickness
            low, high = _band(off[own])
            thickness = high - low + float(np.median(points.thickness[own]))
            rows = pencil.rows(place + every_power @ fit + (low + high) / 2, columns)
            wall = Wall(rows, np.zeros(width, np.bool_), thickness)
            # flat strokes, and where writing touches one of them
            seen = wall.inked(mask, 0) & ~wall.beside(mask)
            seen[np.rint(points.x[own] + width / 2).astype(np.intp)] = True
            walls.append(wall._replace(seen=seen))
        other = ~own & (np.abs(places - place) > 1)  # without the peak itself, so that this ends
        points = _Points(*(values[other] for values in points))
        places, powers = places[other], powers[other]
    return sorted(walls, key=lambda wall: float(wall.rows[width // 2]))


def _level_points(mask: NDArray[np.bool_]) -> tuple[_Points, NDArray[np.intp]]:
    """Middles of level strokes, and the number of the piece of stroke that each is in."""
    x, top, thickness = _runs(np.ascontiguousarray(mask.T))
    lengths = np.zeros(mask.shape, np.int32)
    across = _runs(mask)[2]
    lengths[mask] = np.repeat(across, across)
    middle = top + (thickness - 1) // 2
    flat = lengths[middle, x] >= FLAT * thickness
    x, middle, top, thickness = x[flat], middle[flat], top[flat], thickness[flat]
    canvas = np.zeros(mask.shape, np.uint8)
    canvas[middle, x] = 1
    canvas = cv2.dilate(canvas, np.ones((3, 1), np.uint8)).view(np.uint8)
    labels = cv2.connectedComponents(canvas, connectivity=8, ltype=cv2.CV_32S)[1][middle, x]
    long = np.bincount(labels, minlength=1)[labels] >= MIN_PIECE
    _, pieces = np.unique(labels[long], return_inverse=True)
    middles = top + (thickness - 1) / 2
    points = _Points(*(v[long].astype(np.float64) for v in (x, middles, thickness)))
    return points, pieces.astype(np.intp)


def _runs(mask: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Runs of True along rows, in reading order: their rows, first columns and lengths."""
    width = mask.shape[1] + 1
    flat = np.pad(mask, ((0, 0), (0, 1))).ravel()
    ends = np.flatnonzero(np.diff(flat, prepend=False))
    first, last = ends[::2], ends[1::2]
    return first // width, first % width, last - first


def _fit_pencil(points: _Points, pieces: NDArray[np.intp]) -> _Pencil:
    """Find how walls run from the slopes of pieces of strokes, by reweighted least squares.

    A line y = v + s x through the vanishing point has s = slope - near v, and a bent one a slope
    that changes with x. Long pieces give the best slopes; those of digits point anywhere, so the
    weight of a piece falls with its distance from the fit (Cauchy's weights).
    """
    count = np.bincount(pieces)
    x, y = (np.bincount(pieces, v) / count for v in (points.x, points.y))
    spread = np.bincount(pieces, (points.x - x[pieces]) ** 2).clip(1)
    slopes = np.bincount(pieces, (points.x - x[pieces]) * points.y) / spread
    order = np.argsort(slopes)
    weights = np.cumsum(spread[order])
    usual = slopes[order][np.searchsorted(weights, weights[-1] / 2)]
    # a prior that lines are parallel and straight, for where few pieces are seen
    unit = max(float(np.ptp(points.x)), float(np.ptp(points.y)), 1.0)
    prior = np.diag([0.0, 1.0, 1.0]) * 1e-3 * spread.sum()
    fit = np.array([usual, 0.0, 0.0])
    for _ in range(8):
        intercepts = y - slopes * x + fit[2] / unit * x**2 / 2
        terms = np.column_stack([np.ones_like(x), -intercepts / unit, x / unit])
        weights = spread / (1 + ((slopes - terms @ fit) / SLOPE_ERROR) ** 2)
        weighted = terms.T * weights
        fit = np.linalg.solve(weighted @ terms + prior, weighted @ slopes)
    return _Pencil(float(fit[0]), float(fit[1]) / unit, float(fit[2]) / unit)


def _peak(places: NDArray[np.float64], tolerance: float) -> tuple[float, int]:
    """The place around which most points are, and how many."""
    if not places.size:
        return 0.0, 0
    first = np.floor(places.min())
    histogram = np.bincount((places - first).astype(np.intp))
    sums = np.convolve(histogram, np.ones(2 * round(tolerance) + 1, np.int64), "same")
    # of equal ones the middle, and not the first
    most = np.flatnonzero(sums == sums.max())
    return float(first + most[len(most) // 2] + 0.5), int(sums.max())


def _band(off: NDArray[np.float64]) -> tuple[float, float]:
    """The range in which points are dense, among those within `APART` of a curve."""
    counts = np.bincount(np.rint(off + APART).astype(np.intp), minlength=2 * APART + 1)
    dense = np.flatnonzero(counts >= counts.max() / 2) - APART
    return float(dense[0]), float(dense[-1])


def _follow(
    off: NDArray[np.float64], powers: NDArray[np.float64], tolerance: float
) -> NDArray[np.float64]:
    """Follow a wall where it leaves its curve: fit a polynomial, and look again beside that.

    Args:
        off: (N,), how far points are below the curve.
        powers: (N, 4), the powers 0 to 3 of their columns, which go from -1 to 1.
        tolerance: how far points of the wall are from it.

    Returns:
        (4,), the polynomial of how far the wall is below the curve.
    """
    fit = np.zeros(4)
    for degree, reach in ((0, 1.5), (1, 1.5), (2, 1.5), (3, 1.0), (3, 1.0)):
        near = np.abs(off - powers @ fit) <= reach * tolerance
        own = powers[near, : degree + 1]
        if not len(own):
            break
        # towards a straight one, for where few points are seen
        prior = 0.02 * len(own) * np.eye(degree + 1)
        prior[0, 0] = 1e-6
        fit[: degree + 1] = np.linalg.solve(own.T @ own + prior, own.T @ off[near])
    return fit
