"""A number that hangs together by a line -> its digits, where the network is sure of all of them.

Vision erases lines that cross the whole image. One that is drawn under a number, or that a number
is written on, is as long as the number: whether it may go, what the network says without it tells.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from digitnet.model.probabilities import DIGIT, Probabilities
from digitnet.vision import Region
from digitnet.vision.underline import split_off_underline

# What is a digit with less than this probability may be several that are underlined.
MAX_WHOLE_CONFIDENCE = 0.5

# Without the line each piece must be a digit with this probability; if all of them are ones, with
# the higher one: strokes on a line, as a comb's, look like them.
MIN_PIECE_CONFIDENCE = 0.8
MIN_ONES_CONFIDENCE = 0.95

# The pieces are at least so high, and all together so wide, as a part of the region: a drawing
# falls into smaller ones.
MIN_HEIGHT = 0.5
MIN_WIDTH = 0.6

# A line with nothing on it as high as this part of the digits around is the form that they stand
# in, ...
TEETH_HEIGHT = 0.6

# ... if there are so many.
MIN_DIGITS = 2

# In an image with more that the network is unsure of no line is taken off: it is a text.
MAX_UNCERTAIN = 8


def remove_underlines(
    regions: list[Region], answers: Probabilities, classify: Callable[[list[Region]], Probabilities]
) -> tuple[list[Region], Probabilities]:
    """Replace what hangs together by a line by its digits, and leave a form's comb out.

    Args:
        regions: of one image, in reading order.
        answers: to these.
        classify: gives the answers to regions.

    Returns:
        The regions in reading order, and the answers to them.
    """
    unsure = is_uncertain(answers)
    if not 0 < np.count_nonzero(unsure) <= MAX_UNCERTAIN:
        return regions, answers
    digits = [region.height for region, dubious in zip(regions, unsure, strict=True) if not dubious]
    highest = max(digits) if len(digits) >= MIN_DIGITS else 0
    found = {number: ([region], answers[[number]]) for number, region in enumerate(regions)}
    for number in np.flatnonzero(unsure).tolist():
        pieces = split_off_underline(regions[number])
        if not pieces:
            continue
        if max(piece.height for piece in pieces) < TEETH_HEIGHT * highest:
            del found[number]
        elif _are_a_row(pieces, regions[number]) and _are_confident(rows := classify(pieces)):
            found[number] = pieces, rows
    every = [region for pieces, _ in found.values() for region in pieces]
    rows = np.concatenate([rows for _, rows in found.values()])
    order = sorted(range(len(every)), key=lambda number: (every[number].row, every[number].x))
    return [every[number] for number in order], rows[order]


def keeps_all(answers: Probabilities, final: NDArray[np.bool_]) -> bool:
    """Whether no line is taken off, whatever becomes of those answers that are not final.

    Args:
        answers: to the regions of one image.
        final: which of them, (N,), will not change.
    """
    return int(np.count_nonzero(is_uncertain(answers[final]))) > MAX_UNCERTAIN


def is_uncertain(answers: Probabilities) -> NDArray[np.bool_]:
    """Which of the pictures are worth a try without a line, (N,)."""
    worth: NDArray[np.bool_] = answers[:, DIGIT].max(axis=1) < MAX_WHOLE_CONFIDENCE
    return worth


def _are_a_row(pieces: list[Region], whole: Region) -> bool:
    """Whether pieces, from left to right, stand side by side all along what they are of."""
    span = pieces[-1].x + pieces[-1].width - pieces[0].x
    lowest = min(piece.height for piece in pieces)
    return (
        len(pieces) > 1 and lowest >= MIN_HEIGHT * whole.height and span >= MIN_WIDTH * whole.width
    )


def _are_confident(answers: Probabilities) -> bool:
    """Whether the network is sure of every piece."""
    digits = answers[:, DIGIT]
    least = MIN_ONES_CONFIDENCE if (digits.argmax(axis=1) == 1).all() else MIN_PIECE_CONFIDENCE
    return bool(digits.max(axis=1).min() >= least)
