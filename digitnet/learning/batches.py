"""The training digits as mini-batches: shuffled, distorted, mixed with what MNIST lacks."""

import numpy as np
from numpy.typing import NDArray

from digitnet.learning.augment import distort
from digitnet.learning.datasets import CLASSES
from digitnet.learning.drawn import make_drawn
from digitnet.learning.options import TrainingOptions
from digitnet.learning.outliers import make_outliers

OUTLIER_SHARE = 1 / 8
"""Pictures of no digit for each training digit of a batch."""

DRAWN_SHARE = 1 / 16
"""Digits drawn by code for each training digit of a batch."""

POOL = 8000
"""How many pictures of each of these kinds there are; they are distorted anew whenever used."""


class Batches:
    """Mini-batches of pictures and targets.

    What a batch holds depends on the seed, the epoch and its number only, so a resumed training
    sees the same pictures as one that was never interrupted.
    """

    def __init__(
        self, options: TrainingOptions, images: NDArray[np.uint8], labels: NDArray[np.uint8]
    ) -> None:
        """Prepare the batches.

        Args:
            options: batch size, seed, and whether to augment.
            images: uint8 (N, 28, 28), white ink on black.
            labels: uint8 (N,), 0-9.
        """
        self.options = options
        self.images = images
        self.targets = one_hot(labels)
        self.batch_size = min(options.batch_size, len(labels))
        if options.augment:
            rng = np.random.default_rng(options.seed)
            self.outliers = make_outliers(images, POOL, rng)
            self.drawn, labels = make_drawn(POOL, rng)
            self.drawn_targets = one_hot(labels)
        self.start_epoch(0)

    def __len__(self) -> int:
        """Whole batches in an epoch."""
        return len(self.images) // self.batch_size

    def start_epoch(self, epoch: int) -> None:
        """Shuffle the digits for an epoch, counted from 0."""
        self.epoch = epoch
        self.order = np.random.default_rng([self.options.seed, epoch]).permutation(len(self.images))

    def __getitem__(self, index: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """Pictures uint8 (B, 28, 28) and targets float32 (B, 10): one-hot, or 1/10 for no digit."""
        chosen = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        images, targets = self.images[chosen], self.targets[chosen]
        if not self.options.augment:
            return images, targets
        rng = np.random.default_rng([self.options.seed, self.epoch, index])
        outliers = rng.integers(POOL, size=round(OUTLIER_SHARE * self.batch_size))
        drawn = rng.integers(POOL, size=round(DRAWN_SHARE * self.batch_size))
        uniform = np.full((len(outliers), CLASSES), 1 / CLASSES, np.float32)
        mixed = np.concatenate([images, self.drawn[drawn], self.outliers[outliers]])
        return distort(mixed, rng), np.concatenate([targets, self.drawn_targets[drawn], uniform])


def one_hot(labels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Labels (N,) as rows of float32 (N, 10) with a single 1."""
    return np.eye(CLASSES, dtype=np.float32)[labels]
