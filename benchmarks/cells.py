"""Cells: a digit or nothing between the grid lines of a sudoku or a form, cropped from its table.

A cell is 24 to 200 pixels high, dark on light or light on dark. Of the grid lines around it
(*walls* in the table), it has none, all four, one to three, or parts of some that begin at an edge
of the image. They are up to a quarter of the side away from the edge, 1 to 8 pixels thick, and as
dark as the ink or paler. The cell holds one of MNIST's test digits, or nothing. It is read with
default options. *Right* means the one digit, or none in an empty cell; *wrong and sure* is a wrong
answer with a confidence of at least 0.9 and no `?`. Targets: 98.5 % of both right, at most 0.3 %
wrong and sure.

`--save FOLDER` saves the misread cells. None of this code is shared with the training images.
"""

import argparse
from collections.abc import Iterator

import numpy as np

from benchmarks.harness import digits, options
from benchmarks.harness.cases import Case, Reading, read_cases, score_cases
from benchmarks.harness.recognizers import load_recognizer
from benchmarks.harness.result import Result, Table
from benchmarks.images.cells import KINDS, draw_cell
from benchmarks.images.writing import Digits

CONTENTS = ("digit", "empty")


TARGETS = {
    "all, digit, right": "at least 98.5 %",
    "all, digit, wrong and sure": "at most 0.3 %",
    "all, empty, right": "at least 98.5 %",
    "all, empty, wrong and sure": "at most 0.3 %",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--model`, `--limit` and others."""
    options.add_drawn(parser, limit=700)


def run(options: argparse.Namespace, result: Result) -> None:
    """Read cells of each kind, with and without a digit."""
    recognizer = load_recognizer(options)
    numbers = Digits(*digits.load_whole(options.part))
    shares = {"right": ".2%", "unsure": ".2%", "wrong": ".2%", "wrong and sure": ".2%"}
    table = result.table("cell", {"cells": ",", **shares})
    for content in CONTENTS:
        together: list[Reading] = []
        for kind in KINDS:
            cases = draw_cells(kind, content, numbers, options.limit, options.seed)
            readings = read_cases(recognizer, cases, options.save, f"{kind}, {content}")
            add(table, f"{kind}, {content}", readings)
            together += readings
        add(table, f"all, {content}", together)


def draw_cells(kind: str, content: str, numbers: Digits, limit: int, seed: int) -> Iterator[Case]:
    """Draw cells of a kind.

    Args:
        kind: one of `KINDS`.
        content: one of `CONTENTS`.
        numbers: digits to draw with.
        limit: number of cells.
        seed: random seed.
    """
    for number in range(limit):
        rng = np.random.default_rng([seed, KINDS.index(kind), CONTENTS.index(content), number])
        if content == "empty":
            yield Case(draw_cell(kind, None, rng), "")
        else:
            picked = rng.integers(len(numbers.labels))
            yield Case(draw_cell(kind, numbers.images[picked], rng), str(numbers.labels[picked]))


def add(table: Table, name: str, readings: list[Reading]) -> None:
    """Add a row to the table."""
    found = score_cases(readings)
    counts = found.right, found.unsure, found.wrong, found.sure
    table.row(name, found.count, *(count / found.count for count in counts))
