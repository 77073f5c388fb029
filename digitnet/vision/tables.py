"""An ink map -> the cells of a table in it: a sudoku, a mark sheet, a form, in perspective or bent.

Level and upright walls (see `walls`) cross in a grid. What no wall parts is one cell, so that cells
may be merged, and what only looks like a wall parts none. The image's edges are walls, too: a table
may be split there. Squared paper is not a table if writing crosses the lines.
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
    is_room,
    places_of,
    rooms_of,
    share_of,
    within_edges,
)
from digitnet.vision.walls import Wall, level_walls

MIN_WALLS = 3
"""Of each direction: a table has two rows and two columns of cells, or more."""

MIN_ENDS = 0.6
"""Of the ends of cells' sides so much is seen along a wall, or more, but less where digits stand
below each other."""

WALL_LEVEL = 48
"""Minimum ink of a wall: print is often paler than handwriting."""

MAX_CROSSED = 0.3
"""Maximum number of crossed sides for each cell with writing: now and
then a digit reaches over a wall; on squared paper one does in nearly each square."""

MAX_CELLS = 1000
"""No page of handwriting has more; a texture, and print, may."""


class Table(NamedTuple):
    """A table.

    Attributes:
        cells: row by row, from left to right.
        walls: bool (H, W), True where its walls are in the ink map, but not where writing crosses
            them.
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
    # first those along the shorter sides of the image: a line of writing has hardly any
    is_wide = ink.shape[1] > ink.shape[0]
    first = level_walls(masks[is_wide])
    if len(first) < MIN_WALLS:
        return None
    second = level_walls(masks[not is_wide])
    level, upright = (second, first) if is_wide else (first, second)
    grid = _lattice(level, upright, ink.shape)
    if grid is None:
        return None
    cells = _cells(grid)
    rows = [cell.row for cell in cells]
    if sum(rows.count(row) > 1 for row in set(rows)) < 2 or len(cells) > MAX_CELLS:
        return None
    places = places_of((cell.corners for cell in cells), mask.shape)
    walls = draw_walls(grid, places, mask)
    strong = ink >= STROKE_LEVEL
    written = len(np.unique(places[strong & ~walls]))
    crossed = _sides_crossed(grid.level, grid.upright, grid.x, strong)
    crossed += _sides_crossed(grid.upright, grid.level, grid.y.T, strong.T)
    if crossed > 1 + MAX_CROSSED * written:
        return None
    return Table(cells, walls, places)


def _lattice(level: list[Wall], upright: list[Wall], shape: tuple[int, ...]) -> Lattice | None:
    """Cross walls, and leave out those that part hardly any cells; None if too few are left."""
    while len(level) >= MIN_WALLS and len(upright) >= MIN_WALLS:
        grid = cross(*within_edges(level, upright, shape))
        keep_level = _parting(grid.level_sides)
        keep_upright = _parting(grid.upright_sides)
        if keep_level.all() and keep_upright.all():
            return grid._replace(
                level=without_strokes(grid.level), upright=without_strokes(grid.upright)
            )
        level = [wall for wall, keep in zip(level, keep_level, strict=True) if keep]
        upright = [wall for wall, keep in zip(upright, keep_upright, strict=True) if keep]
    return None


def without_strokes(walls: list[Wall]) -> list[Wall]:
    """Walls without strokes along them: none is much thicker than the others."""
    most = 2 * float(np.median([wall.thickness for wall in walls[1:-1]]))
    return [wall._replace(thickness=min(wall.thickness, most)) for wall in walls]


def _sides_crossed(
    walls: list[Wall],
    crossing: list[Wall],
    places: NDArray[np.float64],
    mask: NDArray[np.bool_],
) -> int:
    """How many sides of cells writing crosses, or runs along."""
    flags = np.array([wall.beside(mask) for wall in walls])
    first, last = between(crossing, places)
    end = CELL_END * (last - first)
    return int(np.count_nonzero(share_of(flags, first + end, last - end)[1:-1]))


def _parting(sides: Sides) -> NDArray[np.bool_]:
    """Which walls part two cells side by side, and are seen to the ends of these."""
    seen, ends = sides.seen[1:-1], sides.ends[1:-1]
    pairs = (seen[:, 1:] & seen[:, :-1]).any(axis=1)
    count = seen.sum(axis=1)
    whole = (seen * ends).sum(axis=1) >= MIN_ENDS * count
    return np.asarray(pairs & whole)


def _cells(grid: Lattice) -> list[Cell]:
    """What walls enclose, row by row."""
    fields = rooms_of(grid)
    rows, columns = fields.shape
    cells = []
    for number in np.unique(fields).tolist():
        own = (fields == number).astype(np.uint8)
        left, top, wide, high = cv2.boundingRect(own)
        at_edge = left == 0 or top == 0 or left + wide == columns or top + high == rows
        if wide * high == cv2.countNonZero(own):
            # what reaches from edge to edge is the paper beside a table
            if not (at_edge and (wide == columns or high == rows)):
                cells.append(cell_of(grid, top, left, high, wide))
        elif not at_edge:
            places = np.argwhere(own).tolist()
            cells += [cell_of(grid, row, column, 1, 1) for row, column in places]
    order = sorted(cells, key=lambda cell: (cell.row, cell.corners[0, 0]))
    order = [cell for cell in order if is_room(cell.corners)]
    first = min((cell.row for cell in order), default=0)
    return [cell._replace(row=cell.row - first) for cell in order]
