"""The whole chain: a gray image -> its digits, each with its place and its 28 x 28 picture."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.vision.ink import ink_map, measure_strokes, pool
from digitnet.vision.normalize import normalize
from digitnet.vision.segment import Components, Group, components, segment

# Digits are sought in an image of at most so many pixels a side.
WORKING_SIDE = 1200


@dataclass(frozen=True)
class Region:
    """One digit, or what may be one.

    Attributes:
        x: Left edge in pixels of the gray image.
        y: Top edge.
        width: Of the bounding box, in pixels.
        height: Of the bounding box, in pixels.
        row: Number of the line of writing, from 0 at the top.
        digit: (28, 28) uint8, white ink (255) on black (0), as MNIST has it.
    """

    x: int
    y: int
    width: int
    height: int
    row: int
    digit: NDArray[np.uint8]


def find_digits(gray: NDArray[np.uint8], *, single: bool = False) -> list[Region]:
    """Find the digits in an image.

    Args:
        gray: (H, W), 0 dark .. 255 light; any polarity, light and size.
        single: The whole image is one digit, whatever its ink looks like.

    Returns:
        The digits in reading order; none where the image is blank. With `single` at most one.
    """
    if gray.size == 0:
        return []
    factor = max(1, -(-max(gray.shape) // WORKING_SIDE))
    small = gray
    if factor > 1:
        small = pool(gray, factor, darkest=measure_strokes(gray).dark)
    ink = ink_map(small)
    parts = components(ink)
    groups = segment(parts)
    if single and groups:
        members = tuple(number for group in groups for number in group.members)
        groups = [
            Group(
                min(g.left for g in groups),
                min(g.top for g in groups),
                max(g.right for g in groups),
                max(g.bottom for g in groups),
                members,
            )
        ]
    return [_region(ink, parts, group, factor, gray.shape) for group in groups]


def _region(
    ink: NDArray[np.uint8],
    parts: Components,
    group: Group,
    factor: int,
    shape: tuple[int, ...],
) -> Region:
    """Cut one digit out, without the ink of its neighbours."""
    rows = slice(max(0, group.top - 1), group.bottom + 1)
    columns = slice(max(0, group.left - 1), group.right + 1)
    labels = parts.labels[rows, columns]
    own = np.isin(labels, group.members).astype(np.uint8)
    near = cv2.dilate(own, np.ones((3, 3), np.uint8)) > 0  # with the soft edge around the stroke
    near &= (labels == 0) | (own > 0)
    digit = np.where(near, ink[rows, columns], 0).astype(np.uint8)
    right, bottom = min(group.right * factor, shape[1]), min(group.bottom * factor, shape[0])
    x, y = group.left * factor, group.top * factor
    return Region(x, y, right - x, bottom - y, group.row, normalize(digit))
