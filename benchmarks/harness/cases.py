"""Test cases: drawn images with labels, read as by `digitnet predict`."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.harness.scoring import Answer, Score, score
from digitnet import Prediction, Recognizer
from digitnet.model.symbols import GAP

Image = NDArray[np.uint8]


class Case(NamedTuple):
    """An image and its label.

    Attributes:
        image: (H, W) uint8 gray, or (H, W, 3) RGB.
        label: the digits, with a space between rows; empty if there are none.
        text: the digits and marks, with a space for each wide gap; None if it is not tested.
        also: other answers accepted as correct.
        gaps_count: whether gaps must match for the text to be correct.
    """

    image: Image
    label: str
    text: str | None = None
    also: frozenset[str] = frozenset()
    gaps_count: bool = True


class Reading(NamedTuple):
    """A case and its prediction."""

    case: Case
    prediction: Prediction

    @property
    def right(self) -> bool:
        """Whether all digits are correct; without digits, whether none was read."""
        said = self.prediction.digits
        if not self.case.label:
            return not said.replace("?", "").strip()
        return said == self.case.label or said in self.case.also

    @property
    def text_right(self) -> bool:
        """Whether marks and gaps are correct, too; True if the case does not test the text."""
        if self.case.gaps_count:
            return self.case.text in (None, self.prediction.text)
        return self.marks_right

    @property
    def marks_right(self) -> bool:
        """Whether the text is correct except for gaps; True if the case does not test it."""
        wanted, said = self.case.text, self.prediction.text
        return wanted is None or wanted.replace(GAP, "") == said.replace(GAP, "")


def read_cases(
    recognizer: Recognizer, cases: Iterable[Case], folder: Path | None = None, kind: str = ""
) -> list[Reading]:
    """Read all cases with default options, on all cores.

    Args:
        recognizer: to read with.
        cases: to read.
        folder: where misread images are saved; None to save none.
        kind: prefix of their file names.
    """
    held = list(cases)
    predictions = recognizer.predict_many(case.image for case in held)
    readings = [Reading(*pair) for pair in zip(held, predictions, strict=True)]
    if folder:
        for number, reading in enumerate(readings):
            if not (reading.right and reading.text_right):
                _save(reading, folder, f"{kind} {number}")
    return readings


def score_cases(readings: Sequence[Reading]) -> Score:
    """Score the digits of all answers; an accepted alternative counts as the label."""
    labels = [reading.case.label for reading in readings]
    answers = [
        Answer(
            reading.case.label if reading.right else reading.prediction.digits,
            reading.prediction.confidence or 0.0,
        )
        for reading in readings
    ]
    return score(labels, answers)


def _save(reading: Reading, folder: Path, name: str) -> None:
    case, said = reading
    asked = case.text is not None
    name += f", {case.text if asked else case.label} read as {said.text if asked else said.digits}"
    save_image(case.image, folder / f"{name.replace('/', '_')}.png")


def save_image(image: Image, path: Path) -> None:
    """Write a gray or RGB image, creating its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), image if image.ndim == 2 else image[:, :, ::-1])
