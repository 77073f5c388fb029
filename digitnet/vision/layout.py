"""Components of ink -> rows of writing.

A row is followed from one character to the next, from left to right, so that it may rise, fall or
bend. What is small beside its neighbours (a point, a comma, a short 0) joins the row that it is
nearest to, and is a row of its own if it is near to none. Rules and frames of a form are in no
row: they would join all that stands on them. Nothing is erased; what a row says is the reader's
matter.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitnet.vision.components import Components

MIN_SIZE = 3
"""Pixels that a piece of writing has at least in its longer side."""

MIN_PART = 0.08
"""What is smaller than this part of a usual character is grain."""

MAIN_PART = 0.4
"""Rows are followed along characters that are at least this part of a usual one's height."""

SAME_ROW = 0.35
"""A character is in the row of another if more than this part of the lower one is at its height."""

REACH = 0.5
"""Small pieces join a row that is at most so many heights of a usual character away ..."""
REACH_BESIDE = 2.0
"""... or so many beside it."""

RULE_ASPECT = 12
"""A rule is so many times as long as wide, or more."""
RULE_SPAN = 0.4
"""It runs at least along this part of the image's side."""

FRAME_SPAN = 0.6
"""The frame of a form or table takes at least this part of both sides of the image ..."""
FRAME_INK = 0.2
"""... and its ink at most this part of its area."""

MAX_COMPONENTS = 4000
"""Of more, it is a texture or print in mass, and no page of handwriting."""

MAX_ROWS = 100
"""No page has more rows of handwriting; a texture may."""


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


def find_rows(parts: Components) -> list[Row]:
    """Rows of writing from top to bottom; none where there are too many components for a page."""
    left, top, width, height = parts.boxes[:, :4].astype(np.int64).T
    boxes = np.column_stack([left, top, left + width, top + height])
    if len(boxes) > MAX_COMPONENTS:
        return []
    candidates = np.flatnonzero(
        ~are_rules(parts.boxes, parts.labels.shape) & (np.maximum(width, height) >= MIN_SIZE)
    )
    if not candidates.size:
        return []
    usual = usual_height(height[candidates])
    is_main = height[candidates] >= MAIN_PART * usual
    main, small = candidates[is_main], candidates[~is_main]
    rows = _follow(main[np.argsort(left[main], kind="stable")], boxes)
    small = small[np.maximum(width, height)[small] >= MIN_PART * usual]
    rows = _join(small, rows, boxes, usual)[:MAX_ROWS]
    made = [_row(members, boxes) for members in rows]
    return sorted(made, key=lambda row: float(row.middles[1].mean()))


def usual_height(heights: NDArray[np.int64]) -> float:
    """The height of a usual character: the median, where each counts by the square of its own.

    So specks do not count, and neither does one large thing among many characters.
    """
    order = np.sort(heights)
    weights = np.cumsum(order.astype(np.float64) ** 2)
    return float(order[np.searchsorted(weights, weights[-1] / 2)])


def are_rules(boxes: NDArray[np.int32], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Which components are rules, or frames of a form.

    Args:
        boxes: (N, 5), as of `Components`.
        shape: height and width of the image.
    """
    _, _, width, height, area = boxes.astype(np.int64).T
    longer = np.maximum(width, height)
    # by the ink's mean width, so that a rule that climbs is one, too
    thin = longer**2 >= RULE_ASPECT * area
    level = thin & (width > height) & (width >= RULE_SPAN * shape[1])
    upright = thin & (height > width) & (height >= 2 * RULE_SPAN * shape[0])
    spans = (width >= FRAME_SPAN * shape[1]) & (height >= FRAME_SPAN * shape[0])
    frame = spans & (area <= FRAME_INK * width * height)
    return np.asarray(level | upright | frame, np.bool_)


def _follow(numbers: NDArray[np.intp], boxes: NDArray[np.int64]) -> list[list[int]]:
    """Put characters, given from left to right, into rows."""
    rows: list[list[int]] = []
    for number in numbers.tolist():
        _, top, _, bottom = boxes[number].tolist()
        best, most = None, SAME_ROW
        for row in rows:
            # the last two: a short character must not lose the row
            ends = boxes[row[-2:]]
            first, last = int(ends[:, 1].min()), int(ends[:, 3].max())
            share = (min(bottom, last) - max(top, first)) / min(bottom - top, last - first)
            if share > most:
                best, most = row, share
        if best is None:
            rows.append([number])
        else:
            best.append(number)
    return rows


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


def _band(boxes: NDArray[np.int64]) -> tuple[int, int, int, int]:
    """The box around several."""
    left, top = boxes[:, :2].min(axis=0).tolist()
    right, bottom = boxes[:, 2:].max(axis=0).tolist()
    return left, top, right, bottom


def _row(members: list[int], boxes: NDArray[np.int64]) -> Row:
    order = np.array(sorted(members, key=lambda number: int(boxes[number, 0])))
    return Row(order + 1, boxes[order])
