"""The whole chain: a gray image -> its digits, each with its place and its 28 x 28 picture."""

import math
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.vision.components import FAINT_LEVEL, Components, Group, components, union
from digitnet.vision.ink import even_border, ink_map, measure_strokes, pool
from digitnet.vision.lines import erase_lines
from digitnet.vision.normalize import SIDE, at_least, is_normal, normalize
from digitnet.vision.segment import segment

# Digits are sought in an image of at most so many pixels a side.
MAX_WORKING_SIDE = 1200

# And of at least so many: MNIST's own 28 are enough.
MIN_WORKING_SIDE = 28

# Print and crowded rows of fewer pixels a digit are enlarged: gaps are narrower than a pixel.
SMALL_DIGIT_PX = 16
MAX_ENLARGED_AREA_PX = 400_000


class Region(NamedTuple):
    """One digit, or what may be one.

    Attributes:
        x: Left edge in pixels of the gray image.
        y: Top edge.
        width: Of the bounding box, in pixels.
        height: Of the bounding box, in pixels.
        row: Number of the line of writing, from 0 at the top.
        ink: (H, W) uint8, 0 paper .. 255 full ink; as it was cut out.
        digit: (28, 28) uint8, white ink (255) on black (0), as MNIST has it.
    """

    x: int
    y: int
    width: int
    height: int
    row: int
    ink: NDArray[np.uint8]
    digit: NDArray[np.uint8]


class Found(NamedTuple):
    """What was found in an image.

    Attributes:
        regions: The digits in reading order.
        left_out: How many pieces of ink may be digits, too, but are more than is looked at.
    """

    regions: list[Region]
    left_out: int = 0


class Stages(NamedTuple):
    """What is seen in an image on the way to its digits, at the size at which they are sought.

    Attributes:
        scale: How many pixels of the gray image one pixel here is wide.
        ink: (H, W) uint8 ink map, 0 paper .. 255 full ink.
        cleared: (H, W) uint8, the ink without ruled lines and boxes.
        parts: The connected pieces of the cleared ink.
        groups: Those that may be digits, in reading order.
        left_out: How many that may be digits are not among them; see `Found`.
    """

    scale: float
    ink: NDArray[np.uint8]
    cleared: NDArray[np.uint8]
    parts: Components
    groups: list[Group]
    left_out: int

    @property
    def dropped(self) -> NDArray[np.bool_]:
        """(H, W), where ink was taken for no part of a digit: lines, specks, edges."""
        kept = np.isin(self.parts.labels, [n for group in self.groups for n in group.members])
        # The soft edge of a stroke has no label of its own.
        near = cv2.dilate(kept.view(np.uint8), np.ones((3, 3), np.uint8)) > 0
        return np.asarray((self.ink > 0) & ~near, np.bool_)


def find_digits(gray: NDArray[np.uint8], *, single: bool = False) -> list[Region]:
    """Find the digits in an image, as `find_all` does; what was left out is not told."""
    return find_all(gray, single=single).regions


def find_all(gray: NDArray[np.uint8], *, single: bool = False) -> Found:
    """Find the digits in an image. A digit in MNIST's form is taken as it is.

    Args:
        gray: (H, W), 0 dark .. 255 light; any polarity, light and size.
        single: The whole image is one digit, whatever its ink looks like.

    Returns:
        No region where the image is blank. With `single` at most one.
    """
    if gray.size == 0:
        return Found([])
    normal = _normal_digit(gray)
    if normal is not None:
        return Found([normal])
    stages = find_stages(gray)
    groups = stages.groups
    if single and len(groups) > 1:
        groups = [union(groups)]
    regions = [
        _region(stages.cleared, stages.parts, group, stages.scale, gray.shape) for group in groups
    ]
    return Found(regions, stages.left_out)


