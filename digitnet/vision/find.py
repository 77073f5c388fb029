"""Finds the digits (connected components) or the lines of writing in a grayscale image."""

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.vision.cell_line import GridCell, cell_line
from digitnet.vision.components import FAINT_LEVEL, Components, components
from digitnet.vision.ink import even_border, ink_map, measure_strokes, pool
from digitnet.vision.layout import MAIN_PART, Row, find_rows, usual_height
from digitnet.vision.normalize import SIDE, at_least, is_normal, normalize
from digitnet.vision.rules import part_from_rules
from digitnet.vision.tables import Table, find_table
from digitnet.vision.text_line import TextLine, text_line, whole_image, width_of

MAX_LINES_PX = 40_000
"""Pixels of all lines' widths that are read of one image: a page of 2,000 characters."""

# Maximum side in pixels of the image in which writing is searched.
MAX_WORKING_SIDE = 1200

# Minimum side: MNIST's 28 pixels are enough.
MIN_WORKING_SIDE = 28


class Region(NamedTuple):
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


class Layout(NamedTuple):
    """Where writing is in an image.

    Attributes:
        scale: How many pixels of the gray image one pixel of the ink map is wide.
        ink: (H, W) uint8 ink map, 0 paper .. 255 full ink.
        parts: The connected pieces of the ink.
        rules: (N,) bool, which of them are rules or frames.
        rows: Of writing, from top to bottom.
        whole: The whole image, as one line.
        lines: A line for each row.
        left_out: How many rows are more than is read of one image.
        table: Where there is a table, the page by its rows: the cells of each row that have ink,
            and lines of writing beside the table, from top to bottom; one empty row where no cell
            has ink.
        grid: The cells of each row, where a table was asked for: see `digitnet.vision.grids`.
    """

    scale: float
    ink: NDArray[np.uint8]
    parts: Components
    rules: NDArray[np.bool_]
    rows: list[Row]
    whole: TextLine
    lines: list[TextLine]
    left_out: int = 0
    table: Sequence[Sequence[TextLine]] = ()
    grid: Sequence[Sequence[GridCell]] = ()


def find_digits(gray: NDArray[np.uint8], *, single: bool = False) -> list[Region]:
    """Find the digits in an image the simple way: each connected piece of ink is one.

    A digit in MNIST's format is used as it is. Rules, frames and components small beside the others
    are left out; nothing is joined or cut.

    Args:
        gray: (H, W), 0 dark .. 255 light; any polarity, light and size.
        single: treat all components of the image as one digit.

    Returns:
        The digits in reading order; none where the image is blank. With `single` at most one.
    """
    if gray.size == 0:
        return []
    normal = normal_digit(gray)
    if normal is not None:
        return [normal]
    work, scale = working_image(gray)
    ink = ink_map(work)
    parts, rules = part_from_rules(components(ink))
    rows = find_rows(parts, rules)
    if not rows:
        return []
    boxes = np.concatenate([row.boxes for row in rows])
    usual = usual_height(boxes[:, 3] - boxes[:, 1], boxes[:, 2] - boxes[:, 0])
    if single:
        members = np.concatenate([row.members for row in rows])
        return [_region(ink, parts, members, 0, scale, gray.shape)]
    digits = [
        (members, number)
        for number, row in enumerate(
            row.members[row.heights >= MAIN_PART * usual, None] for row in rows
        )
        for members in row
    ]
    order = {number: place for place, number in enumerate(sorted({row for _, row in digits}))}
    return [_region(ink, parts, members, order[row], scale, gray.shape) for members, row in digits]


