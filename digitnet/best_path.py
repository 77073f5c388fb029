"""Ink that may be several digits -> the way to cut it that the network is surest of.

Cuts are the nodes of a graph, a piece between two cuts is an edge, and its cost is how unsure the
network is of it (the segmentation graph of LeCun et al. 1998, section VII). Dynamic programming
finds the path of the least cost (Viterbi). It takes the place of the whole if its pieces are digits
and the whole is none.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from digitnet.vision import Region
from digitnet.vision.split import split

Rows = NDArray[np.float32]
"""(N, 10) probabilities of the digits; each row sums to 1."""

# What is a digit with this probability is not cut: nearly all single digits are.
SURE = 0.98

# In an image with more that is unsure nothing is cut: it is a text or a texture.
MOST_UNSURE = 32

# Log odds of a digit that is as good as certain: beyond them nothing is gained.
CERTAIN = 9.0

# From these log odds on a piece speaks for a path, and below them against it.
LIKELY = 7.0

# Each piece must be a digit with this probability.
LEAST_SURE = 0.8

# Letters are made of straight strokes: if one of the pieces is a 1, all must be as sure as this,
# and ones alone are never taken for a number.
LEAST_SURE_WITH_ONE = 0.98

# No letter is so many times as wide as high; the pieces of what is may be less sure.
WIDE = 1.1
LEAST_SURE_WIDE = 0.5

# By so much in log odds the least sure piece must be surer than the whole.
SURER = 1.0


def cut_apart(
    regions: list[Region], probabilities: Rows, classify: Callable[[list[Region]], Rows]
) -> tuple[list[Region], Rows]:
    """Replace what is several digits by its pieces.

    Args:
        regions: of one image, in reading order.
        probabilities: of these.
        classify: gives the probabilities of regions.

    Returns:
        The regions in reading order, and their probabilities.
    """
    unsure = np.flatnonzero(probabilities.max(axis=1, initial=0) < SURE).tolist()
    if not 0 < len(unsure) <= MOST_UNSURE:
        return regions, probabilities
    found = [([region], probabilities[[number]]) for number, region in enumerate(regions)]
    for number in unsure:
        found[number] = _best_pieces(*found[number], classify)
    return (
        [region for pieces, _ in found for region in pieces],
        np.concatenate([rows for _, rows in found]),
    )


def _best_pieces(
    whole: list[Region], probabilities: Rows, classify: Callable[[list[Region]], Rows]
) -> tuple[list[Region], Rows]:
    """The pieces of a region and their probabilities; the region's own if it is to stay whole."""
    pieces = split(whole[0])
    if not pieces:
        return whole, probabilities
    rows = classify([piece.region for piece in pieces])
    doubts = doubt(rows)
    costs = doubts - (CERTAIN - LIKELY)
    path = best_path([(piece.start, piece.end) for piece in pieces], costs.tolist())
    if not path or doubts[path].max() + SURER > doubt(probabilities)[0]:
        return whole, probabilities
    least = rows[path].max(axis=1).min()
    digits = set(rows[path].argmax(axis=1).tolist())
    wide = whole[0].width >= WIDE * whole[0].height
    if digits == {1} or least < (
        LEAST_SURE_WIDE if wide else LEAST_SURE_WITH_ONE if 1 in digits else LEAST_SURE
    ):
        return whole, probabilities
    return [pieces[number].region for number in path], rows[path]


def doubt(probabilities: Rows) -> NDArray[np.float64]:
    """How far each picture is from being a certain digit.

    Returns:
        (N,) in log odds, 0 where those of the likeliest digit are at least `CERTAIN`.
    """
    best = probabilities.max(axis=1).astype(np.float64)
    odds = np.log(best) - np.log(np.maximum(1 - best, 1e-9))
    doubts: NDArray[np.float64] = np.maximum(CERTAIN - odds, 0)
    return doubts


def best_path(spans: Sequence[tuple[int, int]], costs: Sequence[float]) -> list[int]:
    """Find the cheapest way from node 0 to the last node.

    Args:
        spans: (start, end) of each edge, start < end.
        costs: of each edge.

    Returns:
        Numbers of the edges on the way; empty if there is none.

    >>> best_path([(0, 1), (1, 3), (0, 2), (2, 3)], [1, 5, 3, 2])
    [2, 3]
    """
    arrival: dict[int, tuple[float, list[int]]] = {0: (0.0, [])}
    for number in sorted(range(len(spans)), key=lambda number: spans[number]):
        start, end = spans[number]
        if start not in arrival:
            continue
        cost, path = arrival[start]
        if end not in arrival or cost + costs[number] < arrival[end][0]:
            arrival[end] = (cost + costs[number], [*path, number])
    last = max((end for _, end in spans), default=0)
    return arrival[last][1] if last in arrival else []
