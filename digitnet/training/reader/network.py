"""The reader network: from a line of any width to one row of logits per two pixel columns.

Up to the last pooling, convolutions detect strokes, as in a classifier of digits. Then the rows are
reduced to one, and dilated convolutions (Yu and Koltun 2016) give each column a context of 74
pixels to each side.

    pixels uint8 (N, 32, W) -> Rescaling -> convolutions -> logits float32 (N, W / 2, 20)
    logits -> 1/temperature -> softmax -> probabilities

The network is fully convolutional (Long et al. 2015): the output for a column depends only on the
pixels around it, so a long line can be read in parts.
"""

from typing import Any

import keras
from keras import layers

from digitnet.model.kinds import LINE_ROWS
from digitnet.model.symbols import COLUMNS
from digitnet.vision.line_image import INK, PAPER

FILTERS = 16, 32, 48, 96, 160
"""Numbers of filters, from the first convolutions to the last."""
DILATIONS = 1, 2, 4, 8
"""Dilation rates of the convolutions along the columns."""
MOMENTUM = 0.99
"""Momentum of batch normalization; high, because some batches have only eight lines."""


def build_reader() -> keras.Model:
    """Build a reader with random weights, from pixels to logits.

    Returns:
        A Keras model: uint8 (N, 32, W) in, as `digitnet.vision.line_image` makes it; logits
        float32 (N, W / 2, 20) out, with W / 2 rounded up.
    """
    first, second, third, fourth, last = FILTERS
    pixels = keras.Input((LINE_ROWS, None), dtype="uint8", name="pixels")
    signal = _apply(
        [
            layers.Rescaling(1 / (INK - PAPER), offset=-PAPER / (INK - PAPER)),  # paper 0, ink 1
            layers.Reshape((LINE_ROWS, -1, 1)),
            *_convolution(first, (3, 3)),  # (32, W, 16)
            *_convolution(second, (3, 3), strides=2),  # (16, W / 2, 32)
        ],
        pixels,
    )
    signal = _residual(signal, (3, 3))
    signal = layers.MaxPooling2D((2, 1))(signal)  # (8, W / 2, 32)
    signal = _apply(_convolution(third, (3, 3)), signal)
    signal = _residual(signal, (3, 3))
    signal = layers.MaxPooling2D((2, 1))(signal)  # (4, W / 2, 48)
    signal = _apply(_convolution(fourth, (3, 3)), signal)
    signal = _residual(signal, (3, 3))
    signal = _residual(signal, (3, 3))
    signal = _apply(_convolution(last, (4, 1), padding="valid"), signal)  # (1, W / 2, 160)
    for step in DILATIONS:
        signal = _residual(signal, (1, 5), step)
    end = [layers.Conv2D(COLUMNS, 1), layers.Reshape((-1, COLUMNS), name="logits")]
    return keras.Model(pixels, _apply(end, signal), name="reader")


def _residual(signal: Any, size: tuple[int, int], dilation: int = 1) -> Any:
    """Add a convolution of the signal to it (He et al. 2016)."""
    around = _convolution(signal.shape[-1], size, dilation=dilation)
    return layers.Add()([signal, _apply(around, signal)])


def _convolution(
    filters: int,
    size: tuple[int, int],
    strides: int = 1,
    padding: str = "same",
    dilation: int = 1,
) -> list[layers.Layer]:
    return [
        layers.Conv2D(
            filters,
            size,
            strides=strides,
            padding=padding,
            dilation_rate=(1, dilation),
            use_bias=False,
        ),
        layers.BatchNormalization(momentum=MOMENTUM),
        layers.Activation("relu"),
    ]


def _apply(every: list[layers.Layer], signal: Any) -> Any:
    for layer in every:
        signal = layer(signal)
    return signal


def with_probabilities(logits: keras.Model, temperature: float) -> keras.Model:
    """Add the layers for export: temperature scaling (Guo et al. 2017) and softmax.

    Returns:
        A Keras model: uint8 (N, 32, W) in, float32 (N, W / 2, 20) out; each row sums to 1. It
        shares its weights with `logits`.
    """
    scaled = layers.Rescaling(1 / temperature, name="temperature")(logits.output)
    answer = layers.Softmax(name="probabilities")(scaled)
    return keras.Model(logits.input, answer, name=logits.name)


def without_probabilities(shipped: keras.Model) -> keras.Model:
    """Undo `with_probabilities`, for fine-tuning."""
    return keras.Model(shipped.input, shipped.get_layer("logits").output, name=shipped.name)
