"""Separates writing from ruled lines and frames that it touches.

This serves the layout only: the reader sees the original image.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.vision.components import STROKE_LEVEL, Components

RULE_ASPECT = 12
"""Minimum aspect ratio of a ruled line."""
RULE_SPAN = 0.4
"""Minimum length of a horizontal ruled line, relative to the image's width. A vertical one takes at
least twice this fraction of the height."""

FRAME_SPAN = 0.6
"""Minimum width and height of a frame of a form or table, relative to the image's."""
FRAME_INK = 0.2
"""Maximum area of a frame's ink, relative to that of its bounding box, unless it has many lines."""
FRAME_LINES = 4
"""Minimum number of horizontal lines of a frame with more ink. A digit has at most three."""

RUN = 1 / 24
"""Minimum length of the pixel runs in a ruled line, relative to its length: it may be slanted."""
LONG_RUN = 0.4
"""The same in a line across a component, where runs may also be the strokes of digits."""
GAP = 1 / 12
"""Maximum gap in a ruled line, relative to its length."""

SIDE = 0.9
"""Minimum length of the sides of a box, relative to its height, and of a line across a component,
relative to its width. The sides lie within the outer 1 - SIDE of the box's width."""

FRAME_SIDES = 3
"""Minimum number of sides of a frame around a single digit."""
SIDE_COVER = 0.8
"""Minimum length of such a side, relative to the frame's. A digit has at most one, like the foot of
a 2."""

MAX_RULES = 60
"""Maximum number of ruled lines and frames on a page. A texture may appear to have more."""


def _are_rules(parts: Components) -> NDArray[np.bool_]:
    """Whether each component is a ruled line or frame, with any writing that touches it."""
    shape = parts.labels.shape
    _, _, width, height, area = parts.boxes.astype(np.int64).T
    thin = _are_thin(parts.boxes)
    horizontal = thin & (width > height) & (width >= RULE_SPAN * shape[1])
    vertical = thin & (height > width) & (height >= 2 * RULE_SPAN * shape[0])
    spans = (width >= FRAME_SPAN * shape[1]) & (height >= FRAME_SPAN * shape[0])
    frame = spans & (area <= FRAME_INK * width * height)
    for number in np.flatnonzero(spans & ~frame).tolist():
        lines = _runs(_mask(parts, number), LONG_RUN, run=LONG_RUN)
        frame[number] = cv2.connectedComponents(lines)[0] > FRAME_LINES
    return np.asarray(horizontal | vertical | frame, np.bool_)


