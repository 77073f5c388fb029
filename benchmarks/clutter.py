"""Clutter: ten corruptions of MNIST's test digits that people can still read, by a classifier.

1,000 digits of 28 x 28 pixels with each corruption (the kinds of MNIST-C, Mu and Gilmer 2019, and
others, in code that shares nothing with the training images) are classified as by
`digitnet evaluate`. Targets: 95 % answered right on average, at most 1 % wrong and sure, and for
each corruption an error not above that of the Keras example's network (`--rival FILE.keras`: a
network with inputs of shape (N, 28, 28, 1) from 0 to 1; `python -m benchmarks.harness.keras_example
FILE.keras` trains it).
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import digits, options
from benchmarks.harness.classified import COLUMNS, add_row
from benchmarks.harness.result import Result
from digitnet import Recognizer

Field = NDArray[np.float64]
"""(28, 28), 0 paper .. 1 ink."""
Rng = np.random.Generator

SIDE = 28

TARGETS = {"all, answered": "at least 95 %", "all, wrong and sure": "at most 1 %"}


def impulse_noise(digit: Field, rng: Rng) -> Field:
    """Set one pixel in twelve to black or white."""
    hit = rng.random(digit.shape)
    return np.where(hit < 1 / 24, 1.0, np.where(hit > 23 / 24, 0.0, digit))


def shot_noise(digit: Field, rng: Rng) -> Field:
    """Add Poisson noise, as of few photons."""
    return rng.poisson(10 * (0.1 + 0.9 * digit)) / 10 - 0.1


def stripe(digit: Field, rng: Rng) -> Field:
    """Invert the outer columns."""
    turned = digit.copy()
    turned[:, :6], turned[:, 22:] = 1 - digit[:, :6], 1 - digit[:, 22:]
    return turned


def lines_across(digit: Field, rng: Rng) -> Field:
    """Draw two straight lines from the left to the right edge."""
    for _ in range(2):
        ends = [(-1, int(rng.integers(3, 25))), (SIDE, int(rng.integers(3, 25)))]
        digit = np.maximum(digit, _line(ends))
    return digit


def zigzag(digit: Field, rng: Rng) -> Field:
    """Draw a zigzag from edge to edge."""
    y = int(rng.integers(6, 22))
    return np.maximum(digit, _line([(x, y + (3 if x // 3 % 2 else -3)) for x in range(0, 30, 3)]))


def dotted_line(digit: Field, rng: Rng) -> Field:
    """Draw a row of dots from edge to edge."""
    start, end = rng.integers(4, 24, 2)
    for x in range(0, SIDE, 3):
        digit[round(start + (end - start) * x / SIDE), x] = 1
    return digit


def spatter(digit: Field, rng: Rng) -> Field:
    """Add fifteen small drops."""
    for _ in range(15):
        x, y = rng.integers(SIDE, size=2).tolist()
        cv2.circle(digit, (x, y), int(rng.integers(0, 2)), 1.0, -1)
    return digit


def fog(digit: Field, rng: Rng) -> Field:
    """Overlay a gray cloud."""
    cloud = cv2.resize(rng.random((5, 5)), (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    return np.asarray(0.55 * digit + 0.45 * cloud)


def blur(digit: Field, rng: Rng) -> Field:
    """Blur the digit."""
    return np.asarray(cv2.GaussianBlur(digit, (9, 9), 1.4))


def low_light(digit: Field, rng: Rng) -> Field:
    """Reduce the contrast to a quarter on dark gray and add noise."""
    return 0.12 + 0.25 * digit + rng.normal(0, 0.02, digit.shape)


CORRUPTIONS: tuple[Callable[[Field, Rng], Field], ...] = (
    impulse_noise,
    shot_noise,
    stripe,
    lines_across,
    zigzag,
    dotted_line,
    spatter,
    fog,
    blur,
    low_light,
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--model`, `--rival` and others."""
    options.add(parser, model="cnn", part=options.OFFICIAL, limit=1000)
    parser.add_argument("--rival", type=Path, metavar="FILE", help="a Keras network to compare")


def run(options: argparse.Namespace, result: Result) -> None:
    """Classify the digits without and with each corruption."""
    recognizer = Recognizer.load(options.model, None)
    images, labels = digits.load_part(options)
    rival = _rival(options.rival) if options.rival else None
    table = result.table("corruption", COLUMNS)
    compared = result.table("the rival", {"best guess": ".2%"}) if rival else None
    every = []
    for number, corrupt in enumerate((None, *CORRUPTIONS)):
        name = corrupt.__name__.replace("_", " ") if corrupt else "none"
        made = corrupted(images, corrupt, number) if corrupt else images
        add_row(table, name, recognizer, made, labels)
        if corrupt:
            every.append(made)
        if rival and compared:
            compared.row(name, float((rival(made) == labels).mean()))
    add_row(table, "all", recognizer, np.concatenate(every), np.tile(labels, len(every)))


def corrupted(
    images: NDArray[np.uint8], corrupt: Callable[[Field, Rng], Field], seed: int
) -> NDArray[np.uint8]:
    """Corrupt each digit with its own random seed; returns (N, 28, 28)."""
    made = [
        corrupt(image / 255, np.random.default_rng([seed, number]))
        for number, image in enumerate(images)
    ]
    return np.clip(np.rint(255 * np.stack(made)), 0, 255).astype(np.uint8)


def _line(points: list[tuple[int, int]]) -> Field:
    """Draw a line of one pixel width through points."""
    canvas = np.zeros((SIDE, SIDE), np.uint8)
    cv2.polylines(canvas, [np.array(points, np.int32)], False, 255, 1, cv2.LINE_AA)
    return canvas / 255


def _rival(path: Path) -> Callable[[NDArray[np.uint8]], NDArray[np.int64]]:
    """Load a Keras network and return its classify function."""
    import keras

    network = keras.models.load_model(path, compile=False)

    def guess(made: NDArray[np.uint8]) -> NDArray[np.int64]:
        said = network.predict(made[..., None] / 255, verbose=0)
        guesses: NDArray[np.int64] = said.argmax(axis=1)
        return guesses

    return guess
