"""A data set that looks wrong is reported, with a way to repair it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Call
from numpy.typing import NDArray

from digitnet.data import datasets
from digitnet.evaluation.diagnosis import MIN_COUNT, diagnose
from digitnet.model import bundle
from digitnet.reading.recognizer import Recognizer

Images = NDArray[np.uint8]


@pytest.fixture(scope="module")
def digits() -> tuple[Images, NDArray[np.uint8]]:
    found = datasets.load("digits")
    return found.images[:100], found.labels[:100]


@pytest.fixture(scope="module")
def classify(models: Path) -> Callable[[Images], NDArray[np.float32]]:
    return Recognizer(bundle.load(models / "mlp")).classify


@pytest.mark.parametrize(
    ("change", "shift", "told"),
    [
        (lambda images: images, 0, None),
        (lambda images: images.transpose(0, 2, 1), 0, "images look transposed"),
        (lambda images: 255 - images, 0, "images look inverted"),
        (lambda images: images[:, :, ::-1], 0, "images look mirrored"),
        (lambda images: np.rot90(images, 1, (1, 2)), 0, "store numpy.rot90(images, 3, (1, 2))"),
        (lambda images: images, 1, "labels look shifted: store (labels + 9) % 10"),
        (lambda images: np.roll(images, 7, axis=0), 0, "inspect the images and labels"),
    ],
)
def test_a_data_set_that_looks_wrong_is_reported(
    digits: tuple[Images, NDArray[np.uint8]],
    classify: Callable[[Images], NDArray[np.float32]],
    change: Callable[[Images], Images],
    shift: int,
    told: str | None,
) -> None:
    images, labels = np.ascontiguousarray(change(digits[0])), (digits[1] + shift) % 10
    answers: NDArray[Any] = classify(images).argmax(axis=1)
    doubt = diagnose(classify, images, labels, answers)
    assert (doubt is None) if told is None else (doubt is not None and told in doubt)


def test_few_digits_raise_no_doubt(
    digits: tuple[Images, NDArray[np.uint8]], classify: Callable[[Images], NDArray[np.float32]]
) -> None:
    images, labels = (part[: MIN_COUNT - 1] for part in digits)
    assert diagnose(classify, images, labels, (labels + 1) % 10) is None


def test_evaluate_reports_transposed_images(
    call: Call, tmp_path: Path, models: Path, digits: tuple[Images, NDArray[np.uint8]]
) -> None:
    np.savez(tmp_path / "turned.npz", x=digits[0].transpose(0, 2, 1), y=digits[1])
    arguments = ("evaluate", "--model", models / "mlp", "--dataset", tmp_path / "turned.npz")
    code, answered, told = call(*arguments)
    assert code == 0
    assert "the images look transposed" in told
    assert len(told.splitlines()) == 1
    assert call(*arguments, "--quiet") == (0, answered, "")
