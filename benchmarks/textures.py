"""Textures: the cost of 12 megapixels of noise, hatching and print without handwriting.

`digitnet predict` reads one JPEG of 4000 x 3000 pixels in its own process, start-up included: a
blank page; noise of single pixels and of small blots; hatching in one and in two directions; and a
page full of printed letters and digits, 20 pixels high. Target: at most 1.5 s each. Answers are not
scored. Times are medians; memory is the maximum of all runs; files are in the disk cache. Limit:
times depend on the machine.
"""

import argparse
import string
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import options
from benchmarks.harness.processes import DIGITNET, ENVIRONMENT, ROOT, Program, medians, two_cores
from benchmarks.harness.result import Result
from benchmarks.images.pages import HEIGHT, WIDTH

Page = NDArray[np.uint8]

ANSWERED, SOME_UNSURE = 0, 3

CHILD = "import sys; from benchmarks.textures import draw_all; draw_all(sys.argv[1])"
"""Draws in a separate process, as the memory of this one counts towards the programs it starts."""


def even(_: np.random.Generator) -> Page:
    """Draw plain gray paper."""
    return np.full((HEIGHT, WIDTH), 200, np.uint8)


def noise(rng: np.random.Generator) -> Page:
    """Draw pixels of random gray levels."""
    return rng.integers(0, 256, (HEIGHT, WIDTH), np.uint8)


def blots(rng: np.random.Generator) -> Page:
    """Cover the page with dark and light spots of some pixels."""
    small = rng.integers(0, 256, (HEIGHT // 8, WIDTH // 8), np.uint8)
    large = cv2.resize(small, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    return np.where(large > 128, 230, 40).astype(np.uint8)


def hatching(rng: np.random.Generator) -> Page:
    """Draw short strokes side by side, in about the same direction."""
    page = even(rng)
    for top in range(0, HEIGHT, 60):
        for left in range(0, WIDTH, 14):
            aside = int(rng.integers(10, 30))
            cv2.line(page, (left, top + 50), (left + aside, top), 60, 2, cv2.LINE_AA)
    return page


def crossed(rng: np.random.Generator) -> Page:
    """Draw connected hatching in two directions."""
    page = even(rng)
    for start in range(-HEIGHT, WIDTH + HEIGHT, 16):
        for end in (start + HEIGHT, start - HEIGHT):
            cv2.line(page, (start, 0), (end, HEIGHT), 60, 2, cv2.LINE_AA)
    return page


def print_all_over(rng: np.random.Generator) -> Page:
    """Draw lines of letters and digits, close together."""
    page, signs = even(rng), np.array([*string.ascii_letters, *string.digits, *"      "])
    for top in range(60, HEIGHT - 30, 36):
        text = "".join(rng.choice(signs, 210))
        cv2.putText(page, text, (60, top), cv2.FONT_HERSHEY_SIMPLEX, 0.9, 30, 2, cv2.LINE_AA)
    return page


PAGES: dict[str, Callable[[np.random.Generator], Page]] = {
    "an even page": even,
    "noise": noise,
    "blots": blots,
    "hatching": hatching,
    "crossed hatching": crossed,
    "print": print_all_over,
}


def draw_all(folder: str) -> None:
    """Write all pages into a folder."""
    for name, draw in PAGES.items():
        path = str(Path(folder, f"{name}.jpg"))
        cv2.imwrite(path, draw(np.random.default_rng(0)), [cv2.IMWRITE_JPEG_QUALITY, 90])


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--runs`."""
    options.add(parser, runs=3)


def run(options: argparse.Namespace, result: Result) -> None:
    """Draw the pages and time `predict` on each."""
    two_cores()
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-c", CHILD, folder], cwd=ROOT, env=ENVIRONMENT, check=True)
        programs = {
            name: Program([*DIGITNET, "predict", f"{folder}/{name}.jpg"], (ANSWERED, SOME_UNSURE))
            for name in PAGES
        }
        seconds = medians(dict(programs), options.runs)
    table = result.table("page", {"seconds": ".2f", "MiB": ",.0f"})
    for name, program in programs.items():
        table.row(name, seconds[name], program.mebibytes)
    result.figure("slowest", max(seconds.values()), "at most {:.2f} s (target: 1.5)")
    most = max(program.mebibytes for program in programs.values())
    result.figure("memory", most, "at most {:,.0f} MiB")
