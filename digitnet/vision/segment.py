"""An ink map -> the places of digits, in reading order.

Ink that hangs together is a component; components that belong together make a group; what is no
digit by its shape or size alone is dropped: specks, dots, dashes, edges of the table. Whether the
rest are digits is the network's to say.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.vision.normalize import at_least, outline

# From so much ink on a pixel belongs to a stroke: half of full ink is its edge.
STROKE_LEVEL = 128

# Next to a stroke less ink counts too: where a pen was light or pixels are few, strokes thin out.
FAINT_LEVEL = 64

# Nobody writes more digits on a page; a texture has more components, and only the largest of them
# are looked at.
MOST_COMPONENTS = 1000

# In images up to this size there is one digit as a rule.
SMALL_SIDE = 64

# In more pieces than that broken digits are not looked for: it is a texture.
MOST_JOINED = 300

# A digit is at least so many pixels wide or high.
LEAST_SIZE = 3

# Smaller than this part of the highest component is a speck.
LEAST_PIECE = 0.1

# Lower than this part of the other digits is a dot or a dash.
LEAST_HEIGHT = 0.35

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

# Pieces of one digit are at most so many stroke widths apart, or this part of their height.
GAP_STROKES = 1.3
GAP_HEIGHT = 0.06

# Two pieces side by side that are both so high, as a part of both together, are two digits.
FULL_HEIGHT = 0.7

# No digit is wider than so many times its height.
WIDEST_DIGIT = 1.6

# A digit and its broken-off pieces are not much higher than other digits beside them.
TALLER = 1.35


class Group(NamedTuple):
    """One digit to be.

    Attributes:
        left: First column of the bounding box, in pixels of the ink map.
        top: First row.
        right: First column behind the box.
        bottom: First row below the box.
        members: Numbers of its components.
        row: Number of the line of writing, from 0 at the top.
    """

    left: int
    top: int
    right: int
    bottom: int
    members: tuple[int, ...]
    row: int = 0

    @property
    def width(self) -> int:
        """Columns of the bounding box."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Rows of the bounding box."""
        return self.bottom - self.top


class Components(NamedTuple):
    """Connected ink.

    Attributes:
        labels: (H, W) int32, 0 paper, else the component's number.
        boxes: (N, 5) int32 of left, top, width, height, area; row 0 is component 1.
    """

    labels: NDArray[np.int32]
    boxes: NDArray[np.int32]


def components(ink: NDArray[np.uint8]) -> Components:
    """Find what hangs together (8-neighbours).

    Args:
        ink: (H, W), 0 paper .. 255 full ink.
    """
    strong = at_least(ink, STROKE_LEVEL)
    reach = 1 + max(ink.shape) // 128
    near = cv2.dilate(strong, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    faint = at_least(ink, FAINT_LEVEL)
    mask = cv2.bitwise_and(near, faint)
    if max(mask.shape) <= SMALL_SIDE:
        # most small images are of one digit in one piece, which is told several times as fast
        count, labels = cv2.connectedComponents(mask, connectivity=8, ltype=cv2.CV_32S)
        if count == 2:
            box = (*cv2.boundingRect(mask), cv2.countNonZero(mask))
            return Components(labels.view(np.int32), np.array([box], np.int32))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8, ltype=cv2.CV_32S)
    return Components(labels.view(np.int32), stats[1:].view(np.int32))


def segment(parts: Components) -> list[Group]:
    """Put components together to digits, drop what is none, and order the rest.

    Returns:
        Groups in reading order: by row, then from left to right.
    """
    groups = _candidates(parts)
    if 1 < len(groups) <= MOST_JOINED:
        groups = _drop_frames(groups, parts.labels)
    if 1 < len(groups) <= MOST_JOINED:
        groups = _join_bars(_join_near(groups, parts))
    if 1 < len(groups) <= MOST_JOINED:
        groups = _join_enclosed(groups, parts.labels)
    if len(groups) > 1:
        groups = _drop_small(_drop_edges(groups, parts.labels.shape), parts.labels.shape)
    return _in_rows(groups)


def union(groups: list[Group]) -> Group:
    """One group of several: the box around all, and all their components."""
    return Group(
        min(group.left for group in groups),
        min(group.top for group in groups),
        max(group.right for group in groups),
        max(group.bottom for group in groups),
        tuple(number for group in groups for number in group.members),
    )