def _normal_digit(gray: NDArray[np.uint8]) -> Region | None:
    """The digit of an image that has MNIST's form already, or None if it is no such image.

    Data sets that were saved as images are read in a quarter of the time by this, and as the
    network knows them.
    """
    ink = even_border(gray) if gray.shape == (SIDE, SIDE) else None
    if ink is None or not is_normal(ink):
        return None
    mask = at_least(ink, FAINT_LEVEL)
    if cv2.connectedComponents(mask)[0] != 2:  # with the paper
        return None
    left, top, width, height = cv2.boundingRect(mask)
    cut = ink[top - 1 : top + height + 1, left - 1 : left + width + 1]  # the border is paper
    return Region(left, top, width, height, 0, cut, ink)


def find_stages(gray: NDArray[np.uint8]) -> Stages:
    """See what `find_digits` sees on its way.

    (A picture in MNIST's form is taken as it is. Here it goes the way that all others go.)

    Args:
        gray: (H, W) image of any size but empty, 0 dark .. 255 light.
    """
    work, scale = working_image(gray)
    stages = _stages_of(work, scale)
    sizes = sorted(max(group.height, group.width) for group in stages.groups)
    if (
        sizes
        and sizes[len(sizes) // 2] < SMALL_DIGIT_PX
        and work.size <= MAX_ENLARGED_AREA_PX
        and scale <= 1
    ):
        return _stages_of(_enlarge(work, 3), scale / 3)
    return stages


def working_image(gray: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], float]:
    """Bring an image to a size at which digits are found fast and well.

    Large images are reduced so that strokes keep their contrast; tiny ones are enlarged, so that
    a stroke is wider than a pixel and its edge can be placed between pixels.

    Args:
        gray: (H, W) image of any size but empty.

    Returns:
        The image to work on, and how many pixels of `gray` one of its pixels is wide.
    """
    longer = max(gray.shape)
    if longer > MAX_WORKING_SIDE:
        factor = -(-longer // MAX_WORKING_SIDE)
        return pool(gray, factor, darkest=measure_strokes(gray).dark), float(factor)
    if longer < MIN_WORKING_SIDE:
        factor = -(-MIN_WORKING_SIDE // longer)
        return _enlarge(gray, factor), 1 / factor
    return gray, 1.0


def _enlarge(gray: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    large = cv2.resize(gray, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    return large.view(np.uint8)


def _stages_of(work: NDArray[np.uint8], scale: float) -> Stages:
    """Ink, its components, and the groups that may be digits."""
    ink = ink_map(work)
    cleared = erase_lines(ink, FAINT_LEVEL)
    parts = components(cleared)
    return Stages(scale, ink, cleared, parts, *segment(parts))


def cut_out(ink: NDArray[np.uint8], parts: Components, group: Group) -> NDArray[np.uint8]:
    """The ink of a group with a margin of a pixel, without that of its neighbours."""
    rows = slice(max(0, group.top - 1), group.bottom + 1)
    columns = slice(max(0, group.left - 1), group.right + 1)
    digit = ink[rows, columns]
    if len(parts.boxes) > 1:
        labels = parts.labels[rows, columns]
        inside = labels == group.members[0]
        if len(group.members) > 1:
            inside = np.isin(labels, group.members)
        own = inside.view(np.uint8)
        near = cv2.dilate(own, np.ones((3, 3), np.uint8))  # with the soft edge of the strokes
        digit = np.where(inside | ((near > 0) & (labels == 0)), digit, 0).astype(np.uint8)
    return digit


def _region(
    ink: NDArray[np.uint8],
    parts: Components,
    group: Group,
    scale: float,
    shape: tuple[int, ...],
) -> Region:
    """Cut one digit out, and tell its place in the gray image."""
    digit = cut_out(ink, parts, group)
    left, top = int(group.left * scale), int(group.top * scale)
    right = min(math.ceil(group.right * scale), shape[1])
    bottom = min(math.ceil(group.bottom * scale), shape[0])
    return Region(left, top, right - left, bottom - top, group.row, digit, normalize(digit))
