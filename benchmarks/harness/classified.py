"""Accuracy of a classifier on normalized 28 x 28 digits, as rows of a table."""

from typing import NamedTuple

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


class Judged(NamedTuple):
    """Answers to digits, compared with their labels: bool (N,) each.

    Attributes:
        right: whether the best guess is correct.
        named: whether its probability is at least the rejection threshold.
        sure: whether its probability is at least 0.9.
    """

    right: NDArray[np.bool_]
    named: NDArray[np.bool_]
    sure: NDArray[np.bool_]


def judge(recognizer: Recognizer, images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> Judged:
    """Classify digits and compare the answers with the labels; see `add_row`."""
    answers = recognizer.classify(images)
    most = answers.max(axis=1)
    return Judged(answers.argmax(axis=1) == labels, most >= recognizer.threshold, most >= SURE)


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
    right, named, sure = judge(recognizer, images, labels)
    shares = right, right & named, ~named, ~right & sure
    table.row(name, len(labels), *(float(share.mean()) for share in shares))


def named_share(recognizer: Recognizer, images: NDArray[np.uint8]) -> float:
    """Return the share of non-digits that are accepted as digits."""
    return float((recognizer.classify(images).max(axis=1) >= recognizer.threshold).mean())
