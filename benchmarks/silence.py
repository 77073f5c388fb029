"""Missed digits: how often a digit is missing from a sure answer.

Lines, and pages of two to five rows, of MNIST's test digits, 24 to 80 pixels high. One digit of
each is easily overlooked: it has 20 to 50 % of the others' ink, or 35 to 60 % of their height, or
15 to 40 % of its width is cut off by the edge of the image, or it is 1.5 to 5 heights away from the
others. They are read with default options. A digit is *missing* if the answer has fewer digits than
the label; an answer is *sure* with a confidence of at least 0.9 and no `?`. Target: for each kind,
at most 1 in 200 answers misses a digit and is sure.

`--save FOLDER` saves the misread images.
"""

import argparse
from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.harness import digits, options
from benchmarks.harness.cases import Case, Reading, read_cases
from benchmarks.harness.recognizers import load_recognizer
from benchmarks.harness.result import Result, Table
from benchmarks.harness.scoring import SURE
from benchmarks.images.overlooked import FORMS, KINDS, draw_overlooked
from benchmarks.images.writing import Digits

TARGETS = {
    "faint, line, missing and sure": "at most 0.5 %",
    "faint, page, missing and sure": "at most 0.5 %",
    "small, line, missing and sure": "at most 0.5 %",
    "small, page, missing and sure": "at most 0.5 %",
    "cut by the edge, line, missing and sure": "at most 0.5 %",
    "cut by the edge, page, missing and sure": "at most 0.5 %",
    "after a gap, line, missing and sure": "at most 0.5 %",
    "after a gap, page, missing and sure": "at most 0.5 %",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--model`, `--limit` and others."""
    options.add_drawn(parser, limit=250)


def run(options: argparse.Namespace, result: Result) -> None:
    """Read lines and pages of each kind."""
    recognizer = load_recognizer(options)
    numbers = Digits(*digits.load_whole(options.part))
    shares = dict.fromkeys(("right", "unsure", "missing", "missing and sure"), ".1%")
    table = result.table("a digit is", {"images": ",", **shares})
    together: list[Reading] = []
    most = 0.0
    for kind in KINDS:
        for form in FORMS:
            cases = draw_images(kind, form, numbers, options.limit, options.seed)
            readings = read_cases(recognizer, cases, options.save, f"{kind}, {form}")
            most = max(most, add(table, f"{kind}, {form}", readings))
            together += readings
    add(table, "all", together)
    told = "of each kind at most {:.2%} miss a digit and are sure (target: 0.5%)"
    result.figure("most", most, told)


def draw_images(kind: str, form: str, numbers: Digits, limit: int, seed: int) -> Iterator[Case]:
    """Draw lines or pages of a kind.

    Args:
        kind: one of `KINDS`.
        form: one of `FORMS`.
        numbers: digits to write with.
        limit: number of images.
        seed: random seed.
    """
    for number in range(limit):
        rng = np.random.default_rng([seed, KINDS.index(kind), FORMS.index(form), number])
        yield draw_overlooked(kind, form, numbers, rng)


def add(table: Table, name: str, readings: Sequence[Reading]) -> float:
    """Add a row and return the share of sure answers that miss a digit."""
    missing = [reading for reading in readings if misses(reading)]
    silent = sum(is_sure(reading) for reading in missing) / len(readings)
    right = sum(reading.right for reading in readings)
    unsure = sum(not reading.prediction.sure for reading in readings)
    counts = right, unsure, len(missing)
    table.row(name, len(readings), *(count / len(readings) for count in counts), silent)
    return silent


def misses(reading: Reading) -> bool:
    """Whether the answer has fewer digits than the label; `?` counts as a digit."""
    said, written = reading.prediction.digits, reading.case.label
    return len(said.replace(" ", "")) < len(written.replace(" ", ""))


def is_sure(reading: Reading) -> bool:
    """Whether the answer has no `?` and a high confidence."""
    prediction = reading.prediction
    return prediction.sure and (prediction.confidence or 0.0) >= SURE
