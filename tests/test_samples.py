"""The images in `samples/`: complete, labelled, reproducible, and read by the shipped models."""

import csv
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import TIMEOUT_S

from digitnet import Recognizer

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
NOT_DIGITS = SAMPLES / "not-digits"
IMAGES = {".bmp", ".jpg", ".png", ".webp"}


def read_labels(folder: Path) -> dict[str, str]:
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as file:
        return {row["file"]: row["label"] for row in csv.DictReader(file)}


def image_names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.suffix in IMAGES}


@pytest.mark.parametrize("folder", [SAMPLES, NOT_DIGITS], ids=["digits", "not-digits"])
def test_labels_list_exactly_the_images_of_the_folder(folder: Path) -> None:
    assert set(read_labels(folder)) == image_names(folder)


def test_there_are_enough_samples() -> None:
    assert len(image_names(SAMPLES)) >= 24
    assert len(image_names(NOT_DIGITS)) >= 6


def test_every_digit_has_a_sample_of_its_own() -> None:
    assert set("0123456789") <= set(read_labels(SAMPLES).values())


def test_non_digits_have_empty_labels() -> None:
    assert set(read_labels(NOT_DIGITS).values()) == {""}


def test_drawing_samples_again_gives_the_same_pixels(tmp_path: Path) -> None:
    again = (
        "chalk-9.png",
        "exif-turned-photo-29.jpg",
        "page-two-rows.png",
        "paint-3.png",
        "sixteen-bit-7.png",
        "squared-paper-73.png",
        "transparent-6.png",
    )
    chosen = [argument for name in again for argument in ("--only", name)]
    script = SAMPLES / "make_samples.py"
    command = [sys.executable, str(script), "--output", str(tmp_path), *chosen]
    subprocess.run(command, check=True, timeout=TIMEOUT_S)
    assert image_names(tmp_path) == set(again)
    for name in again:
        old, new = (
            np.asarray(cv2.imread(str(folder / name), cv2.IMREAD_UNCHANGED), np.float64)
            for folder in (SAMPLES, tmp_path)
        )
        assert old.shape == new.shape, name
        # Builds of OpenCV for other processors round the last bit of a pixel differently.
        assert np.abs(old - new).mean() <= 0.005 * old.max(), name


def test_the_rotated_photo_has_an_exif_orientation() -> None:
    path = str(SAMPLES / "exif-turned-photo-29.jpg")
    stored = cv2.imread(path, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    seen = cv2.imread(path, cv2.IMREAD_COLOR)
    assert stored is not None
    assert seen is not None
    assert stored.shape[0] < stored.shape[1]
    assert np.array_equal(cv2.rotate(stored, cv2.ROTATE_90_CLOCKWISE), seen)


@pytest.mark.parametrize(("name", "label"), sorted(read_labels(SAMPLES).items()))
def test_the_shipped_models_read_every_sample(
    recognizer: Recognizer, name: str, label: str
) -> None:
    assert recognizer.predict(SAMPLES / name).digits == label


@pytest.mark.parametrize("name", sorted(read_labels(NOT_DIGITS)))
def test_the_shipped_models_find_no_digits_in_non_digits(recognizer: Recognizer, name: str) -> None:
    boxes = recognizer.predict(NOT_DIGITS / name).boxes
    assert [box.digit for box in boxes if box.digit is not None] == []
