"""Calibration: of the answers given at 0.9, are nine in ten right?

    python benchmarks/calibration.py [--pictures FOLDER] [--output FOLDER]

prints the expected calibration error (15 bins, Guo et al. 2017) of a model

- on MNIST's official test part, 28 x 28 as it is: at most 0.5 % is the aim;
- on labelled pictures, read as `digitnet predict` does: at most 3 %. FOLDER has a `labels.csv`
  with the columns kind, file and label; of it, the single digits count, whose kind is `drawn` or
  `photo`. A picture in which no digit was found has no confidence, and is only counted.

Every digit is judged by the model's best guess, those included that it would refuse (`?`): the
confidence of each is to be right. With so few pictures the error is biased upwards: about what
is printed as `by chance` would be measured of a model whose confidence is perfect (the mean over
1,000 seeded draws of right and wrong at the same confidences).

`--output` draws a reliability diagram of each into a folder.
"""

import argparse
import csv
from pathlib import Path

import numpy as np
import parts
from numpy.typing import NDArray

from digitnet import Prediction, Recognizer
from digitnet.learning.evaluate import calibration_error
from digitnet.plots import reliability_figure, save_figure

KINDS = ("drawn", "photo")
DRAWS = 1000


def main() -> None:
    """Measure, print a table, and draw."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="cnn", help="a model's name or folder (default: cnn)")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="labelled pictures")
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="of the diagrams")
    parts.add_options(parser)
    options = parser.parse_args()
    recognizer = Recognizer.load(options.model)
    digits, labels = parts.load_part(options)
    probabilities = recognizer.classify(digits)
    right = probabilities.argmax(axis=1) == labels
    print(f"{'':18} {'answers':>8} {'right':>7} {'confidence':>11} {'error':>7} {'by chance':>10}")
    report(f"mnist-{options.part}", probabilities.max(axis=1), right, "0.5%", options.output)
    if options.pictures:
        with open(options.pictures / "labels.csv", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["kind"] in KINDS]
        images = (options.pictures / row["file"] for row in rows)
        pairs = list(zip(recognizer.predict_many(images), rows, strict=True))
        found = [(answer, row["label"]) for answer, row in pairs if answer.boxes]
        confidence = np.array([answer.confidence for answer, _ in found], np.float32)
        right = np.array([best_guess(answer) == label for answer, label in found])
        report("pictures", confidence, right, "3%", options.output)
        print(f"no digit found in {len(pairs) - len(found)} of {len(pairs)} pictures")


def best_guess(answer: Prediction) -> str:
    """The likeliest digits, sure or not."""
    return "".join(str(int(np.argmax(box.probabilities))) for box in answer.boxes)


def report(
    name: str,
    confidence: NDArray[np.float32],
    right: NDArray[np.bool_],
    aim: str,
    folder: Path | None,
) -> None:
    """Print a line of the table, and draw the diagram."""
    rng = np.random.default_rng(0)
    chance = [
        calibration_error(confidence, rng.random(len(confidence)) < confidence)
        for _ in range(DRAWS)
    ]
    print(
        f"{name:18} {len(right):8,} {right.mean():7.2%} {confidence.mean():11.2%} "
        f"{calibration_error(confidence, right):7.2%} {np.mean(chance):10.2%}  at most {aim}"
    )
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        save_figure(reliability_figure(confidence, right), folder / f"reliability-{name}.png")


if __name__ == "__main__":
    main()
