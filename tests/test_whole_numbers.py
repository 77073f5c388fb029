"""Folders of whole numbers: checked labels, and images decoded when needed."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from digitnet.data.whole_numbers import (
    MIN_NUMBERS,
    Numbers,
    holds_numbers,
    read_numbers,
    split_numbers,
)
from digitnet.errors import DatasetError

LABELS = ("12", "3,50", "24/12/2024", "07 53", "8")


def write_numbers(folder: Path, labels: tuple[str, ...] = LABELS) -> Path:
    """Write a folder of printed numbers with these labels."""
    folder.mkdir()
    rows = ["file,label"]
    for number, label in enumerate(labels):
        image = np.full((60, 40 + 26 * len(label)), 230, np.uint8)
        cv2.putText(image, label, (20, 42), cv2.FONT_HERSHEY_SIMPLEX, 1.1, (20,), 2)
        cv2.imwrite(str(folder / f"{number}.png"), image)
        rows.append(f'{number}.png,"{label}"')
    (folder / "labels.csv").write_text("\n".join(rows) + "\n")
    return folder


def read(folder: Path) -> Numbers:
    return read_numbers(str(folder), lambda message: None)


def test_labels_and_images_are_read(tmp_path: Path) -> None:
    folder = write_numbers(tmp_path / "mine")
    assert holds_numbers(str(folder))
    numbers = read(folder)
    assert numbers.labels == LABELS
    assert [image.shape for image in numbers.images(np.array([0, 2]))] == [(60, 92), (60, 300)]


def test_unlabelled_images_are_reported(tmp_path: Path) -> None:
    folder = write_numbers(tmp_path / "mine")
    cv2.imwrite(str(folder / "more.png"), np.zeros((9, 9), np.uint8))
    messages: list[str] = []
    read_numbers(str(folder), messages.append)
    assert messages == [f"{folder}: not read: more.png"]


@pytest.mark.parametrize(
    ("label", "complaint"),
    [
        ("12€x", r"line 2: the label of 0.png contains x, €, which a reader cannot read; each r"),
        ("", "line 2: the label of 0.png has 0 characters"),
        ("1" * 41, "line 2: the label of 0.png has 41 characters"),
    ],
)
def test_invalid_labels_are_named(tmp_path: Path, label: str, complaint: str) -> None:
    folder = write_numbers(tmp_path / "mine", (label, *LABELS))
    with pytest.raises(DatasetError, match=complaint) as caught:
        read(folder)
    assert "\n" not in str(caught.value)


def test_too_few_numbers_are_refused(tmp_path: Path) -> None:
    folder = write_numbers(tmp_path / "mine", LABELS[: MIN_NUMBERS - 1])
    with pytest.raises(DatasetError, match=r"mine has 4 numbers: give at least 5"):
        read(folder)


@pytest.mark.parametrize(("content", "complaint"), [(None, "no such file"), (b"nothing", "0.png")])
def test_an_unreadable_image_is_named(
    tmp_path: Path, content: bytes | None, complaint: str
) -> None:
    folder = write_numbers(tmp_path / "mine")
    (folder / "0.png").unlink()
    if content:
        (folder / "0.png").write_bytes(content)
    with pytest.raises(DatasetError, match=complaint) as caught:
        list(read(folder).images(np.array([0])))
    assert "\n" not in str(caught.value)


def test_the_digest_depends_on_labels_and_images(tmp_path: Path) -> None:
    numbers = read(write_numbers(tmp_path / "one"))
    same = read(write_numbers(tmp_path / "two"))
    assert numbers.digest == same.digest
    relabelled = read(write_numbers(tmp_path / "three", ("13", *LABELS[1:])))
    assert len({numbers.digest, relabelled.digest}) == 2
    (tmp_path / "two" / "4.png").unlink()
    with pytest.raises(DatasetError, match=r"4\.png: no such file"):
        _ = read(tmp_path / "two").digest


@pytest.mark.parametrize(("count", "held"), [(5, 1), (50, 10), (2, 1)])
def test_the_split_depends_on_the_seed_and_is_complete(count: int, held: int) -> None:
    train, test = split_numbers(count, 0.2, 3)
    assert len(test) == held
    assert sorted([*train, *test]) == [*range(count)]
    np.testing.assert_array_equal(split_numbers(count, 0.2, 3)[1], test)
