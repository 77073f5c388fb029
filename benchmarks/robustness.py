"""Robustness: MNIST's test digits redrawn as 37 kinds of image file.

1,000 digits of each kind and severity are read by `Recognizer` with default options. Right means
the one right digit, not rejected. The target is for the middle severity; `!` marks a missed target.
Limit: the images are drawn by code, cleaner than photos, with one difficulty at a time.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import digits, options
from benchmarks.harness.recognizers import load_recognizer
from benchmarks.harness.result import Result
from benchmarks.images import files, photos
from benchmarks.images.canvas import Picture
from digitnet import Recognizer
from digitnet.reading.pipeline import cores

Maker = Callable[[Picture, Any, np.random.Generator], bytes]

SEVERITIES = ("mild", "middle", "strong")
USUAL, EASY = 0.97, 0.99


TARGETS = {
    "rows that reach their target": "at least 37",
}


@dataclass(frozen=True)
class Row:
    """A kind of image: the function that draws it, its value at each severity, and the target."""

    name: str
    make: Maker
    values: tuple[Any, Any, Any]
    aim: float = USUAL


ROWS = (
    Row("black on white", files.gray_levels, ((0, 255), (40, 230), (70, 200)), EASY),
    Row("white on black", files.gray_levels, ((255, 0), (230, 40), (200, 70)), EASY),
    Row("gray on gray", files.gray_on_gray, (90, 45, 20), EASY),
    Row("coloured ink and paper", files.coloured, (220, 130, 60), EASY),
    Row("transparent paper", files.transparent_paper, (1, 0.7, 0.35), EASY),
    Row("transparent ink", files.transparent_ink, (0, 0.3, 0.65), EASY),
    Row(
        "gray and alpha",
        files.gray_and_alpha,
        ("opaque", "transparent paper", "transparent ink"),
        EASY,
    ),
    Row("1 bit (side)", files.one_bit, (150, 60, 28)),
    Row("palette (colours)", files.palette, (16, 6, 2), EASY),
    Row("16 bits (used)", files.sixteen_bit, (16, 14, 12)),
    Row(
        "EXIF-rotated",
        files.exif_turned,
        ((240, (3, 6, 8)), (240, (2, 3, 4, 5, 6, 7, 8)), (1100, (2, 3, 4, 5, 6, 7, 8))),
        EASY,
    ),
    Row("small image (side)", files.sized, (20, 14, 8), EASY),
    Row("large image (side)", files.sized, (1000, 2000, 3464), EASY),
    Row("in a corner", files.off_centre, ((0.4, 0.1), (0.3, 0.05), (0.2, 0.01)), EASY),
    Row("touches the border", files.at_border, ((0.4, 0), (0.6, 0), (0.8, 0)), EASY),
    Row("cut by the border", files.at_border, ((0.5, 0.03), (0.5, 0.06), (0.5, 0.12))),
    Row("fills the frame (margin)", files.cropped, (0.08, 0.03, 0), EASY),
    Row(
        "small part of the frame",
        files.small_part,
        ((0.3, 240), (0.02**0.5, 400), (0.02, 1000)),
        EASY,
    ),
    Row("hair (side, pixels)", files.hair, ((2000, 3), (2000, 1), (3000, 1))),
    Row("thick (of the frame)", files.thick, (0.1, 0.15, 0.2)),
    Row("JPEG blocks (quality)", photos.jpeg_blocks, (40, 20, 8)),
    Row("noise (deviation)", photos.noise, (12, 30, 55)),
    Row("salt and pepper", photos.salt_and_pepper, (0.01, 0.03, 0.08)),
    Row("blur (of the height)", photos.blur, (0.02, 0.04, 0.08)),
    Row("low contrast", photos.low_contrast, (40, 20, 12)),
    Row("show-through", photos.show_through, (0.12, 0.25, 0.4)),
    Row("shadow", photos.shadow, ((0.75, 60), (0.5, 25), (0.35, 8))),
    Row("vignette", photos.vignette, (0.7, 0.45, 0.2)),
    Row("colour cast", photos.colour_cast, ((1, 1, 0.8), (1, 0.85, 0.5), (1, 0.6, 0.3))),
    Row("dark table", photos.table, ((1, 90, 0), (2, 60, 6), (4, 40, 12))),
    Row("ruled paper", photos.ruled, (0.3, 0.6, 1)),
    Row("squared paper", photos.squared, (0.3, 0.6, 1)),
    Row("dotted paper", photos.dotted, (0.3, 0.6, 1)),
    Row("box", photos.box, ((0.5, 0.3), (1, 0.2), (1, 0.05))),
    Row("table cell", photos.table_cell, ((0.5, 0.3), (1, 0.2), (1, 0.05))),
    Row("broken strokes", photos.broken, ((1, 0.03), (2, 0.05), (3, 0.08))),
    Row("holes in strokes", photos.holes, ((20, 0.02), (40, 0.03), (60, 0.035))),
)


@cache
def chosen_digits(part: str, limit: int) -> tuple[Picture, Picture]:
    """Load digits (N, 28, 28) and labels (N,), once per process."""
    images, labels = digits.load_part(argparse.Namespace(part=part, limit=None))
    chosen = np.random.default_rng(0).permutation(len(labels))[:limit]
    return images[chosen], labels[chosen]


@cache
def recognizer(model: str, reader: str) -> Recognizer:
    """Load the models, once per process."""
    cv2.setNumThreads(1)
    return load_recognizer(argparse.Namespace(model=model, reader=reader))


def measure(row: int, severity: int, options: argparse.Namespace) -> float:
    """Return the share of digits read correctly."""
    images, labels = chosen_digits(options.part, options.limit)
    kind = ROWS[row]
    made = (
        kind.make(image, kind.values[severity], np.random.default_rng([row, severity, number]))
        for number, image in enumerate(images)
    )
    answers = recognizer(options.model, options.reader).predict_many(made, jobs=1)
    right = sum(a.digits == str(label) for a, label in zip(answers, labels, strict=True))
    return right / len(labels)


def draw(
    images: Picture, labels: NDArray[np.uint8], limit: int, seed: int
) -> Iterator[tuple[bytes, int]]:
    """Draw random digits as `limit` files of each kind and severity; yield each with its label."""
    for number, row in enumerate(ROWS):
        for severity, value in enumerate(row.values):
            rng = np.random.default_rng([seed, number, severity])
            for chosen in rng.choice(len(labels), limit).tolist():
                yield row.make(images[chosen], value, rng), int(labels[chosen])


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--rows` and others."""
    options.add(parser, model="cnn", reader="reader", part=options.OFFICIAL, limit=1000)
    parser.add_argument("--rows", default="", help="only rows whose name contains this")


def run(options: argparse.Namespace, result: Result) -> None:
    """Measure all rows."""
    chosen = [number for number, row in enumerate(ROWS) if options.rows in row.name]
    if not chosen:
        sys.exit(f"robustness: no row has {options.rows!r} in its name")
    table = result.table("kind", dict.fromkeys(SEVERITIES, ".3f") | {"target": ""})
    reached = 0
    with ProcessPoolExecutor(cores()) as pool:
        cells = {
            (row, severity): pool.submit(measure, row, severity, options)
            for row in chosen
            for severity in range(len(SEVERITIES))
        }
        for row in chosen:
            shares = [cells[row, severity].result() for severity in range(len(SEVERITIES))]
            aim = ROWS[row].aim
            reached += shares[1] >= aim
            missed = " !" if shares[1] < aim else ""
            table.row(ROWS[row].name, *shares, f"{aim:.2f}{missed}")
    result.figure(
        "rows that reach their target",
        reached,
        f"{{}} of {len(chosen)} kinds reach their target at the middle severity",
    )
