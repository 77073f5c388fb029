"""Kaggle's digit CSV: 42,000 rows of a label and 784 pixels, read as a data set.

The file is made of MNIST's training digits, as Kaggle's is. `digitnet.data.datasets.load` reads it
beside `numpy.loadtxt`, which parses the same numbers and checks nothing; target: at most 4 s.
Times are medians of the runs in turn; the file is in the disk cache. The arrays must be equal.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import digits, options
from benchmarks.harness.processes import Work, medians
from benchmarks.harness.result import Result
from digitnet.data import datasets

MOST_S = 4


TARGETS = {
    "seconds": "at most 4",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--limit` and `--runs`."""
    options.add(parser, limit=42_000, runs=5)


def run(options: argparse.Namespace, result: Result) -> None:
    """Write the file and time both readers."""
    mnist = digits.mnist()
    images = mnist.images[~mnist.official][: options.limit].reshape(-1, 784)
    labels = mnist.labels[~mnist.official][: options.limit, None]
    rows = np.hstack([labels, images])
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch, "train.csv")
        header = ",".join(["label", *(f"pixel{number}" for number in range(784))])
        np.savetxt(path, rows, "%d", ",", header=header, comments="")

        def load() -> NDArray[np.uint8]:
            found = datasets.load(str(path))
            return np.hstack([found.labels[:, None], found.images.reshape(-1, 784)])

        def parse() -> NDArray[np.uint8]:
            return np.loadtxt(path, np.uint8, delimiter=",", skiprows=1)

        seconds = medians(
            {"digitnet": timed(load, rows), "numpy.loadtxt": timed(parse, rows)}, options.runs
        )
    table = result.table("reader", {"seconds": ".2f", "rows per second": ",.0f"})
    for name, taken in seconds.items():
        table.row(name, taken, len(rows) / taken)
    result.figure("seconds", seconds["digitnet"], f"{{:.1f}} s (at most {MOST_S})")
    result.figure(
        "times as fast",
        seconds["numpy.loadtxt"] / seconds["digitnet"],
        "{:.1f} times as fast as `numpy.loadtxt`",
    )


def timed(read: Callable[[], NDArray[np.uint8]], expected: NDArray[np.uint8]) -> Work:
    """Make a function that times one reading and checks that the result equals `expected`."""

    def work() -> float:
        began = time.perf_counter()
        found = read()
        taken = time.perf_counter() - began
        if not np.array_equal(found, expected):
            sys.exit("the arrays read differ from those written")
        return taken

    return work
