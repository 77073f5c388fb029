"""What is no digit by its shape or size alone: lines, frames, edges of tables, dots and dashes."""

import numpy as np
from numpy.typing import NDArray

from digitnet.vision.components import Group

# Lower than this part of the other digits is a dot or a dash.
MIN_HEIGHT = 0.35

# A stroke so many times as long as wide is a line if it crosses the whole image, or is ...
LINE = 30
# ... so many times as high as a digit, that is as what is not thin, has so much of the line's ink,
# and is so many times as high as the line is wide: dots and specks are not.
LINE_HEIGHT = 2.0
LINE_INK = 0.1
LINE_STROKES = 6

# A frame has ink near each side of its box, so near as a part of the shorter side, along so much of
# it; a round 0 has not.
FRAME_EDGE = 0.1
FRAME_SHARE = 0.9

# What lies along the border and is thinner than this part of its length is an edge.
FLAT = 0.35

# Where groups inside the image are at least this part as high as the highest, digits are.
MIN_INSIDE = 0.15


def are_lines(boxes: NDArray[np.int32], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Which components are no digit but a line that somebody drew: a margin, a border, a bar.

    Args:
        boxes: (N, 5), as of `Components`.
        shape: Height and width of the image.
    """
    left, top, width, height, area = boxes.T
    longer = np.maximum(width, height)
    thin: NDArray[np.bool_] = LINE * area <= longer**2
    if not thin.any():
        return thin
    across = (left <= 0) & (left + width >= shape[1])
    down = (top <= 0) & (top + height >= shape[0])
    lines: NDArray[np.bool_] = thin & (across | down)
    for line in np.flatnonzero(thin & ~lines):
        digits = ~thin & (area >= LINE_INK * area[line])
        digits &= height * height[line] >= LINE_STROKES * area[line]
        lines[line] = 0 < LINE_HEIGHT * height[digits].max(initial=0) < height[line]
    return lines


def drop_frames(groups: list[Group], labels: NDArray[np.int32]) -> list[Group]:
    """Drop the boxes of a form: what runs along all four sides of its own box, round a digit."""
    left, top, right, bottom = np.array([group[:4] for group in groups]).T
    height = bottom - top
    # by inner and outer group: whether the inner one is in the box, and high enough for a digit
    inside = (left[:, None] > left) & (right[:, None] < right) & (top[:, None] > top)
    inside &= (bottom[:, None] < bottom) & (height[:, None] >= MIN_HEIGHT * height)
    return [
        group
        for group, round_one in zip(groups, inside.any(axis=0), strict=True)
        if not (round_one and is_frame(_own(group, labels)))
    ]


def _own(group: Group, labels: NDArray[np.int32]) -> NDArray[np.bool_]:
    """The pixels of a group of one component, within its box."""
    own = labels[group.top : group.bottom, group.left : group.right] == group.members[0]
    return np.asarray(own, np.bool_)


def is_frame(own: NDArray[np.bool_]) -> bool:
    """Whether ink covers all four sides of its box.

    Args:
        own: (H, W), the ink of one component within its box.
    """
    reach = max(1, round(FRAME_EDGE * min(own.shape)))
    sides = own[:reach].any(0), own[-reach:].any(0), own[:, :reach].any(1), own[:, -reach:].any(1)
    return min(float(side.mean()) for side in sides) >= FRAME_SHARE


def drop_edges(groups: list[Group], shape: tuple[int, ...]) -> list[Group]:
    """Drop what runs flat along the border: the edge of a table or of another sheet."""
    height, width = shape

    def is_edge(group: Group) -> bool:
        level = group.top <= 0 or group.bottom >= height
        upright = group.left <= 0 or group.right >= width
        return (level and group.height < FLAT * group.width) or (
            upright and group.width < FLAT * group.height
        )

    return [group for group in groups if not is_edge(group)] or groups


def drop_small(groups: list[Group], shape: tuple[int, ...]) -> list[Group]:
    """Drop specks, dots and dashes: what is low beside the digits.

    Groups inside the image say how high digits are, if there are any: what lies at the border may
    be a part of something large.
    """
    inside = [group.height for group in groups if not _touches_border(group, shape)]
    heights = [group.height for group in groups]
    tallest = max(heights)
    if inside and max(inside) >= MIN_INSIDE * tallest:
        tallest = max(inside)
    return [group for group in groups if group.height >= MIN_HEIGHT * tallest]


def _touches_border(group: Group, shape: tuple[int, ...]) -> bool:
    height, width = shape
    return group.left <= 0 or group.top <= 0 or group.right >= width or group.bottom >= height
