"""Finds the cells of a table of a given size in a grayscale image."""

from typing import Literal, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.errors import ImageError
from digitnet.vision.cell_line import GridCell, cell_line
from digitnet.vision.components import Components, components
from digitnet.vision.find import MAX_LINES_PX, Layout, working_image
from digitnet.vision.grids.choose import find_walls
from digitnet.vision.grids.spacing import Points, fill_evenly, space_evenly
from digitnet.vision.ink import ink_map
from digitnet.vision.lattice import (
    Lattice,
    cell_of,
    cross,
    draw_walls,
    fits_digit,
    label_fields,
    map_pixels_to_cells,
    within_edges,
)
from digitnet.vision.layout import find_rows
from digitnet.vision.rules import part_from_rules
from digitnet.vision.tables import MAX_CROSSED, MIN_WALLS, WALL_LEVEL
from digitnet.vision.text_line import whole_image
from digitnet.vision.walls import Wall

GridSize = tuple[int, int] | Literal["auto"]
"""Rows and columns of a table; "auto" to determine them from its walls."""

MIN_CROSSING_SHARE = 0.2
"""Minimum fraction of a component outside its main cell to count as crossing an edge."""


class _Cells(NamedTuple):
    """Cells of a table.

    Attributes:
        corners: (rows, columns, 4, 2), corners inside the walls, clockwise from the upper left, in
            pixels of the ink map.
        begins: (rows, columns) bool, False for all parts of a merged cell except the first.
        walls: (H, W) bool, True for walls in the ink map.
    """

    corners: Points
    begins: NDArray[np.bool_]
    walls: NDArray[np.bool_]


def find_grid(gray: NDArray[np.uint8], size: GridSize) -> Layout:
    """Find the cells of the table in an image by its walls, or else by even spacing.

    A merged cell is returned as the first of the cells that it spans; the others are empty.
    Anything outside the table is ignored.

    Args:
        gray: (H, W) non-empty image, 0 dark .. 255 light; any polarity, lighting and size.
        size: size of the table. With "auto", it must have walls, and at least two rows and columns.

    Returns:
        A layout with a grid, but without rows and lines.

    Raises:
        ImageError: the table was not found, and the message says what was; or its cells are wider
            together than what is read in one image.
    """
    work, scale = working_image(gray)
    ink = ink_map(work)
    mask = ink >= WALL_LEVEL
    lattice = find_walls(mask, None if size == "auto" else size)
    found = (len(lattice.horizontal) - 1, len(lattice.vertical) - 1) if lattice else (0, 0)
    cells = None
    if size == "auto":
        if lattice and min(map(_seen, (lattice.horizontal, lattice.vertical))) >= MIN_WALLS:
            cells = _walled(lattice, mask)
        if cells is None:
            raise ImageError(
                "no table with ruled cells was found; if there is one, give its size as "
                "ROWSxCOLUMNS"
            )
    else:
        walled = lattice if lattice and max(found) > 1 else None
        if lattice and found == size:
            cells = _walled(lattice, mask)
        cells = cells or _spaced(walled, ink, size)
        if cells is None and walled:
            raise ImageError(
                f"no table of {size[0]} x {size[1]} cells was found; the walls form "
                f"{found[0]} x {found[1]}"
            )
        if cells is None:
            rows = len(find_rows(*part_from_rules(components(ink))))
            raise ImageError(
                f"no table of {size[0]} x {size[1]} cells was found: no walls, and {rows} rows of "
                "writing that are not evenly spaced"
            )
    written = np.where(cells.walls, 0, ink).astype(np.uint8)
    parts, rules = part_from_rules(components(written))
    grid = _cut_out(gray, cells, _has_ink(parts, cells), scale)
    return Layout(scale, ink, parts, rules, [], whole_image(gray), [], grid=grid)


def _seen(walls: list[Wall]) -> int:
    """Count the walls that are not image edges: ruled paper with a margin is not a table."""
    return sum(wall.thickness > 0 for wall in walls)


