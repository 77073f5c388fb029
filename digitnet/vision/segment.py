"""An ink map -> the places of digits, in reading order.

Ink that hangs together is a component; components that belong together make a group; what is no
digit by its shape or size alone is dropped: specks, dots, dashes, long lines, frames.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

# From so much ink on a pixel belongs to a stroke: half of full ink is its edge.
STROKE_LEVEL = 128

# Next to a stroke less ink counts too: where a pen was light or pixels are few, strokes thin out.
FAINT_LEVEL = 64

# Nobody writes more digits on a page; a texture has more components and is cut off here.
MOST_COMPONENTS = 2000


@dataclass(frozen=True)
class Group:
    """One digit to be: a bounding box in pixels of the ink map, and the components in it."""

    left: int
    top: int
    right: int
    bottom: int
    members: tuple[int, ...]
    row: int = 0


@dataclass(frozen=True)
class Components:
    """Connected ink.

    Attributes:
        labels: (H, W) int32, 0 paper, else the component's number.
        boxes: (N, 5) int32 of left, top, width, height, area; row 0 is component 1.
    """

    labels: NDArray[np.int32]
    boxes: NDArray[np.int32]


def components(ink: NDArray[np.uint8]) -> Components:
    """Find what hangs together (8-neighbours)."""
    strong = (ink >= STROKE_LEVEL).view(np.uint8)
    near = cv2.dilate(strong, np.ones((3, 3), np.uint8))
    mask = cv2.bitwise_and(near, (ink >= FAINT_LEVEL).view(np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8, ltype=cv2.CV_32S)
    return Components(labels.view(np.int32), stats[1:].view(np.int32))


def segment(parts: Components) -> list[Group]:
    """Put components together to digits, drop what is none, and order the rest.

    Returns:
        Groups in reading order: by row, then from left to right.
    """
    height, width = parts.labels.shape
    boxes = parts.boxes
    numbers = [int(i) + 1 for i in _candidates(boxes, height, width)]
    groups = [
        Group(int(x), int(y), int(x + w), int(y + h), (number,))
        for number, (x, y, w, h, _) in ((n, boxes[n - 1]) for n in numbers)
    ]
    groups = _join(groups)
    if groups:
        tallest = max(group.bottom - group.top for group in groups)
        groups = [group for group in groups if group.bottom - group.top >= 0.35 * tallest]
    return _in_rows(groups)


def _candidates(boxes: NDArray[np.int32], height: int, width: int) -> NDArray[np.intp]:
    """Drop specks and lines across the image; keep the largest few of too many."""
    if len(boxes) == 0:
        return np.zeros(0, np.intp)
    largest = np.maximum(boxes[:, 2], boxes[:, 3])
    keep = largest >= max(3, 0.1 * largest.max())
    line = (boxes[:, 2] >= 0.9 * width) & (boxes[:, 3] <= 0.15 * height)
    if (keep & ~line).any():
        keep &= ~line
    numbers = np.flatnonzero(keep)
    order = np.argsort(-boxes[numbers, 4], kind="stable")[:MOST_COMPONENTS]
    return np.sort(numbers[order])


def _size(group: Group) -> int:
    return max(group.bottom - group.top, group.right - group.left)


def _join(groups: list[Group]) -> list[Group]:
    """Join pieces of one digit: they lie above each other, with a small gap."""
    groups = sorted(groups, key=_size, reverse=True)
    if not groups:
        return []
    typical = float(np.median([_size(g) for g in groups if _size(g) >= 0.4 * _size(groups[0])]))
    done: list[Group] = []
    for piece in groups:
        for index, other in enumerate(done):
            if _belongs(piece, other, typical):
                done[index] = _union(piece, other)
                break
        else:
            done.append(piece)
    return done


def _belongs(piece: Group, other: Group, typical: float) -> bool:
    across = min(piece.right, other.right) - max(piece.left, other.left)
    gap = max(piece.top, other.top) - min(piece.bottom, other.bottom)
    narrower = min(piece.right - piece.left, other.right - other.left)
    joined = _union(piece, other)
    tall = joined.bottom - joined.top
    return across >= 0.5 * narrower and gap <= 0.35 * typical and tall <= 1.4 * typical


def _union(a: Group, b: Group) -> Group:
    return Group(
        min(a.left, b.left),
        min(a.top, b.top),
        max(a.right, b.right),
        max(a.bottom, b.bottom),
        a.members + b.members,
    )


def _in_rows(groups: list[Group]) -> list[Group]:
    """Number the rows from the top, and order each from left to right."""
    rows: list[list[Group]] = []
    for group in sorted(groups, key=lambda g: g.left):
        best, most = None, 0.0
        for row in rows:
            last = row[-1]
            overlap = min(group.bottom, last.bottom) - max(group.top, last.top)
            share = overlap / min(group.bottom - group.top, last.bottom - last.top)
            if share > max(most, 0.4):
                best, most = row, share
        if best is None:
            rows.append([group])
        else:
            best.append(group)
    rows.sort(key=lambda row: float(np.mean([g.top + g.bottom for g in row])))
    return [
        Group(g.left, g.top, g.right, g.bottom, g.members, number)
        for number, row in enumerate(rows)
        for g in row
    ]
