"""Groups components of ink into rows of writing.

A row is followed from one character to the next, from left to right, so it may rise, fall or bend.
Small components (a point, a comma, a short 0) join the nearest row. If none is near, they form rows
of their own, and so do components that are much larger than the others. Ruled lines and frames (see
`rules`) are excluded, because they would connect everything written on them. Nothing is erased.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitnet.vision.components import Components

MIN_SIZE_PX = 3
"""Minimum longer side of a component of writing, in pixels."""

MIN_RELATIVE_SIZE = 0.08
"""Minimum longer side of a component, in usual character heights. Smaller ones are noise."""

MIN_CHARACTER_HEIGHT = 0.4
MAX_CHARACTER_HEIGHT = 1.8
"""Range of character heights in a row, relative to the usual height.

Much smaller or larger writing forms rows of its own, unless it is beside one.
"""

MIN_ROW_OVERLAP = 0.35
"""Minimum vertical overlap of a character with a row, relative to the shorter of the two."""

MIN_MERGE_OVERLAP = 0.6
"""Minimum vertical overlap of two rows for merging, relative to the height of the row with fewer
characters."""

MAX_VERTICAL_DISTANCE = 0.1
"""Maximum vertical distance of a small component from its row, in usual character heights."""
MAX_HORIZONTAL_DISTANCE = 2.0
"""Maximum horizontal distance of a small component from its row, in usual character heights."""

MAX_COMPONENTS = 4000
"""Maximum number of components in rows. If print or a texture adds more, the tallest are kept."""


class Row(NamedTuple):
    """A row of writing.

    Attributes:
        members: (N,), the numbers of its components in `Components.labels`, from left to right.
        boxes: (N, 4) int64 of left, top, right, bottom of each, in pixels of the ink map.
    """

    members: NDArray[np.intp]
    boxes: NDArray[np.int64]

    @property
    def middles(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Columns and rows of the members' centres, (N,) each."""
        left, top, right, bottom = self.boxes.T
        return (left + right) / 2, (top + bottom) / 2

    @property
    def heights(self) -> NDArray[np.int64]:
        """(N,), the members' heights."""
        return self.boxes[:, 3] - self.boxes[:, 1]


def find_rows(parts: Components, rules: NDArray[np.bool_]) -> list[Row]:
    """Find the rows of writing, from top to bottom.

    Args:
        parts: the components.
        rules: (N,), whether each component is a ruled line or frame.
    """
    left, top, width, height = parts.boxes[:, :4].astype(np.int64).T
    boxes = np.column_stack([left, top, left + width, top + height])
    candidates = np.flatnonzero(~rules & (np.maximum(width, height) >= MIN_SIZE_PX))
    if not candidates.size:
        return []
    if candidates.size > MAX_COMPONENTS:
        largest = np.argsort(-height[candidates], kind="stable")[:MAX_COMPONENTS]
        candidates = np.sort(candidates[largest])
    made = [_row(members, boxes) for members in _group(candidates, boxes)]
    return sorted(made, key=lambda row: float(row.middles[1].mean()))


def in_one_row(parts: Components) -> Row:
    """Return a row with one member: all components that may be writing, or ruled lines."""
    large = parts.boxes[parts.boxes[:, 2:4].max(axis=1) >= MIN_SIZE_PX].astype(np.int64)
    left, top = large[:, :2].min(axis=0)
    right, bottom = (large[:, :2] + large[:, 2:4]).max(axis=0)
    return Row(np.array([0]), np.array([[left, top, right, bottom]]))


def usual_height(heights: NDArray[np.int64], widths: NDArray[np.int64]) -> float:
    """Return the usual character height: the median, weighted by the area of the bounding boxes.

    This ignores specks, and a long line among characters.
    """
    order = np.argsort(heights, kind="stable")
    weights = np.cumsum((heights * widths)[order].astype(np.float64))
    return float(heights[order[np.searchsorted(weights, weights[-1] / 2)]])


def _group(numbers: NDArray[np.intp], boxes: NDArray[np.int64]) -> list[list[int]]:
    """Group at least one component into rows."""
    width, height = (boxes[numbers, 2:] - boxes[numbers, :2]).T
    usual = usual_height(height, width)
    large = np.maximum(width, height) >= MIN_RELATIVE_SIZE * usual
    numbers, height = numbers[large], height[large]
    is_small = height < MIN_CHARACTER_HEIGHT * usual
    is_tall = height > MAX_CHARACTER_HEIGHT * usual
    main = numbers[~is_small & ~is_tall]
    rows = _merge(_follow(main[np.argsort(boxes[main, 0], kind="stable")], boxes), boxes)
    rows = _merge(rows + _group_others(numbers[is_tall], boxes), boxes)
    tall = {*numbers[is_tall].tolist()}
    usual_rows = [row for row in rows if not tall.issuperset(row)]
    tall_rows = [row for row in rows if tall.issuperset(row)]
    apart = [row for row in tall_rows if not _is_beside(row, usual_rows, boxes)]
    rows, distant = _join(numbers[is_small], usual_rows + apart, boxes, usual)
    return rows + _group_others(distant, boxes)


