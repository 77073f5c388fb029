"""An ink map -> the cells of a table in it: a sudoku, a mark sheet, a form, in perspective or bent.

Level and upright walls (see `walls`) cross in a grid. What no wall parts is one cell, so that cells
may be merged, and what only looks like a wall parts none. The image's edges are walls, too: a table
may be cut there. Squared paper is no table if writing there crosses the lines.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.vision.components import STROKE_LEVEL
from digitnet.vision.walls import APART, Wall, level_walls

MIN_WALLS = 3
"""Of each direction: a table has two rows and two columns of cells, or more."""

MIN_SEEN = 0.4
"""Two cells are parted where so much of the wall between them is seen, or more."""

END = 0.12
"""So much of a cell's side is its end ..."""
MIN_ENDS = 0.6
"""... and of ends so much is seen along a wall, but less where digits stand below each other."""

WALL_LEVEL = 48
"""From so much ink on it may be a wall's: print is often paler than what is written."""

MAX_CROSSED = 0.3
"""Writing crosses one side of a cell, and so many for each cell that has some, at most: now and
then a digit reaches over a wall; on squared paper one does in nearly each square."""

MAX_CELLS = 1000
"""No page of handwriting has more; a texture, and print, may."""


class Cell(NamedTuple):
    """A cell of a table.

    Attributes:
        row: number of the table's row that it begins in, from 0 at the top.
        corners: float64 (4, 2), x and y within its walls, from the upper left corner clockwise, in
            pixels of the ink map, whose first pixel reaches from 0 to 1.
    """

    row: int
    corners: NDArray[np.float64]


class Table(NamedTuple):
    """A table.

    Attributes:
        cells: row by row, from left to right.
        walls: bool (H, W), True where its walls are in the ink map, but not where writing crosses
            them.
        places: int32 (H, W), of which cell each pixel of the ink map is, counted from 1; 0 outside.
    """

    cells: list[Cell]
    walls: NDArray[np.bool_]
    places: NDArray[np.int32]


class _Grid(NamedTuple):
    """Walls, the image's edges among them, and their crossings.

    Attributes:
        level: from top to bottom.
        upright: from left to right.
        x: (level, upright), column of each crossing.
        y: row of each crossing.
    """

    level: list[Wall]
    upright: list[Wall]
    x: NDArray[np.float64]
    y: NDArray[np.float64]

    @property
    def level_sides(self) -> "_Sides":
        """(level, upright - 1), the sides of cells that level walls are."""
        return _sides(self.level, self.upright, self.x)

    @property
    def upright_sides(self) -> "_Sides":
        """(upright, level - 1), the sides of cells that upright walls are."""
        return _sides(self.upright, self.level, self.y.T)


class _Sides(NamedTuple):
    """Sides of cells along walls, (walls, crossings - 1) each.

    Attributes:
        seen: whether a wall is there.
        ends: how much of both ends is seen, from 0 to 1.
    """

    seen: NDArray[np.bool_]
    ends: NDArray[np.float64]


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
    grid = _grid(level, upright, ink.shape)
    if grid is None:
        return None
    cells = _cells(grid)
    rows = [cell.row for cell in cells]
    if sum(rows.count(row) > 1 for row in set(rows)) < 2 or len(cells) > MAX_CELLS:
        return None
    walls, places = _draw(grid, cells, mask)
    strong = ink >= STROKE_LEVEL
    written = len(np.unique(places[strong & ~walls]))
    crossed = _sides_crossed(grid.level, grid.upright, grid.x, strong)
    crossed += _sides_crossed(grid.upright, grid.level, grid.y.T, strong.T)
    if crossed > 1 + MAX_CROSSED * written:
        return None
    return Table(cells, walls, places)


