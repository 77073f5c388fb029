"""Positions of table walls and cells, even in perspective, bent or broken; false tables."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from digitnet.vision.cell_line import cell_line
from digitnet.vision.tables import Table, find_table
from digitnet.vision.walls import MAX_WALLS, horizontal_walls

Ink = NDArray[np.uint8]
Points = NDArray[np.float64]

SIDE = 80
"""Side of a cell, in pixels."""

MARGIN = 60

ROWS, COLUMNS = 5, 4

WALL = 3
"""Pixels by which a cell is inset: half the thickness of a wall, and its edge."""


def lines(rows: int = ROWS, columns: int = COLUMNS, wall: int = 4) -> Ink:
    """Return the ink of the walls of a table."""
    ink = np.zeros((2 * MARGIN + SIDE * rows, 2 * MARGIN + SIDE * columns), np.uint8)
    right, bottom = MARGIN + SIDE * columns, MARGIN + SIDE * rows
    for y in range(MARGIN, bottom + 1, SIDE):
        cv2.line(ink, (MARGIN, y), (right, y), 255, wall)
    for x in range(MARGIN, right + 1, SIDE):
        cv2.line(ink, (x, MARGIN), (x, bottom), 255, wall)
    return ink


def corners_of(rows: int = ROWS, columns: int = COLUMNS) -> Points:
    """Return the four wall crossings around each cell, row by row, of shape (cells, 4, 2)."""
    x, y = np.meshgrid(range(columns), range(rows))
    upper = MARGIN + SIDE * np.stack([x.ravel(), y.ravel()], axis=1)[:, None]
    corners = upper + SIDE * np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) + 0.5
    return np.asarray(corners, np.float64)


def found(ink: Ink) -> Table:
    table = find_table(ink)
    assert table is not None
    return table


def corner_error(table: Table, corners: Points) -> float:
    """Return the largest distance of a corner from its expected position, in sides of a cell."""
    assert len(table.cells) == len(corners)
    corners = corners + WALL * np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])
    there = np.array([cell.corners for cell in table.cells])
    return float(np.abs(there - corners).max()) / SIDE


def write(ink: Ink, text: str, x: int, y: int) -> None:
    cv2.putText(ink, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 1.6, 255, 4, cv2.LINE_AA)


def test_cells_in_perspective_are_found_where_they_were_drawn() -> None:
    ink = lines()
    for row in range(ROWS):
        write(ink, str(row + 4), MARGIN + SIDE * (row % COLUMNS) + 22, MARGIN + SIDE * row + 58)
    height, width = ink.shape
    frame = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    moved = frame + np.array([[70, 10], [60, 80], [-30, 60], [-10, -20]], np.float32)
    moved -= moved.min(axis=0)
    matrix = cv2.getPerspectiveTransform(frame, moved)
    size = np.ceil(moved.max(axis=0)).astype(int)
    seen = cv2.warpPerspective(ink, matrix, (int(size[0]), int(size[1]))).view(np.uint8)
    there = cv2.perspectiveTransform(corners_of().reshape(1, -1, 2), matrix).reshape(-1, 4, 2)
    assert corner_error(found(seen), np.asarray(there, np.float64)) <= 0.03


def test_bent_walls_are_followed() -> None:
    ink, deep = lines(), 8.0
    height, width = ink.shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    down = np.float32(deep) * np.sin(np.pi * x / width)
    bent = cv2.remap(ink, x, y - down.astype(np.float32), cv2.INTER_LINEAR).view(np.uint8)
    there = corners_of()
    there[..., 1] += deep * np.sin(np.pi * there[..., 0] / width)
    assert corner_error(found(bent), there) <= 0.05


def test_broken_walls_are_bridged() -> None:
    ink = lines()
    for place in range(MARGIN, max(ink.shape), SIDE // 2):
        ink[:, place + 13 : place + 28] = 0
        ink[place + 13 : place + 28] = 0
    assert corner_error(found(ink), corners_of()) <= 0.03


def test_a_doubled_wall_counts_as_one() -> None:
    ink = np.maximum(lines(wall=1), np.roll(lines(wall=1), (5, 5), (0, 1)))
    assert corner_error(found(ink), corners_of() + 2.5) <= 0.07


def test_cells_without_a_wall_between_them_are_merged() -> None:
    ink = lines()
    upper = MARGIN + SIDE
    ink[upper + 3 : upper + SIDE - 2, upper - 5 : upper + 5] = 0
    table = found(ink)
    assert len(table.cells) == ROWS * COLUMNS - 1
    assert [cell.row for cell in table.cells].count(1) == COLUMNS - 1
    assert min(cell.row for cell in table.cells) == 0
    wide = [np.ptp(cell.corners[:, 0]) for cell in table.cells]
    assert max(wide) == pytest.approx(2 * SIDE - 2 * WALL, abs=2)


def test_a_table_may_be_cut_at_the_edges_of_the_image() -> None:
    cut = SIDE // 2
    ink = lines()[MARGIN + cut : -MARGIN - cut, MARGIN + cut : -MARGIN - cut]
    assert len(found(np.ascontiguousarray(ink)).cells) == ROWS * COLUMNS


def test_digits_below_each_other_are_not_a_wall() -> None:
    ink = lines(8, 3)
    for row in range(8):
        place = MARGIN + SIDE // 2, MARGIN + SIDE * row
        cv2.line(ink, (place[0], place[1] + 16), (place[0], place[1] + 64), 255, 5)
    assert len(found(ink).cells) == 24


def test_walls_are_separated_from_writing_that_crosses_them() -> None:
    ink = lines()
    x, y = MARGIN + SIDE // 2, MARGIN + SIDE
    cv2.line(ink, (x, y - 40), (x, y + 25), 255, 5)
    table = found(ink)
    assert table.walls[y, x + 20]
    assert not table.walls[y, x]
    assert table.places[y - 20, x] == 1
    assert table.places[y - 20, 5] == 0


def box(ink: Ink) -> None:
    cv2.rectangle(ink, (20, 20), (380, 280), 255, 3)


def comb(ink: Ink) -> None:
    box(ink)
    for x in range(60, 380, 40):
        cv2.line(ink, (x, 20), (x, 280), 255, 3)


def ruling(ink: Ink) -> None:
    ink[40::40] = 255


def ruling_with_a_margin(ink: Ink) -> None:
    ruling(ink)
    ink[:, 50] = 255


def squares(ink: Ink) -> None:
    ink[10::30] = 150
    ink[:, 10::30] = 150
    for x, digit in ((60, "4"), (190, "8")):
        cv2.putText(ink, digit, (x, 220), cv2.FONT_HERSHEY_SIMPLEX, 6, 255, 12, cv2.LINE_AA)


def eights(ink: Ink) -> None:
    for x in range(30, 360, 120):
        for y in (60, 150, 240):
            cv2.line(ink, (x, y), (x + 80, y), 255, 12)
        for side in (x, x + 80):
            cv2.line(ink, (side, 60), (side, 240), 255, 12)


@pytest.mark.parametrize("draw", [box, comb, ruling, ruling_with_a_margin, squares, eights])
def test_other_drawings_are_not_tables(draw: Callable[[Ink], None]) -> None:
    ink = np.zeros((300, 400), np.uint8)
    draw(ink)
    assert find_table(ink) is None


@pytest.mark.parametrize("pitch", [2, 9, 16])
def test_a_texture_of_lines_is_not_a_table(pitch: int) -> None:
    ink = np.zeros((600, 700), np.uint8)
    ink[::pitch] = 255
    assert len(horizontal_walls(ink > 0)) <= MAX_WALLS
    ink[:, ::pitch] = 255
    assert find_table(ink) is None


def test_noise_has_no_walls() -> None:
    rng = np.random.default_rng(0)
    for share in (0.05, 0.5, 0.95):
        assert find_table(np.where(rng.random((300, 400)) < share, 255, 0).astype(np.uint8)) is None


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (500, 1), (30, 30)])
def test_small_and_blank_images_have_no_walls(shape: tuple[int, int]) -> None:
    for level in (0, 255):
        assert find_table(np.full(shape, level, np.uint8)) is None


def test_a_cell_image_is_rectified_and_maps_back_to_the_page() -> None:
    gray = np.full((200, 260), 250, np.uint8)
    corners = np.array([[50, 40], [170, 60], [165, 152], [45, 130]], np.float64)
    middle = corners.mean(axis=0)
    cv2.circle(gray, np.rint(middle).astype(int).tolist(), 8, 0, -1)
    line = cell_line(gray, corners)
    assert line.cell
    assert line.image.shape[0] == 32
    rows, columns = np.nonzero(line.image > 150)
    assert rows.mean() == pytest.approx(16, abs=1.5)
    back = line.to_image @ (columns.mean() + 0.5, rows.mean() + 0.5, 1)
    assert back == pytest.approx(middle, abs=3)
    assert line.middle == pytest.approx(middle, abs=3)


@pytest.mark.parametrize("factor", [1, 3, 20])
def test_a_cell_looks_the_same_at_any_size(factor: int) -> None:
    gray = np.full((100, 120), 250, np.uint8)
    cv2.circle(gray, (55, 50), 20, 40, 6, cv2.LINE_AA)
    corners = np.array([[20, 12], [95, 18], [92, 90], [18, 84]], np.float64)
    large = cv2.resize(gray, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    line = cell_line(large.view(np.uint8), factor * corners)
    usual = cell_line(gray, corners)
    assert np.abs(line.image.astype(int) - usual.image).mean() < 4
    assert line.middle == pytest.approx(factor * np.array(usual.middle), rel=0.01)


def test_a_cell_may_extend_beyond_the_image() -> None:
    corners = np.array([[-3, -2], [30, -3], [31, 42], [-2, 44]], np.float64)
    assert cell_line(np.full((40, 28), 200, np.uint8), corners).image.shape[0] == 32
