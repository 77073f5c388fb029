"""Crosses the walls of a table, and derives its cells."""

from collections.abc import Iterable
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.vision.walls import MIN_WALL_DISTANCE_PX, Wall

MIN_SEEN = 0.4
"""Minimum visible fraction of the wall between two cells for it to separate them."""

CELL_END = 0.12
"""Length of each end of a cell's side, relative to the side."""


class Cell(NamedTuple):
    """A cell of a table.

    Attributes:
        row: the first row of the table that it occupies, from 0 at the top.
        corners: float64 (4, 2), x and y of the corners inside its walls, clockwise from the upper
            left, in pixels of the ink map, whose first pixel spans 0 to 1.
    """

    row: int
    corners: NDArray[np.float64]


class Lattice(NamedTuple):
    """Walls and their crossings. The first and last walls may be edges of the image.

    Attributes:
        horizontal: horizontal walls, from top to bottom.
        vertical: vertical walls, from left to right.
        x: (horizontal, vertical), the column of each crossing.
        y: (horizontal, vertical), the row of each crossing.
    """

    horizontal: list[Wall]
    vertical: list[Wall]
    x: NDArray[np.float64]
    y: NDArray[np.float64]

    @property
    def horizontal_sides(self) -> "Sides":
        """(horizontal, vertical - 1), the sides of cells along horizontal walls."""
        return _sides(self.horizontal, self.vertical, self.x)

    @property
    def vertical_sides(self) -> "Sides":
        """(vertical, horizontal - 1), the sides of cells along vertical walls."""
        return _sides(self.vertical, self.horizontal, self.y.T)


class Sides(NamedTuple):
    """Sides of cells along walls.

    Attributes:
        seen: (walls, crossings - 1), whether the wall is visible along each side.
        ends: (walls, crossings - 1), the visible fraction of both ends, from 0 to 1.
    """

    seen: NDArray[np.bool_]
    ends: NDArray[np.float64]


def edge_of(place: float, length: int) -> Wall:
    """Return an edge of the image as a wall."""
    return Wall(np.full(length, place - 0.5), np.ones(length, np.bool_), 0.0)


def within_edges(
    horizontal: list[Wall], vertical: list[Wall], shape: tuple[int, ...]
) -> tuple[list[Wall], list[Wall]]:
    """Add the edges of an image of this shape to its horizontal and vertical walls."""
    height, width = shape
    return (
        [edge_of(0, width), *horizontal, edge_of(height, width)],
        [edge_of(0, height), *vertical, edge_of(width, height)],
    )


