"""Components -> the places of digits, in reading order.

Components that belong together are joined to groups (`join`), what is no digit by its shape or size
alone is dropped (`drop`), and the rest is ordered. Whether they are digits is the network's to say.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitnet.vision.components import Components, Group
from digitnet.vision.drop import MIN_HEIGHT, are_lines, drop_edges, drop_frames, drop_small
from digitnet.vision.join import join_bars, join_enclosed, join_near

# Of more components only the largest are looked at, and none are joined: it is a texture, or more
# than a page.
MAX_COMPONENTS = 1000

# A digit is at least so many pixels wide or high.
MIN_SIZE = 3

# Smaller than this part of the highest component is a speck.
MIN_PIECE = 0.1

# A digit is in the row of another if more than this part of the lower one is at its height.
SAME_ROW = 0.4


class Segmentation(NamedTuple):
    """What may be digits.

    Attributes:
        groups: in reading order: by row, then from left to right.
        left_out: how many components are not in them only because there are too many; as high as a
            digit.
    """

    groups: list[Group]
    left_out: int


def segment(parts: Components) -> Segmentation:
    """Put components together to digits, drop what is none, and order the rest."""
    numbers = _candidates(parts)
    numbers, rest = numbers[:MAX_COMPONENTS], numbers[MAX_COMPONENTS:]
    groups = _groups(parts, numbers)
    if len(groups) > 1 and not rest.size:
        groups = drop_frames(groups, parts.labels)
    if len(groups) > 1 and not rest.size:
        groups = join_bars(join_near(groups, parts))
    if len(groups) > 1 and not rest.size:
        groups = join_enclosed(groups, parts.labels)
    if len(groups) > 1:
        groups = drop_small(drop_edges(groups, parts.labels.shape), parts.labels.shape)
    left_out = 0
    if rest.size:
        least = MIN_HEIGHT * max(group.height for group in groups)
        left_out = int(np.count_nonzero(parts.boxes[rest, 3] >= least))
    return Segmentation(_in_rows(groups), left_out)


def _candidates(parts: Components) -> NDArray[np.intp]:
    """Which rows of the boxes are no specks and no lines, the largest area first."""
    boxes = parts.boxes
    lines = are_lines(boxes, parts.labels.shape)
    if len(boxes) == 1 and not lines[0]:  # as in most small images
        return np.flatnonzero(boxes[:, 2:4].max(axis=1) >= MIN_SIZE)
    if lines.all():
        return np.empty(0, np.intp)
    longer = np.maximum(boxes[:, 2], boxes[:, 3])
    # Heights compare digits; a long rest of a line says nothing about them.
    highest = boxes[~lines, 3].max()
    numbers = np.flatnonzero(~lines & (longer >= max(MIN_SIZE, MIN_PIECE * highest)))
    return numbers[np.argsort(-boxes[numbers, 4], kind="stable")]


def _groups(parts: Components, numbers: NDArray[np.intp]) -> list[Group]:
    """A group of each of some components."""
    groups = []
    for number in numbers.tolist():
        left, top, width, height, _ = parts.boxes[number].tolist()
        groups.append(Group(left, top, left + width, top + height, (number + 1,)))
    return groups


def _in_rows(groups: list[Group]) -> list[Group]:
    """Number the rows from the top, and order each from left to right.

    A row is followed from one digit to the next, so it may rise, fall or wave.
    """
    if len(groups) < 2:
        return groups
    rows: list[list[Group]] = []
    for group in sorted(groups, key=lambda one: one.left):
        best, most = None, SAME_ROW
        for row in rows:
            last = row[-1]
            overlap = min(group.bottom, last.bottom) - max(group.top, last.top)
            share = overlap / min(group.height, last.height)
            if share > most:
                best, most = row, share
        if best is None:
            rows.append([group])
        else:
            best.append(group)
    rows.sort(key=lambda row: float(np.mean([group.top + group.bottom for group in row])))
    return [group._replace(row=number) for number, row in enumerate(rows) for group in row]
