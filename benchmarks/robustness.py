"""MNIST digits rendered as users' images: how many are read right, by kind of image and severity.

    python benchmarks/robustness.py  # 1,000 test digits a row: 15 minutes
    python benchmarks/robustness.py --part validation --limit 100 --rows paper

Each digit is drawn anew as an image file of the row's kind, and read by `Recognizer` with default
options and the default model. Right is an answer of the one right digit, not refused. The aim at
the middle severity stands behind each row, and an exclamation mark where it is missed. Limit: the
images are drawn by code, cleaner than what people photograph, with one difficulty at a time.
"""

import argparse
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
import robustness_files as files
import robustness_photos as photos
from robustness_canvas import Picture

from digitnet import Recognizer
from digitnet.learning.datasets import load, split
from digitnet.pipeline import cores

Maker = Callable[[Picture, Any, np.random.Generator], bytes]

SEVERITIES = ("mild", "middle", "strong")
USUAL, EASY = 0.97, 0.99


@dataclass(frozen=True)
class Row:
    """A kind of image: what makes it, with which value at each severity, and what is aimed at."""

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
def digits(part: str, limit: int) -> tuple[Picture, Picture]:
    """Pictures (N, 28, 28) and labels (N,) of MNIST's test part, or of the one for choices."""
    mnist = load("mnist")
    parts = split(mnist)
    chosen = parts.official if part == "test" else parts.validation
    chosen = np.random.default_rng(0).permutation(chosen)[:limit]
    return mnist.images[chosen], mnist.labels[chosen]


@cache
def recognizer() -> Recognizer:
    """The default model, once a process."""
    cv2.setNumThreads(1)
    return Recognizer.load()


def measure(row: int, severity: int, part: str, limit: int) -> float:
    """The share of digits that are read right."""
    images, labels = digits(part, limit)
    kind = ROWS[row]
    made = (
        kind.make(image, kind.values[severity], np.random.default_rng([row, severity, number]))
        for number, image in enumerate(images)
    )
    answers = recognizer().predict_many(made, jobs=1)
    right = sum(a.digits == str(label) for a, label in zip(answers, labels, strict=True))
    return right / len(labels)


def main() -> None:
    """Measure all rows and print them as they come."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--limit", type=int, default=1000, help="digits a row (default: 1000)")
    parser.add_argument("--part", choices=("test", "validation"), default="test")
    parser.add_argument("--rows", default="", help="only rows whose name has this in it")
    options = parser.parse_args()
    chosen = [number for number, row in enumerate(ROWS) if options.rows in row.name]
    if not chosen:
        parser.error(f"no row has {options.rows!r} in its name")
    print(f"{'':26}" + "".join(f"{name:>9}" for name in SEVERITIES) + "     aim")
    missed = 0
    with ProcessPoolExecutor(cores()) as pool:
        cells = {
            (row, severity): pool.submit(measure, row, severity, options.part, options.limit)
            for row in chosen
            for severity in range(len(SEVERITIES))
        }
        for row in chosen:
            shares = [cells[row, severity].result() for severity in range(len(SEVERITIES))]
            aim = ROWS[row].aim
            short = shares[1] < aim
            missed += short
            figures = "".join(f"{share:9.3f}" for share in shares)
            print(f"{ROWS[row].name:26}{figures}    {aim:.2f}{' !' if short else ''}", flush=True)
    print(f"{len(chosen) - missed} of {len(chosen)} rows reach their aim at the middle severity")


if __name__ == "__main__":
    main()
