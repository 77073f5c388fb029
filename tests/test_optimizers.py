"""Muon, as networks are trained with it."""

import keras
import numpy as np
import pytest
from keras import layers

from digitnet.training.optimizers import Muon, make_optimizer
from digitnet.training.options import LEARNING_RATES, Network, Optimizer, TrainingOptions

RATE = 0.01


@pytest.fixture
def network() -> keras.Model:
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(16, 3),
            layers.Conv2D(24, 3),
            layers.BatchNormalization(),
            layers.Flatten(),
            layers.Dense(48),
            layers.Dense(10),
        ]
    )


def steps(network: keras.Model, gradients: list[np.ndarray], decay: float) -> list[np.ndarray]:
    """Return the change of each variable by one step of Muon."""
    optimizer = Muon(decay)
    optimizer.learning_rate = RATE
    before = [variable.numpy() for variable in network.trainable_variables]
    optimizer.apply(
        [keras.ops.convert_to_tensor(gradient) for gradient in gradients],
        network.trainable_variables,
    )
    after = [variable.numpy() for variable in network.trainable_variables]
    return [new - old for new, old in zip(after, before, strict=True)]


def test_all_directions_of_a_kernel_learn_at_the_same_speed(network: keras.Model) -> None:
    rng = np.random.default_rng(0)
    shapes = [variable.shape for variable in network.trainable_variables]
    # directions of very different strength
    gradients = [
        (rng.normal(size=shape) * np.geomspace(1, 0.05, shape[-1])).astype(np.float32)
        for shape in shapes
    ]
    changes = steps(network, gradients, decay=0.0)
    matrices = [
        change.reshape(-1, shape[-1])
        for change, shape in zip(changes, shapes, strict=True)
        if tuple(shape) in ((3, 3, 16, 24), (384, 48))
    ]
    assert len(matrices) == 2
    for matrix in matrices:
        strength = np.linalg.svd(matrix, compute_uv=False)
        assert strength.max() < 2.5 * strength.min()
        # as large as an update of AdamW, which changes each weight by the learning rate
        assert 0.1 * RATE < np.sqrt((matrix**2).mean()) < RATE


def test_adamw_updates_vectors_and_the_first_and_last_kernels(network: keras.Model) -> None:
    gradients = [
        np.random.default_rng(1).normal(size=variable.shape).astype(np.float32)
        for variable in network.trainable_variables
    ]
    changes = steps(network, gradients, decay=0.0)
    for variable, change, gradient in zip(
        network.trainable_variables, changes, gradients, strict=True
    ):
        if tuple(variable.shape) not in ((3, 3, 16, 24), (384, 48)):
            np.testing.assert_allclose(change, -RATE * np.sign(gradient), rtol=0.1)


def test_only_kernels_decay(network: keras.Model) -> None:
    for variable in network.trainable_variables:
        variable.assign(np.ones(variable.shape))
    none = [np.zeros(variable.shape, np.float32) for variable in network.trainable_variables]
    for variable, change in zip(
        network.trainable_variables, steps(network, none, decay=0.5), strict=True
    ):
        expected = -0.5 * RATE if variable.name == "kernel" else 0.0
        np.testing.assert_allclose(change, expected, atol=1e-7)


@pytest.mark.parametrize("optimizer", list(Optimizer))
def test_every_name_has_an_optimizer_and_a_learning_rate(optimizer: Optimizer) -> None:
    made = make_optimizer(TrainingOptions(optimizer=optimizer))
    assert type(made).__name__.lower() == optimizer.value
    assert LEARNING_RATES[optimizer] > 0


def test_weights_of_readers_decay_less_than_those_of_classifiers() -> None:
    reader, cnn = (
        make_optimizer(TrainingOptions(network=network, optimizer=Optimizer.MUON))
        for network in (Network.READER, Network.CNN)
    )
    assert 0 < reader.weight_decay < cnn.weight_decay