def _grid(level: list[Wall], upright: list[Wall], shape: tuple[int, ...]) -> _Grid | None:
    """Cross walls, and leave out those that part hardly any cells; None if too few are left."""
    height, width = shape
    while len(level) >= MIN_WALLS and len(upright) >= MIN_WALLS:
        ends = [_edge(0, width), _edge(height, width)], [_edge(0, height), _edge(width, height)]
        grid = _cross([ends[0][0], *level, ends[0][1]], [ends[1][0], *upright, ends[1][1]])
        keep_level = _parting(grid.level_sides)
        keep_upright = _parting(grid.upright_sides)
        if keep_level.all() and keep_upright.all():
            return grid._replace(level=_alike(grid.level), upright=_alike(grid.upright))
        level = [wall for wall, keep in zip(level, keep_level, strict=True) if keep]
        upright = [wall for wall, keep in zip(upright, keep_upright, strict=True) if keep]
    return None


def _alike(walls: list[Wall]) -> list[Wall]:
    """Walls without the strokes that lie along them: none is far thicker than the others."""
    most = 2 * float(np.median([wall.thickness for wall in walls[1:-1]]))
    return [wall._replace(thickness=min(wall.thickness, most)) for wall in walls]


def _edge(place: float, length: int) -> Wall:
    """An edge of the image."""
    return Wall(np.full(length, place - 0.5), np.ones(length, np.bool_), 0.0)


