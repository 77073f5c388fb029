"""MNIST digits for benchmarks: the validation set for development, the test set for reports."""

import argparse
import sys

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness.options import OFFICIAL
from digitnet.data.datasets import Dataset, load, split
from digitnet.errors import DatasetError


def mnist() -> Dataset:
    """Load MNIST.

    Raises:
        SystemExit: if MNIST cannot be found.
    """
    try:
        return load("mnist")
    except DatasetError as error:
        sys.exit(str(error))


def load_part(options: argparse.Namespace) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Load MNIST digits.

    Args:
        options: with `part` and `limit`.

    Returns:
        (N, 28, 28) uint8 digits, white ink on black, and (N,) uint8 labels: the whole part in
        order, or a seeded random sample of it.

    Raises:
        SystemExit: if MNIST cannot be found.
    """
    dataset = mnist()
    parts = split(dataset)
    positions = parts.official if options.part == OFFICIAL else parts.validation
    if options.limit is not None and options.limit < len(positions):
        positions = np.random.default_rng(0).choice(positions, options.limit, replace=False)
    return dataset.images[positions], dataset.labels[positions]


def load_whole(part: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Load all digits of a part of MNIST; see `load_part`."""
    return load_part(argparse.Namespace(part=part, limit=None))