def _are_thin(boxes: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Whether the mean thickness of each component's ink is small, even if it is slanted."""
    _, _, width, height, area = boxes.astype(np.int64).T
    return np.asarray(np.maximum(width, height) ** 2 >= RULE_ASPECT * area, np.bool_)


def part_from_rules(
    parts: Components, *, single: bool = False
) -> tuple[Components, NDArray[np.bool_]]:
    """Split components that touch ruled lines into separate components.

    Args:
        parts: the components of an ink map.
        single: whether the image has only one digit. A large digit with thin strokes looks like a
            ruled line or a frame, so there has to be more evidence of one.

    Returns:
        The components, and (N,), True for ruled lines and frames.
    """
    rules = _are_rules(parts)
    if single:
        rules = _beside_a_digit(parts, rules)
    numbers = np.flatnonzero(rules)
    if not numbers.size or numbers.size > MAX_RULES:
        return parts, rules
    labels, boxes = parts.labels.copy(), [parts.boxes]
    count = len(parts.boxes)
    for number in numbers.tolist():
        left, top, width, height, _ = parts.boxes[number].tolist()
        area = labels[top : top + height, left : left + width]
        own = (area == number + 1).view(np.uint8)
        rest = own
        if width >= RULE_SPAN * labels.shape[1]:
            horizontal = _runs(own, RULE_SPAN)
            rest = _without_lines(own, horizontal)
            is_box = bool(horizontal[: height // 3].any() and horizontal[-height // 3 :].any())
        else:
            is_box = False
        if height >= 2 * RULE_SPAN * labels.shape[0]:
            turned = np.ascontiguousarray(rest.T)
            rest = _without_lines(turned, _runs(turned, RULE_SPAN)).T
        elif is_box:  # erase its sides: runs as high as the box, near its ends
            sides = _runs(np.ascontiguousarray(own.T), SIDE).T.copy()
            edge = round((1 - SIDE) * width)
            sides[:, edge : width - edge] = 0
            rest = rest & ~sides
        found, pieces, stats, _ = cv2.connectedComponentsWithStats(rest & 1, connectivity=8)
        if found < 2:
            continue
        area[pieces > 0] = pieces[pieces > 0] + count
        moved = stats[1:].copy()
        moved[:, :2] += (left, top)
        boxes.append(moved.view(np.int32))
        count += found - 1
    every = np.concatenate(boxes)
    return Components(labels, every), np.pad(rules, (0, count - len(rules)))


def _without_lines(own: NDArray[np.uint8], lines: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Erase horizontal lines from a mask (0 or 1), but not the strokes that cross them.

    A stroke that continues on the other side of the line crosses it (as on staff lines, Dalitz et
    al. 2008).
    """
    rest = own & ~lines
    padded = np.pad(lines, 1)
    gap = 2 * int(cv2.distanceTransform(padded, cv2.DIST_C, 3).max()) + 1
    closed = cv2.morphologyEx(rest, cv2.MORPH_CLOSE, np.ones((gap, 1), np.uint8))
    return np.asarray(rest | (own & closed.view(np.uint8)), np.uint8)


def has_line_across(ink: NDArray[np.uint8]) -> bool:
    """Whether a horizontal line spans a component: an underline, or the side of a box.

    Args:
        ink: (H, W), the component's ink with a margin of one pixel, 0 paper .. 255 full ink.
    """
    own = cv2.threshold(ink[:, 1:-1], STROKE_LEVEL - 1, 1, cv2.THRESH_BINARY)[1]
    return bool(_runs(own.view(np.uint8), SIDE, run=LONG_RUN).any())


def _beside_a_digit(parts: Components, rules: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Keep the rules that are not the only digit themselves.

    A frame has at least `FRAME_SIDES` sides. A vertical line is accompanied by at least as much
    other ink; alone, it is a 1.
    """
    other_ink = int(parts.boxes[~rules, 4].sum())
    thin = _are_thin(parts.boxes)
    kept = np.zeros_like(rules)
    for number in np.flatnonzero(rules).tolist():
        _, _, width, height, area = parts.boxes[number].tolist()
        own = _mask(parts, number).view(np.bool_)
        if thin[number]:
            kept[number] = width > height or other_ink >= area
        else:
            high, wide = round((1 - SIDE) * height) + 1, round((1 - SIDE) * width) + 1
            sides = (
                own[:high].any(axis=0),
                own[-high:].any(axis=0),
                own[:, :wide].any(axis=1),
                own[:, -wide:].any(axis=1),
            )
            kept[number] = sum(side.mean() >= SIDE_COVER for side in sides) >= FRAME_SIDES
    return kept


def _mask(parts: Components, number: int) -> NDArray[np.uint8]:
    """Cut out the mask (0 or 1) of a component."""
    left, top, width, height, _ = parts.boxes[number].tolist()
    area = parts.labels[top : top + height, left : left + width]
    return np.asarray(area == number + 1).view(np.uint8)


def _runs(own: NDArray[np.uint8], span: float, run: float = RUN) -> NDArray[np.uint8]:
    """Find pixels of horizontal lines in a mask (0 or 1) that span this fraction of its width."""
    width = own.shape[1]
    kernel = np.ones((1, max(7, round(run * width))), np.uint8)
    horizontal = cv2.morphologyEx(own, cv2.MORPH_OPEN, kernel)
    joined = cv2.dilate(horizontal, np.ones((3, max(3, round(GAP * width)) | 1), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    long = stats[:, 2] >= span * width
    long[0] = False
    rule = horizontal * long[labels].view(np.uint8)
    # includes the steps of a slanted line
    grown = cv2.dilate(rule, np.ones((3, 3), np.uint8))
    return np.asarray(grown, np.uint8)
