"""Grids: simulated photos of sudokus, forms and rows of numbers, read by `predict --grid`.

A sudoku has 9 x 9 cells, a third of them printed, some of the others filled in by hand. A form has
4 to 15 rows of 3 to 8 cells with numbers of one to three digits, often below printed words and
beside printed numbers. Without grid lines (*no walls*), 4 to 10 rows of 3 to 8 numbers of one or
two digits are evenly spaced. Handwriting is MNIST's digits; printed text is in fonts not used in
training. The page is rotated by up to 12 degrees, in perspective, unevenly lit, with shadows, blur,
noise and JPEG artefacts; half of the pages lie on a dark desk. Rows and columns are given, or, in
*auto*, counted by the grid lines. A table is *found* if all its cells are where they were drawn, to
a quarter of their shorter side. *Cells right* counts all cells whose digits were read, including
empty cells and cells with words; *empty right* counts the empty cells, *filled right* those with a
number. In a table that was not found, no cell is right. Targets: 48 of 50 found, 97 % of all cells
and 98 % of empty cells right.

`--save FOLDER` saves the pages with misread cells. Use `--part validation` for decisions.
"""

import argparse
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import digits, fonts, options
from benchmarks.harness.cases import save_image
from benchmarks.harness.recognizers import load_recognizer
from benchmarks.harness.result import Result
from benchmarks.images.grids import KINDS, Page, draw_grid
from benchmarks.images.writing import Digits
from digitnet import ImageError, Prediction, Recognizer
from digitnet.vision import GridSize

NEAR = 0.25
"""Tolerance of a cell's centre, as a fraction of the cell's shorter side."""

AUTO = ("sudoku", "form")
"""Kinds that are also read without the number of rows and columns."""


TARGETS = {
    "sudoku, found": "at least 48",
    "sudoku, cells right": "at least 97 %",
    "sudoku, empty right": "at least 98 %",
    "sudoku, auto, found": "at least 48",
    "sudoku, auto, cells right": "at least 97 %",
    "sudoku, auto, empty right": "at least 98 %",
    "form, found": "at least 48",
    "form, cells right": "at least 97 %",
    "form, empty right": "at least 98 %",
    "form, auto, found": "at least 48",
    "form, auto, cells right": "at least 97 %",
    "form, auto, empty right": "at least 98 %",
    "no walls, found": "at least 48",
    "no walls, cells right": "at least 97 %",
    "no walls, empty right": "at least 98 %",
}


class Score(NamedTuple):
    """Score of one table.

    Attributes:
        found: whether the size and the position of every cell are correct.
        right: (rows, columns) bool, cells read correctly.
        filled: (rows, columns) bool, cells with a number.
        empty: (rows, columns) bool, cells without a number or word.
    """

    found: bool
    right: NDArray[np.bool_]
    filled: NDArray[np.bool_]
    empty: NDArray[np.bool_]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--model`, `--save` and others."""
    options.add_drawn(parser, limit=50)
    options.add(parser, fonts=None, cache=options.CACHE)


def run(options: argparse.Namespace, result: Result) -> None:
    """Read tables of each kind."""
    recognizer = load_recognizer(options)
    numbers = Digits(*digits.load_whole(options.part))
    faces = [*fonts.find_faces(options, fonts.PRINT).values()]
    shares = dict.fromkeys(("cells right", "filled right", "empty right"), ".1%")
    table = result.table("table", {"tables": ",", "found": ",", **shares})
    for kind in KINDS:
        pages = [
            draw_grid(kind, numbers, faces, np.random.default_rng([options.seed, *place]))
            for place in ((KINDS.index(kind), number) for number in range(options.limit))
        ]
        for name in (kind, f"{kind}, auto") if kind in AUTO else (kind,):
            scores = []
            for number, page in enumerate(pages):
                size: GridSize = page.size if name == kind else "auto"
                scores.append(score(page, read(recognizer, page, size)))
                if options.save and not scores[-1].right.all():
                    save_image(page.image, options.save / f"{name} {number}.png")
            table.row(name, len(scores), *summarize(scores))


def read(recognizer: Recognizer, page: Page, size: GridSize) -> Prediction | None:
    """Read a table; return None if no table of that size is found."""
    try:
        return recognizer.predict(page.image, grid=size)
    except ImageError:
        return None


def score(page: Page, prediction: Prediction | None) -> Score:
    """Compare the cells and their digits with what was drawn."""
    filled = np.array([[bool(number) for number in row] for row in page.numbers])
    right = np.zeros_like(filled)
    found = False
    grid = prediction.grid if prediction else None
    if grid and (len(grid), len(grid[0])) == page.size:
        said = np.array([[cell.digits for cell in row] for row in grid])
        boxes = np.array([[(c.x, c.y, c.width, c.height) for c in row] for row in grid])
        away = boxes[..., :2] + boxes[..., 2:] / 2 - page.corners.mean(axis=2) - 0.5
        sides = np.linalg.norm(np.roll(page.corners, -1, axis=2) - page.corners, axis=-1)
        found = bool((np.linalg.norm(away, axis=-1) <= NEAR * sides.min(axis=-1)).all())
        right = (said == np.array(page.numbers)) & found
    return Score(found, right, filled, ~filled & ~page.words)


def summarize(scores: Sequence[Score]) -> tuple[int, float, float, float]:
    """Return the number of tables found and the accuracy on all, filled and empty cells."""
    right, filled, empty = (
        np.concatenate([getattr(one, name).ravel() for one in scores])
        for name in ("right", "filled", "empty")
    )
    found = sum(one.found for one in scores)
    return found, float(right.mean()), float(right[filled].mean()), float(right[empty].mean())
