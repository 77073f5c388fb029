"""Your own hand: what a model learns from a few digits of another source, and what it forgets.

    python benchmarks/own_hand.py [--digits FILE.npz] [--model cnn] [--count 10]

takes 10 images of each digit of a data set that the model has never seen, and runs `digitnet train
--from cnn --dataset` with them, without any other option (so a fifth of them is kept for the test,
and 80 are learned from). It does so twice:

- with images at random, by a fixed seed, and measures all others;
- with those that somebody would pick who has looked through one half of the data set, a random one:
  of each digit the 10 that were misread, or nearly (of the lowest probability of what they are;
  uncertainty sampling, Lewis and Gale 1994). The other half is measured.

Printed is the error before and after on what is measured (it shall fall by a third at least), and
on MNIST's official test part (it shall rise by 0.10 percentage points at most).

FILE.npz has the arrays x (N, height, width; 8-bit gray) and y; without it, `usps.npz` is looked for
in the folder that DIGITNET_DATA names. Images go through the same vision as those of
`digitnet predict --single`. Nothing of this data set has decided how digitnet learns a hand: that
was chosen on digits of MNIST's validation part and on scikit-learn's digits.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitnet.learning import datasets
from digitnet.recognizer import Recognizer

LARGEST_PART_LEFT = 2 / 3
MOST_FORGOTTEN = 0.001


def main() -> None:
    """Measure, train, measure again, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--digits", type=Path, metavar="FILE.npz", help="digits of another source")
    parser.add_argument("--model", default="cnn", help="a model's name or folder (default: cnn)")
    parser.add_argument("--count", type=int, default=10, help="images of each digit (default: 10)")
    parser.add_argument("--seed", type=int, default=0, help="which images (default: 0)")
    options = parser.parse_args()
    source = options.digits or Path(os.environ.get("DIGITNET_DATA", ".")) / "usps.npz"
    if not source.is_file():
        sys.exit(f"{source} is missing: name it with --digits")
    digits = datasets.load(str(source))
    labels = digits.labels
    mnist = measure(options.model, "mnist", "official")
    sure = Recognizer.load(options.model).classify(digits.images)[np.arange(len(labels)), labels]
    rng = np.random.default_rng(options.seed)
    picked = lowest(rng.random(len(labels)), labels, options.count)
    learn("at random", options.model, digits, picked, picked, mnist)
    looked_through = rng.permutation(len(labels))[: len(labels) // 2]
    picked = looked_through[lowest(sure[looked_through], labels[looked_through], options.count)]
    learn("misread", options.model, digits, picked, looked_through, mnist)


def lowest(
    values: NDArray[np.floating], labels: NDArray[np.uint8], count: int
) -> NDArray[np.int64]:
    """Positions of the so many images of each digit that have the lowest values."""
    order = np.argsort(values)
    return np.concatenate([order[labels[order] == digit][:count] for digit in range(10)])


def learn(
    chosen: str,
    model: str,
    digits: datasets.Dataset,
    picked: NDArray[np.int64],
    seen: NDArray[np.int64],
    mnist: dict[str, Any],
) -> None:
    """Train with the picked images, measure what was not seen, and print the table."""
    with tempfile.TemporaryDirectory() as scratch:
        few, rest, child = (str(Path(scratch) / file) for file in ("few.npz", "rest.npz", "child"))
        np.savez(few, x=digits.images[picked], y=digits.labels[picked])
        np.savez(rest, x=np.delete(digits.images, seen, axis=0), y=np.delete(digits.labels, seen))
        old = measure(model, rest, "all")
        digitnet("train", "--from", model, "--dataset", few, "--output", child, "--quiet")
        new, mnist_new = measure(child, rest, "all"), measure(child, "mnist", "official")
    print(f"{chosen:28} {'digits':>7} {'before':>8} {'after':>8} {'change':>8}  aim")
    change = new["error"] / old["error"] - 1 if old["error"] else 0.0
    print(
        f"{f'{Path(digits.name).name}, the others':28} {old['count']:7,} {old['error']:8.2%} "
        f"{new['error']:8.2%} {change:+8.0%}  {LARGEST_PART_LEFT - 1:.0%} or less"
    )
    change = 100 * (mnist_new["error"] - mnist["error"])
    print(
        f"{'MNIST, official test part':28} {mnist['count']:7,} {mnist['error']:8.2%} "
        f"{mnist_new['error']:8.2%} {change:+8.2f}  +{100 * MOST_FORGOTTEN:.2f} points or less",
        flush=True,
    )


def measure(model: str, dataset: str, part: str) -> dict[str, Any]:
    """What `digitnet evaluate` says of a model on a part of a data set."""
    command = ["evaluate", "--model", model, "--format", "json", "--split", part, "--dataset"]
    measured: dict[str, Any] = json.loads(digitnet(*command, dataset))
    return measured


def digitnet(*arguments: str) -> bytes:
    """Run the program; what it complains of is shown."""
    command = [sys.executable, "-m", "digitnet", *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout


if __name__ == "__main__":
    main()