def _group_others(numbers: NDArray[np.intp], boxes: NDArray[np.int64]) -> list[list[int]]:
    """Group components of another size, if there are any, into rows of their own."""
    return _group(numbers, boxes) if numbers.size else []


def _follow(numbers: NDArray[np.intp], boxes: NDArray[np.int64]) -> list[list[int]]:
    """Group characters, given from left to right, into rows."""
    rows: list[list[int]] = []
    # Vertical extent of the last two characters of each row: after a short one, the row continues.
    first, last = np.empty(len(numbers)), np.empty(len(numbers))
    for number in numbers.tolist():
        _, top, _, bottom = boxes[number].tolist()
        begun = slice(len(rows))
        share = np.minimum(bottom, last[begun]) - np.maximum(top, first[begun])
        share /= np.minimum(bottom - top, last[begun] - first[begun])
        best = int(share.argmax()) if rows else 0
        if rows and share[best] > MIN_ROW_OVERLAP:
            before = boxes[rows[best][-1]]
            rows[best].append(number)
            first[best], last[best] = min(top, before[1]), max(bottom, before[3])
        else:
            first[len(rows)], last[len(rows)] = top, bottom
            rows.append([number])
    return rows


def _merge(rows: list[list[int]], boxes: NDArray[np.int64]) -> list[list[int]]:
    """Merge rows that overlap vertically: a broken stroke may have started its own row."""
    merged: list[list[int]] = []
    for row in sorted(rows, key=len, reverse=True):
        top, bottom = np.median(boxes[row][:, [1, 3]], axis=0)
        for other in merged:
            near = boxes[other]
            # Compare with the nearest characters only, as the row may be slanted.
            near = near[np.argsort(np.abs(near[:, 0] - boxes[row[0], 0]))[:3]]
            first, last = near[:, 1].min(), near[:, 3].max()
            if min(bottom, last) - max(top, first) > MIN_MERGE_OVERLAP * (bottom - top):
                other += row
                break
        else:
            merged.append([*row])
    return [sorted(row, key=lambda number: int(boxes[number, 0])) for row in merged]


def _join(
    small: NDArray[np.intp], rows: list[list[int]], boxes: NDArray[np.int64], usual: float
) -> tuple[list[list[int]], NDArray[np.intp]]:
    """Add small components to the row of the nearest character; also return the distant ones."""
    joined = [[*row] for row in rows]
    owners = np.repeat(np.arange(len(rows)), [*map(len, rows)])
    starts, tops, ends, bottoms = boxes[np.concatenate(rows)].T
    distant = []
    for number in small.tolist():
        left, top, right, bottom = boxes[number].tolist()
        above = np.maximum(tops - bottom, top - bottoms).clip(0)
        beside = np.maximum(starts - right, left - ends).clip(0)
        away = above / MAX_VERTICAL_DISTANCE + beside / MAX_HORIZONTAL_DISTANCE
        nearest = int(away.argmin())
        if away[nearest] <= usual:
            joined[owners[nearest]].append(number)
        else:
            distant.append(number)
    return joined, np.array(distant, np.intp)


def _is_beside(row: list[int], rows: list[list[int]], boxes: NDArray[np.int64]) -> bool:
    """Whether a row of tall components is close enough to a row of others to be in its image."""
    left, top, right, bottom = _band(boxes[row])
    for other in rows:
        first, upper, last, lower = _band(boxes[other])
        if top <= upper and bottom >= lower:
            reach = lower - upper
            if left <= last + reach and right >= first - reach:
                return True
    return False


def _band(boxes: NDArray[np.int64]) -> tuple[int, int, int, int]:
    """Return the bounding box of several boxes."""
    left, top = boxes[:, :2].min(axis=0).tolist()
    right, bottom = boxes[:, 2:].max(axis=0).tolist()
    return left, top, right, bottom


def _row(members: list[int], boxes: NDArray[np.int64]) -> Row:
    order = np.array(sorted(members, key=lambda number: int(boxes[number, 0])))
    return Row(order + 1, boxes[order])
