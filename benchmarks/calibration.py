"""Calibration: are nine in ten answers with a confidence of 0.9 right?

The expected calibration error (15 bins, Guo et al. 2017)

- on MNIST's official test set, 28 x 28 pixels; target: at most 0.5 %;
- on numbers of one to ten test digits, written side by side on paper and read as by
  `digitnet predict`; target: at most 2 %;
- on labelled pictures of digits and numbers, read in the same way; target: at most 5 %. They are
  not part of this repository, and nothing was trained on them.

Images in which no digit was found have no confidence and are only counted. Answers are judged by
the best guess, even if `predict` would answer `?`. On few images, the error is biased upwards: *by
chance* is the error of a perfectly calibrated model (the mean over 1,000 seeded draws of right and
wrong answers at the same confidences).
"""

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import options
from benchmarks.harness.digits import load_part, load_whole
from benchmarks.harness.pictures import labelled
from benchmarks.harness.recognizers import load_recognizer
from benchmarks.harness.result import Result, Table
from benchmarks.images.sheets import draw_line
from benchmarks.images.writing import Digits
from digitnet import Prediction
from digitnet.evaluation.evaluate import calibration_error
from digitnet.plots import reliability_figure, save_figure

DRAWS = 1000


TARGETS = {
    "mnist-official, calibration error": "at most 0.5 %",
    "numbers, calibration error": "at most 2 %",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--pictures` and others."""
    options.add(
        parser,
        model="cnn",
        reader="reader",
        part=options.OFFICIAL,
        limit=None,
        seed=0,
        pictures=[],
        output=None,
    )
    parser.add_argument(
        "--lines", type=int, default=2000, metavar="N", help="number of lines (default: 2000)"
    )


def run(options: argparse.Namespace, result: Result) -> None:
    """Measure the calibration on each kind of image and draw reliability diagrams."""
    recognizer = load_recognizer(options)
    table = result.table(
        "images",
        {
            "answers": ",",
            "right": ".2%",
            "confidence": ".2%",
            "calibration error": ".2%",
            "by chance": ".2%",
            "not found": ",",
        },
    )
    whole = Digits(*load_whole(options.part))
    digits, labels = load_part(options)
    probabilities = recognizer.classify(digits)
    right = probabilities.argmax(axis=1) == labels
    measure(f"mnist-{options.part}", probabilities.max(axis=1), right, 0, options, result, table)
    lines = [
        draw_line(whole, np.random.default_rng([options.seed, number]))
        for number in range(options.lines)
    ]
    answers = recognizer.predict_many(line.image for line in lines)
    judge("numbers", answers, [line.label for line in lines], options, result, table)
    for folder in options.pictures:
        pictures = [picture for picture in labelled(folder) if picture.label][: options.limit]
        answers = recognizer.predict_many(picture.path for picture in pictures)
        wanted = [picture.label for picture in pictures]
        judge(folder.name, answers, wanted, options, result, table)


def judge(
    name: str,
    answers: Iterable[Prediction],
    labels: Sequence[str],
    options: argparse.Namespace,
    result: Result,
    table: Table,
) -> None:
    """Compare best guesses with labels and add the results."""
    found = [
        (answer.confidence, answer.raw == label)
        for answer, label in zip(answers, labels, strict=True)
        if answer.confidence is not None
    ]
    confidence = np.array([confidence for confidence, _ in found], np.float32)
    right = np.array([is_right for _, is_right in found])
    measure(name, confidence, right, len(labels) - len(found), options, result, table)


def measure(
    name: str,
    confidence: NDArray[np.float32],
    right: NDArray[np.bool_],
    missing: int,
    options: argparse.Namespace,
    result: Result,
    table: Table,
) -> None:
    """Add a row to the table, and draw a plot if `--output` is given."""
    rng = np.random.default_rng(options.seed)
    chance = [
        calibration_error(confidence, rng.random(len(confidence)) < confidence)
        for _ in range(DRAWS)
    ]
    table.row(
        name,
        len(right),
        float(right.mean()),
        float(confidence.mean()),
        float(calibration_error(confidence, right)),
        float(np.mean(chance)),
        missing,
    )
    if options.output:
        options.output.mkdir(parents=True, exist_ok=True)
        file = Path(f"reliability-{name}.png")
        save_figure(reliability_figure(confidence, right), options.output / file)
        result.plots[str(file)] = f"Reliability on {name}"
