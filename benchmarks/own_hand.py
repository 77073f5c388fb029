"""Your own hand: what a model learns from a few digits of another source, and what it forgets.

    python benchmarks/own_hand.py [--digits FILE.npz] [--model cnn] [--count 10]

takes 10 images of each digit of a data set that the model has never seen, at random with a fixed
seed, and runs `digitnet train --from cnn --dataset` with them, without any other option (so a fifth
of them is kept for the test, and 80 are learned from). Printed is the error before and after

- on all other digits of that data set: it shall fall by a third at least;
- on MNIST's official test part: it shall rise by 0.10 percentage points at most.

FILE.npz has the arrays x (N, height, width; 8-bit gray) and y; without it, `usps.npz` is looked for
in the folder that DIGITNET_DATA names. Images go through the same vision as those of
`digitnet predict --single`. Nothing of this data set has decided how digitnet learns a hand: that
was chosen on distorted digits of MNIST's validation part and on scikit-learn's digits.
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
    parser.add_argument(
        "--output", type=Path, metavar="FOLDER", help="keep the trained model there"
    )
    options = parser.parse_args()
    source = options.digits or Path(os.environ.get("DIGITNET_DATA", ".")) / "usps.npz"
    if not source.is_file():
        sys.exit(f"{source} is missing: name it with --digits")
    with np.load(source) as archive:
        images, labels = archive["x"], archive["y"]
    picked = pick(labels, options.count, options.seed)
    with tempfile.TemporaryDirectory() as scratch:
        few, rest = Path(scratch) / "few.npz", Path(scratch) / "rest.npz"
        np.savez(few, x=images[picked], y=labels[picked])
        np.savez(rest, x=np.delete(images, picked, axis=0), y=np.delete(labels, picked))
        child = options.output or Path(scratch) / "child"
        before = measure(options.model, rest)
        command = ["train", "--from", options.model, "--dataset", str(few), "--output", str(child)]
        digitnet(*command, "--quiet")
        after = measure(str(child), rest)
    print(f"{'':28} {'digits':>7} {'before':>8} {'after':>8} {'change':>8}  aim")
    (old, new), (mnist_old, mnist_new) = zip(before, after, strict=True)
    change = new["error"] / old["error"] - 1 if old["error"] else 0.0
    print(
        f"{f'{source.name}, the others':28} {old['count']:7,} {old['error']:8.2%} "
        f"{new['error']:8.2%} {change:+8.0%}  {LARGEST_PART_LEFT - 1:.0%} or less"
    )
    change = 100 * (mnist_new["error"] - mnist_old["error"])
    print(
        f"{'MNIST, official test part':28} {mnist_old['count']:7,} {mnist_old['error']:8.2%} "
        f"{mnist_new['error']:8.2%} {change:+8.2f}  +{100 * MOST_FORGOTTEN:.2f} points or less"
    )


def pick(labels: NDArray[np.uint8], count: int, seed: int) -> NDArray[np.int64]:
    """Positions of so many images of each digit, at random."""
    rng = np.random.default_rng(seed)
    every = [rng.choice(np.flatnonzero(labels == d), count, replace=False) for d in range(10)]
    return np.concatenate(every)


def measure(model: str, rest: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """What `digitnet evaluate` says of a model on the other digits, and on MNIST's test part."""
    command = ["evaluate", "--model", model, "--format", "json", "--dataset"]
    return (
        json.loads(digitnet(*command, str(rest), "--split", "all")),
        json.loads(digitnet(*command, "mnist", "--split", "official")),
    )


def digitnet(*arguments: str) -> bytes:
    """Run the program; what it complains of is shown."""
    command = [sys.executable, "-m", "digitnet", *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout


if __name__ == "__main__":
    main()
