"""Selects the walls of one table among all candidates.

In a photo, the candidates include the edges of the sheet, the grain of a desk and lines under
titles. The walls of a table are connected, so each large component of the ink is examined
separately, with its content. A table is the span of walls with the most visible sides of cells and
the fewest missing ones.
"""

from itertools import combinations

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.vision.lattice import Lattice, Sides, cross, within_edges
from digitnet.vision.walls import MIN_WALL_DISTANCE_PX, horizontal_walls

MISSING_SIDE_PENALTY = 1.25
"""Penalty for a missing side of a cell, relative to the reward for a visible one. About as many
sides are visible along the edge of a sheet as are missing between it and the table."""

MIN_SIDES = 0.5
"""Minimum visible fraction of a wall inside a table, with each side weighted by its visible ends.
Strokes of stacked digits do not reach the ends of cells."""

MIN_AREA = 0.05
"""Minimum area of a table's bounding box, relative to the image."""
MAX_PARTS = 4
"""Number of the largest components to examine: a sheet, a desk and a title may be larger."""

Span = tuple[int, int, int, int]
"""First and last horizontal wall, first and last vertical wall."""


def find_walls(mask: NDArray[np.bool_], size: tuple[int, int] | None) -> Lattice | None:
    """Find the walls of the most clearly visible table.

    Args:
        mask: (H, W), True for ink.
        size: expected rows and columns. A table of another size is returned only if it is much more
            visible than one of that size, or than a part of one.

    Returns:
        The walls of the table alone, and edges of the image where they cut it off; None if there is
        no table.
    """
    found = [_choose(part, size) for part in _large_parts(mask)]
    best = max(filter(None, found or [_choose(mask, size)]), key=lambda one: one[0], default=None)
    return best[1] if best else None


def _large_parts(mask: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
    """Return the ink inside each of the largest components, joining pieces of broken walls."""
    size = MIN_WALL_DISTANCE_PX // 2 + 1
    joined = cv2.dilate(mask.view(np.uint8), np.ones((size, size), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    areas = stats[:, 2].astype(np.float64) * stats[:, 3]
    areas[0] = 0
    parts = []
    for number in np.argsort(-areas)[:MAX_PARTS]:
        if areas[number] < MIN_AREA * mask.size:
            break
        outline = cv2.convexHull(cv2.findNonZero((labels == number).view(np.uint8)))
        inside = cv2.fillConvexPoly(np.zeros(mask.shape, np.uint8), outline, 1)
        parts.append(mask & (inside > 0))
    return parts


def _choose(mask: NDArray[np.bool_], size: tuple[int, int] | None) -> tuple[float, Lattice] | None:
    """Return the score and the walls of the most visible table; None if there is none."""
    horizontal, vertical = within_edges(
        horizontal_walls(mask), horizontal_walls(np.ascontiguousarray(mask.T)), mask.shape
    )
    while True:
        lattice = cross(horizontal, vertical)
        values = _scores(lattice)
        span, best = _best_span(*values)
        first, last, left, right = span
        keep_horizontal = _keep(lattice.horizontal_sides, first, last, left, right)
        keep_vertical = _keep(lattice.vertical_sides, left, right, first, last)
        if keep_horizontal.all() and keep_vertical.all():
            break
        horizontal = [wall for wall, keep in zip(horizontal, keep_horizontal, strict=True) if keep]
        vertical = [wall for wall, keep in zip(vertical, keep_vertical, strict=True) if keep]
    if best <= 0:
        return None
    if size is not None:
        rows, columns = last - first, right - left
        wanted = min(size[0], rows), min(size[1], columns)
        other, score = _best_span(*values, wanted)
        # A spurious extra row or column has barely half of its sides.
        row, column = 2 * columns + 1, 2 * rows + 1
        more = (rows - wanted[0]) * row + (columns - wanted[1]) * column
        if best - score < MIN_SIDES * more:
            first, last, left, right = other
    return best, cross(horizontal[first : last + 1], vertical[left : right + 1])


def _scores(lattice: Lattice) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Score the sides of cells as evidence of a table, along horizontal and vertical walls."""
    horizontal, vertical = lattice.horizontal_sides.seen, lattice.vertical_sides.seen
    missing = -MISSING_SIDE_PENALTY
    return np.where(horizontal, 1.0, missing), np.where(vertical, 1.0, missing)


def _best_span(
    horizontal: NDArray[np.float64],
    vertical: NDArray[np.float64],
    size: tuple[int, int] | None = None,
) -> tuple[Span, float]:
    """Find the span with the largest sum of scores, optionally of a given size, and that sum."""
    # Cumulative sums of the scores above each wall and to the left of each crossing.
    across = np.pad(np.cumsum(np.cumsum(horizontal, axis=0), axis=1), ((1, 0), (1, 0)))
    down = np.pad(np.cumsum(np.cumsum(vertical, axis=0), axis=1), ((1, 0), (1, 0)))
    best, score = (0, 0, 0, 0), -np.inf
    for first, last in combinations(range(len(horizontal)), 2):
        if size and last - first != size[0]:
            continue
        along_rows = across[last + 1] - across[first]
        along_columns = down[:, last] - down[:, first]
        sums = (along_rows + along_columns[1:])[None, :] - (along_rows + along_columns[:-1])[
            :, None
        ]
        lefts, rights = np.triu_indices(len(vertical), 1) if not size else _apart(vertical, size[1])
        own = sums[lefts, rights]
        if own.size and own.max() > score:
            place = int(own.argmax())
            best, score = (first, last, int(lefts[place]), int(rights[place])), float(own[place])
    return best, float(score)


def _apart(
    vertical: NDArray[np.float64], columns: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return all pairs of vertical walls with this many columns between them."""
    lefts = np.arange(len(vertical) - columns)
    return lefts, lefts + columns


def _keep(sides: Sides, first: int, last: int, begin: int, end: int) -> NDArray[np.bool_]:
    """Select the walls that are visible along a table's span, or are not inside it."""
    keep = np.ones(len(sides.seen), np.bool_)
    inner = slice(first + 1, last)
    whole = sides.seen * sides.ends
    keep[inner] = whole[inner, begin:end].mean(axis=1) >= MIN_SIDES
    return keep
