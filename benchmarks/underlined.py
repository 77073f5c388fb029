"""Underlined numbers: numbers with a line drawn under or through them.

MNIST's validation digits, enlarged twice, form numbers of two to five digits on a baseline, with a
nearly straight line, slightly longer than the number, as drawn by hand: below the digits, on the
baseline, or through it; a box whose sides touch them; or the comb of a form, whose teeth reach
up between them. *Rejected* are numbers with a `?`. Targets: 95 % right of each kind, 98 % without a
line. Limit: all lines have the same thickness.
"""

import argparse
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import digits, options
from benchmarks.harness.cases import Case, read_cases
from benchmarks.harness.recognizers import load_recognizer
from benchmarks.harness.result import Result

SCALE = 2
MARGIN = 40
PEN = 3

Picture = NDArray[np.uint8]
Draw = Callable[[Picture, int, int, np.random.Generator], None]
"""Draws a line in white on a black page, given the page, the row of the baseline, the number of
digits and a random generator."""


TARGETS = {
    "no line, right": "at least 98 %",
    "a line below, right": "at least 95 %",
    "on the baseline, right": "at least 95 %",
    "through the baseline, right": "at least 95 %",
    "a touching box, right": "at least 95 %",
    "a comb, right": "at least 95 %",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--model`, `--limit` and `--seed`."""
    options.add(parser, model="cnn", reader="reader", limit=300, seed=0, save=None)


def run(options: argparse.Namespace, result: Result) -> None:
    """Read this many numbers of each kind."""
    images, labels = digits.load_whole("validation")
    recognizer = load_recognizer(options)
    shares = dict.fromkeys(("right", "rejected", "misread"), ".1%")
    table = result.table("line", {"numbers": ",", **shares})
    for kind in KINDS:
        numbers = range(options.limit)
        cases = [draw_number(kind, images, labels, options.seed, number) for number in numbers]
        readings = read_cases(recognizer, cases, options.save, kind)
        right = sum(reading.right for reading in readings)
        rejected = sum(not reading.prediction.sure for reading in readings)
        counts = right, rejected, options.limit - right - rejected
        table.row(kind, options.limit, *(count / options.limit for count in counts))


def draw_number(kind: str, images: Picture, labels: Picture, seed: int, number: int) -> Case:
    """Draw a number with a line; the digits depend on seed and number, not on the kind of line."""
    rng = np.random.default_rng([seed, number])
    picked = rng.integers(len(images), size=rng.integers(2, 6))
    page, feet = write(images[picked])
    KINDS[kind](page, feet, len(picked), rng)
    return Case(255 - page, "".join(map(str, labels[picked])))


def write(digits: Picture) -> tuple[Picture, int]:
    """Write digits (N, 28, 28) on a baseline; return the page and the row of the baseline."""
    cut = []
    for digit in digits:
        left, top, width, height = cv2.boundingRect((digit > 50).astype(np.uint8))
        ink = digit[top : top + height, left : left + width]
        cut.append(np.pad(ink, ((28 - height, 0), (3, 3))))
    row = cv2.resize(np.hstack(cut), None, fx=SCALE, fy=SCALE, interpolation=cv2.INTER_CUBIC)
    return np.pad(row, MARGIN).astype(np.uint8), MARGIN + row.shape[0]


def line(below: int) -> Draw:
    """Return a function that draws a line this many pixels below the baseline."""

    def draw(page: Picture, feet: int, _: int, rng: np.random.Generator) -> None:
        left, right = MARGIN - 5, page.shape[1] - MARGIN + 5
        start, end = feet + below, feet + below + int(rng.integers(-2, 3))
        cv2.line(page, (left, start), (right, end), 255, PEN, cv2.LINE_AA)

    return draw


def box(page: Picture, feet: int, _: int, rng: np.random.Generator) -> None:
    """Draw a box whose bottom edge is near the baseline."""
    corner = MARGIN - 4, MARGIN - 4 + int(rng.integers(0, 8))
    opposite = page.shape[1] - MARGIN + 4, feet + int(rng.integers(-3, 4))
    cv2.rectangle(page, corner, opposite, 255, PEN - 1, cv2.LINE_AA)


def comb(page: Picture, feet: int, digits: int, _: np.random.Generator) -> None:
    """Draw a line below the baseline with teeth between the digits and at both ends."""
    width = page.shape[1] - 2 * MARGIN
    ends = [MARGIN + width * number // digits for number in range(digits + 1)]
    cv2.line(page, (ends[0], feet + 4), (ends[-1], feet + 4), 255, PEN - 1)
    for column in ends:
        cv2.line(page, (column, feet + 4), (column, feet - 12), 255, PEN - 1)


KINDS: dict[str, Draw] = {
    "no line": lambda *_: None,
    "a line below": line(5),
    "on the baseline": line(-1),
    "through the baseline": line(-5),
    "a touching box": box,
    "a comb": comb,
}
