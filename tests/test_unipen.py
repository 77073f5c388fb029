"""Pen strokes from UNIPEN files, tested on a small distribution written by the tests."""

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from conftest import Call

from digitnet.data.pen_strokes import PenStrokes, split_by_writer
from digitnet.data.unipen import holds_unipen, read_unipen
from digitnet.errors import DatasetError
from digitnet.training.strokes import StrokeKind, is_number, join_kinds, read_strokes

COORD = ".COORD X Y T\n.HIERARCHY TEXT CHARACTER\n"
PEN = """.WRITER_ID anna
.PEN_DOWN
 0 100 1
 50 100 2
 50 100 3
 20 0 4
.PEN_UP
.PEN_DOWN
 10 50 5
 40 50 6
.PEN_UP
 60 60 7
 70 60 8
.PEN_DOWN
 0 0 9
.PEN_UP
"""
"""A 7 with a bar (components 0 and 1), a movement with the pen up (2), and a point (3)."""

SEVEN = '.SEGMENT CHARACTER 0-1 OK "7"\n'


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def distribution(
    folder: Path, segments: Mapping[str, str], pen: str = PEN, head: str = COORD
) -> Path:
    """Write the layout of the public distribution; return the folder of its segments."""
    write(folder / "include" / "a.doc", head)
    for name, text in segments.items():
        own = pen.replace("anna", Path(name).stem)
        write(folder / "include" / "pens" / name, ".INCLUDE a.doc\n" + own)
        write(folder / "data" / "1a" / name, f".VERSION 1.0\n.INCLUDE pens/{name}\n{text}")
    return folder / "data" / "1a"


def read(path: Path) -> PenStrokes:
    return read_unipen(path, is_number)


def test_strokes_are_split_flipped_and_scaled(tmp_path: Path) -> None:
    strokes = read(distribution(tmp_path, {"x.dat": SEVEN}))
    assert strokes.labels.tolist() == ["7"]
    assert [(1000 * stroke).tolist() for stroke in strokes.strokes(0)] == [
        [[0, 0], [500, 0], [200, 1000]],
        [[100, 500], [400, 500]],
    ]


def test_pen_up_components_are_counted_but_not_drawn(tmp_path: Path) -> None:
    pen = PEN.replace(" 0 0 9", " 0 0 9\n 0 10 10")
    folder = distribution(tmp_path, {"x.dat": '.SEGMENT CHARACTER 1-3 ? "a"\n'}, pen)
    assert [len(stroke) for stroke in read(folder).strokes(0)] == [2, 2]


@pytest.mark.parametrize(
    ("delineation", "lengths"),
    [("0", [3]), ("0-0", [3]), ("0,1", [3, 2]), ("0:1-1:0", [2, 1]), ("0:1-0:3", [2])],
)
def test_every_form_of_delineation_is_read(
    tmp_path: Path, delineation: str, lengths: list[int]
) -> None:
    folder = distribution(tmp_path, {"x.dat": f'.SEGMENT CHARACTER {delineation} ? "b"\n'})
    assert [len(stroke) for stroke in read(folder).strokes(0)] == lengths


def test_each_axis_has_the_scale_of_the_tablet(tmp_path: Path) -> None:
    head = COORD + ".X_POINTS_PER_INCH 100\n.Y_POINTS_PER_INCH 200\n"
    strokes = read(distribution(tmp_path, {"x.dat": SEVEN}, head=head))
    assert strokes.points.max(axis=0).tolist() == [1000, 1000]


def test_vanishingly_small_writing_is_a_point(tmp_path: Path) -> None:
    pen = PEN.replace(" 50 100", " 1e-310 100").replace(" 20 0 4", " 0 100 4")
    folder = distribution(tmp_path, {"x.dat": '.SEGMENT CHARACTER 0 ? "-"\n'}, pen)
    assert read(folder).points.tolist() == [[0, 0]]


def test_labels_are_unescaped_and_bad_or_unlabelled_segments_skipped(tmp_path: Path) -> None:
    labels = (r'OK "\""', r'BAD "2"', "?", r'GOOD "\\"', '? """', r'? "\"')
    text = "".join(f".SEGMENT CHARACTER 0 {label}\n" for label in labels)
    points = '.SEGMENT CHARACTER 3 ? "."\n.SEGMENT CHARACTER 3 ? "8"\n'
    folder = distribution(tmp_path, {"x.dat": text + points})
    assert read(folder).labels.tolist() == ['"', "\\", '"', "\\", "."]


