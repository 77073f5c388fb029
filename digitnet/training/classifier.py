"""Error metric and `tf.data` pipelines for training classifiers."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from digitnet.model.probabilities import CLASSES
from digitnet.model.targets import CLASS, COLUMNS, one_hot
from digitnet.training.batches import Batch, Batches
from digitnet.training.fit import without_autotuning
from digitnet.training.rehearsal import Digits

PREFETCH_BATCHES = 8
"""Number of batches prepared ahead of the one in training."""
PREDICTION_BATCH = 1000
"""Digits per batch in validation and prediction."""


class DigitError(keras.metrics.Mean):
    """Fraction of misclassified digits; images of anything else do not count."""

    def update_state(
        self, target: tf.Tensor, logits: tf.Tensor, sample_weight: tf.Tensor | None = None
    ) -> None:
        """Called by Keras: targets float32 (N, 33) from `one_hot`, and logits float32 (N, 33)."""
        digit = keras.ops.argmax(target[:, CLASS], axis=-1)
        wrong = digit != keras.ops.argmax(logits[:, :CLASSES], axis=-1)
        is_digit = digit < CLASSES
        super().update_state(keras.ops.cast(wrong, "float32"), keras.ops.cast(is_digit, "float32"))


def as_dataset(batches: Batches) -> tf.data.Dataset:
    """Return the batches of an epoch; a thread prepares them while the network trains."""

    def generate_batches() -> Iterator[Batch]:
        with ThreadPoolExecutor(1, "batches") as pool:
            ahead: deque[Future[Batch]] = deque()
            for index in range(len(batches)):
                ahead.append(pool.submit(batches.__getitem__, index))
                if len(ahead) == PREFETCH_BATCHES:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()

    size = (None, *batches.images.shape[1:])
    signature = tf.TensorSpec(size, tf.uint8), tf.TensorSpec((None, COLUMNS), tf.float32)
    made = tf.data.Dataset.from_generator(generate_batches, output_signature=signature)
    return without_autotuning(
        made.apply(tf.data.experimental.assert_cardinality(len(batches))).prefetch(1)
    )


def validation_batches(digits: Digits) -> tf.data.Dataset:
    """Return the validation digits, at least one, in batches."""
    pairs = tf.data.Dataset.from_tensor_slices((digits[0], one_hot(digits[1])))
    return without_autotuning(pairs.batch(PREDICTION_BATCH))


def logits_of(network: keras.Model, digits: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Compute the logits of a network for digits.

    This does not use Keras's `predict`, which builds a graph for each model and each number of
    digits: after a few trainings in one process, TensorFlow would warn about it.

    Args:
        network: maps pixels to logits.
        digits: uint8 (N, 28, 28), at least one.

    Returns:
        float32 (N, 33).
    """
    starts = range(0, len(digits), PREDICTION_BATCH)
    parts = (network(digits[start : start + PREDICTION_BATCH], training=False) for start in starts)
    return np.concatenate([keras.ops.convert_to_numpy(part) for part in parts])
