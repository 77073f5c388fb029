"""Data sets of pen strokes: validated, indexed, and split by writer."""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitnet.data.arrays import MAX_ARRAY_BYTES
from digitnet.data.pen_strokes import PenStrokes, read_pen_strokes, split_by_writer
from digitnet.errors import DatasetError

POINTS = [(0, 0), (1000, 0), (0, 1000), (500, 500), (0, 0), (0, 1000)]
"""Three strokes: a 7 of two strokes by writer 4, and a 1 of one stroke by writer 9."""


def arrays(**changes: Any) -> dict[str, Any]:
    """Return the arrays of a small file with changes; `None` removes an array."""
    usual = {
        "points": np.array(POINTS, np.int16),
        "stroke_ends": np.array([3, 4, 6], np.int32),
        "item_ends": np.array([2, 3], np.int32),
        "labels": np.array(["7", "1"]),
        "writers": np.array([4, 9], np.int32),
    }
    return {name: array for name, array in (usual | changes).items() if array is not None}


def write(folder: Path, **changes: Any) -> Path:
    path = folder / "strokes.npz"
    np.savez_compressed(path, **arrays(**changes))
    return path


def many(writers: int, items: int = 3) -> PenStrokes:
    """Return `items` items by each writer; each is a line as long as its index."""
    count = writers * items
    ends = np.arange(1, count + 1) * 2
    points = np.zeros((2 * count, 2), np.int16)
    points[1::2, 0] = np.arange(count)
    labels = np.array([str(number % 10) for number in range(count)])
    return PenStrokes(
        points, ends, np.arange(1, count + 1), labels, np.repeat(np.arange(writers), items)
    )


def test_the_strokes_of_an_item_are_scaled_to_its_longer_side(tmp_path: Path) -> None:
    strokes = read_pen_strokes(write(tmp_path))
    assert len(strokes) == 2
    assert [stroke.tolist() for stroke in strokes.strokes(0)] == [
        [[0, 0], [1, 0], [0, 1]],
        [[0.5, 0.5]],
    ]
    assert [stroke.tolist() for stroke in strokes.strokes(1)] == [[[0, 0], [0, 1]]]


def test_items_are_indexed_by_label_and_by_writer(tmp_path: Path) -> None:
    strokes = read_pen_strokes(write(tmp_path))
    assert {label: items.tolist() for label, items in strokes.by_label.items()} == {
        "1": [1],
        "7": [0],
    }
    assert strokes.by_writer[9]["1"].tolist() == [1]
    assert list(strokes.by_writer[4]) == ["7"]


def test_take_keeps_the_strokes_of_the_selected_items() -> None:
    items = many(4)
    taken = items.take(np.array([7, 2]))
    assert taken.labels.tolist() == ["7", "2"]
    for place, item in enumerate((7, 2)):
        assert np.array_equal(taken.strokes(place), items.strokes(item))


def test_the_split_separates_writers_and_keeps_every_item() -> None:
    items = many(60)
    train, validation = split_by_writer(items, 0.2)
    assert not set(train.writers) & set(validation.writers)
    assert len(train) + len(validation) == len(items)
    assert 0.05 < len(validation) / len(items) < 0.4


def test_a_writer_is_in_the_same_part_of_every_file() -> None:
    all_of_them, some = many(60), many(60).take(np.arange(30, 120))
    held = set(split_by_writer(all_of_them)[1].writers)
    assert set(split_by_writer(some)[1].writers) == held & set(some.writers)


def test_the_seed_selects_the_validation_writers() -> None:
    items = many(60)
    first, again, other = (set(split_by_writer(items, seed=seed)[1].writers) for seed in (0, 0, 1))
    assert first == again != other


def test_two_writers_are_split_into_two_parts() -> None:
    train, validation = split_by_writer(many(2))
    assert len(train) == len(validation) == 3


def test_one_writer_cannot_be_split() -> None:
    with pytest.raises(DatasetError, match=r"of a single writer cannot be split .* at least two$"):
        split_by_writer(many(1))


def test_labels_of_several_characters_are_read_on_request(tmp_path: Path) -> None:
    path = write(tmp_path, labels=np.array(["12", "3.50"]))
    assert read_pen_strokes(path, single=False).labels.tolist() == ["12", "3.50"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"writers": None}, "but lacks writers"),
        ({"points": np.zeros((0, 2), np.int16)}, "has no points"),
        ({"item_ends": np.zeros(0, np.int32), "labels": np.zeros(0, "U1")}, "has no item_ends"),
        ({"points": np.zeros((6, 3), np.int16)}, r"shape \(6, 3\) and type int16: expected integ"),
        ({"points": np.zeros((6, 2))}, "type float64: expected integers"),
        ({"labels": np.array([7, 1])}, "type int64: expected text"),
        ({"labels": np.array([["7"], ["1"]])}, r"labels of shape \(2, 1\)"),
        ({"stroke_ends": np.array([3, 4, 7])}, "stroke_ends that end at 7 for 6 points"),
        ({"stroke_ends": np.array([3, 4, 5])}, "stroke_ends that end at 5 for 6 points"),
        ({"stroke_ends": np.array([4, 3, 6])}, "smallest step -1: they must increase to 6"),
        ({"stroke_ends": np.array([4, 3, 6], np.uint32)}, "smallest step -1"),
        ({"stroke_ends": np.array([3, 3, 6])}, "smallest step 0: they must increase"),
        ({"stroke_ends": np.array([0, 3, 6])}, "smallest step 0: they must increase"),
        ({"item_ends": np.array([2, 4])}, "item_ends that end at 4 for 3 strokes"),
        ({"labels": np.array(["7"])}, "has 1 labels for 2 items: give one for each"),
        ({"writers": np.array([4, 9, 9])}, "has 3 writers for 2 items"),
        ({"labels": np.array(["7", "12"])}, "has 1 labels such as '12': give each item a label"),
        ({"labels": np.array(["7", ""])}, "has 1 labels such as ''"),
        ({"points": np.full((6, 2), 32000, np.int16)}, "has coordinates from 32000 to 32000"),
        ({"points": np.full((6, 2), 2**40)}, "has coordinates from 1099511627776"),
        ({"labels": np.array(["7", "1"], object)}, "not a readable .npz of plain arrays"),
    ],
)
def test_an_invalid_file_is_reported_by_name_on_one_line(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    path = write(tmp_path, **changes)
    with pytest.raises(DatasetError, match=message) as raised:
        read_pen_strokes(path)
    assert str(raised.value).startswith(str(path))
    assert "\n" not in str(raised.value)


def test_an_array_too_large_for_memory_is_refused_by_its_header(tmp_path: Path) -> None:
    path = write(tmp_path)
    header = np.lib.format.header_data_from_array_1_0(np.zeros((1, 2), np.int16))
    header["shape"] = (MAX_ARRAY_BYTES, 2)
    huge = tmp_path / "huge.npz"
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(huge, "w") as archive:
        for name in whole.namelist():
            with archive.open(name, "w") as file:
                if name == "points.npy":
                    np.lib.format.write_array_header_1_0(file, header)
                else:
                    file.write(whole.read(name))
    with pytest.raises(DatasetError, match=r"unpacks to 8,\d+,\d+,\d+ bytes or more, at most"):
        read_pen_strokes(huge)


def test_a_file_that_is_not_an_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "strokes.npz"
    path.write_bytes(b"no archive")
    with pytest.raises(DatasetError, match=r"is not a readable \.npz of plain arrays"):
        read_pen_strokes(path)
