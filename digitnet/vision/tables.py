"""Finds the cells of a table in an ink map: a sudoku, a form, in perspective or on curled paper.

Horizontal and vertical walls (see `walls`) form a grid. Fields without a wall between them are one
cell, so cells may be merged, and strokes that only look like walls separate nothing. The edges of
the image count as walls, because a table may be cut off there. Squared paper is not a table if
writing crosses its lines.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.vision.components import STROKE_LEVEL
from digitnet.vision.lattice import (
    CELL_END,
    Cell,
    Lattice,
    Sides,
    between,
    cell_of,
    cross,
    draw_walls,
    fits_digit,
    label_fields,
    map_pixels_to_cells,
    share_of,
    within_edges,
)
from digitnet.vision.walls import Wall, horizontal_walls

MIN_WALLS = 3
"""Minimum number of walls in each direction: a table has at least two rows and two columns."""

MIN_ENDS = 0.6
"""Minimum visible fraction of the ends of cells' sides along a wall. Stacked digits leave the ends
blank."""

WALL_LEVEL = 48
"""Minimum ink of a wall: print is often paler than handwriting."""

MAX_CROSSED = 0.3
"""Maximum number of crossed sides per cell with writing. In a table, few digits cross a wall; on
squared paper, they do in nearly every square."""

MAX_CELLS = 1000
"""Maximum number of cells in a table. A texture or print may appear to have more."""


class Table(NamedTuple):
    """A table.

    Attributes:
        cells: the cells row by row, from left to right.
        walls: bool (H, W), True for walls in the ink map, except where writing crosses them.
        places: int32 (H, W), the cell of each pixel of the ink map, counted from 1; 0 outside.
    """

    cells: list[Cell]
    walls: NDArray[np.bool_]
    places: NDArray[np.int32]


def find_table(ink: NDArray[np.uint8]) -> Table | None:
    """Find a table of at least two rows and two columns of cells.

    Args:
        ink: (H, W), 0 paper .. 255 full ink.
    """
    mask = ink >= WALL_LEVEL
    masks = mask, np.ascontiguousarray(mask.T)
    # Walls along the shorter side come first: in a line of writing, there are hardly any.
    is_wide = ink.shape[1] > ink.shape[0]
    first = horizontal_walls(masks[is_wide])
    if len(first) < MIN_WALLS:
        return None
    second = horizontal_walls(masks[not is_wide])
    horizontal, vertical = (second, first) if is_wide else (first, second)
    grid = _lattice(horizontal, vertical, ink.shape)
    if grid is None:
        return None
    cells = _cells(grid)
    rows = [cell.row for cell in cells]
    if sum(rows.count(row) > 1 for row in set(rows)) < 2 or len(cells) > MAX_CELLS:
        return None
    places = map_pixels_to_cells((cell.corners for cell in cells), mask.shape)
    walls = draw_walls(grid, places, mask)
    strong = ink >= STROKE_LEVEL
    written = len(np.unique(places[strong & ~walls]))
    crossed = _sides_crossed(grid.horizontal, grid.vertical, grid.x, strong)
    crossed += _sides_crossed(grid.vertical, grid.horizontal, grid.y.T, strong.T)
    if crossed > 1 + MAX_CROSSED * written:
        return None
    return Table(cells, walls, places)


def _lattice(
    horizontal: list[Wall], vertical: list[Wall], shape: tuple[int, ...]
) -> Lattice | None:
    """Cross the walls, without those that do not separate cells; None if too few remain."""
    while len(horizontal) >= MIN_WALLS and len(vertical) >= MIN_WALLS:
        grid = cross(*within_edges(horizontal, vertical, shape))
        keep_horizontal = _parting(grid.horizontal_sides)
        keep_vertical = _parting(grid.vertical_sides)
        if keep_horizontal.all() and keep_vertical.all():
            return grid
        horizontal = [wall for wall, keep in zip(horizontal, keep_horizontal, strict=True) if keep]
        vertical = [wall for wall, keep in zip(vertical, keep_vertical, strict=True) if keep]
    return None


def _sides_crossed(
    walls: list[Wall],
    crossing: list[Wall],
    places: NDArray[np.float64],
    mask: NDArray[np.bool_],
) -> int:
    """Count the sides of cells that writing crosses or runs along."""
    flags = np.array([wall.beside(mask) for wall in walls])
    first, last = between(crossing, places)
    end = CELL_END * (last - first)
    return int(np.count_nonzero(share_of(flags, first + end, last - end)[1:-1]))


def _parting(sides: Sides) -> NDArray[np.bool_]:
    """Select walls visible along two adjacent sides of cells, and up to the ends of sides."""
    seen, ends = sides.seen[1:-1], sides.ends[1:-1]
    pairs = (seen[:, 1:] & seen[:, :-1]).any(axis=1)
    count = seen.sum(axis=1)
    whole = (seen * ends).sum(axis=1) >= MIN_ENDS * count
    return np.asarray(pairs & whole)


def _cells(grid: Lattice) -> list[Cell]:
    """Return the cells enclosed by walls, row by row."""
    fields = label_fields(grid)
    rows, columns = fields.shape
    cells = []
    for number in np.unique(fields).tolist():
        own = (fields == number).astype(np.uint8)
        left, top, wide, high = cv2.boundingRect(own)
        at_edge = left == 0 or top == 0 or left + wide == columns or top + high == rows
        if wide * high == cv2.countNonZero(own):
            # A region that spans the image from edge to edge is paper outside the table.
            if not (at_edge and (wide == columns or high == rows)):
                cells.append(cell_of(grid, top, left, high, wide))
        elif not at_edge:
            places = np.argwhere(own).tolist()
            cells += [cell_of(grid, row, column, 1, 1) for row, column in places]
    order = sorted(cells, key=lambda cell: (cell.row, cell.corners[0, 0]))
    order = [cell for cell in order if fits_digit(cell.corners)]
    first = min((cell.row for cell in order), default=0)
    return [cell._replace(row=cell.row - first) for cell in order]
