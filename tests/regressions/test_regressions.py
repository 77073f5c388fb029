"""Images that were once misread are still read correctly.

Each image of this folder was misread by an earlier version of digitnet; `labels.csv` says how. Add
an image for each fixed misreading; as in the references, never remove one.
"""

import csv

import cv2
import numpy as np
import pytest
from make_regressions import CASES, HERE, labels
from regression_pens import Case

from digitnet import Recognizer

MAX_BYTES = 10_000


def read_labels() -> list[tuple[str, str, str]]:
    with (HERE / "labels.csv").open(newline="", encoding="utf-8") as file:
        return [(row["file"], row["label"], row["what it was"]) for row in csv.DictReader(file)]


@pytest.mark.parametrize(
    ("file", "label", "what_it_was"), read_labels(), ids=[row[0] for row in read_labels()]
)
def test_fixed_misreadings_stay_fixed(
    recognizer: Recognizer, file: str, label: str, what_it_was: str
) -> None:
    """An image with an empty label may have boxes, but no digit."""
    answer = recognizer.predict(HERE / file)
    named = any(box.digit is not None for box in answer.boxes)
    digits = answer.digits if label or named else ""
    assert digits == label, f"misread again: {what_it_was}"


def test_labels_list_exactly_the_images_of_the_folder() -> None:
    images = {path.name for path in HERE.iterdir() if path.suffix in (".jpg", ".png")}
    assert {file for file, _, _ in read_labels()} == images
    assert (HERE / "labels.csv").read_text(encoding="utf-8") == labels()


def test_regression_images_are_many_and_small() -> None:
    assert len(CASES) >= 20
    assert all((HERE / case.file).stat().st_size <= MAX_BYTES for case in CASES)


@pytest.mark.parametrize("case", CASES, ids=[case.file for case in CASES])
def test_drawing_again_gives_the_same_pixels(case: Case) -> None:
    old, new = (
        np.asarray(
            cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED), dtype=np.float64
        )
        for data in ((HERE / case.file).read_bytes(), case.encode())
    )
    assert old.shape == new.shape
    # OpenCV builds for other processors round the last bit of a pixel differently.
    assert np.abs(old - new).mean() <= 0.005 * old.max()
