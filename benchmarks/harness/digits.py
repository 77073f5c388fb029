"""MNIST's digits for benchmarks: the part to look at while developing, and the one to report on."""

import argparse
import sys

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness.options import OFFICIAL
from digitnet.data.datasets import Dataset, load, split
from digitnet.errors import DatasetError


def mnist() -> Dataset:
    """MNIST.

    Raises:
        SystemExit: it is not here.
    """
    try:
        return load("mnist")
    except DatasetError as error:
        sys.exit(str(error))


def load_part(options: argparse.Namespace) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Load digits of MNIST.

    Args:
        options: `part` and `limit`.

    Returns:
        (N, 28, 28) uint8 digits, white ink on black, and (N,) uint8 labels: the whole part in
        order, or a seeded sample of it.

    Raises:
        SystemExit: MNIST is not here.
    """
    dataset = mnist()
    parts = split(dataset)
    positions = parts.official if options.part == OFFICIAL else parts.validation
    if options.limit is not None and options.limit < len(positions):
        positions = np.random.default_rng(0).choice(positions, options.limit, replace=False)
    return dataset.images[positions], dataset.labels[positions]


def load_whole(part: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Load all digits of a part of MNIST, to draw with; see `load_part`."""
    return load_part(argparse.Namespace(part=part, limit=None))
