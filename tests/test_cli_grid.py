"""`digitnet predict --grid`: tables are read cell by cell."""

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import Call
from numpy.typing import NDArray

from digitnet import Recognizer

pytestmark = pytest.mark.usefixtures("reader")

CELLS = ("5.3.", "6..1", "....", "4..7")
SIDE = 60


def page(*, walls: bool = True, cells: tuple[str, ...] = CELLS) -> NDArray[np.uint8]:
    """Draw a page with a table; each cell has a digit or, for `.`, is empty."""
    rows, columns = len(cells), len(cells[0])
    image = np.full((SIDE * (rows + 2), SIDE * (columns + 2)), 240, np.uint8)
    for number in range(rows + 1) if walls else ():
        y = SIDE * (number + 1)
        cv2.line(image, (SIDE, y), (SIDE * (columns + 1), y), 60, 2)
    for number in range(columns + 1) if walls else ():
        x = SIDE * (number + 1)
        cv2.line(image, (x, SIDE), (x, SIDE * (rows + 1)), 60, 2)
    for row, column in np.ndindex(rows, columns):
        if cells[row][column] != ".":
            at = SIDE * (column + 1) + 17, SIDE * (row + 1) + 44
            cv2.putText(image, cells[row][column], at, 0, 1.4, 20, 3, cv2.LINE_AA)
    return image


