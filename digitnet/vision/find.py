"""Finds digits, as connected components, or text lines in a grayscale image."""

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.vision.cell_line import GridCell, cell_line
from digitnet.vision.components import FAINT_LEVEL, Components, components
from digitnet.vision.even_border import even_border
from digitnet.vision.ink import ink_map, measure_strokes, pool
from digitnet.vision.layout import MIN_CHARACTER_HEIGHT, Row, find_rows, in_one_row, usual_height
from digitnet.vision.normalize import SIDE, at_least, is_normal, normalize
from digitnet.vision.rules import part_from_rules
from digitnet.vision.tables import Table, find_table
from digitnet.vision.text_line import TextLine, text_line, whole_image, width_of

MAX_LINES_PX = 40_000
"""Maximum total width in pixels of the lines read in one image: a page of 2,000 characters."""

MAX_WORKING_SIDE = 1200
"""Maximum side in pixels of the image searched for writing."""

MIN_WORKING_SIDE = 28
"""Minimum longer side in pixels, as in MNIST."""


class Region(NamedTuple):
    """A digit, or a component that may be one.

    Attributes:
        x: left edge in pixels of the grayscale image.
        y: top edge.
        width: width of the bounding box, in pixels.
        height: height of the bounding box, in pixels.
        row: number of the text line, from 0 at the top.
        digit: (28, 28) uint8, white ink (255) on black (0), in MNIST's format.
    """

    x: int
    y: int
    width: int
    height: int
    row: int
    digit: NDArray[np.uint8]


class Layout(NamedTuple):
    """The layout of the writing in an image.

    Attributes:
        scale: width of a pixel of the ink map, in pixels of the grayscale image.
        ink: (H, W) uint8 ink map, 0 paper .. 255 full ink.
        parts: the connected components of the ink.
        rules: (N,) bool, whether each component is a ruled line or frame.
        rows: the rows of writing, from top to bottom.
        whole: the whole image, as one line.
        lines: A line for each row that is read.
        left_out: the number of rows skipped because the lines exceed `MAX_LINES_PX`, not counting
            much smaller rows, such as specks.
        inked: the bounding box of all ink as one line, if there are ruled lines or frames.
        table: if a table was found, the rows of the page from top to bottom. Each is the cells with
            ink of one table row, or a text line outside the table. One empty row if there is
            neither.
        grid: the cells of each row, if a table was requested: see `digitnet.vision.grids`.
    """

    scale: float
    ink: NDArray[np.uint8]
    parts: Components
    rules: NDArray[np.bool_]
    rows: list[Row]
    whole: TextLine
    lines: list[TextLine]
    left_out: int = 0
    inked: TextLine | None = None
    table: Sequence[Sequence[TextLine]] = ()
    grid: Sequence[Sequence[GridCell]] = ()


def find_digits(gray: NDArray[np.uint8], *, single: bool = False) -> list[Region]:
    """Find the digits in an image by a simple method: each connected component is a digit.

    An image in MNIST's format is used unchanged. Ruled lines, frames and components much smaller
    than the others are ignored. No components are merged or split.

    Args:
        gray: (H, W), 0 dark .. 255 light; any polarity, lighting and size.
        single: whether to treat all components of the image as one digit.

    Returns:
        The digits in reading order; none if the image is blank. With `single`, at most one.
    """
    if gray.size == 0:
        return []
    normal = normal_digit(gray)
    if normal is not None:
        return [normal]
    work, scale = working_image(gray)
    ink = ink_map(work)
    parts, rules = part_from_rules(components(ink), single=single)
    rows = find_rows(parts, rules)
    if not rows:
        return []
    usual = _usual_height(rows)
    if single:
        members = np.concatenate([row.members for row in rows])
        return [_region(ink, parts, members, 0, scale, gray.shape)]
    digits = [
        (members, number)
        for number, row in enumerate(
            row.members[row.heights >= MIN_CHARACTER_HEIGHT * usual, None] for row in rows
        )
        for members in row
    ]
    order = {number: place for place, number in enumerate(sorted({row for _, row in digits}))}
    return [_region(ink, parts, members, order[row], scale, gray.shape) for members, row in digits]


