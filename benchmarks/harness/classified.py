"""Accuracy of a classifier on normalized 28 x 28 digits, as rows of a table."""

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness.result import Table
from benchmarks.harness.scoring import SURE
from digitnet import Recognizer

COLUMNS = {
    "digits": ",",
    "best guess": ".2%",
    "answered": ".2%",
    "rejected": ".2%",
    "wrong and sure": ".2%",
}
"""Columns of a table about digits: correct best guesses; correct answers at or above the rejection
threshold; answers below it; wrong answers with a confidence of at least 0.9."""


def add_row(
    table: Table,
    name: str,
    recognizer: Recognizer,
    images: NDArray[np.uint8],
    labels: NDArray[np.uint8],
) -> None:
    """Classify digits and add a row to a table.

    Args:
        table: a table with `COLUMNS`.
        name: name of the row.
        recognizer: its classifier is used.
        images: uint8 (N, 28, 28), white ink on black.
        labels: uint8 (N,), 0-9.
    """
    answers = recognizer.classify(images)
    right, sure = answers.argmax(axis=1) == labels, answers.max(axis=1)
    named = sure >= recognizer.threshold
    shares = right, right & named, ~named, ~right & (sure >= SURE)
    table.row(name, len(labels), *(float(share.mean()) for share in shares))


def named_share(recognizer: Recognizer, images: NDArray[np.uint8]) -> float:
    """Return the share of non-digits that are accepted as digits."""
    return float((recognizer.classify(images).max(axis=1) >= recognizer.threshold).mean())
