"""The three classifier networks, each a list of Keras layers.

All of them take raw pixels, uint8 (N, 28, 28) with white ink (255) on black (0), and return 33
logits: one for each digit, one for "no digit", one for "two digits" and one for "more"; then, for
images of two digits, ten for the left digit and ten for the right one. The layers that turn logits
into probabilities are added after training:

    pixels -> Rescaling(1/255) -> the network's layers -> logits
    logits -> 1/temperature -> a softmax for each group -> probabilities

`digitnet.model.probabilities` defines the columns of the probabilities.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
from keras import layers

from digitnet.model import targets
from digitnet.model.probabilities import CLASSES, DIGIT
from digitnet.training.options import Activation, Feedback, Network
from digitnet.training.recurrent import simple_rnn, without_self_loops
from digitnet.vision.normalize import SIDE


def build(
    network: Network,
    *,
    activation: Activation,
    hidden: Sequence[int],
    feedback: Feedback = Feedback.GRU,
) -> keras.Model:
    """Build a network with random weights, from pixels to logits.

    Args:
        network: the kind of network.
        activation: the activation of the hidden layers of `mlp` and `cnn`; the recurrent cells of
            `rnn` have their own (sigmoid and tanh).
        hidden: the number of neurons in each hidden layer of `mlp`.
        feedback: the kind of feedback of `rnn`.

    Returns:
        A Keras model: uint8 (N, 28, 28) in, float32 (N, 33) logits out.
    """
    bodies: dict[Network, Callable[[], Sequence[Callable[[Any], Any]]]] = {
        Network.MLP: lambda: mlp(hidden, activation),
        Network.CNN: lambda: cnn(activation),
        Network.RNN: lambda: rnn() if feedback is Feedback.GRU else [simple_rnn(feedback)],
    }
    pixels = keras.Input((SIDE, SIDE), dtype="uint8", name="pixels")
    signal = layers.Rescaling(1 / 255)(pixels)
    for layer in [*bodies[network](), layers.Dense(targets.COLUMNS, name="logits")]:
        signal = layer(signal)
    return without_self_loops(keras.Model(pixels, signal, name=network.value))


def mlp(hidden: Sequence[int], activation: Activation) -> list[layers.Layer]:
    """Feed-forward network: every neuron is connected to all neurons of the previous layer."""
    return [
        layers.Flatten(),
        *(layer for units in hidden for layer in _dense(units, activation)),
    ]


def _dense(units: int, activation: Activation) -> list[layers.Layer]:
    return [
        layers.Dense(units, use_bias=False),
        layers.BatchNormalization(momentum=0.9),
        layers.Activation(activation.value),
    ]


def cnn(activation: Activation) -> list[layers.Layer]:
    """Convolutional network: small filters slide over the image and find strokes anywhere.

    The first layer already halves the image, because feature maps of 28 x 28 cost a CPU most.
    """
    return [
        layers.Reshape((SIDE, SIDE, 1)),
        *_convolution(24, 5, activation, strides=2),  # (14, 14, 24)
        *_convolution(32, 3, activation),
        *_convolution(32, 3, activation),
        *_convolution(64, 3, activation, strides=2),  # (7, 7, 64)
        *_convolution(96, 3, activation),
        *_convolution(96, 3, activation),
        *_convolution(128, 3, activation, strides=2),  # (4, 4, 128)
        layers.Flatten(),
        layers.Dropout(0.3),
    ]


def _convolution(
    filters: int, size: int, activation: Activation, strides: int = 1
) -> list[layers.Layer]:
    return [
        layers.Conv2D(filters, size, strides=strides, padding="same", use_bias=False),
        layers.BatchNormalization(momentum=0.9),
        layers.Activation(activation.value),
    ]


def rnn() -> list[layers.Layer]:
    """Recurrent network with gates (GRU): reads the 28 rows one by one, in both directions.

    The loop over the rows is unrolled, so that the exported network has only plain operations.
    """
    return [
        layers.Bidirectional(layers.GRU(96, return_sequences=True, unroll=True)),  # (28, 192)
        layers.Dropout(0.2),
        layers.Bidirectional(layers.GRU(96, unroll=True)),  # (192,)
        layers.Dropout(0.3),
    ]


def cross_entropy(target: Any, logits: Any) -> Any:
    """Return the loss: the cross-entropy of the class and, for two digits, of each digit.

    Args:
        target: tensor float32 (N, 33), as `targets.one_hot` makes it.
        logits: tensor float32 (N, 33).

    Returns:
        A tensor (N,). A group of targets without a 1 adds nothing to it.
    """
    # Keras's own cross-entropy assumes targets that sum to 1; its gradient is wrong for others
    return -sum(
        keras.ops.sum(target[:, group] * keras.ops.log_softmax(logits[:, group]), axis=-1)
        for group in targets.SOFTMAX_GROUPS
    )


def as_targets(logits: keras.Model) -> keras.Model:
    """Convert a network to a teacher, which returns soft targets instead of logits.

    Args:
        logits: maps pixels to logits.

    Returns:
        A Keras model: uint8 (N, 28, 28) in, float32 (N, 33) out, in the form of `targets.one_hot`.
    """
    what, left, right = _softmaxes(logits.output)
    two = what[:, targets.TWO : targets.TWO + 1]
    soft_targets = layers.Concatenate()([what, two * left, two * right])
    return keras.Model(logits.input, soft_targets)


def with_probabilities(logits: keras.Model, temperature: float) -> keras.Model:
    """Add the layers for export: temperature scaling (Guo et al. 2017) and softmax.

    The probability of anything but a single digit is divided equally among the ten digits.

    Args:
        logits: maps pixels to logits.
        temperature: the divisor of the logits.

    Returns:
        A Keras model: uint8 (N, 28, 28) in, float32 (N, 32) out, the calibrated probabilities of
        `digitnet.model.probabilities`. It shares its weights with `logits`.
    """
    scaled = layers.Rescaling(1 / temperature, name="temperature")(logits.output)
    what, left, right = _softmaxes(scaled)
    no_digit, two, more = (
        what[:, column : column + 1] for column in (targets.NO_DIGIT, targets.TWO, targets.MORE)
    )
    digits = what[:, DIGIT] + (no_digit + two + more) / CLASSES
    answer = layers.Concatenate(name="probabilities")([digits, two, more, left, right])
    return keras.Model(logits.input, answer, name=logits.name)


def _softmaxes(logits: Any) -> Iterator[Any]:
    """Apply a softmax to each group of logits."""
    return (layers.Softmax()(logits[:, group]) for group in targets.SOFTMAX_GROUPS)


def without_probabilities(shipped: keras.Model) -> keras.Model:
    """Undo `with_probabilities`, for fine-tuning."""
    logits = keras.Model(shipped.input, shipped.get_layer("logits").output, name=shipped.name)
    return without_self_loops(logits)
