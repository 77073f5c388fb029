"""Rows written by cluster jobs: they equal the answers of `predict`, file by file."""

import json
import os
import pickle
import shutil
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import Call
from PIL import Image

from digitnet.distributed.files import fetch, find_missing, list_files
from digitnet.distributed.rows import COLUMNS, Row, RowReader, arrow_schema
from digitnet.errors import BundleError, ImageError
from digitnet.vision import Limits

pytestmark = pytest.mark.usefixtures("reader")


@pytest.fixture
def folder(samples: Path, tmp_path: Path) -> Path:
    """A folder with images, multi-page files, damaged files and other files."""
    folder = tmp_path / "scans"
    (folder / "inner").mkdir(parents=True)
    for name in ("paint-3.png", "paint-year-1998.png"):
        shutil.copy(samples / name, folder / name)
    pages = [Image.open(samples / f"paint-{digit}.png").convert("L") for digit in (0, 3)]
    pages[0].save(folder / "scan.tif", save_all=True, append_images=pages[1:])
    pages[0].save(folder / "inner" / "a #1, 100%.pdf", save_all=True, append_images=pages[1:])
    cv2.imwrite(str(folder / "inner" / "blank.png"), np.full((40, 40), 255, np.uint8))
    (folder / "empty.png").write_bytes(b"")
    (folder / "cut.png").write_bytes((samples / "paint-3.png").read_bytes()[:200])
    (folder / "notes.txt").write_text("no image")
    (folder / ".hidden.png").write_bytes(b"")
    return folder


def rows_by_name(rows: list[Row]) -> dict[str, Row]:
    """Convert rows to records of JSON Lines, by the name that `predict` gives each image."""
    named = {}
    for row in rows:
        name = row["path"] if row["page"] is None else f"{row['path']}#{row['page']}"
        named[name] = {key: row[key] for key in row if key not in ("path", "page", "model")}
        named[name]["boxes"] = json.loads(row["boxes"])
    assert len(named) == len(rows), "a row is double"
    return named


def predicted(call: Call, files: list[str]) -> dict[str, Row]:
    """Return the records of `predict --format jsonl`, by path."""
    _, output, _ = call("predict", *files, "--format", "jsonl")
    records = [json.loads(line) for line in output.splitlines()]
    return {record.pop("path"): record for record in records}


def test_rows_equal_the_answers_of_predict_field_by_field(call: Call, folder: Path) -> None:
    files = list_files([str(folder), str(folder / "missing.png")])
    rows = list(RowReader().rows((path, None) for path in files))
    assert rows_by_name(rows) == predicted(call, files)
    assert {row["error"] is None for row in rows} == {True, False}


def test_rows_of_bytes_equal_those_of_paths(folder: Path) -> None:
    files = list_files([str(folder)])
    reader = RowReader()
    contents = ((path, Path(path).read_bytes()) for path in files)
    assert list(reader.rows(contents)) == list(reader.rows((path, None) for path in files))


def test_a_file_that_the_engine_could_not_read_gives_a_row_with_its_error(samples: Path) -> None:
    files = [("a.png", ImageError("cannot be opened: gone")), (str(samples / "paint-3.png"), None)]
    broken, read = RowReader().rows(files)
    assert (broken["path"], broken["error"], broken["boxes"]) == (
        "a.png",
        "cannot be opened: gone",
        "[]",
    )
    assert read["digits"] == "3"


def test_the_error_about_a_large_file_names_the_option(folder: Path) -> None:
    (row,) = RowReader(limits=Limits(bytes=10)).rows([(str(folder / "paint-3.png"), None)])
    assert row["error"].endswith("raise the limit with --max-pixels")


def test_a_reader_is_pickled_without_its_models(samples: Path) -> None:
    reader = RowReader(threshold=0.5)
    path = (str(samples / "paint-3.png"), None)
    rows = list(reader.rows([path]))
    pickled = pickle.dumps(reader)
    assert len(pickled) < 1000
    assert pickle.loads(pickled) == reader
    assert list(pickle.loads(pickled).rows([path])) == rows


def test_rows_identify_the_networks(samples: Path, models: Path) -> None:
    path = (str(samples / "paint-3.png"), None)
    (both,) = RowReader().rows([path])
    (simple,) = RowReader(reader=None).rows([path])
    digests = [
        json.loads((models / name / "model.json").read_text())["files"]["model.tflite"]
        for name in ("cnn", "reader")
    ]
    assert both["model"] == "+".join(digests)
    assert simple["model"] == digests[0]


def test_a_missing_model_raises_an_error() -> None:
    with pytest.raises(BundleError, match="unknown model 'nope'"):
        list(RowReader("nope").rows([("a.png", None)]))


def test_rows_match_the_arrow_schema(folder: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    rows = list(RowReader().rows((path, None) for path in list_files([str(folder)])))
    table = pyarrow.Table.from_pylist(rows, arrow_schema())
    assert table.column_names == list(COLUMNS)
    assert table.to_pylist() == [{name: row[name] for name in COLUMNS} for row in rows]


@pytest.mark.skipif(sys.platform != "linux", reason="names of bytes are Linux's")
def test_a_name_that_is_not_unicode_is_escaped(samples: Path, tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    shutil.copy(samples / "paint-3.png", tmp_path / os.fsdecode(b"\xff.png"))
    (row,) = RowReader().rows((path, None) for path in list_files([str(tmp_path)]))
    assert (row["path"], row["digits"]) == (rf"{tmp_path}/\udcff.png", "3")
    assert pyarrow.Table.from_pylist([row], arrow_schema()).num_rows == 1


def test_folders_are_listed_recursively_without_hidden_files_and_duplicates(folder: Path) -> None:
    names = [os.path.relpath(path, folder) for path in list_files([str(folder)])]
    assert names[:3] == ["cut.png", "empty.png", "notes.txt"]
    assert os.path.join("inner", "blank.png") in names
    assert not any(name.startswith(".") for name in names)
    twice = [str(folder), str(folder / "cut.png")]
    assert len(list_files(twice)) == len(names)


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="no files found"):
        list_files([str(tmp_path)])


def test_missing_paths_and_uris_are_found(folder: Path) -> None:
    pytest.importorskip("pyarrow")
    there = [str(folder), str(folder / "cut.png")]
    names = [*there, *(f"file://{path}" for path in there)]
    missing = [str(folder / "missing"), f"file://{folder}/missing"]
    assert find_missing([*names, *missing]) == missing


def test_a_uri_is_listed_and_read_like_a_path(call: Call, folder: Path) -> None:
    pytest.importorskip("pyarrow")
    uri = f"file://{folder}"
    files = list_files([uri])
    assert files == [f"file://{path}" for path in sorted(list_files([str(folder)]))]
    read = rows_by_name(list(RowReader().rows((path, None) for path in files)))
    answers = predicted(call, list_files([str(folder)]))
    assert read == {f"file://{path}": answer for path, answer in answers.items()}


def test_errors_of_object_storage_become_image_errors(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    limits = Limits(bytes=10)
    (tmp_path / "large.png").write_bytes(bytes(11))
    for name, message in (
        ("large.png", "too large: 11 bytes (limit: 10)"),
        ("missing.png", "cannot be opened"),
    ):
        refused = fetch(f"file://{tmp_path}/{name}", limits)
        assert isinstance(refused, ImageError)
        assert message in str(refused)
    for search in (list_files, find_missing):
        with pytest.raises(ImageError, match="nowhere://x cannot be listed"):
            search(["nowhere://x"])
