"""Cells of a requested grid, found by its walls or by the spacing of its writing."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from digitnet.errors import ImageError
from digitnet.vision import GridSize, find_grid

Gray = NDArray[np.uint8]

SIDE, ROWS, COLUMNS = 50, 5, 4


def sheet(*, rows: int = ROWS, columns: int = COLUMNS, missing: tuple[int, ...] = ()) -> Gray:
    """Return a page with a table, a digit in each cell, and some horizontal walls missing."""
    page = np.full((SIDE * (rows + 2), SIDE * (columns + 2)), 230, np.uint8)
    for number in set(range(rows + 1)) - {*missing}:
        y = SIDE * (number + 1)
        cv2.line(page, (SIDE, y), (SIDE * (columns + 1), y), 60, 2)
    for number in range(columns + 1):
        x = SIDE * (number + 1)
        cv2.line(page, (x, SIDE), (x, SIDE * (rows + 1)), 60, 2)
    return write(page, rows, columns)


def write(page: Gray, rows: int, columns: int) -> Gray:
    for row, column in np.ndindex(rows, columns):
        at = SIDE * (column + 1) + 14, SIDE * (row + 1) + 37
        cv2.putText(page, str((row + 3 * column) % 10), at, 0, 1.1, 20, 2, cv2.LINE_AA)
    return page


def shape(page: Gray, size: GridSize) -> tuple[int, int]:
    grid = find_grid(page, size).grid
    return len(grid), len(grid[0])


def middles(page: Gray, size: GridSize) -> NDArray[np.float64]:
    """Return x and y of the centre of each cell, of shape (rows, columns, 2)."""
    grid = find_grid(page, size).grid
    return np.array([[cell.corners.mean(axis=0) for cell in row] for row in grid])


def expected(rows: int = ROWS, columns: int = COLUMNS) -> NDArray[np.float64]:
    x, y = np.meshgrid(np.arange(columns), np.arange(rows))
    return np.asarray(SIDE * (np.stack([x, y], axis=-1) + 1.5), np.float64)


@pytest.mark.parametrize("size", ["auto", (ROWS, COLUMNS)])
def test_cells_lie_between_their_walls(size: GridSize) -> None:
    assert np.abs(middles(sheet(), size) - expected()).max() < 2


def test_the_edge_of_a_sheet_and_the_grain_of_a_desk_are_not_walls() -> None:
    desk = np.random.default_rng(0).normal(70, 40, (SIDE * 9, SIDE * 8))
    page = np.clip(cv2.GaussianBlur(desk, (0, 0), 8, sigmaY=1), 0, 255).astype(np.uint8)
    page[SIDE : SIDE * 8, SIDE : SIDE * 7] = sheet()
    for size in ("auto", (ROWS, COLUMNS)):
        assert np.abs(middles(page, size) - expected() - SIDE).max() < 3


@pytest.mark.parametrize("missing", [(1,), (2, 4)])
def test_missing_walls_are_interpolated(missing: tuple[int, ...]) -> None:
    page = sheet(missing=missing)
    assert np.abs(middles(page, (ROWS, COLUMNS)) - expected()).max() < 3


def test_evenly_spaced_writing_needs_no_walls_even_in_perspective() -> None:
    page = write(np.full((SIDE * 7, SIDE * 6), 230, np.uint8), ROWS, COLUMNS)
    frame = np.array([[0, 0], [300, 0], [300, 350], [0, 350]], np.float32)
    seen = frame + np.array([[20, 10], [-10, 30], [10, 0], [0, 20]], np.float32)
    matrix = cv2.getPerspectiveTransform(frame, seen)
    photo = cv2.warpPerspective(page, matrix, (320, 380), borderValue=230).view(np.uint8)
    wanted = cv2.perspectiveTransform(expected().reshape(1, -1, 2), matrix)
    found = middles(photo, (ROWS, COLUMNS)).reshape(1, -1, 2)
    assert np.abs(found - wanted).max() < SIDE / 4


def test_one_row_of_boxes_is_a_table_too() -> None:
    assert shape(sheet(rows=1, columns=8), (1, 8)) == (1, 8)


def test_a_merged_cell_is_its_first_cell_and_the_others_are_empty() -> None:
    page = sheet()
    page[SIDE + 3 : 2 * SIDE - 2, SIDE + 3 : 5 * SIDE - 2] = 230
    cv2.putText(page, "2024", (2 * SIDE, 2 * SIDE - 13), 0, 1.1, 20, 2, cv2.LINE_AA)
    first, *others = find_grid(page, "auto").grid[0]
    assert np.ptp(first.corners[:, 0]) > 3.5 * SIDE
    assert first.line is not None
    assert [cell.line for cell in others] == [None] * 3


def test_an_empty_cell_is_not_read() -> None:
    page = sheet()
    page[2 * SIDE + 3 : 3 * SIDE - 2, 3 * SIDE + 3 : 4 * SIDE - 2] = 230
    lines = [[cell.line for cell in row] for row in find_grid(page, (ROWS, COLUMNS)).grid]
    assert lines[1][2] is None
    assert sum(line is None for row in lines for line in row) == 1


@pytest.mark.parametrize("size", [(ROWS, COLUMNS + 1), (ROWS - 1, COLUMNS), (2 * ROWS, COLUMNS)])
def test_a_table_of_another_size_is_refused(size: GridSize) -> None:
    with pytest.raises(ImageError, match="the walls form 5 x 4"):
        find_grid(sheet(), size)


def test_ruled_paper_is_not_a_table() -> None:
    page = np.full((400, 300), 230, np.uint8)
    page[40::40] = 120
    page[:, 30] = 120
    with pytest.raises(ImageError, match="no table with ruled cells"):
        find_grid(page, "auto")
