"""Classifies images of single digits, with test-time augmentation."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from digitnet.model.bundle import Bundle
from digitnet.model.litert import SIDE, Networks
from digitnet.model.probabilities import COLUMNS, Probabilities
from digitnet.reading.classifying.test_time_augmentation import augment_uncertain
from digitnet.reading.pipeline import run_in_order

BATCH_SIZE = 32
"""Batch size: the activations of larger batches do not fit in the cache."""

NO_DIGITS = np.empty((0, SIDE, SIDE), np.uint8)


class Classifier:
    """Classifies digits with one trained model. Thread-safe.

    Args:
        model: a classifier's bundle.

    Raises:
        BundleError: the network is damaged, or is not a classifier.
    """

    def __init__(self, model: Bundle) -> None:
        self._networks = Networks(model.tflite, model.name)

    def answer(
        self, digits: NDArray[np.uint8] | Sequence[NDArray[np.uint8]], jobs: int = 1
    ) -> Probabilities:
        """Classify any number of digits.

        Args:
            digits: (28, 28) uint8 each, white ink (255) on black (0).
            jobs: the number of threads.

        Returns:
            (N, 32) float32, see `digitnet.model.probabilities`.

        Raises:
            BundleError: the network cannot be run.
        """
        pictures = np.asarray(digits) if len(digits) else NO_DIGITS
        return augment_uncertain(
            pictures,
            self._answer_once(pictures, jobs),
            lambda views: self._answer_once(views, jobs),
        )

    def _answer_once(self, digits: NDArray[np.uint8], jobs: int) -> Probabilities:
        """Run the network on digits, without test-time augmentation."""
        batches = [
            digits[start : start + BATCH_SIZE] for start in range(0, len(digits), BATCH_SIZE)
        ]
        if len(batches) < 2 or jobs == 1:
            results = [self._networks.answer(batch) for batch in batches]
        else:
            results = list(
                run_in_order(batches, self._networks.answer, list, min(jobs, len(batches)))
            )
        return np.concatenate([np.empty((0, COLUMNS), np.float32), *results])