def photographed(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Warp a page as if photographed at an angle on a dark desk."""
    height, width = image.shape
    frame = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    seen = np.array([[60, 20], [width, 50], [width + 40, height + 20], [10, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(frame, seen)
    size = width + 70, height + 50
    return cv2.warpPerspective(image, matrix, size, borderValue=50).view(np.uint8)


@pytest.fixture
def table(tmp_path: Path) -> str:
    """A photo of a 4 x 4 table, in the working directory."""
    cv2.imwrite(str(tmp_path / "table.png"), photographed(page()))
    return "table.png"


@pytest.mark.parametrize("size", ["4x4", "4X4", "auto"])
def test_a_row_of_a_table_is_a_line_with_a_field_for_each_cell(
    call: Call, table: str, size: str
) -> None:
    code, output, errors = call("predict", "--grid", size, table)
    rows = [line.split("\t") for line in output.splitlines()]
    assert (code, errors) == (0, "")
    assert [row[0] for row in rows] == [table] * 4
    assert ["".join(cell or "." for cell in row[1:-1]) for row in rows] == [*CELLS]
    assert all(0.5 < float(row[-1]) <= 1 for row in rows)


@pytest.mark.parametrize("size", ["4x4", "auto"])
def test_csv_has_a_column_for_each_cell(call: Call, table: str, size: str) -> None:
    output = call("predict", "--grid", size, "--format", "csv", table, "no.png")[1]
    rows = [*csv.DictReader(output.splitlines())]
    assert [*rows[0]] == ["path", "row", "1", "2", "3", "4", "confidence", "error"]
    assert [row["row"] for row in rows] == ["1", "2", "3", "4", ""]
    assert [row["1"] for row in rows] == ["5", "6", "", "4", ""]
    assert [row["path"] for row in rows] == [table] * 4 + ["no.png"]
    assert rows[-1]["error"].startswith("cannot be opened")


def test_json_has_a_matrix_of_cells_with_their_boxes(call: Call, table: str) -> None:
    record = json.loads(call("predict", "--grid", "4x4", "--format", "jsonl", table)[1])
    grid = record["grid"]
    assert [["".join(cell["digits"]) or "." for cell in row] for row in grid] == [
        [*row] for row in CELLS
    ]
    assert record["digits"] == "53 61 47"
    empty, seven = grid[2][2], grid[3][3]
    assert (empty["digits"], empty["boxes"]) == ("", [])
    assert 0.5 < empty["confidence"] <= 1
    (box,) = seven["boxes"]
    assert box in record["boxes"]
    assert box["row"] == 3
    assert seven["x"] < box["x"] < box["x"] + box["width"] < seven["x"] + seven["width"]
    assert seven["y"] < box["y"] < box["y"] + box["height"] < seven["y"] + seven["height"]


def test_evenly_spaced_digits_need_no_walls(call: Call, tmp_path: Path) -> None:
    cells = ("17.2", "6459", "3..8")
    cv2.imwrite(str(tmp_path / "rows.png"), page(walls=False, cells=cells))
    output = call("predict", "--grid", "3x4", "rows.png")[1]
    rows = [line.split("\t")[1:-1] for line in output.splitlines()]
    assert ["".join(cell or "." for cell in row) for row in rows] == [*cells]


def test_a_template_prints_one_line_per_image(call: Call, table: str) -> None:
    assert call("predict", "--grid", "4x4", "--format", "{digits}", table)[1] == "53 61 47\n"


def test_the_length_applies_to_each_cell(call: Call, table: str) -> None:
    assert call("predict", "--grid", "4x4", "--length", "1", table)[0] == 0
    code, output, _ = call("predict", "--grid", "4x4", "--length", "2", table)
    assert code == 3
    assert output.splitlines()[0] == f"{table}\t?\t\t?\t\t0.0000"


@pytest.mark.parametrize(
    ("size", "reason"),
    [
        ("9x9", "no table of 9 x 9 cells was found; the walls form 4 x 4"),
        ("3x4", "no table of 3 x 4 cells was found; the walls form 4 x 4"),
        ("4x5", "no table of 4 x 5 cells was found; the walls form 4 x 4"),
        ("8x8", "no table of 8 x 8 cells was found; the walls form 4 x 4"),
    ],
)
def test_a_table_of_another_size_is_reported_with_the_size_that_was_found(
    call: Call, table: str, size: str, reason: str
) -> None:
    assert call("predict", "--grid", size, table) == (1, "", f"digitnet: {table}: {reason}\n")


@pytest.mark.parametrize(
    ("kind", "size"),
    [
        *((kind, size) for kind in ("blank", "number", "tiny") for size in ("auto", "3x3")),
        ("noise", "auto"),
    ],
)
def test_an_image_without_a_table_is_reported_and_the_others_are_read(
    call: Call, table: str, tmp_path: Path, size: str, kind: str
) -> None:
    image = np.full((1, 1) if kind == "tiny" else (200, 300), 240, np.uint8)
    if kind == "number":
        cv2.putText(image, "31415", (60, 120), 0, 1.6, 20, 3, cv2.LINE_AA)
    if kind == "noise":
        image = np.random.default_rng(0).integers(0, 256, image.shape, np.uint8)
    cv2.imwrite(str(tmp_path / "other.png"), image)
    code, output, errors = call("predict", "--grid", size, "other.png")
    assert (code, output) == (1, "")
    assert errors.startswith("digitnet: other.png: no table ")
    assert errors.count("\n") == 1
    code, output, _ = call("predict", "--grid", "auto", "other.png", table)
    assert (code, len(output.splitlines())) == (1, 4)


@pytest.mark.parametrize("size", ["", "9", "9x", "x9", "-1x3", "9x9x9", "nine", "9 x 9", "Auto"])
def test_an_invalid_table_size_is_a_usage_error(call: Call, size: str) -> None:
    code, output, errors = call("predict", "photo.png", "--grid", size)
    assert (code, output) == (2, "")
    assert f"--grid: {size!r} is not a table size: give ROWSxCOLUMNS, like 9x9" in errors


@pytest.mark.parametrize("size", ["0x3", "3x0", "1000x1000", "64x1", "40x40"])
def test_a_table_size_out_of_range_is_a_usage_error(call: Call, size: str) -> None:
    code, output, errors = call("predict", "photo.png", "--grid", size)
    assert (code, output) == (2, "")
    assert f"a table of {size.replace('x', ' x ')} cells: give ROWSxCOLUMNS" in errors


@pytest.mark.parametrize("other", [("--single",), ("--reader", "none")])
def test_grid_requires_a_reader_and_excludes_single(call: Call, other: tuple[str, ...]) -> None:
    code, _, errors = call("predict", "photo.png", "--grid", "9x9", *other)
    assert code == 2
    assert "--grid: a table needs a reader" in errors


def test_an_image_above_the_pixel_limit_is_refused(call: Call, table: str) -> None:
    code, _, errors = call("predict", "--grid", "4x4", "--max-pixels", "1000", table)
    assert code == 1
    assert errors.startswith(f"digitnet: {table}: too large: ")


def test_a_figure_shows_the_cells(call: Call, table: str, tmp_path: Path) -> None:
    options = ("--plot", "figure.png", "--stages")
    assert call("predict", "--grid", "4x4", table, *options)[0] == 0
    assert (tmp_path / "figure.png").stat().st_size > 10_000


def test_python_gives_the_cells_of_many_images(recognizer: Recognizer) -> None:
    image = photographed(page())
    first, second = recognizer.predict_many([image, page()], grid=(4, 4))
    assert first.grid is not None
    assert second.grid is not None
    assert [[cell.digits for cell in row] for row in first.grid] == [
        [cell.digits for cell in row] for row in second.grid
    ]
    assert recognizer.predict(image).grid is None
    with pytest.raises(ValueError, match="a table of 0 x 3 cells"):
        recognizer.predict(image, grid=(0, 3))


@pytest.mark.parametrize("lengths", [range(1, 2), range(2, 3)])
def test_of_length_keeps_the_image_of_a_table(recognizer: Recognizer, lengths: range) -> None:
    image = page()
    table = recognizer.predict(image, grid=(4, 4)).of_length(lengths)
    assert table.grid is not None
    np.testing.assert_array_equal(table.picture, image)
