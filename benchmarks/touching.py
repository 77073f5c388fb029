"""Digits that touch: how often a number is read right whose digits run into each other.

Two, three or four of MNIST's test digits are drawn black on white as a user would send them, 48 to
120 pixels high, each a little larger or smaller and higher or lower than the last, and slid to the
left until its ink overlaps the ink before it by up to one of MNIST's pixels: nearly all numbers are
one piece of ink. `Recognizer.predict` reads them with its default options.

For each length: how many numbers are read right, and how many of their digits (by edit distance),
when touching digits are cut apart and when they are left whole. Aimed at: 0.92 of the pairs; 0.925
was published for a method of this kind on NIST's own touching pairs. Limit: these digits were
written apart and pushed together, so nobody's pen ran from one into the next; and the network has
learned from pieces of numbers that were made in the same way, from training digits.
"""

import argparse
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import options
from benchmarks.harness.digits import load_part
from benchmarks.harness.result import Result
from benchmarks.harness.scoring import digits_right
from digitnet import Recognizer
from digitnet.synthesis.touching import slide_together
from digitnet.vision import find_digits

NUMBERS = {2: 5000, 3: 1000, 4: 1000}
"""How many digits touch, and how many such numbers are read."""

MARGIN = 24
"""Pixels of paper around a number."""


def draw_numbers(
    digits: NDArray[np.uint8], labels: NDArray[np.uint8], length: int, count: int, seed: int
) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Labels and pictures of so many numbers, each of `length` digits."""
    rng = np.random.default_rng([seed, length])
    for _ in range(count):
        chosen = rng.choice(len(digits), length)
        ink = slide_together(list(digits[chosen]), rng, rng.uniform(3, 5)).max(axis=0)
        label = "".join(map(str, labels[chosen]))
        yield label, np.pad(255 - ink, MARGIN, constant_values=255)


def read_whole(recognizer: Recognizer, image: NDArray[np.uint8]) -> str:
    """What is read if no ink is cut: a digit for each piece of ink."""
    found = [region.digit for region in find_digits(image)]
    if not found:
        return ""
    return "".join(str(row.argmax()) for row in recognizer.classify(np.stack(found), jobs=1))


def numbers_right(labels: list[str], answers: list[str]) -> float:
    """The part of the numbers whose whole answer is right."""
    return sum(a == b for a, b in zip(labels, answers, strict=True)) / len(labels)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--model`, `--part` and `--limit`."""
    options.add(parser, model="cnn", part=options.OFFICIAL, limit=None, seed=0)


def run(options: argparse.Namespace, result: Result) -> None:
    """Read all numbers in both ways."""
    recognizer = Recognizer.load(options.model)
    digits, labels = load_part(options)
    columns = dict.fromkeys(
        ("right", "digits right", "whole: right", "whole: digits right", "unsure", "one piece"),
        ".1%",
    )
    table = result.table("touching", {"numbers": ",", **columns})
    for length, count in NUMBERS.items():
        count = min(count, options.limit or count)
        wanted, answers, whole, unsure = [], [], [], 0
        for label, image in draw_numbers(digits, labels, length, count, options.seed):
            prediction = recognizer.predict(image)
            wanted.append(label)
            answers.append(prediction.digits.replace(" ", ""))
            whole.append(read_whole(recognizer, image))
            unsure += not prediction.sure
        table.row(
            f"{length} digits",
            count,
            numbers_right(wanted, answers),
            digits_right(wanted, answers),
            numbers_right(wanted, whole),
            digits_right(wanted, whole),
            unsure / count,
            sum(len(answer) == 1 for answer in whole) / count,
        )
