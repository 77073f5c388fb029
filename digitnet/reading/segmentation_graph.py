"""Ink that may be several digits -> the way to cut it that the network is surest of.

Cuts are the nodes of a graph, a piece between two cuts is an edge, and its cost is how unsure the
network is of it (the segmentation graph of LeCun et al. 1998, section VII). Dynamic programming
finds the path of the least cost (Viterbi). Two digits that touch are read without a cut too, as one
picture (Hochuli et al. 2018); where the network takes a piece for two digits, that is an edge as
well, and the cut between them is the one whose pieces say the same. What is cut is what the network
takes for several digits as a whole, so that a letter made of strokes like a 1 stays a letter.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitnet.model.probabilities import (
    COLUMNS,
    DIGIT,
    LEFT,
    RIGHT,
    TWO,
    Probabilities,
    several_digits,
)
from digitnet.vision import Region
from digitnet.vision.split import Piece, split

# What may be several digits with this probability is cut: wrong pieces show that it is not.
MIN_SEVERAL_PROBABILITY = 0.15

# What is two digits with this probability is read as two, too.
MIN_TWO_PROBABILITY = 0.15

# In an image with more of that nothing is cut: it is a text or a texture.
MAX_SPLIT_REGIONS = 32

# In an image of more regions than these, most must be digits or numbers, or nothing is cut.
MAX_UNCHECKED_REGIONS = 2
MIN_LIKELY_PROBABILITY = 0.5

# Log odds of a digit that is as good as certain: beyond them nothing is gained.
MAX_LOG_ODDS = 7.0

# Each piece must be a digit with this probability; if one of them is a 1, with the higher one:
# letters and line drawings have straight strokes too.
MIN_PIECE_CONFIDENCE = 0.8
MIN_PIECE_CONFIDENCE_WITH_ONE = 0.9


def split_touching(
    regions: list[Region], answers: Probabilities, classify: Callable[[list[Region]], Probabilities]
) -> tuple[list[Region], Probabilities]:
    """Replace what is several digits by its pieces.

    Args:
        regions: of one image, in reading order.
        answers: to these.
        classify: gives the answers to regions.

    Returns:
        The regions in reading order, and the answers to them.
    """
    if keeps_all(answers, np.ones(len(answers), np.bool_)):
        return regions, answers
    found = [([region], answers[[number]]) for number, region in enumerate(regions)]
    for number in np.flatnonzero(may_be_several(answers)).tolist():
        found[number] = _best_pieces(*found[number], classify)
    return (
        [region for pieces, _ in found for region in pieces],
        np.concatenate([rows for _, rows in found]),
    )


def keeps_all(answers: Probabilities, final: NDArray[np.bool_]) -> bool:
    """Whether nothing is cut, whatever becomes of the digits of those answers that are not final.

    Args:
        answers: to the regions of one image.
        final: which of them, (N,), will not change.
    """
    if not 0 < np.count_nonzero(may_be_several(answers)) <= MAX_SPLIT_REGIONS:
        return True
    # Among many that are neither a digit nor surely several, what may be several is a letter too.
    surest = np.maximum(answers[:, DIGIT].max(axis=1), several_digits(answers))
    likely = len(answers) - int(np.count_nonzero(final & (surest < MIN_LIKELY_PROBABILITY)))
    return len(answers) > MAX_UNCHECKED_REGIONS and 2 * likely < len(answers)


def may_be_several(answers: Probabilities) -> NDArray[np.bool_]:
    """Which of the pictures are worth a try to cut, (N,)."""
    worth: NDArray[np.bool_] = several_digits(answers) >= MIN_SEVERAL_PROBABILITY
    return worth


@dataclass(frozen=True)
class _Edge:
    """A way to read the ink between two cuts: regions, and what is answered to each."""

    start: int
    end: int
    regions: list[Region]
    answers: Probabilities


def _best_pieces(
    whole: list[Region], answer: Probabilities, classify: Callable[[list[Region]], Probabilities]
) -> tuple[list[Region], Probabilities]:
    """The pieces of a region and the answers to them; the region's own if it is to stay whole."""
    pieces = split(whole[0])
    answers = classify([piece.region for piece in pieces])
    edges = [
        _Edge(piece.start, piece.end, [piece.region], answers[[number]])
        for number, piece in enumerate(pieces)
    ]
    edges += _pairs(pieces, answers, answer)
    costs = [float(edge_cost(edge.answers).sum()) for edge in edges]
    path = [edges[number] for number in shortest_path([(e.start, e.end) for e in edges], costs)]
    if not path:
        return whole, answer
    found = np.concatenate([edge.answers for edge in path])
    least = (
        MIN_PIECE_CONFIDENCE_WITH_ONE
        if 1 in found[:, DIGIT].argmax(axis=1)
        else MIN_PIECE_CONFIDENCE
    )
    if found[:, DIGIT].max(axis=1).min() < least:
        return whole, answer
    return [region for edge in path for region in edge.regions], found


def _pairs(pieces: list[Piece], answers: Probabilities, whole: Probabilities) -> Iterator[_Edge]:
    """What is taken for two digits, with the cut between them that fits best."""
    numbers = {(piece.start, piece.end): number for number, piece in enumerate(pieces)}
    last = max((piece.end for piece in pieces), default=0)
    spans = [*zip(numbers, answers, strict=True), ((0, last), whole[0])]
    for (start, end), answer in spans:
        if answer[TWO] < MIN_TWO_PROBABILITY:
            continue
        cuts = [
            (numbers[start, cut], numbers[cut, end])
            for cut in range(start + 1, end)
            if (start, cut) in numbers and (cut, end) in numbers
        ]
        if not cuts:
            continue
        # what the picture of both says and what that of each says are two opinions: multiplied
        lefts = answers[[left for left, _ in cuts], DIGIT] * answer[LEFT]
        rights = answers[[right for _, right in cuts], DIGIT] * answer[RIGHT]
        best = int((lefts.max(axis=1) * rights.max(axis=1)).argmax())
        digits = np.stack([lefts[best], rights[best]])
        digits /= digits.sum(axis=1, keepdims=True)
        found = np.zeros((2, COLUMNS), np.float32)
        found[:, DIGIT] = answer[TWO] * digits + (1 - answer[TWO]) / digits.shape[1]
        yield _Edge(start, end, [pieces[number].region for number in cuts[best]], found)


def edge_cost(answers: Probabilities) -> NDArray[np.float64]:
    """How far each picture is from being a certain digit.

    Returns:
        (N,) in log odds, 0 where those of the likeliest digit are at least `MAX_LOG_ODDS`.
    """
    best = answers[:, DIGIT].max(axis=1).astype(np.float64)
    odds = np.log(best) - np.log(np.maximum(1 - best, 1e-9))
    doubts: NDArray[np.float64] = np.maximum(MAX_LOG_ODDS - odds, 0)
    return doubts


def shortest_path(spans: Sequence[tuple[int, int]], costs: Sequence[float]) -> list[int]:
    """Find the cheapest way from node 0 to the last node.

    Args:
        spans: (start, end) of each edge, start < end.
        costs: of each edge.

    Returns:
        Numbers of the edges on the way; empty if there is none.

    >>> shortest_path([(0, 1), (1, 3), (0, 2), (2, 3)], [1, 5, 3, 2])
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