def _candidates(parts: Components) -> list[Group]:
    """A group of each component but specks and lines, the largest first."""
    boxes = parts.boxes
    lines = _are_lines(boxes, parts.labels.shape)
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


def _are_lines(boxes: NDArray[np.int32], shape: tuple[int, ...]) -> NDArray[np.bool_]:
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


def _drop_frames(groups: list[Group], labels: NDArray[np.int32]) -> list[Group]:
    """Drop the boxes of a form: what runs along all four sides of its own box, round a digit."""
    left, top, right, bottom = np.array([group[:4] for group in groups]).T
    height = bottom - top
    # by inner and outer group: whether the inner one is in the box, and high enough for a digit
    inside = (left[:, None] > left) & (right[:, None] < right) & (top[:, None] > top)
    inside &= (bottom[:, None] < bottom) & (height[:, None] >= LEAST_HEIGHT * height)
    return [
        group
        for group, round_one in zip(groups, inside.any(axis=0), strict=True)
        if not (round_one and _is_frame(group, labels))
    ]


def _is_frame(group: Group, labels: NDArray[np.int32]) -> bool:
    """Whether the ink of one component covers all four sides of its box."""
    rows, columns = slice(group.top, group.bottom), slice(group.left, group.right)
    own = labels[rows, columns] == group.members[0]
    reach = max(1, round(FRAME_EDGE * min(own.shape)))
    sides = own[:reach].any(0), own[-reach:].any(0), own[:, :reach].any(1), own[:, -reach:].any(1)
    return min(float(side.mean()) for side in sides) >= FRAME_SHARE


def _join_near(groups: list[Group], parts: Components) -> list[Group]:
    """Join the pieces that a broken stroke has left: near each other, and one digit together.

    Args:
        groups: One of each component.
        parts: The components.
    """
    stroke = _stroke_width(parts)
    current = dict(enumerate(groups))
    home = {group.members[0]: index for index, group in current.items()}
    # The smallest first: crumbs return to their digit before digits are compared.
    for piece in sorted(groups, key=lambda group: max(group.width, group.height)):
        reach = max(GAP_STROKES * stroke, GAP_HEIGHT * max(piece.height, piece.width), 2.0)
        for neighbour in _neighbours(piece, parts, round(reach)):
            mine, other = home[piece.members[0]], home.get(neighbour)
            if other is None or other == mine:
                continue
            peers = [one.height for index, one in current.items() if index not in (mine, other)]
            if _is_one_digit(current[mine], current[other], _usual(peers)):
                current[other] = union([current[other], current.pop(mine)])
                home.update(dict.fromkeys(current[other].members, other))
    return list(current.values())


def _usual(heights: list[int]) -> int:
    """A height that several groups reach, so that it is the height of digits and not of pieces."""
    return sorted(heights)[-3] if len(heights) >= 3 else 0


def _is_one_digit(one: Group, other: Group, usual: int) -> bool:
    """Whether two groups that are near each other can be one digit.

    Args:
        one: A group.
        other: A group near it.
        usual: Height of the other digits; 0 if nothing is known.
    """
    joined = union([one, other])
    lower, higher = sorted((one, other), key=lambda group: group.height)
    if usual > 0.6 * higher.height and joined.height > TALLER * max(usual, higher.height):
        return False
    across = min(one.right, other.right) - max(one.left, other.left)
    beside = across < 0.5 * min(one.width, other.width)
    if beside and lower.height >= FULL_HEIGHT * joined.height:
        return False
    underline = lower.width > max(3 * lower.height, higher.height)
    return not underline and joined.width <= WIDEST_DIGIT * joined.height


def _neighbours(piece: Group, parts: Components, reach: int) -> list[int]:
    """Numbers of the components within so many pixels of a component, without its own."""
    rows = slice(max(0, piece.top - reach), piece.bottom + reach)
    columns = slice(max(0, piece.left - reach), piece.right + reach)
    labels = parts.labels[rows, columns]
    own = (labels == piece.members[0]).view(np.uint8)
    side = 2 * reach + 1
    around = cv2.dilate(own, np.ones((side, side), np.uint8))
    found = np.unique(labels[around > 0]).tolist()
    return [number for number in found if number not in (0, piece.members[0])]


