"""Marks: decimals, negative numbers, dates, phone numbers, sums and amounts of money.

MNIST's test digits, 24 to 100 pixels high, are combined with points, commas, hyphens, slashes,
colons, plus and equals signs, and $, € and £, each drawn with a pen of 7 to 14 % of the height, in
varying shapes. Groups of phone numbers are 0.75 to 1.5 heights apart, all other characters at most
a third. They are read with default options. *Digits* means that `digits` is right, *text* that
`text` is right, with marks and gaps; `text` leaves out currency signs. Targets: 95 % and 92 %.

`--save FOLDER` saves the misread images. None of this code is shared with the training images.
"""

import argparse
from collections.abc import Iterator

import numpy as np

from benchmarks.harness import digits, options
from benchmarks.harness.cases import Case, Reading, read_cases, score_cases
from benchmarks.harness.recognizers import load_recognizer
from benchmarks.harness.result import Result, Table
from benchmarks.images.marks import KINDS, draw_marked
from benchmarks.images.writing import Digits

TARGETS = {
    "all, digits": "at least 95 %",
    "all, text": "at least 92 %",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--model`, `--limit` and others."""
    options.add_drawn(parser, limit=400)


def run(options: argparse.Namespace, result: Result) -> None:
    """Read numbers of each kind."""
    recognizer = load_recognizer(options)
    numbers = Digits(*digits.load_whole(options.part))
    table = result.table("kind", {"numbers": ",", **dict.fromkeys(SHARES, ".1%")})
    together: list[Reading] = []
    for kind in KINDS:
        cases = draw_numbers(kind, numbers, options.limit, options.seed)
        readings = read_cases(recognizer, cases, options.save, kind)
        add(table, kind, readings)
        together += readings
    add(table, "all", together)


def draw_numbers(kind: str, numbers: Digits, limit: int, seed: int) -> Iterator[Case]:
    """Draw numbers of a kind.

    Args:
        kind: one of `KINDS`.
        numbers: digits to write with.
        limit: number of images.
        seed: random seed.
    """
    for number in range(limit):
        rng = np.random.default_rng([seed, list(KINDS).index(kind), number])
        yield draw_marked(kind, numbers, rng)


SHARES = ("digits", "text", "unsure", "wrong", "wrong and sure")


def add(table: Table, name: str, readings: list[Reading]) -> None:
    """Add a row with the shares of correct digits and text and of other outcomes."""
    found = score_cases(readings)
    text = sum(reading.text_right for reading in readings)
    counts = found.right, text, found.unsure, found.wrong, found.sure
    table.row(name, found.count, *(count / found.count for count in counts))
