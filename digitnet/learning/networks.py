"""The three networks, each one readable list of Keras layers.

All of them take pixels as they are, uint8 (N, 28, 28) with white ink (255) on black (0), and end in
twelve logits: one for each digit, one for "no digit" and one for "several digits that touch". What
makes probabilities of logits is added when training is over:

    pixels -> Rescaling(1/255) -> the network's layers -> logits
    logits -> 1/temperature -> softmax -> ten probabilities, and one

The probability of what is not one digit is shared out among the ten, since nobody knows which it
is; so they sum to 1. Beside them stands the probability of "several digits": those are cut apart.
"""

from collections.abc import Sequence

import keras
from keras import layers

from digitnet.learning.options import Activation, Network

SIZE = 28
DIGITS = 10
LOGITS = DIGITS + 2
"""Of the digits 0 to 9, of "no digit", and of "several digits"."""


def build(network: Network, *, activation: Activation, hidden: Sequence[int]) -> keras.Model:
    """A fresh network with random weights, from pixels to logits.

    Args:
        network: which one.
        activation: of the hidden neurons of `mlp` and `cnn`; the recurrent cells of `rnn` have
            their own gates (sigmoid and tanh).
        hidden: the neurons of each hidden layer of `mlp`.

    Returns:
        A Keras model: uint8 (N, 28, 28) in, float32 (N, 12) logits out.
    """
    body = {
        Network.MLP: lambda: mlp(hidden, activation),
        Network.CNN: lambda: cnn(activation),
        Network.RNN: rnn,
    }[network]()
    pixels = keras.Input((SIZE, SIZE), dtype="uint8", name="pixels")
    signal = layers.Rescaling(1 / 255)(pixels)
    for layer in [*body, layers.Dense(LOGITS, name="logits")]:
        signal = layer(signal)
    return keras.Model(pixels, signal, name=network.value)


def mlp(hidden: Sequence[int], activation: Activation) -> list[layers.Layer]:
    """Feed-forward: every neuron sees every neuron of the layer before it."""
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
    """Convolutional: small filters slide over the picture, so a stroke is known wherever it is.

    The first layer already halves the picture: the large maps of 28 x 28 are what costs a CPU most.
    """
    return [
        layers.Reshape((SIZE, SIZE, 1)),
        *_convolution(32, 5, activation, strides=2),  # (14, 14, 32)
        *_convolution(48, 3, activation),
        *_convolution(48, 3, activation),
        *_convolution(96, 3, activation, strides=2),  # (7, 7, 96)
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
    """Recurrent: reads the 28 rows one after the other, from above and from below.

    The loop over the rows is unrolled, so that the exported network is made of plain operations.
    """
    return [
        layers.Bidirectional(layers.GRU(96, return_sequences=True, unroll=True)),  # (28, 192)
        layers.Dropout(0.2),
        layers.Bidirectional(layers.GRU(96, unroll=True)),  # (192,)
        layers.Dropout(0.3),
    ]


def with_probabilities(logits: keras.Model, temperature: float) -> keras.Model:
    """The network as it ships: logits over temperature (Guo et al. 2017), softmax, shared out.

    Returns:
        A Keras model: uint8 (N, 28, 28) in, float32 (N, 11) out: the calibrated probabilities of
        the digits, which sum to 1, and that of several digits. It shares its weights with `logits`.
    """
    scaled = layers.Rescaling(1 / temperature, name="temperature")(logits.output)
    every = layers.Softmax()(scaled)
    one_digit, no_digit, several = every[:, :DIGITS], every[:, DIGITS:-1], every[:, -1:]
    digits = one_digit + (no_digit + several) / DIGITS
    answer = layers.Concatenate(name="probabilities")([digits, several])
    return keras.Model(logits.input, answer, name=logits.name)


def without_probabilities(shipped: keras.Model) -> keras.Model:
    """The way back from `with_probabilities`, to train on."""
    return keras.Model(shipped.input, shipped.get_layer("logits").output, name=shipped.name)
