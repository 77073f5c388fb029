"""Folders of labelled images: what is read, and what is reported about the rest."""

import os
import re
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from digitnet.data import datasets, label_table
from digitnet.data.formats import image_folders, source
from digitnet.errors import DatasetError


def draw_seven(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = np.full((60, 60), 255, np.uint8)
    cv2.polylines(picture, [np.array([[15, 12], [45, 12], [25, 50]])], False, 0, 5)
    cv2.imwrite(str(path), picture)
    return path


def write_truncated(path: Path) -> None:
    """Write a truncated image."""
    path.write_bytes(draw_seven(path).read_bytes()[:100])


@pytest.fixture
def hand(tmp_path: Path) -> Path:
    """A folder with an image of each digit."""
    for label in range(10):
        draw_seven(tmp_path / "hand" / str(label) / "a.png")
    return tmp_path / "hand"


def notes_of(folder: Path) -> list[str]:
    """Return the notes from loading a data set."""
    notes: list[str] = []
    datasets.load(str(folder), notes.append)
    return notes


def refusal(folder: Path) -> str:
    """Return the one-line error with which a data set is refused."""
    with pytest.raises(DatasetError) as caught:
        datasets.load(str(folder))
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- sub-folders 0 to 9


def test_folders_named_after_digits_are_a_data_set(hand: Path) -> None:
    dataset = datasets.load(str(hand))
    assert list(dataset.labels) == list(range(10))
    assert dataset.images[0].max() > 200


def test_a_complete_data_set_gives_no_notes(hand: Path) -> None:
    (hand / "0" / "Thumbs.db").write_bytes(b"\xd0\xcf\x11\xe0")
    (hand / "notes.txt").write_text("of mine")
    (hand / ".cache").mkdir()
    assert notes_of(hand) == []


@pytest.mark.parametrize("how", ["missing", "empty", "blank"])
def test_digits_without_an_image_are_reported(hand: Path, how: str) -> None:
    for label in (3, 9):
        (hand / str(label) / "a.png").unlink()
        if how == "missing":
            (hand / str(label)).rmdir()
        if how == "blank":
            cv2.imwrite(str(hand / str(label) / "b.png"), np.full((40, 40), 255, np.uint8))
    blank = "; without ink: 3/b.png and 9/b.png" if how == "blank" else ""
    assert notes_of(hand) == [f"{hand}: no image of 3 and 9{blank}"]


def test_folders_and_images_that_are_not_read_are_reported_in_one_note(hand: Path) -> None:
    (hand / "9").rename(hand / "ninth")
    for name in ("10/a.png", "3/scans/a.png", "stray.png"):
        draw_seven(hand / name)
    expected = f"{hand}: no image of 9; not read: 10/, 3/scans/, ninth/ and stray.png"
    assert notes_of(hand) == [expected]


def test_at_most_twenty_folders_that_are_not_read_are_named(hand: Path) -> None:
    for number in range(10, 40):
        (hand / str(number)).mkdir()
    assert notes_of(hand)[0].endswith(", 28/, 29/ and 10 more")


def test_images_are_ordered_by_label_and_name(hand: Path) -> None:
    cv2.imwrite(str(hand / "0" / "B.png"), np.full((40, 40), 255, np.uint8))
    cv2.imwrite(str(hand / "0" / "10.png"), np.full((40, 40), 255, np.uint8))
    assert notes_of(hand) == [f"{hand}: without ink: 0/10.png and 0/B.png"]


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ([], "it contains nothing; expected sub-folders 0 to 9"),
        (["train/a.png", "test/a.png"], "it contains test/ and train/; expected"),
        (["10/a.png", "11/a.png"], "it contains 10/ and 11/; expected"),
        (["0/old/a.png", "1/old/a.png"], "it contains 0/old/ and 1/old/; expected"),
        (["a.png", "b.png"], "it contains a.png and b.png; expected"),
        (["train-images-idx3-ubyte"], "it contains train-images-idx3-ubyte; expected"),
        ([f"{n}.png" for n in range(10, 30)], "13.png, 14.png and 15 more; expected"),
    ],
)
def test_a_folder_that_is_not_a_data_set_is_refused_with_its_content(
    tmp_path: Path, names: list[str], told: str
) -> None:
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"\x89PNG\r\n\x1a\n")
    assert told in refusal(tmp_path)


def test_a_damaged_image_is_reported_with_advice(hand: Path) -> None:
    write_truncated(hand / "4" / "b.png")
    told = refusal(hand)
    assert told == f"{hand / '4' / 'b.png'}: a truncated PNG; copy or download it again"


def test_damaged_images_are_reported_all_at_once(hand: Path) -> None:
    write_truncated(hand / "4" / "b.png")
    (hand / "7" / "b.png").write_bytes(b"")
    assert refusal(hand) == (
        f"2 of 12 images of {hand} cannot be read: 4/b.png (a truncated PNG) and 7/b.png "
        "(the file is empty (0 bytes)); repair or remove them"
    )


