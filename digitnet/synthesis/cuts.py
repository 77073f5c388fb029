"""Cuts between touching digits, and the pieces between the cuts.

Touching digits form one connected component. Many more cuts are proposed than are correct
(over-segmentation, LeCun et al. 1998, section VII); the classifier learns from the pieces which of
them are digits.

A cut runs from top to bottom, moves sideways by at most one pixel per row, and crosses as little
ink as possible (a shortest path, Lee, Lee and Park 1996). So it follows slanted digits and goes
around a 7 that overhangs its neighbour. The best cut through each point of the ink is found; of
cuts that divide the ink almost alike, only the cheapest is kept.
"""

import itertools

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.vision.components import FAINT_LEVEL, STROKE_LEVEL
from digitnet.vision.normalize import at_least, widths

DIAGONAL_COST = 0.02
"""Cost of a sideways step, in pixels of ink. It keeps cuts straight in empty space."""

SEED_STEP_PX = 2
"""Spacing of the points of the ink that cuts go through."""

MIN_CUT_DISTANCE = 0.7
"""Minimum ink between two cuts, in squared stroke widths. Near-duplicates of cheap cuts would
otherwise exhaust the number of cuts, and the correct one would be missing. It is small enough for
the network to learn near misses too."""

MAX_CUTS = 20
"""Maximum number of cuts proposed for ink that is as wide as it is high."""

MIN_HEIGHT = 0.4
"""Minimum height of a digit, relative to the height of the ink."""

MAX_PIECE_ASPECT = 1.6
"""Maximum width of a digit, relative to its own height."""

MIN_INK = 0.3
"""Minimum ink of a digit, relative to a straight stroke from top to bottom."""

MIN_CRUMB = 0.05
"""Minimum share of a piece's ink in a component; smaller ones are crumbs of a neighbour."""


def propose_cuts(ink: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Propose cuts: those that separate digits, and others.

    Args:
        ink: (H, W), 0 paper .. 255 full ink.

    Returns:
        (K, H), the first column to the right of each cut in each row. Cuts run from left to right;
        the first is the left edge of the ink, the last its right edge.
    """
    height, width = ink.shape
    cost = np.divide(ink, 255, dtype=np.float32)
    above, below = _least_costs(np.stack([cost, cost[::-1]], axis=1)).transpose(1, 0, 2)
    below = below[::-1]
    through = above + below - cost
    rows, columns = np.nonzero(ink[::SEED_STEP_PX, ::SEED_STEP_PX] >= STROKE_LEVEL)
    rows, columns = rows * SEED_STEP_PX, columns * SEED_STEP_PX
    order = np.argsort(through[rows, columns], kind="stable")
    paths = _follow(above, below, rows, columns).take(order, axis=1)
    # The ink to the left of each path in each row.
    sums = np.zeros((height, width + 1), np.float32)
    np.cumsum(cost, axis=1, out=sums[:, 1:])
    lefts = sums.take(paths + (width + 1) * np.arange(height)[:, None])
    stroke = max(1.0, widths(ink)[0])
    least = MIN_INK * stroke * height
    part = lefts.sum(axis=0)
    left = np.flatnonzero((part > least) & (part < cost.sum() - least))
    rest = lefts.take(left, axis=1)
    chosen: list[int] = []
    while left.size and len(chosen) < MAX_CUTS * max(1.0, width / height):
        chosen.append(int(left[0]))
        differs = np.abs(rest - rest[:, :1]).sum(axis=0) > MIN_CUT_DISTANCE * stroke**2
        left, rest = left[differs], rest.compress(differs, axis=1)
    chosen.sort(key=lambda number: float(part[number]))
    edges = np.zeros((1, height), np.intp), np.full((1, height), width)
    return np.concatenate([edges[0], paths[:, chosen].T, edges[1]])


def cut_out(
    ink: NDArray[np.uint8], left: NDArray[np.intp], right: NDArray[np.intp], stroke: float
) -> NDArray[np.uint8] | None:
    """Cut out the ink between two cuts.

    Args:
        ink: (H, W), 0 paper .. 255 full ink.
        left: (H,), the first column of the piece in each row.
        right: (H,), the first column after the piece in each row.
        stroke: stroke width of the ink, in pixels.

    Returns:
        (H, W), 0 outside the piece, without crumbs of its neighbours; None if the piece is too
        small or too wide to be a digit.
    """
    first, last = left.min(), right.max()
    if first >= last:
        return None
    columns = np.arange(first, last)
    inside = (columns >= left[:, None]) & (columns < right[:, None])
    piece = ink[:, first:last] * inside
    faint = at_least(piece, FAINT_LEVEL)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(faint, connectivity=8)
    areas = stats[1:, 4]
    large = np.flatnonzero(areas >= MIN_CRUMB * areas.sum()) + 1
    if large.size == 0:
        return None
    boxes = stats[large]
    height = (boxes[:, 1] + boxes[:, 3]).max() - boxes[:, 1].min()
    width = (boxes[:, 0] + boxes[:, 2]).max() - boxes[:, 0].min()
    least = MIN_INK * stroke * len(ink)
    if height < MIN_HEIGHT * len(ink) or width > MAX_PIECE_ASPECT * height or areas.sum() < least:
        return None
    if large.size < count - 1:
        piece *= (labels == 0) | np.isin(labels, large)
    whole = np.zeros_like(ink)
    whole[:, first:last] = piece
    return whole


def _least_costs(cost: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the cost of the cheapest path from the top to each pixel, both ends included.

    Args:
        cost: (H, N, W), the cost of each pixel of N images.

    Returns:
        (H, N, W).
    """
    total = np.pad(cost, ((0, 0), (0, 0), (1, 1)), constant_values=np.inf)
    rows = total.reshape(len(cost), -1)  # all images side by side
    best = np.empty_like(rows[0, 1:-1])
    for last, here in itertools.pairwise(rows):
        np.minimum(last[:-2], last[2:], out=best)
        best += DIAGONAL_COST
        np.minimum(best, last[1:-1], out=best)
        here[1:-1] += best
    return total[:, :, 1:-1]


def _follow(
    above: NDArray[np.float32],
    below: NDArray[np.float32],
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
) -> NDArray[np.intp]:
    """Trace the cheapest top-to-bottom paths through given pixels.

    Args:
        above: (H, W), costs of the cheapest paths from the top to each pixel.
        below: (H, W), the same from the bottom.
        rows: (N,), rows of the given pixels, in ascending order.
        columns: (N,), columns of the given pixels.

    Returns:
        (H, N), the column of each path in each row.
    """
    height = len(above)
    up, down = _best_steps(above), _best_steps(below)
    paths = np.tile(columns, (height, 1))
    first = np.searchsorted(rows, np.arange(height + 1))  # the first pixel in each row
    for row in range(height - 2, -1, -1):
        lower = first[row + 1]
        paths[row, lower:] = up[row].take(paths[row + 1, lower:])
    for row in range(1, height):
        upper = first[row]
        paths[row, :upper] = down[row].take(paths[row - 1, :upper])
    return paths


def _best_steps(costs: NDArray[np.float32]) -> NDArray[np.intp]:
    """Return the column at which the cheapest path enters each row, (H, W).

    The second axis is the column in the previous row; the path moves at most one column aside.
    """
    aside = np.pad(costs, ((0, 0), (1, 1)), constant_values=np.inf) + np.float32(DIAGONAL_COST)
    left, right = aside[:, :-2], aside[:, 2:]
    steps = np.where(left <= costs, np.where(left <= right, -1, 1), np.where(right < costs, 1, 0))
    return steps + np.arange(costs.shape[1])
