"""Tables: simulated photos of sudokus and mark sheets, read with default options.

A sudoku has 9 x 9 cells, a third of them with a digit; a mark sheet has 5 to 20 rows of 3 to 6
cells with numbers of one to three digits. They are written with MNIST's test digits and seen
straight, in perspective (rotated and keystoned, with grid lines slanted by up to 15 degrees), or on
curved paper. Grid lines (*walls* in the table) are thin, thick, broken or doubled, and as dark as
the ink or half as dark; paper is gray, with shadows, blur, noise and JPEG artefacts. Some pages
have a number above the table. A table is *found* if all cells are where they were drawn, to a fifth
of a side, without additional cells. *Cells right* counts cells with the right digits, by the
centres of their bounding boxes, empty cells included; *empty right* counts the empty cells. *Exact*
means that the whole answer is right: the digits of each table row, rows joined by a space.

`--save FOLDER` saves the misread pages, with their answers in the file names.
"""

import argparse
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from benchmarks.harness import digits, options
from benchmarks.harness.cases import Case, Reading, read_cases
from benchmarks.harness.recognizers import load_recognizer
from benchmarks.harness.result import Result
from benchmarks.images.canvas import Picture
from benchmarks.images.tables import KINDS, VIEWS, WALLS, Drawn, draw_table
from benchmarks.images.writing import Digits
from digitnet.vision.find import working_image
from digitnet.vision.ink import ink_map
from digitnet.vision.tables import find_table

NEAR = 0.2
"""Tolerance of a cell's corner, as a fraction of the cell's shorter side."""


class Score(NamedTuple):
    """Score of one table.

    Attributes:
        found: whether the number and the position of all cells are correct.
        exact: whether the whole answer is correct.
        right: (rows, columns) bool, cells read correctly.
        empty: (rows, columns) bool, cells without a number.
    """

    found: bool
    exact: bool
    right: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
    empty: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--model`, `--save` and others."""
    options.add_drawn(parser, limit=15)
    parser.add_argument("--only", default="", help="only kinds whose name contains this")


def run(options: argparse.Namespace, result: Result) -> None:
    """Read tables of each kind, view and kind of walls."""
    recognizer = load_recognizer(options)
    numbers = Digits(*digits.load_whole(options.part))
    shares = dict.fromkeys(("found", "cells right", "empty right", "exact"), ".1%")
    table = result.table("table", {"tables": ",", **shares})
    everything: list[Score] = []
    for kind in KINDS:
        for view in VIEWS:
            for walls in WALLS:
                name = f"{kind}, {view}, {walls} walls"
                if options.only not in name:
                    continue
                drawn = draw_tables(kind, view, walls, numbers, options.limit, options.seed)
                cases = [Case(page.image, page.label) for page in drawn]
                readings = read_cases(recognizer, cases, options.save, name)
                scores = [score(*pair) for pair in zip(drawn, readings, strict=True)]
                table.row(name, len(scores), *summarize(scores))
                everything += scores
    table.row("all", len(everything), *summarize(everything))


def draw_tables(
    kind: str, view: str, walls: str, numbers: Digits, limit: int, seed: int
) -> list[Drawn]:
    """Draw tables of a kind.

    Args:
        kind: one of `KINDS`.
        view: one of `VIEWS`.
        walls: one of `WALLS`.
        numbers: digits to write with.
        limit: number of tables.
        seed: random seed.
    """
    places = KINDS.index(kind), VIEWS.index(view), WALLS.index(walls)
    return [
        draw_table(kind, view, walls, numbers, np.random.default_rng([seed, *places, number]))
        for number in range(limit)
    ]


def score(drawn: Drawn, reading: Reading) -> Score:
    """Compare the cells and the answer with what was drawn."""
    empty = np.array([[not number for number in row] for row in drawn.numbers])
    said = [["" for _ in row] for row in drawn.numbers]
    for box in reading.prediction.boxes:
        if box.is_mark:
            continue
        middle = box.x + box.width / 2, box.y + box.height / 2
        for row, column in np.ndindex(empty.shape):
            outline = drawn.corners[row, column].astype(np.float32)
            if cv2.pointPolygonTest(outline, middle, False) >= 0:
                said[row][column] += box.symbol
    right = np.array(said) == np.array(drawn.numbers)
    return Score(is_found(drawn), reading.right, right, empty)


def is_found(drawn: Drawn) -> bool:
    """Whether the detected cells are exactly those that were drawn."""
    cells = find_cells(drawn.image)
    true = drawn.corners.reshape(-1, 4, 2) + 0.5
    if len(cells) != len(true):
        return False
    for corners in true:
        sides = np.hypot(*(np.roll(corners, -1, axis=0) - corners).T)
        away = min(float(np.abs(cell - corners).max()) for cell in cells)
        if away > NEAR * float(sides.min()):
            return False
    return True


def find_cells(gray: Picture) -> list[np.ndarray[tuple[int, ...], np.dtype[np.float64]]]:
    """Detect cells; return their corners in pixels, where the first pixel reaches from 0 to 1."""
    work, scale = working_image(gray)
    found = find_table(ink_map(work))
    return [scale * cell.corners for cell in found.cells] if found else []


def summarize(scores: Sequence[Score]) -> tuple[float, float, float, float]:
    """Return the shares of tables found, correct cells, correct empty cells and exact answers."""
    right = np.concatenate([one.right.ravel() for one in scores])
    empty = np.concatenate([one.empty.ravel() for one in scores])
    found = sum(one.found for one in scores) / len(scores)
    exact = sum(one.exact for one in scores) / len(scores)
    return found, float(right.mean()), float(right[empty].mean()), exact
