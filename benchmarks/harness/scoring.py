"""How good answers are: whole numbers, and their digits by edit distance."""

from collections.abc import Sequence
from dataclasses import dataclass

SURE = 0.9
"""The confidence from which a wrong answer counts as a sure one."""


@dataclass(frozen=True)
class Answer:
    """What was read in an image.

    Attributes:
        digits: with a space between rows; `?` for a digit that is in doubt.
        confidence: the probability that all of them are right, as the reader says.
    """

    digits: str
    confidence: float


@dataclass(frozen=True)
class Score:
    """How many answers there are, and how good they are.

    Attributes:
        count: of the images.
        right: the whole answer is the label; of an image without a digit, none is named.
        unsure: no digit is named, or one is in doubt, although there are digits.
        wrong: all others.
        sure: the wrong ones without a digit in doubt, of a confidence of at least 0.9.
        digits: 1 - edit distance / digits of the labels that have more than one; None without such.
    """

    count: int
    right: int
    unsure: int
    wrong: int
    sure: int
    digits: float | None


def score(labels: Sequence[str], answers: Sequence[Answer]) -> Score:
    """Compare answers with labels; a label without a digit is empty."""
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
    """`right`, `unsure` or `wrong`."""
    if not label:
        return "wrong" if digits.replace("?", "").strip() else "right"
    if digits == label:
        return "right"
    return "unsure" if "?" in digits or not digits else "wrong"


def digits_right(labels: Sequence[str], answers: Sequence[str]) -> float:
    """1 - edit distance / digits, over all numbers; a number counts as all wrong at most."""
    written = [label.replace(" ", "") for label in labels]
    read = [answer.replace(" ", "") for answer in answers]
    missed = sum(min(len(a), edit_distance(a, b)) for a, b in zip(written, read, strict=True))
    return 1 - missed / sum(map(len, written))


def edit_distance(a: str, b: str) -> int:
    """Insertions, deletions and replacements that turn one string into the other (Levenshtein)."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        above, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (x != y))
    return row[-1]