def test_at_most_twenty_damaged_images_are_named(hand: Path) -> None:
    for number in range(25):
        (hand / "7" / f"b{number:02}.png").write_bytes(b"")
    told = refusal(hand)
    assert told.startswith("25 of 35 images")
    assert "7/b19.png (the file is empty (0 bytes)) and 5 more; repair" in told


def test_a_broken_link_is_reported(hand: Path) -> None:
    (hand / "7" / "b.png").symlink_to(hand / "gone.png")
    assert "b.png: cannot be opened: no such file" in refusal(hand)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes of POSIX")
def test_a_pipe_is_not_waited_for(hand: Path) -> None:
    os.mkfifo(hand / "7" / "pipe")
    assert notes_of(hand) == []
    os.mkfifo(hand / "7" / "pipe.png")
    assert "pipe.png: a pipe, socket or device, not a regular file" in refusal(hand)


def test_an_unreadable_sub_folder_is_reported(hand: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scandir = os.scandir

    def refuse(path: Path) -> object:
        if Path(path).name == "5":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert refusal(hand) == f"{hand / '5'} cannot be read: permission denied"


def test_a_folder_with_too_many_images_is_refused(
    hand: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (source, image_folders, label_table):
        monkeypatch.setattr(module, "MAX_IMAGES", 9)
    assert "has more than 9 images" in refusal(hand)
    for label in range(5):
        shutil.rmtree(hand / str(label))
    (hand / "labels.csv").write_text("file,label\n" + "a.png,1\n" * 10)
    assert "labels.csv has more than 9 images" in refusal(hand)


# --- labels.csv


def test_a_table_of_labels_is_a_data_set(hand: Path) -> None:
    rows = "".join(f"{label}/a.png,{label}\n" for label in range(10))
    (hand / "labels.csv").write_text("file,label\n" + rows)
    assert list(datasets.load(str(hand)).labels) == list(range(10))
    assert notes_of(hand) == []


def test_images_that_a_table_does_not_name_are_reported(hand: Path) -> None:
    for name in ("1/b.png", "2/scans/a.png", "stray.png"):
        draw_seven(hand / name)
    rows = [f"./{label}//a.png,{label}" for label in range(9)]
    (hand / "labels.csv").write_text("\n".join(["file,label", *rows]))
    assert notes_of(hand) == [
        f"{hand}: no image of 9; not read: 9/, stray.png, 1/b.png and 2/scans/"
    ]


def test_a_table_cannot_name_images_outside_its_folder(hand: Path, tmp_path: Path) -> None:
    table = tmp_path / "table"
    table.mkdir()
    rows = ["../hand/0/a.png,0", f"{hand / '9' / 'a.png'},9", "a/../../hand/1/a.png,1"]
    (table / "labels.csv").write_text("\n".join(["file,label", *rows]))
    told = refusal(table)
    assert "has 3 wrong rows: line 2 (../hand/0/a.png is outside the folder)" in told


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ("", "has the columns none: its first line must have file,label"),
        ("name,value\na.png,3\n", "has the columns name,value: its first line must have"),
        ("file,label\nseven.png,12\n", "line 2: the label of seven.png is '12'; each row is a"),
        ("file,label\n\n\nseven.png\n", "line 4: the label of seven.png is ''"),
        ("file,label\n,3\n", "line 2: the file name is missing"),
        ('file,label\n"two\nlines",\x1b\n', r"line 3: the label of two\\nlines is '\\x1b'"),
        ("file,label\nmissing.png,1\n", "missing.png: cannot be opened: no such file"),
        ('file,label\n"two\nlines",1\n', r"two\\nlines: cannot be opened"),
        ("file,label\nnul\0.png,1\n", "cannot be opened: .*embedded null "),
        ("file,label\nlabels.csv,1\n", "labels.csv: not an image"),
        ("file,label\n", "has no images with digits"),
    ],
)
def test_the_error_about_a_table_of_labels_says_where_it_is_wrong(
    tmp_path: Path, table: str, complaint: str
) -> None:
    draw_seven(tmp_path / "seven.png")
    (tmp_path / "labels.csv").write_text(table)
    assert re.search(complaint, refusal(tmp_path))


def test_wrong_rows_of_a_table_are_reported_all_at_once(tmp_path: Path) -> None:
    rows = ["a.png,x", "b.png,3", ",4", *["c.png,10"] * 23]
    (tmp_path / "labels.csv").write_text("\n".join(["file,label", *rows]))
    told = refusal(tmp_path)
    begin = (
        "has 25 wrong rows: line 2 (the label of a.png is 'x'), line 4 (the file name is missing)"
    )
    assert begin in told
    assert told.endswith("and 5 more; each row is a file and its digit, 0-9")


def test_a_table_of_labels_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_bytes(b"\xff\xfe\x00bad")
    assert "labels.csv cannot be read" in refusal(tmp_path)


def test_a_table_of_labels_that_is_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(label_table, "TABLE_BYTES", 10)
    (tmp_path / "labels.csv").write_text("file,label\nseven.png,7\n")
    assert "it has 23 bytes, at most 10 are read" in refusal(tmp_path)
