"""Components of ink -> rows of writing.

A row is followed from one character to the next, from left to right, so that it may rise, fall or
bend. Small components beside larger ones (a point, a comma, a short 0) join the row that they are
nearest to, and is a row of its own if it is near to none. Rules and frames of a form (see `rules`)
are in no row: they would join all that stands on them. Nothing is erased; what a row says is the
reader's matter.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitnet.vision.components import Components

MIN_SIZE = 3
"""Pixels that a piece of writing has at least in its longer side."""

MIN_PART = 0.08
"""Components smaller than this part of a usual character are noise."""

MAIN_PART = 0.4
TALL = 1.8
"""Range of character heights that form rows, relative to the usual height.

Taller components are edges, walls or stains, and rows of their own unless they are beside one.
"""

SAME_ROW = 0.35
"""A character is in the row of another if more than this part of the lower one is at its height."""

SAME_PLACE = 0.6
"""Two rows are one if this part of the shorter one's height is at the height of the longer one."""

REACH = 0.25
"""Maximum distance of small components from their row, in heights of a usual character ..."""
REACH_BESIDE = 2.0
"""... or beside it."""

MAX_COMPONENTS = 4000
"""Of more, the highest are put into rows: there is print, or a texture, beside the writing."""


class Row(NamedTuple):
    """Writing side by side.

    Attributes:
        members: numbers of its components, as `Components.labels` has them, from left to right.
        boxes: (N, 4) int64 of left, top, right, bottom of each, in pixels of the ink map.
    """

    members: NDArray[np.intp]
    boxes: NDArray[np.int64]

    @property
    def middles(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Columns and rows of the middles of the members, (N,) each."""
        left, top, right, bottom = self.boxes.T
        return (left + right) / 2, (top + bottom) / 2

    @property
    def heights(self) -> NDArray[np.int64]:
        """(N,), of the members."""
        return self.boxes[:, 3] - self.boxes[:, 1]


def find_rows(parts: Components, rules: NDArray[np.bool_]) -> list[Row]:
    """Rows of writing from top to bottom.

    Args:
        parts: the components.
        rules: (N,), which of them are rules or frames.
    """
    left, top, width, height = parts.boxes[:, :4].astype(np.int64).T
    boxes = np.column_stack([left, top, left + width, top + height])
    candidates = np.flatnonzero(~rules & (np.maximum(width, height) >= MIN_SIZE))
    if not candidates.size:
        return []
    if candidates.size > MAX_COMPONENTS:
        largest = np.argsort(-height[candidates], kind="stable")[:MAX_COMPONENTS]
        candidates = np.sort(candidates[largest])
    usual = usual_height(height[candidates], width[candidates])
    is_main = (height[candidates] >= MAIN_PART * usual) & (height[candidates] <= TALL * usual)
    main, others = candidates[is_main], candidates[~is_main]
    rows = _merge(_follow(main[np.argsort(left[main], kind="stable")], boxes), boxes)
    others = others[np.maximum(width, height)[others] >= MIN_PART * usual]
    tall = height[others] > TALL * usual
    rows = _join(others[~tall], rows, boxes, usual)
    rows += [[number] for number in others[tall].tolist() if not _is_beside(number, rows, boxes)]
    made = [_row(members, boxes) for members in rows]
    return sorted(made, key=lambda row: float(row.middles[1].mean()))


def usual_height(heights: NDArray[np.int64], widths: NDArray[np.int64]) -> float:
    """The height of a usual character: the median, where each counts by the area of its box.

    So specks do not count, and neither does a long line among characters.
    """
    order = np.argsort(heights, kind="stable")
    weights = np.cumsum((heights * widths)[order].astype(np.float64))
    return float(heights[order[np.searchsorted(weights, weights[-1] / 2)]])


def _follow(numbers: NDArray[np.intp], boxes: NDArray[np.int64]) -> list[list[int]]:
    """Put characters, given from left to right, into rows."""
    rows: list[list[int]] = []
    # the band of the last two of each row: a short character must not lose the row
    first, last = np.empty(len(numbers)), np.empty(len(numbers))
    for number in numbers.tolist():
        _, top, _, bottom = boxes[number].tolist()
        begun = slice(len(rows))
        share = np.minimum(bottom, last[begun]) - np.maximum(top, first[begun])
        share /= np.minimum(bottom - top, last[begun] - first[begun])
        best = int(share.argmax()) if rows else 0
        if rows and share[best] > SAME_ROW:
            before = boxes[rows[best][-1]]
            rows[best].append(number)
            first[best], last[best] = min(top, before[1]), max(bottom, before[3])
        else:
            first[len(rows)], last[len(rows)] = top, bottom
            rows.append([number])
    return rows


def _merge(rows: list[list[int]], boxes: NDArray[np.int64]) -> list[list[int]]:
    """Merge rows at the same height: a broken stroke may start its own row."""
    merged: list[list[int]] = []
    for row in sorted(rows, key=len, reverse=True):
        top, bottom = np.median(boxes[row][:, [1, 3]], axis=0)
        for other in merged:
            near = boxes[other]
            # those of the other row that are nearest, for it may climb
            near = near[np.argsort(np.abs(near[:, 0] - boxes[row[0], 0]))[:3]]
            first, last = near[:, 1].min(), near[:, 3].max()
            if min(bottom, last) - max(top, first) > SAME_PLACE * (bottom - top):
                other += row
                break
        else:
            merged.append([*row])
    return [sorted(row, key=lambda number: int(boxes[number, 0])) for row in merged]


def _join(
    small: NDArray[np.intp], rows: list[list[int]], boxes: NDArray[np.int64], usual: float
) -> list[list[int]]:
    """Put small pieces into the rows that they are near to, or into new ones."""
    if not small.size:
        return rows
    joined = [[*row] for row in rows]
    bands = np.array([_band(boxes[row]) for row in rows])
    for number in small.tolist():
        left, top, right, bottom = boxes[number].tolist()
        above = np.maximum(bands[:, 1] - bottom, top - bands[:, 3]).clip(0)
        beside = np.maximum(bands[:, 0] - right, left - bands[:, 2]).clip(0)
        away = above / REACH + beside / REACH_BESIDE
        nearest = int(away.argmin())
        if away[nearest] <= usual:
            joined[nearest].append(number)
        else:
            joined.append([number])
    return joined


def _is_beside(number: int, rows: list[list[int]], boxes: NDArray[np.int64]) -> bool:
    """Whether a tall component is so close to a row that the row's image contains it."""
    left, top, right, bottom = boxes[number].tolist()
    for row in rows:
        first, upper, last, lower = _band(boxes[row])
        if top <= upper and bottom >= lower:
            reach = lower - upper
            if left <= last + reach and right >= first - reach:
                return True
    return False


def _band(boxes: NDArray[np.int64]) -> tuple[int, int, int, int]:
    """The box around several."""
    left, top = boxes[:, :2].min(axis=0).tolist()
    right, bottom = boxes[:, 2:].max(axis=0).tolist()
    return left, top, right, bottom


def _row(members: list[int], boxes: NDArray[np.int64]) -> Row:
    order = np.array(sorted(members, key=lambda number: int(boxes[number, 0])))
    return Row(order + 1, boxes[order])
