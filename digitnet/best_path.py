"""Ink that may be several digits -> the way to cut it that the network is surest of.

Cuts are the nodes of a graph, a piece between two cuts is an edge, and its cost is how unsure the
network is of it (the segmentation graph of LeCun et al. 1998, section VII). Dynamic programming
finds the path of the least cost (Viterbi). What is cut is what the network takes for several digits
as a whole, so that a letter made of strokes like a 1 stays a letter.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from digitnet.vision import Region
from digitnet.vision.split import split

Rows = NDArray[np.float32]
"""(N, 11) answers of the network: ten probabilities that sum to 1, and that of several digits."""

# What may be several digits with this probability is cut: wrong pieces show that it is not.
LEAST_SEVERAL = 0.15

# In an image with more of that nothing is cut: it is a text or a texture.
MOST_CUT = 32

# In an image of more regions than these, most must be digits or numbers, or nothing is cut.
FEW = 2
LIKELIER_THAN_NOT = 0.5

# Log odds of a digit that is as good as certain: beyond them nothing is gained.
CERTAIN = 7.0

# From these log odds on a piece speaks for a path, and below them against it.
LIKELY = 5.0

# Each piece must be a digit with this probability; if one of them is a 1, with the higher one:
# letters and line drawings have straight strokes too.
LEAST_SURE = 0.5
LEAST_SURE_WITH_ONE = 0.9


def cut_apart(
    regions: list[Region], answers: Rows, classify: Callable[[list[Region]], Rows]
) -> tuple[list[Region], Rows]:
    """Replace what is several digits by its pieces.

    Args:
        regions: of one image, in reading order.
        answers: to these.
        classify: gives the answers to regions.

    Returns:
        The regions in reading order, and the answers to them.
    """
    several = np.flatnonzero(answers[:, -1] >= LEAST_SEVERAL).tolist()
    if not 0 < len(several) <= MOST_CUT:
        return regions, answers
    # Among many that are neither a digit nor surely several, what may be several is a letter too.
    likely = np.count_nonzero(answers.max(axis=1) >= LIKELIER_THAN_NOT)
    if len(regions) > FEW and 2 * likely < len(regions):
        return regions, answers
    found = [([region], answers[[number]]) for number, region in enumerate(regions)]
    for number in several:
        found[number] = _best_pieces(*found[number], classify)
    return (
        [region for pieces, _ in found for region in pieces],
        np.concatenate([rows for _, rows in found]),
    )


def _best_pieces(
    whole: list[Region], answer: Rows, classify: Callable[[list[Region]], Rows]
) -> tuple[list[Region], Rows]:
    """The pieces of a region and the answers to them; the region's own if it is to stay whole."""
    pieces = split(whole[0])
    rows = classify([piece.region for piece in pieces])
    costs = doubt(rows) - (CERTAIN - LIKELY)
    path = best_path([(piece.start, piece.end) for piece in pieces], costs.tolist())
    digits = rows[path, :-1]
    least = LEAST_SURE_WITH_ONE if 1 in digits.argmax(axis=1) else LEAST_SURE
    if not path or digits.max(axis=1).min() < least:
        return whole, answer
    return [pieces[number].region for number in path], rows[path]


def doubt(answers: Rows) -> NDArray[np.float64]:
    """How far each picture is from being a certain digit.

    Returns:
        (N,) in log odds, 0 where those of the likeliest digit are at least `CERTAIN`.
    """
    best = answers[:, :-1].max(axis=1).astype(np.float64)
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