def _cross(level: list[Wall], upright: list[Wall]) -> _Grid:
    rows = np.array([wall.rows for wall in level])
    columns = np.array([wall.rows for wall in upright])
    x = np.tile(columns[:, columns.shape[1] // 2], (len(level), 1))
    for _ in range(8):  # each step leaves a tenth of the error, for walls cross nearly upright
        y = _at(rows[:, None], x)
        x = _at(columns[None], y)
    return _Grid(level, upright, x, y)


def _at(curves: NDArray[np.float64], places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values of curves between whole places; beyond the ends, those of the ends."""
    inside = places.clip(0, curves.shape[-1] - 1)
    first = np.minimum(inside.astype(np.intp), curves.shape[-1] - 2)
    curves = np.broadcast_to(curves, (*places.shape, curves.shape[-1]))
    near = np.take_along_axis(curves, first[..., None], -1)[..., 0]
    far = np.take_along_axis(curves, first[..., None] + 1, -1)[..., 0]
    return np.asarray(near + (inside - first) * (far - near), np.float64)


def _sides(walls: list[Wall], crossing: list[Wall], places: NDArray[np.float64]) -> _Sides:
    """Look at walls from one that crosses to the next; places are (walls, crossing)."""
    flags = np.array([wall.seen for wall in walls])
    first, last = _between(crossing, places)
    end = END * (last - first)
    ends = _share(flags, first, first + end) / 2 + _share(flags, last - end, last) / 2
    return _Sides((last - first >= APART) & (_share(flags, first, last) >= MIN_SEEN), ends)


def _between(
    crossing: list[Wall], places: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where walls come out of those that cross them, and where they go into the next."""
    half = np.array([wall.thickness for wall in crossing]) / 2 + 1
    return places[:, :-1] + half[:-1], places[:, 1:] - half[1:]


def _share(
    flags: NDArray[np.bool_], first: NDArray[np.float64], last: NDArray[np.float64]
) -> NDArray[np.float64]:
    """How much of each row of flags is set between places, from 0 to 1."""
    counts = np.pad(np.cumsum(flags, axis=1, dtype=np.intp), ((0, 0), (1, 0)))
    ends = [np.rint(at + 0.5).clip(0, flags.shape[1]).astype(np.intp) for at in (first, last)]
    count = np.take_along_axis(counts, ends[1], 1) - np.take_along_axis(counts, ends[0], 1)
    return np.asarray(count / (ends[1] - ends[0]).clip(1), np.float64)


def _sides_crossed(
    walls: list[Wall],
    crossing: list[Wall],
    places: NDArray[np.float64],
    mask: NDArray[np.bool_],
) -> int:
    """How many sides of cells writing crosses, or runs along."""
    flags = np.array([wall.beside(mask) for wall in walls])
    first, last = _between(crossing, places)
    end = END * (last - first)
    return int(np.count_nonzero(_share(flags, first + end, last - end)[1:-1]))


def _parting(sides: _Sides) -> NDArray[np.bool_]:
    """Which walls part two cells side by side, and are seen to the ends of these."""
    seen, ends = sides.seen[1:-1], sides.ends[1:-1]
    pairs = (seen[:, 1:] & seen[:, :-1]).any(axis=1)
    count = seen.sum(axis=1)
    whole = (seen * ends).sum(axis=1) >= MIN_ENDS * count
    return np.asarray(pairs & whole)


def _cells(grid: _Grid) -> list[Cell]:
    """What walls enclose, row by row."""
    rows, columns = len(grid.level) - 1, len(grid.upright) - 1
    # fields of the grid, and between them, whether no wall parts them
    rooms = np.zeros((2 * rows - 1, 2 * columns - 1), np.uint8)
    rooms[::2, ::2] = 1
    rooms[1::2, ::2] = ~grid.level_sides.seen[1:-1]
    rooms[::2, 1::2] = ~grid.upright_sides.seen[1:-1].T
    _, labels = cv2.connectedComponents(rooms, connectivity=4)
    fields = labels[::2, ::2]
    cells = []
    for number in np.unique(fields).tolist():
        own = (fields == number).astype(np.uint8)
        left, top, wide, high = cv2.boundingRect(own)
        at_edge = left == 0 or top == 0 or left + wide == columns or top + high == rows
        if wide * high == cv2.countNonZero(own):
            # what reaches from edge to edge is the paper beside a table
            if not (at_edge and (wide == columns or high == rows)):
                cells.append(_cell(grid, top, left, high, wide))
        elif not at_edge:
            places = np.argwhere(own).tolist()
            cells += [_cell(grid, row, column, 1, 1) for row, column in places]
    order = sorted(cells, key=lambda cell: (cell.row, cell.corners[0, 0]))
    order = [cell for cell in order if _is_room(cell.corners)]
    first = min((cell.row for cell in order), default=0)
    return [cell._replace(row=cell.row - first) for cell in order]


def _cell(grid: _Grid, top: int, left: int, high: int, wide: int) -> Cell:
    """The cell of some fields of the grid, without half of the walls around it."""
    places = [(top, left), (top, left + wide), (top + high, left + wide), (top + high, left)]
    corners = np.array([[grid.x[place], grid.y[place]] for place in places]) + 0.5
    inward = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])
    walls = [(grid.upright[column].thickness, grid.level[row].thickness) for row, column in places]
    return Cell(top, corners + inward * (np.array(walls) / 2 + 0.5))


def _is_room(corners: NDArray[np.float64]) -> bool:
    """Whether a cell has room for a digit, and its corners are in order."""
    sides = np.roll(corners, -1, axis=0) - corners
    along = np.array([sides[0, 0], sides[1, 1], -sides[2, 0], -sides[3, 1]])
    return bool((along >= APART).all())


def _draw(
    grid: _Grid, cells: list[Cell], mask: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.int32]]:
    """Where walls are, and of which cell each pixel is."""
    walls, places = np.zeros(mask.shape, np.uint8), np.zeros(mask.shape, np.int32)
    for number, cell in enumerate(cells, 1):
        cv2.fillConvexPoly(places, np.rint(cell.corners - 0.5).astype(np.int32), number)
    for canvas, lines, own in ((walls, grid.level, mask), (walls.T, grid.upright, mask.T)):
        for wall in lines[1:-1]:
            half = int(wall.thickness / 2 + 1)
            first, last = np.flatnonzero(wall.seen)[[0, -1]]
            along = first + np.flatnonzero(~wall.beside(own)[first:last])
            middle = np.rint(wall.rows[along]).astype(np.intp)
            for shift in range(-half, half + 1):
                canvas[(middle + shift).clip(0, len(canvas) - 1), along] = 1
    for row, level in enumerate(grid.level[1:-1], 1):
        for column, upright in enumerate(grid.upright[1:-1], 1):
            half_x, half_y = upright.thickness / 2 + 1, level.thickness / 2 + 1
            x, y = grid.x[row, column], grid.y[row, column]
            one = round(x - half_x), round(y - half_y)
            cv2.rectangle(walls, one, (round(x + half_x), round(y + half_y)), 1, -1)
    inside = (places > 0).view(np.uint8)
    near = cv2.dilate(inside, np.ones((4 * APART + 1, 4 * APART + 1), np.uint8))
    return np.asarray((walls > 0) & (near > 0)), places