def test_included_files_are_found_relative_to_the_including_file(tmp_path: Path) -> None:
    folder = distribution(tmp_path, {"x.dat": SEVEN})
    write(tmp_path / "include" / "pens" / "x.dat", f".INCLUDE ../a.doc\n{PEN}")
    assert read(folder).labels.tolist() == ["7"]


def test_segments_may_precede_their_strokes_and_each_set_counts_from_0(tmp_path: Path) -> None:
    text = f'{COORD}{SEVEN}.START_SET\n{PEN}.START_SET\n.SEGMENT CHARACTER 0 ? "1"\n{PEN}'
    strokes = read(write(tmp_path / "own", text))
    assert strokes.labels.tolist() == ["7", "1"]
    assert [len(strokes.strokes(item)) for item in (0, 1)] == [2, 1]


def test_writers_have_the_same_numbers_in_every_folder(tmp_path: Path) -> None:
    folder = distribution(tmp_path, {"anna.dat": SEVEN, "bert.dat": SEVEN})
    both = read(folder)
    assert len(np.unique(both.writers)) == 2
    assert read(folder / "bert.dat").writers[0] == both.writers[1]
    train, validation = split_by_writer(both)
    assert len(train) == len(validation) == 1


def test_an_unnamed_writer_is_identified_by_the_file(tmp_path: Path) -> None:
    pen = PEN.replace(".WRITER_ID anna", ".WRITER_ID ?")
    folder = distribution(tmp_path, {"1.dat": SEVEN, "2.dat": SEVEN}, pen)
    assert len(np.unique(read(folder).writers)) == 2


def test_the_whole_distribution_is_read_from_its_root(tmp_path: Path) -> None:
    distribution(tmp_path, {"x.dat": SEVEN})
    assert holds_unipen(tmp_path)
    assert read(tmp_path).labels.tolist() == ["7"]


def test_numbers_are_read_if_there_are_no_characters(tmp_path: Path) -> None:
    text = '.SEGMENT WORD 0-1 OK "17"\n.SEGMENT WORD 0 OK "may"\n.SEGMENT TEXT 0-1 ? "3.50 $"\n'
    for name in ("numbers", "both"):
        added = SEVEN if name == "both" else ""
        distribution(tmp_path / name, {f"{i}.dat": text + added for i in range(2)})
    assert read(tmp_path / "numbers").labels.tolist() == ["17", "3.50 $"] * 2
    assert read(tmp_path / "both").labels.tolist() == ["7", "7"]
    (strokes,) = read_strokes([str(tmp_path / "numbers")], seed=0)
    assert strokes.kind is StrokeKind.NUMBERS


def test_sets_of_one_kind_are_joined(tmp_path: Path) -> None:
    for name, label in (("upper", "A"), ("lower", "b")):
        text = SEVEN.replace("7", label)
        distribution(tmp_path / name, {"1.dat": text, "2.dat": text * 2})
    every = read_strokes([str(tmp_path / name) for name in ("upper", "lower")], seed=0)
    joined = join_kinds(every, training=True)["letters"]
    assert sorted(set(joined.labels.tolist())) == ["A", "b"]
    assert [len(joined.strokes(item)) for item in range(len(joined))] == [2] * len(joined)
    held = join_kinds(every, training=False)["letters"]
    assert not set(joined.writers) & set(held.writers)
    assert len(joined) + len(held) == 6


def test_other_folders_and_files_are_not_taken_for_unipen(tmp_path: Path) -> None:
    write(tmp_path / "semeion.dat", "0 1 0 1\n")
    assert not holds_unipen(tmp_path)
    assert not holds_unipen(tmp_path / "semeion.dat")
    assert not holds_unipen(tmp_path / "missing")


