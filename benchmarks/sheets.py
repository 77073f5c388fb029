"""Handwriting sheets: boxes read right from photos, and what a model learns from them.

`digitnet sheet` is rendered to pixels, filled in with digits by other writers (scikit-learn's, by
43 people) with about one box in seven left empty, and photographed by code: rotated by any angle,
from the side, slightly bent, on a table, in shadow, out of focus, with noise and JPEG artefacts. A
box is *right* if its digit has the right label and correlates by at least 0.8 with its original
ink, so that nothing is cut off; or if it is empty and skipped.

Then a model is fine-tuned on one half of the sheets with `digitnet train --from`, and evaluated
before and after on the other half: other digits by the same writers.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import options
from benchmarks.harness.result import Result
from benchmarks.images.canvas import Cover, Picture, Random
from benchmarks.images.collected import fill_sheet, photograph, print_sheet
from benchmarks.own_hand import digitnet, measure
from digitnet.data import datasets
from digitnet.data.images import as_digits
from digitnet.data.sheet_layout import Paper, boxes
from digitnet.data.sheet_photo import cut_boxes
from digitnet.vision import decode_image

PX_PER_MM = 8
EMPTY = 0.15
"""Share of empty boxes."""
ALIKE = 0.8
"""Minimum correlation of a digit with its own ink; with other digits, nine in ten are below 0.7."""
SIDES = (1200, 1600, 2400, 3500)
"""Longer sides of the photos in pixels."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--model`, `--limit` and `--seed`."""
    options.add(parser, model="cnn", limit=8, seed=0)


def run(options: argparse.Namespace, result: Result) -> None:
    """Draw sheets, read them, and train on half of them."""
    digits = datasets.load("digits")
    shuffled = np.random.default_rng(options.seed).permutation(len(digits))
    halves = np.array_split(shuffled, 2)
    table = result.table("longer side, pixels", {"boxes": ",", "right": ".2%", "lowest": ".2f"})
    with tempfile.TemporaryDirectory() as scratch:
        folders = [Path(scratch, name) for name in ("learned", "others")]
        for folder in folders:
            folder.mkdir()
        for side in SIDES:
            scores: list[float] = []
            for number in range(options.limit):
                rng = np.random.default_rng([options.seed, side, number])
                half = halves[number % 2]
                filled, inks = fill_at_random(digits.images[half], digits.labels[half], rng)
                photo = photograph(filled, side, rng)
                (folders[number % 2] / f"{side}-{number}.jpg").write_bytes(photo)
                scores += score(photo, inks)
            right = np.array(scores) >= ALIKE
            table.row(str(side), len(scores), right.mean(), min(scores))
        learned, others = map(str, folders)
        before = measure(options.model, others, "all")
        child = str(Path(scratch, "child"))
        digitnet("train", "--from", options.model, "--dataset", learned, "--output", child, "-q")
        after = measure(child, others, "all")
    result.figure("error before", before["error"], "error of other sheets before: {:.2%}")
    result.figure("error after", after["error"], "error of other sheets after: {:.2%}")


def fill_at_random(
    images: Picture, labels: NDArray[np.uint8], rng: Random
) -> tuple[Picture, list[Cover | None]]:
    """Fill most boxes of a sheet with digits; return it and the ink of each box."""
    chosen = [
        None if rng.random() < EMPTY else images[rng.choice(np.flatnonzero(labels == digit))]
        for *_, digit in boxes()
    ]
    return fill_sheet(print_sheet(rng.choice([*Paper]), PX_PER_MM), PX_PER_MM, chosen, rng)


def score(photo: bytes, inks: list[Cover | None]) -> list[float]:
    """Score each box: the digit's correlation with its ink; 1 for a skipped empty box, else 0."""
    found = cut_boxes(decode_image(photo))
    scores = []
    for box, ink in zip(found, inks, strict=True):
        if box is None or ink is None:
            scores.append(float(box is None and ink is None))
            continue
        by_itself = 255 - 200 * np.pad(ink, 20)
        one, other = as_digits([box, by_itself.astype(np.uint8)])
        scores.append(float(np.corrcoef(one.ravel(), other.ravel())[0, 1]))
    return scores
