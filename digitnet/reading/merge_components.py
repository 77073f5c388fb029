"""Pieces of a broken digit -> the digit that they make together, where the network is sure of it.

Vision joins pieces that are as near as a stroke is wide. Where a pen has skipped further, or a scan
has lost more, distance alone cannot tell a broken digit from two; what the network thinks can.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from digitnet.model.probabilities import DIGIT, Probabilities
from digitnet.vision import Region
from digitnet.vision.normalize import normalize

# What is a digit with less than this probability may be a piece of one.
MAX_PIECE_CONFIDENCE = 0.5

# Together they must be a digit with this probability.
MIN_MERGED_CONFIDENCE = 0.9

# In an image with more of such pieces none are joined: it is a text or a texture.
MAX_PIECES = 8

# Between two pieces of a digit there is at most so much of its height, or of its width.
MAX_GAP = 0.25


def merge_components(
    regions: list[Region],
    answers: Probabilities,
    classify: Callable[[list[Region]], Probabilities],
) -> tuple[list[Region], Probabilities]:
    """Replace pieces of one digit by the digit.

    Args:
        regions: of one image, in reading order.
        answers: to these.
        classify: gives the answers to regions.

    Returns:
        The regions in reading order, their rows numbered anew, and the answers to them.
    """
    while len(regions) > 1:
        unsure = answers[:, DIGIT].max(axis=1) < MAX_PIECE_CONFIDENCE
        if not 0 < np.count_nonzero(unsure) <= MAX_PIECES:
            break
        pairs = [
            (one, other)
            for one in np.flatnonzero(unsure).tolist()
            for other in range(len(regions))
            if other != one and _are_close(regions[one], regions[other])
        ]
        joined = [merge([regions[one], regions[other]]) for one, other in pairs]
        if not joined:
            break
        rows = classify(joined)
        best = int(rows[:, DIGIT].max(axis=1).argmax())
        if rows[best, DIGIT].max() < MIN_MERGED_CONFIDENCE:
            break
        first, second = sorted(pairs[best])
        regions = [*regions]
        regions[first] = joined[best]
        del regions[second]
        answers = np.delete(answers, second, axis=0)
        answers[first] = rows[best]
        regions = _numbered(regions)
    return regions, answers


def keeps_all(answers: Probabilities, final: NDArray[np.bool_]) -> bool:
    """Whether nothing is put together, whatever becomes of those answers that are not final.

    Args:
        answers: to the regions of one image.
        final: which of them, (N,), will not change.
    """
    unsure = answers[final, DIGIT].max(axis=1, initial=0) < MAX_PIECE_CONFIDENCE
    return int(np.count_nonzero(unsure)) > MAX_PIECES


def _are_close(one: Region, other: Region) -> bool:
    """Whether two regions may be pieces of one digit, by the gap between their boxes."""
    across = max(one.x, other.x) - min(one.x + one.width, other.x + other.width)
    down = max(one.y, other.y) - min(one.y + one.height, other.y + other.height)
    size = max(one.width, one.height, other.width, other.height)
    return max(across, down) <= MAX_GAP * size


def merge(pieces: Sequence[Region]) -> Region:
    """One region with the ink of several, in the row of the first of them."""
    left, top = min(piece.x for piece in pieces), min(piece.y for piece in pieces)
    right = max(piece.x + piece.width for piece in pieces)
    bottom = max(piece.y + piece.height for piece in pieces)
    # the ink was cut out with a margin of a pixel, where it is not at a border
    scale = max(
        max(piece.width, piece.height) / max(1, max(piece.ink.shape) - 2) for piece in pieces
    )
    height = max(round((piece.y - top) / scale) + piece.ink.shape[0] for piece in pieces)
    width = max(round((piece.x - left) / scale) + piece.ink.shape[1] for piece in pieces)
    ink = np.zeros((height, width), np.uint8)
    for piece in pieces:
        row, column = round((piece.y - top) / scale), round((piece.x - left) / scale)
        part = ink[row : row + piece.ink.shape[0], column : column + piece.ink.shape[1]]
        np.maximum(part, piece.ink, out=part)
    line = min(piece.row for piece in pieces)
    return Region(left, top, right - left, bottom - top, line, ink, normalize(ink))


def _numbered(regions: list[Region]) -> list[Region]:
    """Regions whose rows are 0, 1, 2, ... without a gap."""
    lines = sorted({region.row for region in regions})
    return [region._replace(row=lines.index(region.row)) for region in regions]