def normal_digit(gray: NDArray[np.uint8]) -> Region | None:
    """Return the digit of an image in MNIST's format; None for other images.

    Datasets saved as images are read in a quarter of the time, and exactly as the network was
    trained on them.
    """
    ink = even_border(gray) if gray.shape == (SIDE, SIDE) else None
    if ink is None or not is_normal(ink):
        return None
    mask = at_least(ink, FAINT_LEVEL)
    if cv2.connectedComponents(mask)[0] != 2:  # paper and one component
        return None
    left, top, width, height = cv2.boundingRect(mask)
    return Region(left, top, width, height, 0, ink)


def find_lines(gray: NDArray[np.uint8]) -> Layout:
    """Find the text lines in an image.

    Args:
        gray: (H, W) non-empty image, 0 dark .. 255 light; any polarity, lighting and size.
    """
    work, scale = working_image(gray)
    ink = ink_map(work)
    table = find_table(ink)
    written = np.where(table.walls, 0, ink).astype(np.uint8) if table else ink
    parts, rules = part_from_rules(components(written))
    rows = find_rows(parts, rules)
    lines, left_out = _bounded_lines(gray, rows, scale)
    by_row = _rows_of_table(gray, table, parts, rules, scale) if table else []
    inked = text_line(gray, in_one_row(parts), scale) if rules.any() else None
    return Layout(scale, ink, parts, rules, rows, whole_image(gray), lines, left_out, inked, by_row)


def _usual_height(rows: Sequence[Row]) -> float:
    """Return the usual height of the members of all rows."""
    boxes = np.concatenate([row.boxes for row in rows])
    return usual_height(boxes[:, 3] - boxes[:, 1], boxes[:, 2] - boxes[:, 0])


def _bounded_lines(
    gray: NDArray[np.uint8], rows: list[Row], scale: float
) -> tuple[list[TextLine], int]:
    """Crop the rows to lines within `MAX_LINES_PX`; return the lines and the number left out."""
    if not rows:
        return [], 0
    # The tallest rows come first, so that texture and print do not displace writing.
    heights = np.array([row.heights.max() for row in rows])
    least = MIN_CHARACTER_HEIGHT * _usual_height(rows)
    lines: dict[int, TextLine] = {}
    room, left_out = MAX_LINES_PX, 0
    for number in np.argsort(-heights, kind="stable").tolist():
        room -= width_of(rows[number])
        if room >= 0:
            lines[number] = text_line(gray, rows[number], scale)
        else:
            left_out += int(heights[number] >= least)
    return [lines[number] for number in sorted(lines)], left_out


def _rows_of_table(
    gray: NDArray[np.uint8],
    table: Table,
    parts: Components,
    rules: NDArray[np.bool_],
    scale: float,
) -> list[list[TextLine]]:
    """Return the rows of a page with a table: see `Layout.table`.

    No rows if the cells together are wider than `MAX_LINES_PX`.
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
    # Rows may slant, so a line is placed above or below the cell nearest to it.
    centres = np.array([scale * cell.corners.mean(axis=0) for cell in table.cells])
    for line in beside:
        nearest = int(np.hypot(*(centres - line.middle).T).argmin())
        below = line.middle[1] > centres[nearest, 1]
        rows.append((table.cells[nearest].row + (0.5 if below else -0.5), line.middle[1], [line]))
    return [row for *_, row in sorted(rows, key=lambda row: row[:2])] or [[]]


def working_image(gray: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], float]:
    """Resize an image so that writing is found fast and reliably.

    Large images are reduced in a way that keeps the contrast of strokes. Tiny images are enlarged:
    strokes become wider than a pixel, and their edges can be located between pixels.

    Args:
        gray: (H, W) non-empty image.

    Returns:
        The resized image, and the width of its pixels in pixels of `gray`.
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
    """Crop a digit that consists of some components, and locate it in the grayscale image."""
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
    """Crop the ink of some components with a margin of one pixel, and erase all other ink.

    Args:
        ink: (H, W), 0 paper .. 255 full ink.
        parts: the components of the ink.
        members: the numbers of the components to keep.
        box: left, top, right and bottom of the crop.
    """
    left, top, right, bottom = box
    area = slice(max(0, top - 1), bottom + 1), slice(max(0, left - 1), right + 1)
    labels = parts.labels[area]
    chosen = np.zeros(len(parts.boxes) + 1, np.uint8)
    chosen[members] = 1
    own = chosen[labels]
    near = cv2.dilate(own, np.ones((3, 3), np.uint8))  # includes the soft edges of strokes
    return np.where((own > 0) | ((near > 0) & (labels == 0)), ink[area], 0).astype(np.uint8)
