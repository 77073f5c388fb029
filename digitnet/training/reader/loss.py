"""The loss of a reader and its error, from the logits of lines and their packed targets.

The loss is a sum of two. The CTC loss (connectionist temporal classification, Graves et al. 2006)
requires the right sequence at any alignment: it decides what is read. The cross-entropy of each
column requires symbols at their position, which places the bounding boxes; for touching digits, it
requires a boundary column, which is ambiguous.
"""

import keras
import tensorflow as tf

from digitnet.model.symbols import BLANK, DIGITS
from digitnet.reading.ctc import MIN_INK
from digitnet.training.reader.targets import MAX_LABELS, NO_LABEL, UNKNOWN

COLUMN_WEIGHT = 0.5
SYMBOL_WEIGHT = 2.0
"""Weight of a column with a symbol: most are blank."""
MAX_CTC = 50.0
"""Nats. A line that is not understood at all teaches no more than that."""
CTC_WEIGHT = 0.5
"""`python -m benchmarks reader_losses` compares these weights with either loss alone."""


class ReaderLoss(keras.losses.Loss):
    """Both losses of each line.

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
            targets: (N, T + 48), see `digitnet.training.reader.targets`.
            logits: float32 (N, T, 20).

        Returns:
            float32 (N,).
        """
        classes, labels = _unpacked(targets, logits)
        known = tf.maximum(classes, 0)
        entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(known, logits)
        weights = tf.where(classes == BLANK, 1.0, SYMBOL_WEIGHT)
        weights = tf.where(classes == UNKNOWN, 0.0, weights)
        columns = tf.reduce_mean(weights * entropy, axis=1)
        return self.columns * columns + self.ctc * _ctc(labels, logits)


class NumberError(keras.metrics.Mean):
    """The fraction of lines whose digits are not exactly right, by the best path."""

    def update_state(
        self, targets: tf.Tensor, logits: tf.Tensor, sample_weight: tf.Tensor | None = None
    ) -> None:
        """Called by Keras, with what `ReaderLoss.call` takes."""
        _, labels = _unpacked(targets, logits)
        best = tf.argmax(logits[..., :BLANK], axis=-1, output_type=tf.int32)
        best = tf.where(tf.nn.softmax(logits)[..., BLANK] < MIN_INK, best, BLANK)
        before = tf.pad(best[:, :-1], [[0, 0], [1, 0]], constant_values=BLANK)
        answered = _digits(best, best != before)
        wrong = tf.reduce_any(answered != _digits(labels, labels != NO_LABEL), axis=1)
        super().update_state(tf.cast(wrong, tf.float32))


def _unpacked(targets: tf.Tensor, logits: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Classes int32 (N, T) and labels int32 (N, 48); Keras has made floats of them."""
    columns = tf.shape(logits)[1]
    whole = tf.cast(targets, tf.int32)
    return whole[:, :columns], tf.ensure_shape(whole[:, columns:], (None, MAX_LABELS))


def _ctc(labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """The CTC loss of each line, a long one weighing as much as its root."""
    lengths = tf.reduce_sum(tf.cast(labels != NO_LABEL, tf.float32), axis=1)
    loss = ctc_loss(labels, logits)
    return tf.minimum(loss, MAX_CTC) / tf.sqrt(tf.maximum(lengths, 1.0))


def ctc_loss(labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """The CTC loss of each line: minus the logarithm of the probability of its labels.

    TensorFlow's first implementation, in C++, takes a fortieth of the time of the one for dense
    labels, which is written in TensorFlow itself. It refuses lines without labels.

    Args:
        labels: int32 (N, L), `NO_LABEL` behind the last.
        logits: float32 (N, T, C), the last of them for no label.

    Returns:
        float32 (N,); 0 for a line that has too few columns for its labels.
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
    """The digits among the counted symbols of each line, int32 (N, 49), -1 behind the last."""
    kept = tf.ragged.boolean_mask(symbols, counted & (symbols < len(DIGITS)))
    return kept.to_tensor(NO_LABEL, shape=(None, MAX_LABELS + 1))
