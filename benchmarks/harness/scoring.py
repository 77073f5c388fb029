"""Score answers: whole numbers, and their digits by edit distance."""

from collections.abc import Sequence
from dataclasses import dataclass

from digitnet.evaluation.edit_distance import edit_distance

SURE = 0.9
"""Minimum confidence of a wrong answer that counts as sure."""


@dataclass(frozen=True)
class Answer:
    """A reader's answer to an image.

    Attributes:
        digits: digits, with a space between rows and `?` for an unsure digit.
        confidence: the reader's probability that all digits are correct.
    """

    digits: str
    confidence: float


@dataclass(frozen=True)
class Score:
    """Counts of answers by outcome, and the accuracy of single digits.

    Attributes:
        count: number of images.
        right: answers equal to the label; for images without digits, answers without digits.
        unsure: answers with an unsure digit or without digits to images with digits.
        wrong: all other answers.
        sure: wrong answers without an unsure digit and with a confidence of at least 0.9.
        digits: 1 - edit distance / digits, over labels of more than one digit; None if there are
            none.
    """

    count: int
    right: int
    unsure: int
    wrong: int
    sure: int
    digits: float | None


def score(labels: Sequence[str], answers: Sequence[Answer]) -> Score:
    """Compare answers with labels; the label of an image without digits is empty."""
    pairs = list(zip(labels, answers, strict=True))
    outcomes = [outcome(label, answer.digits) for label, answer in pairs]
    sure = [
        found == "wrong" and "?" not in answer.digits and answer.confidence >= SURE
        for found, answer in zip(outcomes, answers, strict=True)
    ]
    numbers = [(label, answer.digits) for label, answer in pairs if len(label) > 1]
    return Score(
        count=len(pairs),
        right=outcomes.count("right"),
        unsure=outcomes.count("unsure"),
        wrong=outcomes.count("wrong"),
        sure=sum(sure),
        digits=digits_right(*zip(*numbers, strict=True)) if numbers else None,
    )


def outcome(label: str, digits: str) -> str:
    """Return `right`, `unsure` or `wrong`."""
    if not label:
        return "wrong" if digits.replace("?", "").strip() else "right"
    if digits == label:
        return "right"
    return "unsure" if "?" in digits or not digits else "wrong"


def digits_right(labels: Sequence[str], answers: Sequence[str]) -> float:
    """Return 1 - edit distance / digits over all numbers; distances are capped at label length."""
    written = [label.replace(" ", "") for label in labels]
    read = [answer.replace(" ", "") for answer in answers]
    missed = sum(min(len(a), edit_distance(a, b)) for a, b in zip(written, read, strict=True))
    return 1 - missed / sum(map(len, written))