def _stroke_width(parts: Components) -> float:
    """Mean width of all strokes, holes in them closed."""
    mask = (parts.labels > 0).view(np.uint8)
    width = _mean_width(mask)
    side = min(round(width), min(mask.shape) // 8) | 1
    closed = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    # In a texture the gaps between strokes are closed too.
    return min(_mean_width(closed), 2 * width)


def _mean_width(mask: cv2.typing.MatLike) -> float:
    """Twice the area over the outline: strokes have two sides."""
    return 2 * cv2.countNonZero(mask) / outline(mask)


def _join_bars(groups: list[Group]) -> list[Group]:
    """Join the bar of a 5 that stands apart: flat, above a digit and close to it."""
    done: list[Group] = []
    # Where there are but these two, nothing tells how high digits are.
    tallest = max(group.height for group in groups) if len(groups) > 2 else np.inf
    for group in sorted(groups, key=lambda one: one.height, reverse=True):
        for index, digit in enumerate(done):
            if _is_bar(group, digit, tallest):
                done[index] = union([digit, group])
                break
        else:
            done.append(group)
    return done


def _is_bar(bar: Group, digit: Group, tallest: float) -> bool:
    across = min(bar.right, digit.right) - max(bar.left, digit.left)
    if not (
        bar.width >= 1.3 * bar.height
        and bar.height <= 0.55 * digit.height
        and bar.top < digit.top
        and digit.top - bar.bottom <= 0.3 * digit.height
        and across >= 0.4 * min(bar.width, digit.width)
    ):
        return False
    joined = union([bar, digit])
    return joined.width <= 1.3 * joined.height and joined.height <= TALLER * max(
        tallest, digit.height
    )


def _join_enclosed(groups: list[Group], labels: NDArray[np.int32]) -> list[Group]:
    """Join what is small and enclosed by a stroke: the dot in a 0, or the eyes of a drawn face.

    Alone it would be dropped, and a face be a 0.
    """
    done: list[Group] = []
    for group in sorted(groups, key=lambda one: one.height, reverse=True):
        for index, outer in enumerate(done):
            if group.height < LEAST_HEIGHT * outer.height and _encloses(outer, group, labels):
                done[index] = union([outer, group])
                break
        else:
            done.append(group)
    return done


def _encloses(outer: Group, inner: Group, labels: NDArray[np.int32]) -> bool:
    """Whether a group has ink on all four sides of the middle of another."""
    row, column = (inner.top + inner.bottom) // 2, (inner.left + inner.right) // 2
    sides = (
        labels[outer.top : inner.top, column],
        labels[inner.bottom : outer.bottom, column],
        labels[row, outer.left : inner.left],
        labels[row, inner.right : outer.right],
    )
    return all(np.isin(side, outer.members).any() for side in sides)


def _touches_border(group: Group, shape: tuple[int, ...]) -> bool:
    height, width = shape
    return group.left <= 0 or group.top <= 0 or group.right >= width or group.bottom >= height


def _drop_edges(groups: list[Group], shape: tuple[int, ...]) -> list[Group]:
    """Drop what runs flat along the border: the edge of a table or of another sheet."""
    height, width = shape

    def is_edge(group: Group) -> bool:
        level = group.top <= 0 or group.bottom >= height
        upright = group.left <= 0 or group.right >= width
        return (level and group.height < 0.35 * group.width) or (
            upright and group.width < 0.35 * group.height
        )

    return [group for group in groups if not is_edge(group)] or groups


def _drop_small(groups: list[Group], shape: tuple[int, ...]) -> list[Group]:
    """Drop specks, dots and dashes: what is low beside the digits.

    Groups inside the image say how high digits are, if there are any: what lies at the border may
    be a part of something large.
    """
    inside = [group.height for group in groups if not _touches_border(group, shape)]
    heights = [group.height for group in groups]
    tallest = max(heights)
    if inside and max(inside) >= 0.15 * tallest:
        tallest = max(inside)
    return [group for group in groups if group.height >= LEAST_HEIGHT * tallest]


def _in_rows(groups: list[Group]) -> list[Group]:
    """Number the rows from the top, and order each from left to right.

    A row is followed from one digit to the next, so it may rise, fall or wave.
    """
    if len(groups) < 2:
        return groups
    rows: list[list[Group]] = []
    for group in sorted(groups, key=lambda one: one.left):
        best, most = None, 0.4
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