HOSTILE = [
    (
        '.SEGMENT CHARACTER 0-4 ? "7"\n',
        r"refers to components 0-4, but there are 4 \(numbered from 0\)",
    ),
    ('.SEGMENT CHARACTER 1-0 ? "7"\n', r"refers to components 1-0, but there are 4 "),
    ('.SEGMENT CHARACTER 0:1-1:2 ? "7"\n', r"refers to points 0:1-1:2, but the component has 2 "),
    ('.SEGMENT CHARACTER 0:3-0:1 ? "7"\n', r"refers to points 0:3-0:1, but the component has 4 "),
    ('.SEGMENT CHARACTER 2 ? "7"\n', r"labels an item without ink: all its components are pen-up"),
    ('.SEGMENT CHARACTER -1 ? "7"\n', r"has the component range '-1': expected one like 3-5"),
    ('.SEGMENT CHARACTER 0 ? "17"\n', r"labels one character as '17': give a single character"),
    ('.SEGMENT CHARACTER 0 ? ""\n', r"labels one character as '': give a single character"),
    ('.SEGMENT CHARACTER "7"\n', r"has a malformed \.SEGMENT: expected level, comp"),
    (f'.SEGMENT CHARACTER {"0,2," * 600}0 ? "7"\n', r"has an item of more than 1,000 compo"),
    ("", r"has no characters or numbers with points: give UNIPEN files with \.SEGMENT"),
    (
        ".INCLUDE ../../../out.dat\n",
        r"includes '\.\./\.\./\.\./out\.dat', which is outside .*move it",
    ),
    (".INCLUDE /etc/passwd\n", r"includes '/etc/passwd', which is outside"),
    (".INCLUDE link.dat\n", r"includes 'link\.dat', which is outside"),
    (".INCLUDE gone.dat\n", r"includes 'gone\.dat', which is missing: give the whole data set"),
    (".INCLUDE go\0ne\n", r"includes 'go\\x00ne', which is missing"),
    (".INCLUDE x.dat\n", r"includes 'x\.dat', which includes it again: remove one of the two"),
    (".INCLUDE round.dat\n", r"round\.dat, line 1, includes 'data/1a/x\.dat', which includes it"),
    (".INCLUDE a.doc\n" * 200, r"includes 'a\.doc', which exceeds the limit of 100 included"),
]


@pytest.mark.parametrize(("text", "message"), HOSTILE)
def test_an_invalid_file_is_reported_by_name_on_one_line(
    tmp_path: Path, text: str, message: str
) -> None:
    root = tmp_path / "set"
    folder = distribution(root, {"x.dat": text})
    write(tmp_path / "out.dat", PEN)
    os.symlink(tmp_path / "out.dat", root / "include" / "link.dat")
    write(root / "include" / "round.dat", ".INCLUDE data/1a/x.dat\n")
    with pytest.raises(DatasetError, match=message) as raised:
        read(folder)
    assert str(raised.value).startswith(str(root))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (" 50 100 2\n", " 50 100\n", r"has 11 numbers, not a multiple of 3 \(X Y T\)"),
        (" 50 100 2\n", " 50 many 2\n", r"has coordinates that are not numbers"),
        (" 50 100 2\n", " 50 1e300 2\n", r"has coordinates beyond 1,000,000,000"),
        (" 50 100 2\n", " 50 nan 2\n", r"has coordinates beyond 1,000,000,000"),
        (".WRITER_ID anna", ".COORD X T", r"has points, but no \.COORD with X and Y before them"),
    ],
)
def test_invalid_coordinates_are_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    folder = distribution(tmp_path, {"x.dat": SEVEN}, PEN.replace(old, new))
    with pytest.raises(DatasetError, match=message) as raised:
        read(folder)
    assert str(raised.value).startswith(f"{tmp_path / 'include' / 'pens' / 'x.dat'}, line ")


def test_train_refuses_an_invalid_folder_before_it_writes_anything(
    call: Call, tmp_path: Path
) -> None:
    folder = distribution(tmp_path / "set", {"x.dat": SEVEN.replace('"7"', '"77"')})
    code, _, errors = call("train", "--dataset", "digits", "--dataset", folder, "--output", "mine")
    assert code == 1
    assert (
        errors.strip().splitlines()[-1].startswith(f"digitnet: {folder / 'x.dat'}, line 3, labels")
    )
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        ("unipen.MAX_POINTS", "has too many points or items: give a part of it"),
        ("unipen.MAX_FILES", "has more than 1 files: give a part"),
        ("unipen.MAX_COMPONENTS", "has an item of more than 1 components or 100,000 points"),
        ("unipen.MAX_ITEM_POINTS", "has an item of more than 1,000 components or 1 points"),
    ],
)
def test_the_limits_apply(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, message: str
) -> None:
    folder = distribution(tmp_path, {"1.dat": SEVEN, "2.dat": SEVEN})
    assert len(read(folder)) == 2
    monkeypatch.setattr(f"digitnet.data.{limit}", 1)
    with pytest.raises(DatasetError, match=message):
        read(folder)


def test_the_size_limit_includes_included_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = distribution(tmp_path, {"x.dat": SEVEN})
    monkeypatch.setattr("digitnet.data.unipen_text.MAX_TEXT_BYTES", 200)
    with pytest.raises(DatasetError, match=r"x\.dat and its includes have more than"):
        read(folder)
