"""Tables are found by their walls, and their cells become lines for the reader."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from digitnet.reading.recognizer import Recognizer
from digitnet.vision import find_lines
from digitnet.vision.text_line import TextLine

Gray = NDArray[np.uint8]
Seen = Callable[[Gray], Gray]

SIDE = 60
"""Side of a cell, in pixels."""

LEFT, TOP = 40, 50


def write(page: Gray, text: str, x: int, y: int) -> None:
    cv2.putText(page, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 1.4, 20, 3, cv2.LINE_AA)


def table(cells: list[str], wall: int = 2, *, empty: str = ".") -> Gray:
    """Return a page with a table: a string for each row, a character for each cell."""
    rows, columns = len(cells), len(cells[0])
    page = np.full((2 * TOP + SIDE * rows, 2 * LEFT + SIDE * columns), 240, np.uint8)
    for row in range(rows + 1):
        y = TOP + SIDE * row
        cv2.line(page, (LEFT, y), (LEFT + SIDE * columns, y), 60, wall)
    for column in range(columns + 1):
        x = LEFT + SIDE * column
        cv2.line(page, (x, TOP), (x, TOP + SIDE * rows), 60, wall)
    for row, text in enumerate(cells):
        for column, character in enumerate(text):
            if character != empty:
                write(page, character, LEFT + SIDE * column + 17, TOP + SIDE * row + 44)
    return page


def in_perspective(page: Gray) -> Gray:
    height, width = page.shape
    seen = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    moved = seen + np.array([[25, 10], [-10, 22], [4, -14], [12, 3]], np.float32)
    matrix = cv2.getPerspectiveTransform(seen, moved)
    warped = cv2.warpPerspective(page, matrix, (width, height), borderValue=240)
    return warped.view(np.uint8)


def cells_of(page: Gray) -> list[list[TextLine]]:
    return [[line for line in row if line.cell] for row in find_lines(page).table]


CELLS = ["5.3.", "6..1", ".98.", "4..7"]

views = pytest.mark.parametrize("seen", [lambda page: page, in_perspective, lambda p: 255 - p])


@views
@pytest.mark.parametrize("wall", [1, 5])
def test_a_table_gives_its_cells_with_ink_row_by_row(seen: Seen, wall: int) -> None:
    rows = cells_of(seen(table(CELLS, wall)))
    assert [len(row) for row in rows] == [sum(c != "." for c in row) for row in CELLS]
    for row in rows:
        across = [line.middle[0] for line in row]
        assert across == sorted(across)
    down = [row[0].middle[1] for row in rows]
    assert down == sorted(down)


def test_a_cell_lies_within_its_walls() -> None:
    (first, _), *_ = cells_of(table(CELLS))
    left, top, right, bottom = first.box(0, first.image.shape[1])
    assert (left, top) == pytest.approx((LEFT, TOP), abs=4)
    assert (right, bottom) == pytest.approx((LEFT + SIDE, TOP + SIDE), abs=4)
    assert first.image.shape[0] == 32
    assert 28 <= first.image.shape[1] <= 36


@views
def test_a_table_is_read_cell_by_cell(recognizer: Recognizer, seen: Seen) -> None:
    prediction = recognizer.predict(seen(table(CELLS)))
    assert prediction.digits == "53 61 98 47"
    assert prediction.text == "5 3 6 1 9 8 4 7"
    assert [box.row for box in prediction.boxes] == [0, 0, 1, 1, 2, 2, 3, 3]


def test_boxes_lie_in_the_cells_of_their_digits(recognizer: Recognizer) -> None:
    boxes = recognizer.predict(table(CELLS)).boxes
    places = [
        (LEFT + SIDE * column, TOP + SIDE * row)
        for row, text in enumerate(CELLS)
        for column, character in enumerate(text)
        if character != "."
    ]
    for box, (x, y) in zip(boxes, places, strict=True):
        assert x < box.x < box.x + box.width < x + SIDE
        assert y < box.y < box.y + box.height < y + SIDE


def test_writing_beside_a_table_is_read_too(recognizer: Recognizer) -> None:
    page = np.pad(table(CELLS), ((70, 0), (0, 0)), constant_values=240)
    write(page, "2024", 60, 60)
    assert recognizer.predict(page).digits == "2024 53 61 98 47"


@pytest.mark.parametrize("kind", ["blank", "line", "ruled", "frame", "noise"])
def test_other_pages_have_no_table(kind: str) -> None:
    page = np.full((300, 400), 240, np.uint8)
    if kind == "noise":
        page = np.random.default_rng(0).integers(0, 256, page.shape, np.uint8)
    if kind != "blank":
        write(page, "31415", 60, 160)
    if kind == "ruled":
        page[60::50] = 120
    if kind == "frame":
        cv2.rectangle(page, (20, 20), (380, 280), 60, 3)
    assert not find_lines(page).table


def test_an_empty_table_gives_no_digits(recognizer: Recognizer) -> None:
    prediction = recognizer.predict(table(["....", "....", "...."]))
    assert not any(box.digit is not None for box in prediction.boxes)


def test_slanted_rows_stay_in_order(recognizer: Recognizer) -> None:
    cells = ["......7", "5......", "......3", "1......", "......9", "4......"]
    page = np.pad(table(cells, 3), 150, constant_values=240)
    write(page, "2024", 500, 120)
    height, width = page.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), 12, 1)
    slanted = cv2.warpAffine(page, matrix, (width, height), borderValue=240).view(np.uint8)
    assert recognizer.predict(slanted).digits == "2024 7 5 3 1 9 4"
