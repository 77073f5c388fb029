"""The best way to read ink that was cut into pieces: the cheapest path from edge to edge.

Cuts are the nodes of a graph, a piece between two cuts is an edge, and its cost is how unsure the
network is of it (the segmentation graph of LeCun et al. 1998, section VII). Dynamic programming
finds the path of the least sum (Viterbi).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# Log odds of a digit that is as good as certain: beyond them nothing is gained.
CERTAIN = 9.0


def doubt(probabilities: NDArray[np.float32]) -> NDArray[np.float64]:
    """How far each picture is from being a certain digit.

    Args:
        probabilities: (N, 10), of each digit.

    Returns:
        (N,) from 0 where the log odds of the likeliest digit are at least `CERTAIN`.
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