def normal_digit(gray: NDArray[np.uint8]) -> Region | None:
    """The digit of an image in MNIST's format, or None for other images.

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
    return Region(left, top, width, height, 0, ink)


def find_lines(gray: NDArray[np.uint8]) -> Layout:
    """Find the lines of writing in an image.

    Args:
        gray: (H, W) image of any size but empty, 0 dark .. 255 light; any polarity and light.
    """
    work, scale = working_image(gray)
    ink = ink_map(work)
    table = find_table(ink)
    written = np.where(table.walls, 0, ink).astype(np.uint8) if table else ink
    parts, rules = part_from_rules(components(written))
    rows = find_rows(parts, rules)
    lines, left_out = _bounded_lines(gray, rows, scale)
    by_row = _rows_of_table(gray, table, parts, rules, scale) if table else []
    return Layout(scale, ink, parts, rules, rows, whole_image(gray), lines, left_out, by_row)


def _bounded_lines(
    gray: NDArray[np.uint8], rows: list[Row], scale: float
) -> tuple[list[TextLine], int]:
    """A line for each row, and how many rows are more than is read."""
    # the highest first, so that grain and print do not take the place of writing
    heights = np.array([row.heights.max() for row in rows])
    lines: dict[int, TextLine] = {}
    room, left_out = MAX_LINES_PX, 0
    for number in np.argsort(-heights, kind="stable").tolist():
        room -= width_of(rows[number])
        if room >= 0:
            lines[number] = text_line(gray, rows[number], scale)
        else:
            left_out += int(heights[number] >= MAIN_PART * np.median(heights))
    return [lines[number] for number in sorted(lines)], left_out


def _rows_of_table(
    gray: NDArray[np.uint8],
    table: Table,
    parts: Components,
    rules: NDArray[np.bool_],
    scale: float,
) -> list[list[TextLine]]:
    """The cells of each row that have ink, and lines of writing beside the table.

    One empty row if no cell has ink; none if all cells together are wider than what is
    read of one image.
    """
    inked = np.bincount(table.places[parts.labels > 0], minlength=len(table.cells) + 1) > 0
    cells: dict[int, list[TextLine]] = defaultdict(list)
    for number, cell in enumerate(table.cells, 1):
        if inked[number]:
            cells[cell.row].append(cell_line(gray, scale * cell.corners))
    if sum(line.image.shape[1] for row in cells.values() for line in row) > MAX_LINES_PX:
        return []
    middles = parts.boxes[:, :2] + parts.boxes[:, 2:4] // 2
    inside = table.places[middles[:, 1], middles[:, 0]] > 0
    beside, _ = _bounded_lines(gray, find_rows(parts, rules | inside), scale)
    rows: list[tuple[float, float, list[TextLine]]] = [
        (number, 0.0, row) for number, row in cells.items()
    ]
    # rows may slant, so that a line is above or below the cell that is next to it
    centres = np.array([scale * cell.corners.mean(axis=0) for cell in table.cells])
    for line in beside:
        nearest = int(np.hypot(*(centres - line.middle).T).argmin())
        below = line.middle[1] > centres[nearest, 1]
        rows.append((table.cells[nearest].row + (0.5 if below else -0.5), line.middle[1], [line]))
    return [row for *_, row in sorted(rows, key=lambda row: row[:2])] or [[]]


def working_image(gray: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], float]:
    """Bring an image to a size at which writing is found fast and well.

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


def _region(
    ink: NDArray[np.uint8],
    parts: Components,
    members: NDArray[np.intp],
    row: int,
    scale: float,
    shape: tuple[int, ...],
) -> Region:
    """Crop a digit made of some components, and give its position in the grayscale image."""
    boxes = parts.boxes[members - 1]
    left, top = boxes[:, :2].min(axis=0).tolist()
    right, bottom = (boxes[:, :2] + boxes[:, 2:4]).max(axis=0).tolist()
    digit = normalize(cut_out(ink, parts, members, (left, top, right, bottom)))
    x, y = int(left * scale), int(top * scale)
    end, low = min(math.ceil(right * scale), shape[1]), min(math.ceil(bottom * scale), shape[0])
    return Region(x, y, end - x, low - y, row, digit)


def cut_out(
    ink: NDArray[np.uint8],
    parts: Components,
    members: NDArray[np.intp],
    box: tuple[int, int, int, int],
) -> NDArray[np.uint8]:
    """The ink of some components with a margin of a pixel, without that of others.

    Args:
        ink: (H, W), 0 paper .. 255 full ink.
        parts: its components.
        members: numbers of those that are kept.
        box: left, top, right and bottom of the cut.
    """
    left, top, right, bottom = box
    area = slice(max(0, top - 1), bottom + 1), slice(max(0, left - 1), right + 1)
    labels = parts.labels[area]
    chosen = np.zeros(len(parts.boxes) + 1, np.uint8)
    chosen[members] = 1
    own = chosen[labels]
    near = cv2.dilate(own, np.ones((3, 3), np.uint8))  # with the soft edge of the strokes
    return np.where((own > 0) | ((near > 0) & (labels == 0)), ink[area], 0).astype(np.uint8)
