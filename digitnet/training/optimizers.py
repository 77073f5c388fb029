"""The optimizers of a training."""

import math
from typing import Any

import keras
from keras import ops

from digitnet.training.options import Network, Optimizer, TrainingOptions

WEIGHT_DECAY = 0.05
READER_WEIGHT_DECAY = 0.01
"""Weight decay of classifiers and readers, relative to the learning rate. A reader is trained
longer, and learns more in the end with less."""
MOMENTUM = 0.9
"""Nesterov momentum of SGD."""

MIN_ROWS = 32
"""Kernels of fewer rows, such as those of a first convolution, are left to AdamW."""


def make_optimizer(options: TrainingOptions) -> keras.optimizers.Optimizer:
    """Create the chosen optimizer; `LearningRate` sets its learning rate."""
    chosen = options.chosen_optimizer()
    if chosen is Optimizer.SGD:
        return keras.optimizers.SGD(momentum=MOMENTUM, nesterov=True)
    if chosen is Optimizer.ADAM:
        return keras.optimizers.Adam()
    decay = READER_WEIGHT_DECAY if options.network is Network.READER else WEIGHT_DECAY
    if chosen is Optimizer.ADAMW:
        return keras.optimizers.AdamW(weight_decay=decay)
    return Muon(decay)


class Muon(keras.optimizers.Muon):
    """Muon (Jordan et al. 2024), for the kernels of convolutions as well, which Keras's leaves out.

    Muon replaces the momentum of a matrix by the nearest orthogonal matrix, so that all its
    directions learn at the same speed. A convolution kernel, (height, width, inputs, outputs), is a
    matrix of height x width x inputs rows. AdamW updates the last layer and all vectors. Updates
    of both kinds have about the same size (Liu et al. 2025, arXiv:2502.16982).

    Biases, and the scales and offsets of batch normalization, have no weight decay: smaller ones
    make a network no simpler.

    Args:
        weight_decay: weight decay of kernels, relative to the learning rate.
    """

    def __init__(self, weight_decay: float) -> None:
        super().__init__(weight_decay=weight_decay, adam_weight_decay=weight_decay)
        self.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])

    def build(self, variables: list[Any]) -> None:
        """Called by Keras: `variables` are in the order of the layers."""
        self.last = [variable.path for variable in variables if len(variable.shape) > 1][-1]
        super().build(variables)

    def _should_use_adamw(self, variable: Any) -> bool:
        rows = math.prod(variable.shape[:-1])
        return rows < MIN_ROWS or variable.path == self.last

    def zeropower_via_newtonschulz5(self, x: Any, steps: int) -> Any:
        """Called by Keras: the nearest orthogonal matrix, in the shape of the kernel."""
        nearest = super().zeropower_via_newtonschulz5(_as_matrix(x), steps)
        return ops.reshape(nearest, x.shape)

    def lr_adjust(self, x: Any) -> Any:
        """Called by Keras: the update, in the shape of the kernel, scaled by the matrix's size."""
        return ops.reshape(super().lr_adjust(_as_matrix(x)), x.shape)


def _as_matrix(kernel: Any) -> Any:
    return ops.reshape(kernel, (-1, kernel.shape[-1]))
