"""Touching digits: how often numbers with overlapping digits are read right.

Two, three or four of MNIST's test digits are drawn black on white, 48 to 120 pixels high, each
slightly larger or smaller and higher or lower than the previous one, and moved to the left until
its ink overlaps by up to one of MNIST's pixels: nearly all numbers are one connected component.
They are read with default options.

The table shows, for each length, how many numbers and how many of their digits (by edit distance)
are read right, and the same for the best guesses of `--reader none`, which takes each connected
component for one digit. Targets: 97.5, 95.5 and 92 % of the numbers; a segmentation method reached
92.5 % on NIST's real touching pairs. Limit: these digits were written apart and pushed together, so
no pen stroke runs from one into the next; and the reader was trained on numbers made in a similar
way from training digits.
"""

import argparse
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import options
from benchmarks.harness.cases import Case, read_cases
from benchmarks.harness.digits import load_whole
from benchmarks.harness.recognizers import load_recognizer
from benchmarks.harness.result import Result
from benchmarks.harness.scoring import digits_right
from digitnet import Recognizer
from digitnet.synthesis.touching import slide_together

NUMBERS = {2: 5000, 3: 1000, 4: 1000}
"""Number of images by number of digits."""

MARGIN = 24
"""Margin around a number in pixels."""


TARGETS = {
    "2 digits, right": "at least 97.5 %",
    "3 digits, right": "at least 95.5 %",
    "4 digits, right": "at least 92 %",
}


def draw_numbers(
    digits: NDArray[np.uint8], labels: NDArray[np.uint8], length: int, count: int, seed: int
) -> Iterator[Case]:
    """Draw `count` numbers of `length` touching digits."""
    rng = np.random.default_rng([seed, length])
    for _ in range(count):
        chosen = rng.choice(len(digits), length)
        ink = slide_together(list(digits[chosen]), rng, rng.uniform(3, 5)).max(axis=0)
        label = "".join(map(str, labels[chosen]))
        yield Case(np.pad(255 - ink, MARGIN, constant_values=255), label)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--model`, `--part`, `--limit` and others."""
    options.add_drawn(parser, limit=None)


def run(options: argparse.Namespace, result: Result) -> None:
    """Read all numbers with and without the reader."""
    recognizer, simple = load_recognizer(options), Recognizer.load(options.model, None)
    digits, labels = load_whole(options.part)
    shares = ("right", "digits right", "no reader: right", "no reader: digits right", "unsure")
    table = result.table(
        "touching", {"numbers": ",", **dict.fromkeys((*shares, "one component"), ".1%")}
    )
    for length, count in NUMBERS.items():
        count = min(count, options.limit or count)
        cases = list(draw_numbers(digits, labels, length, count, options.seed))
        readings = read_cases(recognizer, cases, options.save, f"{length} digits")
        wanted = [case.label for case in cases]
        answers = [reading.prediction.digits.replace(" ", "") for reading in readings]
        plain = list(simple.predict_many(case.image for case in cases))
        pieces = [prediction.raw.replace(" ", "") for prediction in plain]
        table.row(
            f"{length} digits",
            count,
            numbers_right(wanted, answers),
            digits_right(wanted, answers),
            numbers_right(wanted, pieces),
            digits_right(wanted, pieces),
            sum(not reading.prediction.sure for reading in readings) / count,
            sum(len(answer) == 1 for answer in pieces) / count,
        )


def numbers_right(labels: Sequence[str], answers: Sequence[str]) -> float:
    """Return the share of numbers read correctly."""
    return sum(a == b for a, b in zip(labels, answers, strict=True)) / len(labels)
