"""The loss and the error metric of a reader, from logits of lines and packed targets.

The loss is a weighted sum of two. The CTC loss (connectionist temporal classification, Graves et
al. 2006) requires the correct sequence in any alignment: it decides what is read. The cross-entropy
of each column requires symbols at their positions, which places the bounding boxes. For touching
digits, it also requires an exact boundary, which is ambiguous.
"""

import keras
import tensorflow as tf

from digitnet.model.symbols import BLANK, DIGITS
from digitnet.reading.ctc import MIN_SYMBOL_PROBABILITY
from digitnet.training.reader.targets import MAX_LABELS, NO_LABEL, UNKNOWN

COLUMN_WEIGHT, CTC_WEIGHT = 0.5, 0.5
"""Weights of the two losses. `python -m benchmarks reader_losses` compares them with others."""
SYMBOL_WEIGHT = 2.0
"""Weight of a column with a symbol, relative to a blank: most columns are blank."""
MAX_CTC = 50.0
"""Upper bound of the CTC loss of a line, in nats, which limits the effect of unreadable lines."""


class ReaderLoss(keras.losses.Loss):
    """Weighted sum of the CTC loss and the cross-entropy of the columns of each line.

    Args:
        columns: the weight of the cross-entropy of the columns.
        ctc: the weight of the CTC loss.
    """

    def __init__(self, columns: float = COLUMN_WEIGHT, ctc: float = CTC_WEIGHT) -> None:
        super().__init__(name="reader_loss")
        self.columns, self.ctc = columns, ctc

    def call(self, targets: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
        """Called by Keras.

        Args:
            targets: float32 (N, T + 48), see `digitnet.training.reader.targets`.
            logits: float32 (N, T, 20).

        Returns:
            float32 (N,).
        """
        classes, labels = _unpack(targets, logits)
        known = tf.maximum(classes, 0)
        entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(known, logits)
        weights = tf.where(classes == BLANK, 1.0, SYMBOL_WEIGHT)
        weights = tf.where(classes == UNKNOWN, 0.0, weights)
        columns = tf.reduce_mean(weights * entropy, axis=1)
        return self.columns * columns + self.ctc * _ctc(labels, logits)


class NumberError(keras.metrics.Mean):
    """Fraction of lines with a mistake in their digits, by best-path decoding."""

    def update_state(
        self, targets: tf.Tensor, logits: tf.Tensor, sample_weight: tf.Tensor | None = None
    ) -> None:
        """Called by Keras, with the arguments of `ReaderLoss.call`."""
        _, labels = _unpack(targets, logits)
        best = tf.argmax(logits[..., :BLANK], axis=-1, output_type=tf.int32)
        best = tf.where(tf.nn.softmax(logits)[..., BLANK] < MIN_SYMBOL_PROBABILITY, best, BLANK)
        before = tf.pad(best[:, :-1], [[0, 0], [1, 0]], constant_values=BLANK)
        answered = _digits(best, best != before)
        wrong = tf.reduce_any(answered != _digits(labels, labels != NO_LABEL), axis=1)
        super().update_state(tf.cast(wrong, tf.float32))


def _unpack(targets: tf.Tensor, logits: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Unpack classes int32 (N, T) and labels int32 (N, 48), which Keras has cast to float."""
    columns = tf.shape(logits)[1]
    whole = tf.cast(targets, tf.int32)
    return whole[:, :columns], tf.ensure_shape(whole[:, columns:], (None, MAX_LABELS))


def _ctc(labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """Return the clipped CTC loss of each line, divided by the root of its number of labels."""
    lengths = tf.reduce_sum(tf.cast(labels != NO_LABEL, tf.float32), axis=1)
    loss = ctc_loss(labels, logits)
    return tf.minimum(loss, MAX_CTC) / tf.sqrt(tf.maximum(lengths, 1.0))


def ctc_loss(labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """Return the CTC loss of each line: the negative log probability of its labels.

    This uses TensorFlow's first implementation, in C++, which is forty times as fast as the one for
    dense labels, written in TensorFlow operations. It refuses lines without labels, so their loss
    is computed here.

    Args:
        labels: int32 (N, L), padded with `NO_LABEL`.
        logits: float32 (N, T, C); the last class is the blank.

    Returns:
        float32 (N,); 0 for a line with too few columns for its labels.
    """
    lines, columns = tf.shape(logits)[0], tf.shape(logits)[1]
    none = tf.reduce_all(labels == NO_LABEL, axis=1)
    first = tf.range(tf.shape(labels)[1]) == 0
    some = tf.where(none[:, None] & first, 0, labels)
    places = tf.where(some != NO_LABEL)
    loss = tf.compat.v1.nn.ctc_loss(
        tf.SparseTensor(places, tf.gather_nd(some, places), tf.shape(labels, tf.int64)),
        logits,
        tf.fill([lines], columns),
        ignore_longer_outputs_than_inputs=True,
        time_major=False,
    )
    nothing = -tf.reduce_sum(tf.nn.log_softmax(logits)[..., -1], axis=1)
    return tf.where(none, nothing, loss)


def _digits(symbols: tf.Tensor, counted: tf.Tensor) -> tf.Tensor:
    """Return the digits among the counted symbols of each line, int32 (N, 49), padded with -1."""
    kept = tf.ragged.boolean_mask(symbols, counted & (symbols < len(DIGITS)))
    return kept.to_tensor(NO_LABEL, shape=(None, MAX_LABELS + 1))
