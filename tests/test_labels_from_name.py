"""`--labels-from-name`: labels are taken from the names of the images."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import Call

from digitnet.data import datasets
from digitnet.data.formats.image_folders import compile_pattern
from digitnet.errors import DatasetError


@pytest.mark.parametrize(
    ("pattern", "name", "digit"),
    [
        ("{label}_*", "7_0012", "7"),
        ("img_*_{label}", "img_0012_7", "7"),
        ("*{label}*", "scan-3-of-20", "3"),
        ("a?{label}", "ab4", "4"),
        ("{label}*", "12", None),
        ("{label}", "7x", None),
        ("({label}).[a]", "(5).[a]", "5"),
    ],
)
def test_a_pattern_extracts_the_digit(pattern: str, name: str, digit: str | None) -> None:
    match = compile_pattern(pattern).fullmatch(name)
    assert (match and match[1]) == digit


def draw(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        image = np.full((40, 40), 255, np.uint8)
        cv2.putText(image, "7", (10, 32), cv2.FONT_HERSHEY_SIMPLEX, 1, (0,), 3)
        (folder / name).write_bytes(cv2.imencode(".png", image)[1].tobytes())
    return folder


def test_names_that_do_not_match_are_reported(tmp_path: Path) -> None:
    draw(tmp_path, "7_a.png", "3_a.png", "other.png", "10_a.png", "more/4_a.png")
    notes: list[str] = []
    digits = datasets.load(str(tmp_path), notes.append, "{label}_*")
    assert digits.labels.tolist() == [3, 7]
    assert notes[0].endswith("not read: 10_a.png, more/ and other.png")


def test_train_and_test_folders_may_have_labels_in_names(tmp_path: Path) -> None:
    draw(tmp_path, "train/7_a.png", "train/8_a.png", "test/7_b.png")
    digits = datasets.load(str(tmp_path), lambda note: None, "{label}_*")
    assert (digits.labels.tolist(), digits.official.tolist()) == ([7, 8, 7], [False, False, True])


def test_a_pattern_that_matches_no_image_is_refused(tmp_path: Path) -> None:
    draw(tmp_path, "seven.png")
    with pytest.raises(DatasetError, match=r"no image whose name matches '\{label\}_\*': it holds"):
        datasets.load(str(tmp_path), lambda note: None, "{label}_*")


@pytest.mark.parametrize("command", ["train", "evaluate"])
def test_a_pattern_without_label_is_a_usage_error(call: Call, command: str) -> None:
    code, _, told = call(command, "--labels-from-name", "img_*")
    assert code == 2
    assert "must have {label} once" in " ".join(told.split())


def test_a_pattern_requires_a_folder(call: Call) -> None:
    code, _, told = call("evaluate", "--dataset", "digits", "--labels-from-name", "{label}_*")
    assert code == 1
    assert "'digits' is not a folder of images" in told


def test_evaluate_reads_labels_from_names(call: Call, tmp_path: Path) -> None:
    draw(tmp_path / "mine", "7_a.png", "7_b.png")
    code, answered, _ = call(
        *("evaluate", "--dataset", tmp_path / "mine", "--labels-from-name", "{label}_*"), "--quiet"
    )
    assert code == 0
    assert "2 of" in answered
