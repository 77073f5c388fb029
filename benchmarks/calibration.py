"""How sure, how right: of the answers given at a confidence of 0.9, are nine in ten right?

The expected calibration error (15 bins, Guo et al. 2017) of a model

- on MNIST's official test part, 28 x 28 as it is: at most 0.5 % is the aim;
- on the single digits of labelled pictures, read as `digitnet predict` does: at most 3 %. A picture
  in which no digit was found has no confidence, and is only counted. The pictures are not part of
  this repository, and nothing was trained on them.

Every digit is judged by the model's best guess, also where `predict` would answer `?`: the
confidence of each should be right. On few pictures the error is biased upwards: *by chance* is
what would be measured of a model with perfect confidence (the mean over 1,000 seeded draws of right
and wrong at the same confidences).
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import options
from benchmarks.harness.digits import load_part
from benchmarks.harness.pictures import labelled
from benchmarks.harness.result import Result, Table
from digitnet import Prediction, Recognizer
from digitnet.evaluation.evaluate import calibration_error
from digitnet.plots import reliability_figure, save_figure

DRAWS = 1000


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--pictures` and others."""
    options.add(
        parser, model="cnn", part=options.OFFICIAL, limit=None, seed=0, pictures=[], output=None
    )


def run(options: argparse.Namespace, result: Result) -> None:
    """Measure, and draw a reliability diagram of each."""
    recognizer = Recognizer.load(options.model)
    table = result.table(
        "digits",
        {
            "answers": ",",
            "right": ".2%",
            "confidence": ".2%",
            "calibration error": ".2%",
            "by chance": ".2%",
            "not found": ",",
        },
    )
    digits, labels = load_part(options)
    probabilities = recognizer.classify(digits)
    right = probabilities.argmax(axis=1) == labels
    measure(f"mnist-{options.part}", probabilities.max(axis=1), right, 0, options, result, table)
    for folder in options.pictures:
        singles = [picture for picture in labelled(folder) if len(picture.label) == 1]
        answers = recognizer.predict_many(picture.path for picture in singles[: options.limit])
        found = [(a, p) for a, p in zip(answers, singles, strict=False) if a.boxes]
        confidence = np.array([answer.confidence for answer, _ in found], np.float32)
        right = np.array([best_guess(answer) == picture.label for answer, picture in found])
        missing = len(singles[: options.limit]) - len(found)
        measure(folder.name, confidence, right, missing, options, result, table)


def best_guess(answer: Prediction) -> str:
    """The likeliest digits, sure or not."""
    return "".join(str(int(np.argmax(box.probabilities))) for box in answer.boxes)


def measure(
    name: str,
    confidence: NDArray[np.float32],
    right: NDArray[np.bool_],
    missing: int,
    options: argparse.Namespace,
    result: Result,
    table: Table,
) -> None:
    """Add a row of the table, and a plot if a folder for it is given."""
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
