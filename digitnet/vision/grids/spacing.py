"""Places the cells of a table by even spacing if walls are missing.

The image of a regular table is a homography of the unit grid (Hartley and Zisserman 2004, section
2.3). It is estimated from the visible walls, or from the writing in the cells.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.vision.components import Components
from digitnet.vision.lattice import Lattice
from digitnet.vision.layout import MAX_CHARACTER_HEIGHT, MIN_CHARACTER_HEIGHT, usual_height

Points = NDArray[np.float64]
"""(..., 2), x and y in pixels of the ink map, whose first pixel spans 0 to 1."""

MAX_WALL_OFFSET = 0.2
"""Maximum offset of a wall from an even grid, in cells."""

GAPS = (0.0, 0.3, 0.6)
"""Candidates for the maximum gap between digits of a number, in usual digit heights."""

SLOPES = np.arange(-0.36, 0.361, 0.01)
"""Candidate slopes of rows and columns: up to 20 degrees."""

PITCHES = np.linspace(0.8, 1.25, 46)
"""Candidate spacings, relative to that computed from the first and the last row."""

STEPS = 5
"""Number of iterations that refine the homography."""


def fill_evenly(lattice: Lattice, rows: int, columns: int) -> Points | None:
    """Complete the walls of an evenly spaced table of which some were found.

    Returns:
        (rows + 1, columns + 1, 2), the crossings; None if the walls do not fit an even grid.
    """
    crossings = np.stack([lattice.x, lattice.y], axis=-1) + 0.5
    corners = crossings[[0, 0, -1, -1], [0, -1, -1, 0]]
    frame = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32)
    to_image = cv2.getPerspectiveTransform(frame, corners.astype(np.float32))
    even = _transform(np.linalg.pinv(to_image), crossings)
    for places in (even[..., 0].mean(axis=0), even[..., 1].mean(axis=1)):
        whole = np.rint(places)
        if np.abs(places - whole).max() > MAX_WALL_OFFSET or len({*whole.tolist()}) < len(whole):
            return None
    return _grid_of(to_image, rows, columns)


def space_evenly(
    parts: Components, rules: NDArray[np.bool_], rows: int, columns: int
) -> Points | None:
    """Place evenly spaced cells around the writing in them.

    The first and last row and the first and last column must contain writing.

    Args:
        parts: the components of the ink.
        rules: (N,), whether each component is a ruled line or frame.
        rows: number of rows of the table.
        columns: number of columns of the table.

    Returns:
        (rows + 1, columns + 1, 2), the corners of the cells; None if the writing does not fit.
    """
    left, top, width, height = parts.boxes[:, :4].T
    bottom, right = parts.labels.shape
    # Components at the image's border are a desk or the edge of a sheet.
    outside = (left == 0) | (top == 0) | (left + width == right) | (top + height == bottom)
    own = np.flatnonzero(~rules & ~outside)
    if not own.size:
        return None
    usual = usual_height(height[own].astype(np.int64), width[own].astype(np.int64))
    shortest, tallest = MIN_CHARACTER_HEIGHT * usual, MAX_CHARACTER_HEIGHT * usual
    own = own[(height[own] >= shortest) & (height[own] <= tallest)]
    chosen = np.zeros(len(height) + 1, np.uint8)
    chosen[own + 1] = 1
    fits = [_fit(_middles(chosen[parts.labels], round(gap * usual)), rows, columns) for gap in GAPS]
    best = min(filter(None, fits), key=lambda fit: fit[0], default=None)
    return None if best is None else _grid_of(best[1], rows, columns)


def _middles(mask: NDArray[np.uint8], gap: int) -> Points:
    """(N, 2), centres of components after bridging horizontal gaps of this many pixels."""
    joined = cv2.dilate(mask, np.ones((1, gap + 1), np.uint8))
    stats = cv2.connectedComponentsWithStats(joined, connectivity=8)[2][1:]
    return np.asarray(stats[:, :2] + stats[:, 2:4] / 2, np.float64)


def _fit(middles: Points, rows: int, columns: int) -> tuple[float, NDArray[np.float64]] | None:
    """Fit a grid to numbers; return their mean offset in cells, and the homography to the image."""
    x, y = middles.T
    down, across = _periodic(y, x, rows), _periodic(x, y, columns)
    if down is None or across is None:
        return None
    # cell (across, down) = matrix (x, y, 1)
    to_cells = np.array(
        [[across[0], across[1], across[2]], [down[1], down[0], down[2]], [0.0, 0.0, 1.0]]
    )
    shape = np.array([columns, rows])
    for _ in range(STEPS if min(rows, columns) > 1 else 0):
        cells = np.floor(_transform(to_cells, middles)).clip(0, shape - 1) + 0.5
        if len(middles) < 4 or min(len({*cells[:, axis]}) for axis in (0, 1)) < 2:
            return None
        to_cells = np.asarray(cv2.findHomography(middles, cells, 0)[0], np.float64)
        if to_cells.shape != (3, 3) or not np.isfinite(to_cells).all():
            return None
    places = _transform(to_cells, middles)
    numbers = np.floor(places)
    if (numbers.min(axis=0) != 0).any() or (numbers.max(axis=0) != shape - 1).any():
        return None
    away = float(np.abs(places - numbers - 0.5).mean())
    return away, np.linalg.pinv(to_cells)


def _periodic(
    places: NDArray[np.float64], along: NDArray[np.float64], count: int
) -> tuple[float, float, float] | None:
    """Find the best even spacing of positions in a given number of rows, by a periodogram.

    Returns:
        a, b and c, so that a position is in row a place + b along + c, counted from 0; None if no
        spacing fits.
    """
    best, score = None, 0.0
    for slope in SLOPES.tolist():
        at = places - slope * along
        span = float(np.ptp(at))
        if count == 1:  # a single row: its height is twice the extent of the positions
            pitches = np.array([2 * max(span, 1.0)])
        else:
            pitches = PITCHES * max(span, 1.0) / (count - 1)
        waves = np.exp(2j * np.pi * at[:, None] / pitches).mean(axis=0)
        middle = np.angle(waves) / (2 * np.pi) * pitches
        first = np.rint((at.min() - middle) / pitches)
        last = np.rint((at.max() - middle) / pitches)
        strength = np.where(last - first == count - 1, np.abs(waves), 0)
        place = int(strength.argmax())
        if strength[place] > score:
            score, pitch = float(strength[place]), float(pitches[place])
            begin = float(middle[place] + (first[place] - 0.5) * pitch)
            best = 1 / pitch, -slope / pitch, -begin / pitch
    return best


def _transform(matrix: cv2.typing.MatLike, points: Points) -> Points:
    flat = points.reshape(1, -1, 2).astype(np.float64)
    return np.asarray(cv2.perspectiveTransform(flat, matrix).reshape(points.shape), np.float64)


def _grid_of(to_image: cv2.typing.MatLike, rows: int, columns: int) -> Points:
    x, y = np.meshgrid(np.arange(columns + 1.0), np.arange(rows + 1.0))
    return _transform(to_image, np.stack([x, y], axis=-1))
