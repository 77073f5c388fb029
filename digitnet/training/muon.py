"""The optimizer Muon (Jordan et al. 2024), for the kernels of dense and convolutional layers."""

import math
from typing import Any

import keras
from keras import ops

MIN_ROWS = 32
"""Kernels of fewer rows, such as those of a first convolution, are left to AdamW."""


class Muon(keras.optimizers.Muon):
    """Keras's Muon, for the kernels of convolutions as well.

    Muon replaces the momentum of a matrix by the nearest orthogonal matrix, so that all its
    directions learn at the same speed. A convolution kernel, (height, width, inputs, outputs), is a
    matrix of height x width x inputs rows. AdamW updates the last layer and all vectors. Updates
    of both kinds have about the same size (Liu et al. 2025, arXiv:2502.16982).

    Biases, and the scales and offsets of batch normalization, have no weight decay: smaller ones
    make a network no simpler.

    Args:
        last: the name of the last layer.
        weight_decay: weight decay of kernels, relative to the learning rate.
    """

    def __init__(self, last: str, weight_decay: float) -> None:
        super().__init__(weight_decay=weight_decay, adam_weight_decay=weight_decay)
        self.last = last
        self.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])

    def _should_use_adamw(self, variable: Any) -> bool:
        rows = math.prod(variable.shape[:-1])
        return rows < MIN_ROWS or self.last in variable.path.split("/")

    def zeropower_via_newtonschulz5(self, x: Any, steps: int) -> Any:
        """Called by Keras: the nearest orthogonal matrix, in the shape of the kernel."""
        nearest = super().zeropower_via_newtonschulz5(_as_matrix(x), steps)
        return ops.reshape(nearest, x.shape)

    def lr_adjust(self, x: Any) -> Any:
        """Called by Keras: the update, in the shape of the kernel, scaled by the matrix's size."""
        return ops.reshape(super().lr_adjust(_as_matrix(x)), x.shape)


def _as_matrix(kernel: Any) -> Any:
    return ops.reshape(kernel, (-1, kernel.shape[-1]))
