"""Test cases for the data set formats listed in docs/data.md: a small data set of each."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

COUNT = 20
TEST_COUNT = 10

Make = Callable[[Path], Path]


@dataclass(frozen=True)
class FormCase:
    """A row of the table in docs/data.md.

    Attributes:
        name: the first column.
        make: writes the data set into an empty folder and returns the path to load.
        exact: whether the images are loaded unchanged, without vision.
        official: number of digits in the official test set.
        note: expected part of the notes.
        refusal: expected part of the error message; None if the format is supported.
        pattern: value of --labels-from-name.
    """

    name: str
    make: Make
    exact: bool = True
    official: int = 0
    note: str = ""
    refusal: str | None = None
    pattern: str | None = None


FORMS: list[FormCase] = []


def form(
    name: str,
    *,
    exact: bool = True,
    official: int = 0,
    note: str = "",
    refusal: str | None = None,
    pattern: str | None = None,
) -> Callable[[Make], Make]:
    """Register a test case; the decorated function writes its data set."""

    def register(make: Make) -> Make:
        FORMS.append(FormCase(name, make, exact, official, note, refusal, pattern))
        return make

    return register


def draw(count: int = COUNT, side: int = 28) -> NDArray[np.uint8]:
    """Draw digits (count, side, side) in white on black: 0, 1, 2, ... 9, 0, ..."""
    images = np.zeros((count, side, side), np.uint8)
    for number, image in enumerate(images):
        scale, place = side / 34, (round(side * 0.25), round(side * 0.78))
        text = str(number % 10)
        cv2.putText(image, text, place, cv2.FONT_HERSHEY_SIMPLEX, scale, (255,), 2, cv2.LINE_AA)
    return images


IMAGES = draw()
LABELS = (np.arange(COUNT) % 10).astype(np.uint8)
FLAT = IMAGES.reshape(COUNT, -1)
FIRST, LAST = slice(0, COUNT - TEST_COUNT), slice(COUNT - TEST_COUNT, COUNT)
"""Positions of the training set and of the test set."""


def write_png(path: Path, image: NDArray[np.uint8]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(".png", image)[1].tobytes())


def write_idx(path: Path, array: NDArray[np.generic], code: int = 8) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = np.array(array.shape, ">u4").tobytes()
    path.write_bytes(bytes([0, 0, code, array.ndim]) + shape + array.tobytes())


def csv_rows(part: slice = slice(None), *, labelled: bool = True, delimiter: str = ",") -> str:
    """Return rows of label and pixels."""
    pixels = FLAT[part].astype(int)
    rows = np.hstack([LABELS[part, None], pixels]) if labelled else pixels
    return "".join(delimiter.join(map(str, row)) + "\n" for row in rows.tolist())


def csv_header(*, labelled: bool = True) -> str:
    names = [f"pixel{number}" for number in range(784)]
    return ",".join(["label", *names] if labelled else names) + "\n"
