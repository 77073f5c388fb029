"""Layout rules: what each rule contributes, by removing one at a time.

The layout proposes lines and the reader decides. Each rule of the layout, and two of those that
separate ink from paper, is disabled in turn, and images made of MNIST's validation digits are read
with default options: the kinds of image of `robustness`; touching digits; lines and boxes at the
digits; pages with level, slanted and curved rows, mixed heights and columns, on the papers of
`pages`; sudokus and mark sheets; lines and pages with a digit that is easily overlooked. The table
shows how many are read right, and how many of the last kind miss a digit with a sure answer. A rule
whose row equals the first row contributes nothing. Limit: there are few images of each kind; a
difference of 1 % is not significant.
"""

import argparse
import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from itertools import chain
from unittest.mock import patch

import numpy as np

from benchmarks import pages, robustness, silence, tables, touching, underlined
from benchmarks.harness import digits, options
from benchmarks.harness.cases import Case, read_cases
from benchmarks.harness.recognizers import load_recognizer
from benchmarks.harness.result import Result
from benchmarks.images import overlooked, sheets
from benchmarks.images import tables as table_images
from benchmarks.images.writing import Digits
from digitnet.vision.decoding.limits import DEFAULT_LIMITS
from digitnet.vision.decoding.sources import to_gray_image
from digitnet.vision.walls import Pencil

Patch = Callable[[], AbstractContextManager[object]]


def _put(target: str, value: object) -> Patch:
    """Make a patch that replaces a function or constant of digitnet."""
    return lambda: patch(f"digitnet.{target}", value)


RULES: dict[str, Patch] = {
    "all rules": nullcontext,
    "the whole image alone": _put(
        "reading.read_images.choose_lines", lambda whole, rows, table: [whole]
    ),
    "rows alone": _put(
        "reading.read_images.choose_lines",
        lambda whole, rows, table: [row for row in rows if row.digits] or [whole],
    ),
    "no tables": _put("vision.find.find_table", lambda ink: None),
    "squared paper is a table": _put("vision.tables.MAX_CROSSED", math.inf),
    "all walls are level or upright": _put(
        "vision.walls._fit_pencil", lambda points, pieces: Pencil(0.0, 0.0, 0.0)
    ),
    "ruled lines divide the strokes that cross them": _put(
        "vision.rules._without_lines", lambda own, lines: own & ~lines
    ),
    "no box of all ink": _put("reading.read_images.choose_view", lambda whole, inked: whole),
    "ruled lines are not removed": _put(
        "vision.find.part_from_rules", lambda parts: (parts, np.zeros(len(parts.boxes), bool))
    ),
    "closely ruled lines may be writing": _put("vision.rules.FRAME_LINES", math.inf),
    "digits are answered twice": _put(
        "reading.read_lines._without_repetitions", lambda rows: [*rows]
    ),
    "rows are not merged": _put("vision.layout._merge", lambda rows, boxes: rows),
    "small components are not merged into rows": _put(
        "vision.layout._join", lambda small, rows, boxes, usual: (rows, small)
    ),
    "components of another size form no rows": _put(
        "vision.layout._group_others", lambda numbers, boxes: [[one] for one in numbers.tolist()]
    ),
    "tall components stay in rows": _put("vision.layout.MAX_CHARACTER_HEIGHT", 1e9),
    "no slope correction": _put("vision.text_line._slope", lambda row: 0.0),
    "no end margin": _put("vision.text_line.END_MARGIN", 0.0),
    "a narrow margin": _put("vision.text_line.MARGIN", 0.05),
    "the border is no evidence of paper": _put("vision.ink._paper_at_border", lambda gray: 1.0),
    "noise is not smoothed": _put("vision.ink.HIGH_NOISE", math.inf),
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--model`, `--limit` and others."""
    options.add(parser, model="cnn", reader="reader", limit=20, seed=0)


def run(options: argparse.Namespace, result: Result) -> None:
    """Read all cases once with each rule disabled."""
    recognizer = load_recognizer(options)
    drawn = draw(options.limit, options.seed)
    headings = dict.fromkeys(drawn, ".1%")
    table = result.table("rule", {**headings, "missing and sure": ".1%"})
    for name, without in RULES.items():
        with without():
            readings = {kind: read_cases(recognizer, cases) for kind, cases in drawn.items()}
        overlooked_ones = readings["overlooked"]
        silent = sum(silence.misses(one) and silence.is_sure(one) for one in overlooked_ones)
        shares = [sum(one.right for one in own) / len(own) for own in readings.values()]
        table.row(name, *shares, silent / len(overlooked_ones))


def draw(limit: int, seed: int) -> dict[str, list[Case]]:
    """Draw the cases by kind; `limit` scales the number of images."""
    images, labels = digits.load_whole("validation")
    numbers = Digits(images, labels)
    several = range(limit)
    return {
        "single digits": [
            Case(to_gray_image(file, DEFAULT_LIMITS, print), str(label))
            for file, label in robustness.draw(images, labels, max(1, limit // 5), seed)
        ],
        "touching": [*touching.draw_numbers(images, labels, 3, 5 * limit, seed)],
        "underlined": [
            underlined.draw_number(kind, images, labels, seed, number)
            for kind in underlined.KINDS
            for number in several
        ],
        "pages": [
            *chain.from_iterable(
                pages.draw_pages(kind, paper, numbers, max(1, limit // 2), seed)
                for kind in sheets.KINDS
                for paper in sheets.PAPERS
            )
        ],
        "tables": [
            Case(drawn.image, drawn.label)
            for kind in table_images.KINDS
            for view in table_images.VIEWS
            for walls in table_images.WALLS
            for drawn in tables.draw_tables(kind, view, walls, numbers, max(1, limit // 10), seed)
        ],
        "overlooked": [
            *chain.from_iterable(
                silence.draw_images(kind, form, numbers, limit, seed)
                for kind in overlooked.KINDS
                for form in overlooked.FORMS
            )
        ],
    }
