"""MNIST's digits for benchmarks: the part to look at while developing, and the one to report on."""

import argparse
import sys

import numpy as np
from numpy.typing import NDArray

from digitnet.errors import DatasetError
from digitnet.learning.datasets import load, split

VALIDATION, OFFICIAL = "validation", "official"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--part` and `--limit`."""
    parser.add_argument(
        "--part",
        choices=(OFFICIAL, VALIDATION),
        default=OFFICIAL,
        help="MNIST's official test part, for a report (default), or the validation part of the "
        "split that the shipped models were trained with, to look at while developing",
    )
    parser.add_argument("--limit", type=int, metavar="N", help="look at so many digits only")


def load_part(options: argparse.Namespace) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Load MNIST digits.

    Args:
        options: what `add_options` has added.

    Returns:
        (N, 28, 28) uint8 digits, white ink on black, and (N,) uint8 labels: the whole part in
        order, or a seeded sample of it.

    Raises:
        SystemExit: MNIST is not here.
    """
    try:
        dataset = load("mnist")
    except DatasetError as error:
        sys.exit(str(error))
    parts = split(dataset)
    positions = parts.official if options.part == OFFICIAL else parts.validation
    if options.limit is not None and options.limit < len(positions):
        positions = np.random.default_rng(0).choice(positions, options.limit, replace=False)
    return dataset.images[positions], dataset.labels[positions]