def _walled(lattice: Lattice, mask: NDArray[np.bool_]) -> _Cells | None:
    """Return the cells between walls; None if one is too small for a digit."""
    horizontal, vertical = within_edges(lattice.horizontal, lattice.vertical, mask.shape)
    lattice = cross(horizontal, vertical)
    labels = label_fields(lattice)[1:-1, 1:-1]
    rows, columns = labels.shape
    corners = np.empty((rows, columns, 4, 2))
    begins = np.ones(labels.shape, np.bool_)
    for row, column in np.ndindex(rows, columns):
        corners[row, column] = cell_of(lattice, row + 1, column + 1, 1, 1).corners
    for number in np.unique(labels).tolist():
        own = labels == number
        left, top, wide, high = cv2.boundingRect(own.view(np.uint8))
        if 1 < own.sum() == wide * high:
            begins[own] = False
            begins[top, left] = True
            corners[top, left] = cell_of(lattice, top + 1, left + 1, high, wide).corners
    if not all(map(fits_digit, corners.reshape(-1, 4, 2))):
        return None
    places = map_pixels_to_cells(corners.reshape(-1, 4, 2), mask.shape)
    return _Cells(corners, begins, draw_walls(lattice, places, mask))


def _spaced(
    lattice: Lattice | None, ink: NDArray[np.uint8], size: tuple[int, int]
) -> _Cells | None:
    """Return evenly spaced cells, aligned with any walls; None if they do not fit the writing."""
    walls, inset = np.zeros(ink.shape, np.bool_), 0.0
    own = _walled(lattice, ink >= WALL_LEVEL) if lattice else None
    if lattice and own:
        points = fill_evenly(lattice, *size)
        walls = own.walls
        inset = float(np.median([wall.thickness for wall in lattice.horizontal])) / 2 + 0.5
        parts, rules = part_from_rules(components(np.where(walls, 0, ink).astype(np.uint8)))
    else:
        parts, rules = part_from_rules(components(ink))
        points = space_evenly(parts, rules, *size)
    if points is None:
        return None
    around = points[:-1, :-1], points[:-1, 1:], points[1:, 1:], points[1:, :-1]
    inward = inset * np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])
    cells = _Cells(np.stack(around, axis=2) + inward, np.ones(size, np.bool_), walls)
    has_room = all(map(fits_digit, cells.corners.reshape(-1, 4, 2)))
    return cells if has_room and not _is_crossed(parts, cells) else None


def _is_crossed(parts: Components, cells: _Cells) -> bool:
    """Whether too many components cross the edges of cells for handwriting in a table."""
    places = map_pixels_to_cells(cells.corners.reshape(-1, 4, 2), parts.labels.shape)
    inked = (parts.labels > 0) & (places > 0)
    count = int(cells.begins.size) + 1
    pairs = parts.labels[inked].astype(np.int64) * count + places[inked]
    numbers, pixels = np.unique(pairs, return_counts=True)
    most = np.zeros(len(parts.boxes) + 1)
    np.maximum.at(most, numbers // count, pixels)
    every = np.bincount(numbers // count, pixels, len(most))
    crossed = np.count_nonzero(every - most > MIN_CROSSING_SHARE * every)
    return bool(crossed > 1 + MAX_CROSSED * np.count_nonzero(every))


def _has_ink(parts: Components, cells: _Cells) -> NDArray[np.bool_]:
    """(rows, columns), whether each cell contains ink."""
    # The first parts of merged cells are drawn last, over the other parts.
    order = np.argsort(cells.begins.ravel(), kind="stable")
    places = map_pixels_to_cells(cells.corners.reshape(-1, 4, 2)[order], parts.labels.shape)
    inked = np.zeros(len(order), np.bool_)
    inked[order] = np.bincount(places[parts.labels > 0], minlength=len(order) + 1)[1:] > 0
    return inked.reshape(cells.begins.shape)


def _cut_out(
    gray: NDArray[np.uint8], cells: _Cells, inked: NDArray[np.bool_], scale: float
) -> list[list[GridCell]]:
    """Crop the cells from the grayscale image.

    Raises:
        ImageError: the cells together are wider than `MAX_LINES_PX`.
    """
    grid = [
        [
            GridCell(scale * corners, cell_line(gray, scale * corners) if has_ink else None)
            for corners, has_ink in zip(*row, strict=True)
        ]
        for row in zip(cells.corners, inked & cells.begins, strict=True)
    ]
    width = sum(cell.line.image.shape[1] for row in grid for cell in row if cell.line)
    if width > MAX_LINES_PX:
        raise ImageError("too much writing for one image: split the table into several images")
    return grid
