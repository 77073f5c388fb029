"""The training digits as mini-batches: in a new order each epoch, distorted anew, with outliers."""

import numpy as np
from numpy.typing import NDArray

from digitnet.learning.augment import distort
from digitnet.learning.datasets import CLASSES
from digitnet.learning.options import TrainingOptions
from digitnet.learning.outliers import make_outliers

OUTLIER_SHARE = 1 / 8
"""Pictures of no digit for each training digit of a batch."""

OUTLIER_POOL = 8000
"""How many different pictures of no digit are drawn; each is distorted anew whenever it is used."""


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
            self.outliers = make_outliers(images, OUTLIER_POOL, rng)
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
        count = round(OUTLIER_SHARE * self.batch_size)
        outliers = self.outliers[rng.integers(len(self.outliers), size=count)]
        mixed = np.concatenate([images, outliers])
        uniform = np.full((count, CLASSES), 1 / CLASSES, np.float32)
        return distort(mixed, rng), np.concatenate([targets, uniform])


def one_hot(labels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Labels (N,) as rows of float32 (N, 10) with a single 1."""
    return np.eye(CLASSES, dtype=np.float32)[labels]
