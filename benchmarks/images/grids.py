"""Simulated photos of pages with a table on a desk: sudokus, forms, and rows without walls."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.harness.fonts import draw_text
from benchmarks.images.canvas import Cover, Picture, Random, to_bytes
from benchmarks.images.tables import (
    Points,
    Sheet,
    blank_sheet,
    corners_of,
    draw_walls,
    photographed,
    seen_by_camera,
    write_number,
)
from benchmarks.images.writing import Digits, Hand, lay, random_number

KINDS = ("sudoku", "form", "no walls")

WORDS = ("Name", "Date", "Points", "Total", "Weight", "Trial", "Group", "Sample", "Time", "Item")

PRINTED = 0.34
"""Probability of a printed digit in a cell of a sudoku."""
SOLVED = (0.0, 0.6)
"""Range of the share of the other cells that are filled in by hand."""

FILLED = {"form": 0.8, "no walls": 0.9}


class Page(NamedTuple):
    """A photo of a page with a table.

    Attributes:
        image: (H, W) uint8 gray.
        corners: (rows, columns, 4, 2) float64: the corners of each cell, clockwise from the upper
            left, x and y in pixels, on the centre lines of its walls.
        numbers: digits of each cell; empty if there are none.
        words: (rows, columns) bool, cells with a printed word.
    """

    image: Picture
    corners: Points
    numbers: list[list[str]]
    words: NDArray[np.bool_]

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self.numbers), len(self.numbers[0])


def draw_grid(kind: str, digits: Digits, faces: Sequence[Path], rng: Random) -> Page:
    """Draw a page with a table, on a desk or not.

    Args:
        kind: one of `KINDS`. A sudoku has 9 x 9 cells, printed and handwritten. A form has 4 to 15
            rows of 3 to 8 cells with numbers of one to three digits, some with a printed header row
            or printed row numbers. Without walls, 4 to 10 rows of 3 to 8 numbers of one or two
            digits are evenly spaced.
        digits: digits to write with.
        faces: fonts to print with.
        rng: draws everything else.
    """
    rows = columns = 9
    if kind != "sudoku":
        rows, columns = int(rng.integers(4, 16)), int(rng.integers(3, 9))
    if kind == "no walls":
        rows = int(rng.integers(4, 11))
    height = min(float(np.exp(rng.uniform(np.log(32), np.log(75)))), 1000 / rows)
    wide = {"sudoku": (0.95, 1.05), "form": (1.6, 2.8), "no walls": (1.8, 2.6)}[kind]
    sheet = blank_sheet(rows, columns, height, height * rng.uniform(*wide), kind != "no walls", rng)
    if kind == "no walls":  # columns of equal width
        sheet.across[:] = np.linspace(sheet.across[0], sheet.across[-1], columns + 1)
    face = faces[int(rng.integers(len(faces)))]
    printed, ink = np.zeros_like(sheet.cover), np.zeros_like(sheet.cover)
    numbers = [["" for _ in range(columns)] for _ in range(rows)]
    hand = Hand(1.0, slant=rng.normal(0.05, 0.1), gaps=(0.02, 0.3))
    solved = rng.uniform(*SOLVED)
    has_words, is_numbered = rng.random(2) < (0.7, 0.5) if kind == "form" else (False, False)
    words = np.zeros((rows, columns), np.bool_)
    words[0] = has_words
    for row, column in np.ndindex(rows, columns):
        room = (*sheet.across[column : column + 2], *sheet.down[row : row + 2])
        if words[row, column]:
            _print(printed, str(rng.choice(WORDS)), face, room, 0.45)
        elif is_numbered and column == 0:
            numbers[row][0] = str(row + (not has_words))
            _print(printed, numbers[row][0], face, room, 0.45)
        elif kind == "sudoku" and rng.random() < PRINTED:
            numbers[row][column] = str(rng.integers(1, 10))
            _print(printed, numbers[row][column], face, room, 0.55)
        elif rng.random() < FILLED.get(kind, solved):
            longest = {"sudoku": 1, "form": 3, "no walls": 2}[kind]
            numbers[row][column] = random_number(rng, 1, longest)
            write_number(ink, numbers[row][column], room, hand, digits, rng)
    if kind != "no walls":
        draw_walls(sheet, kind, str(rng.choice(["thin", "thick"])), height, rng)
        if rng.random() < 0.6:
            above = sheet.down[0] - np.array([1.6, 0.6]) * height
            title = " ".join(rng.choice(WORDS, 2))
            _print(printed, title, face, (*sheet.across[[0, -1]], *above), 0.9)
    paper = np.maximum(sheet.cover * rng.uniform(0.5, 1), 0.9 * printed)
    image, corners = _on_desk(np.maximum(paper, 0.95 * ink), sheet, rng)
    return Page(image, corners, numbers, words)


def _print(canvas: Cover, text: str, face: Path, room: Sequence[float], size: float) -> None:
    """Print text centred in an area (left, right, top, bottom), `size` of its height high."""
    left, right, top, bottom = room
    line = np.asarray(draw_text(text, face, size * (bottom - top)) / 255, np.float32)
    share = min(1.0, 0.85 * (right - left) / line.shape[1])
    if share < 1:
        smaller = cv2.resize(line, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
        line = np.asarray(smaller, np.float32)
    tall, wide = line.shape
    lay(canvas, line, round((top + bottom - tall) / 2), round((left + right - wide) / 2))


def _on_desk(cover: Cover, sheet: Sheet, rng: Random) -> tuple[Picture, Points]:
    """Simulate a photo of a page, some on a desk; return it and the corners of the cells in it."""
    state = rng.bit_generator.state
    seen, corners = seen_by_camera(cover, corners_of(sheet), "in perspective", rng)
    rng.bit_generator.state = state  # same perspective for the paper as for its contents
    paper, _ = seen_by_camera(np.ones_like(cover), corners_of(sheet), "in perspective", rng)
    image = photographed(seen, rng)
    if rng.random() < 0.5:
        grain = cv2.GaussianBlur(rng.standard_normal(image.shape), (0, 0), 8, sigmaY=1)
        desk = rng.uniform(30, 110) + 40 * grain
        image = to_bytes(np.where(paper > 0.5, image, desk))
    return image, corners
