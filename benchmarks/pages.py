"""Pages: rows of numbers that are level, slanted, curved, of mixed heights, two sizes or columns.

A page has two to six rows of MNIST's test digits, 20 to 80 pixels high and 1.5 to 2.4 heights
apart, on plain, ruled, squared or dark ruled paper, whose lines are nearly as dark as the writing,
with noise of 10 to 35 gray levels, or on a dark desk that shows along one to four sides. In two
sizes, the first or last row is 1.5 to 4 times as large as the others. In two columns, a row has two
numbers, two to six heights apart; otherwise it has one. *Right* means that every row is read right,
in order; two columns may be read row by row or column by column.
*Digits right* is 1 - edit distance / digits; another order than the label's counts as errors.

`--save FOLDER` saves the misread pages, with their answers in the file names.
"""

import argparse
from collections.abc import Iterator

import numpy as np

from benchmarks.harness import digits, options
from benchmarks.harness.cases import Case, Reading, read_cases, score_cases
from benchmarks.harness.recognizers import load_recognizer
from benchmarks.harness.result import Result, Table
from benchmarks.images.sheets import KINDS, PAPERS, draw_sheet
from benchmarks.images.writing import Digits


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--model`, `--save` and others."""
    options.add_drawn(parser, limit=80)
    parser.add_argument("--only", default="", help="only kinds whose name contains this")


def run(options: argparse.Namespace, result: Result) -> None:
    """Read pages of each kind on each paper."""
    recognizer = load_recognizer(options)
    numbers = Digits(*digits.load_whole(options.part))
    shares = dict.fromkeys(("right", "digits right", "unsure", "wrong", "wrong and sure"), ".1%")
    table = result.table("page", {"pages": ",", **shares})
    everything: list[Reading] = []
    for paper in PAPERS:
        for kind in KINDS:
            name = f"{kind}, {paper}"
            if options.only in name:
                cases = draw_pages(kind, paper, numbers, options.limit, options.seed)
                readings = read_cases(recognizer, cases, options.save, name)
                add(table, name, readings)
                everything += readings
    add(table, "all", everything)


def draw_pages(kind: str, paper: str, numbers: Digits, limit: int, seed: int) -> Iterator[Case]:
    """Draw pages of a kind.

    Args:
        kind: one of `KINDS`.
        paper: one of `PAPERS`.
        numbers: digits to write with.
        limit: number of pages.
        seed: random seed.
    """
    for number in range(limit):
        places = KINDS.index(kind), PAPERS.index(paper), number
        yield draw_sheet(kind, paper, numbers, np.random.default_rng([seed, *places]))


def add(table: Table, name: str, readings: list[Reading]) -> None:
    """Add a row to the table."""
    found = score_cases(readings)
    shares = (count / found.count for count in (found.unsure, found.wrong, found.sure))
    table.row(name, found.count, found.right / found.count, found.digits, *shares)
