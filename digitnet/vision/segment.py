"""Components -> the places of digits, in reading order.

Components that belong together are joined to groups (`join`), what is no digit by its shape or size
alone is dropped (`drop`), and the rest is ordered. Whether they are digits is the network's to say.
"""

import numpy as np

from digitnet.vision.components import Components, Group
from digitnet.vision.drop import are_lines, drop_edges, drop_frames, drop_small
from digitnet.vision.join import join_bars, join_enclosed, join_near

# Nobody writes more digits on a page; a texture has more components, and only the largest of them
# are looked at.
MOST_COMPONENTS = 1000

# In more pieces than that broken digits are not looked for: it is a texture.
MOST_JOINED = 300

# A digit is at least so many pixels wide or high.
LEAST_SIZE = 3

# Smaller than this part of the highest component is a speck.
LEAST_PIECE = 0.1

# A digit is in the row of another if more than this part of the lower one is at its height.
SAME_ROW = 0.4


def segment(parts: Components) -> list[Group]:
    """Put components together to digits, drop what is none, and order the rest.

    Returns:
        Groups in reading order: by row, then from left to right.
    """
    groups = _candidates(parts)
    if 1 < len(groups) <= MOST_JOINED:
        groups = drop_frames(groups, parts.labels)
    if 1 < len(groups) <= MOST_JOINED:
        groups = join_bars(join_near(groups, parts))
    if 1 < len(groups) <= MOST_JOINED:
        groups = join_enclosed(groups, parts.labels)
    if len(groups) > 1:
        groups = drop_small(drop_edges(groups, parts.labels.shape), parts.labels.shape)
    return _in_rows(groups)


def _candidates(parts: Components) -> list[Group]:
    """A group of each component but specks and lines, the largest first."""
    boxes = parts.boxes
    lines = are_lines(boxes, parts.labels.shape)
    if len(boxes) == 1 and not lines[0]:
        left, top, width, height, _ = boxes[0].tolist()
        small = max(width, height) < LEAST_SIZE
        return [] if small else [Group(left, top, left + width, top + height, (1,))]
    if lines.all():
        return []
    longer = np.maximum(boxes[:, 2], boxes[:, 3])
    # Heights compare digits; a long rest of a line says nothing about them.
    highest = boxes[~lines, 3].max()
    numbers = np.flatnonzero(~lines & (longer >= max(LEAST_SIZE, LEAST_PIECE * highest)))
    numbers = numbers[np.argsort(-boxes[numbers, 4], kind="stable")][:MOST_COMPONENTS]
    groups = []
    for number in numbers.tolist():
        left, top, width, height, _ = boxes[number].tolist()
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