def cross(horizontal: list[Wall], vertical: list[Wall]) -> Lattice:
    """Find the crossings of walls."""
    rows = np.array([wall.rows for wall in horizontal])
    columns = np.array([wall.rows for wall in vertical])
    x = np.tile(columns[:, columns.shape[1] // 2], (len(horizontal), 1))
    for _ in range(8):  # each step reduces the error to a tenth, as walls are nearly perpendicular
        y = _at(rows[:, None], x)
        x = _at(columns[None], y)
    return Lattice(horizontal, vertical, x, y)


def _at(curves: NDArray[np.float64], places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Interpolate curves linearly. Beyond the ends, return the values at the ends."""
    inside = places.clip(0, curves.shape[-1] - 1)
    first = np.minimum(inside.astype(np.intp), curves.shape[-1] - 2)
    curves = np.broadcast_to(curves, (*places.shape, curves.shape[-1]))
    near = np.take_along_axis(curves, first[..., None], -1)[..., 0]
    far = np.take_along_axis(curves, first[..., None] + 1, -1)[..., 0]
    return np.asarray(near + (inside - first) * (far - near), np.float64)


def _sides(walls: list[Wall], crossing: list[Wall], places: NDArray[np.float64]) -> Sides:
    """Measure the sides of cells between crossings, whose places are (walls, crossing)."""
    flags = np.array([wall.seen for wall in walls])
    first, last = between(crossing, places)
    end = CELL_END * (last - first)
    ends = share_of(flags, first, first + end) / 2 + share_of(flags, last - end, last) / 2
    seen = (last - first >= MIN_WALL_DISTANCE_PX) & (share_of(flags, first, last) >= MIN_SEEN)
    return Sides(seen, ends)


def between(
    crossing: list[Wall], places: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the start and end of each side, without the thickness of the crossing walls."""
    half = np.array([wall.thickness for wall in crossing]) / 2 + 1
    return places[:, :-1] + half[:-1], places[:, 1:] - half[1:]


def share_of(
    flags: NDArray[np.bool_], first: NDArray[np.float64], last: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the fraction of each row of flags that is set between places."""
    counts = np.pad(np.cumsum(flags, axis=1, dtype=np.intp), ((0, 0), (1, 0)))
    ends = [np.rint(at + 0.5).clip(0, flags.shape[1]).astype(np.intp) for at in (first, last)]
    count = np.take_along_axis(counts, ends[1], 1) - np.take_along_axis(counts, ends[0], 1)
    return np.asarray(count / (ends[1] - ends[0]).clip(1), np.float64)


def label_fields(grid: Lattice) -> NDArray[np.int32]:
    """Label the connected fields of a lattice: fields without a wall between them share a label.

    Returns:
        int32 (horizontal walls - 1, vertical walls - 1), labels from 1.
    """
    rows, columns = len(grid.horizontal) - 1, len(grid.vertical) - 1
    # Even places are the fields; the places between them are 1 if no wall separates them.
    joined = np.zeros((2 * rows - 1, 2 * columns - 1), np.uint8)
    joined[::2, ::2] = 1
    joined[1::2, ::2] = ~grid.horizontal_sides.seen[1:-1]
    joined[::2, 1::2] = ~grid.vertical_sides.seen[1:-1].T
    _, labels = cv2.connectedComponents(joined, connectivity=4, ltype=cv2.CV_32S)
    return labels[::2, ::2].view(np.int32)


def cell_of(grid: Lattice, top: int, left: int, high: int, wide: int) -> Cell:
    """Return the cell that spans some fields, inset by half the thickness of its walls."""
    places = [(top, left), (top, left + wide), (top + high, left + wide), (top + high, left)]
    corners = np.array([[grid.x[place], grid.y[place]] for place in places]) + 0.5
    inward = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])
    walls = [
        (grid.vertical[column].thickness, grid.horizontal[row].thickness) for row, column in places
    ]
    return Cell(top, corners + inward * (np.array(walls) / 2 + 0.5))


def fits_digit(corners: NDArray[np.float64]) -> bool:
    """Whether a cell is large enough for a digit, and its corners are in order."""
    sides = np.roll(corners, -1, axis=0) - corners
    along = np.array([sides[0, 0], sides[1, 1], -sides[2, 0], -sides[3, 1]])
    return bool((along >= MIN_WALL_DISTANCE_PX).all())


def map_pixels_to_cells(
    cells: Iterable[NDArray[np.float64]], shape: tuple[int, ...]
) -> NDArray[np.int32]:
    """Map each pixel to its cell: int32 (H, W), cells counted from 1; 0 outside.

    Args:
        cells: the corners of each cell, (4, 2).
        shape: shape of the ink map.
    """
    places = np.zeros(shape, np.int32)
    for number, corners in enumerate(cells, 1):
        cv2.fillConvexPoly(places, np.rint(corners - 0.5).astype(np.int32), number)
    return places


def draw_walls(
    grid: Lattice, places: NDArray[np.int32], mask: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Draw a mask of the walls in and near cells, without the edges of the image.

    Args:
        grid: the walls.
        places: (H, W), the cell of each pixel.
        mask: (H, W), True for ink.
    """
    walls = np.zeros(mask.shape, np.uint8)
    for canvas, lines, own in ((walls, grid.horizontal, mask), (walls.T, grid.vertical, mask.T)):
        for wall in lines[1:-1]:
            half = int(wall.thickness / 2 + 1)
            first, last = np.flatnonzero(wall.seen)[[0, -1]]
            along = first + np.flatnonzero(~wall.beside(own)[first:last])
            middle = np.rint(wall.rows[along]).astype(np.intp)
            for shift in range(-half, half + 1):
                canvas[(middle + shift).clip(0, len(canvas) - 1), along] = 1
    for row, horizontal in enumerate(grid.horizontal[1:-1], 1):
        for column, vertical in enumerate(grid.vertical[1:-1], 1):
            half_x, half_y = vertical.thickness / 2 + 1, horizontal.thickness / 2 + 1
            x, y = grid.x[row, column], grid.y[row, column]
            one = round(x - half_x), round(y - half_y)
            cv2.rectangle(walls, one, (round(x + half_x), round(y + half_y)), 1, -1)
    inside = (places > 0).view(np.uint8)
    size = 4 * MIN_WALL_DISTANCE_PX + 1
    near = cv2.dilate(inside, np.ones((size, size), np.uint8))
    return np.asarray((walls > 0) & (near > 0))
