"""New handwriting: what a model learns from a few digits of another source, and what it forgets.

10 images of each digit of a data set that the model has never seen, and 300 where there are enough,
are given to `digitnet train --from cnn --dataset` with default options (so a fifth of them is the
test set), twice:

- with images chosen *at random*, evaluated on all others;
- with the *misread* images, or nearly misread ones (lowest probability of the label; uncertainty
  sampling, Lewis and Gale 1994), of a random half of the data set, evaluated on the other half.

Targets: the error falls by at least a third, and the error on MNIST's official test set rises by at
most 0.10 percentage points. The first target is not reached on USPS: the network misreads at most
one of a hundred of its digits, a few errors in seven thousand are chance, and there is little left
to learn. It misreads more of scikit-learn's digits, and learns more.

The data sets are `semeion_dev.npz` (Italian) and `usps.npz`, if they are in the folder in
DIGITNET_DATA, and scikit-learn's digits; or those given to `--digits`: files with the arrays x (N,
height, width; 8-bit grayscale) and y. They were not used to choose how digitnet adapts to new
handwriting, except scikit-learn's digits.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import options
from benchmarks.harness.data_files import data_file
from benchmarks.harness.processes import DIGITNET, ENVIRONMENT
from benchmarks.harness.result import Result, Table
from digitnet.data import datasets
from digitnet.reading.recognizer import Recognizer

SOURCES = [path for name in ("semeion_dev", "usps") if (path := data_file(f"{name}.npz"))]

TARGETS = {
    "semeion_dev, 10 per digit at random, change": "at most -33 %",
    "semeion_dev, 10 per digit misread, change": "at most -33 %",
    "usps, 10 per digit at random, change": "at most -33 %",
    "usps, 10 per digit misread, change": "at most -33 %",
    "usps, 300 per digit at random, change": "at most -33 %",
    "usps, 300 per digit misread, change": "at most -33 %",
    "digits, 10 per digit at random, change": "at most -33 %",
    "digits, 10 per digit misread, change": "at most -33 %",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--digits`, `--counts` and others."""
    options.add(parser, model="cnn", seed=0)
    parser.add_argument(
        "--digits", nargs="+", type=Path, metavar="FILE.npz", help="digits of other sources"
    )
    parser.add_argument(
        "--counts", nargs="+", type=int, default=(10, 300), metavar="N", help="images per digit"
    )


def run(options: argparse.Namespace, result: Result) -> None:
    """Evaluate a model, fine-tune it, and evaluate it again."""
    table = result.table(
        "trained on",
        {
            "measured on": ",",
            "error before": ".2%",
            "error after": ".2%",
            "change": "+.0%",
            "MNIST before": ".2%",
            "MNIST after": ".2%",
        },
    )
    mnist = measure(options.model, "mnist", "official")["error"]
    recognizer = Recognizer.load(options.model, None)
    for source in options.digits or [*SOURCES, Path("digits")]:
        digits = datasets.load(str(source))
        labels = digits.labels
        sure = recognizer.classify(digits.images)[np.arange(len(labels)), labels]
        for count in options.counts:
            if 20 * count > len(labels):
                continue
            rng = np.random.default_rng(options.seed)
            picked = lowest(rng.random(len(labels)), labels, count)
            name = f"{source.stem}, {count} per digit"
            learn(table, f"{name} at random", options.model, digits, picked, picked, mnist)
            seen = rng.permutation(len(labels))[: len(labels) // 2]
            picked = seen[lowest(sure[seen], labels[seen], count)]
            learn(table, f"{name} misread", options.model, digits, picked, seen, mnist)


def lowest(
    values: NDArray[np.floating], labels: NDArray[np.uint8], count: int
) -> NDArray[np.int64]:
    """Return the positions of the `count` lowest values of each digit."""
    order = np.argsort(values)
    return np.concatenate([order[labels[order] == digit][:count] for digit in range(10)])


def learn(
    table: Table,
    name: str,
    model: str,
    digits: datasets.Dataset,
    picked: NDArray[np.int64],
    seen: NDArray[np.int64],
    mnist: float,
) -> None:
    """Train on the picked images, evaluate on the images not in `seen`, and add a row."""
    with tempfile.TemporaryDirectory() as scratch:
        few, rest, child = (str(Path(scratch) / file) for file in ("few.npz", "rest.npz", "child"))
        np.savez(few, x=digits.images[picked], y=digits.labels[picked])
        np.savez(rest, x=np.delete(digits.images, seen, axis=0), y=np.delete(digits.labels, seen))
        old = measure(model, rest, "all")
        digitnet("train", "--from", model, "--dataset", few, "--output", child, "--quiet")
        new, mnist_new = measure(child, rest, "all"), measure(child, "mnist", "official")["error"]
    change = new["error"] / old["error"] - 1 if old["error"] else 0.0
    table.row(name, old["count"], old["error"], new["error"], change, mnist, mnist_new)


def measure(model: str, dataset: str, part: str) -> dict[str, Any]:
    """Return the results of `digitnet evaluate` for a model on a part of a data set."""
    command = ["evaluate", "--model", model, "--format", "json", "--split", part, "--dataset"]
    measured: dict[str, Any] = json.loads(digitnet(*command, dataset))
    return measured


def digitnet(*arguments: str) -> bytes:
    """Run `digitnet` and return its output; errors go to stderr."""
    command = [*DIGITNET, *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, env=ENVIRONMENT, check=True).stdout
