from pathlib import Path

import keras
import numpy as np
import pytest
import scipy.special
import tensorflow as tf

from digitnet.model import litert
from digitnet.model.activations import LayerProbe, Shown
from digitnet.model.keras_file import find_fault
from digitnet.model.probabilities import DIGIT
from digitnet.model.targets import PAIR, one_hot
from digitnet.training import calibration
from digitnet.training.classifier import logits_of
from digitnet.training.frame import export
from digitnet.training.networks import (
    build,
    cross_entropy,
    with_probabilities,
    without_probabilities,
)
from digitnet.training.options import Activation, Feedback, Network

DIRECTIONS = ("forward", "backward")


def build_one(network: Network, activation: Activation = Activation.RELU) -> keras.Model:
    return build(network, activation=activation, hidden=(512, 512))


@pytest.mark.parametrize(
    ("network", "parameters"), [("mlp", 684_577), ("cnn", 353_497), ("rnn", 245_985)]
)
def test_networks_have_the_documented_number_of_parameters(network: str, parameters: int) -> None:
    assert build_one(Network(network)).count_params() == parameters


def test_hidden_layers_have_the_requested_widths() -> None:
    model = build(Network.MLP, activation=Activation.TANH, hidden=(30, 20, 15))
    dense = [layer.units for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    assert dense == [30, 20, 15, 33]


@pytest.mark.parametrize("network", ["mlp", "cnn"])
@pytest.mark.parametrize("activation", list(Activation))
def test_networks_use_the_requested_activation(network: str, activation: Activation) -> None:
    model = build_one(Network(network), activation)
    used = {
        layer.activation.__name__
        for layer in model.layers
        if isinstance(layer, keras.layers.Activation)
    }
    assert used == {activation.value}


def test_networks_turn_uint8_pixels_into_logits() -> None:
    model = build_one(Network.MLP)
    logits = model(np.full((3, 28, 28), 255, np.uint8)).numpy()
    assert logits.shape == (3, 33)
    assert np.isfinite(logits).all()


def test_only_pairs_train_the_outputs_for_two_digits() -> None:
    logits = keras.Variable(np.random.default_rng(0).normal(size=(2, 33)))
    with tf.GradientTape() as tape:
        loss = cross_entropy(one_hot(np.array([7, PAIR + 38], np.uint8)), logits.value)
    one, two = tape.gradient(loss, logits.value).numpy()
    shares = [scipy.special.softmax(part) for part in np.split(logits.numpy()[0], [13, 23])]
    assert loss.numpy()[0] == pytest.approx(-np.log(shares[0][7]), rel=1e-5)
    assert not one[13:].any()
    assert (two < 0).nonzero()[0].tolist() == [11, 13 + 3, 23 + 8]


def test_the_shipped_network_includes_temperature_and_softmax() -> None:
    logits = build_one(Network.CNN)
    pixels = np.random.default_rng(0).integers(0, 256, (5, 28, 28), np.uint8)
    answer = with_probabilities(logits, temperature=2.0)(pixels).numpy()
    scaled = logits(pixels).numpy() / 2
    kinds, left, right = (
        scipy.special.softmax(part, axis=1) for part in np.split(scaled, [13, 23], axis=1)
    )
    rest = kinds[:, 10:].sum(axis=1, keepdims=True)
    expected = np.concatenate([kinds[:, :10] + rest / 10, kinds[:, 11:], left, right], axis=1)
    assert np.allclose(answer, expected, atol=1e-6)
    assert np.allclose(answer[:, DIGIT], calibration.probabilities(logits(pixels).numpy(), 2.0))


def test_removing_the_softmax_restores_the_logits() -> None:
    logits = build_one(Network.CNN)
    pixels = np.random.default_rng(0).integers(0, 256, (5, 28, 28), np.uint8)
    back = without_probabilities(with_probabilities(logits, 3.0))
    assert np.array_equal(back(pixels).numpy(), logits(pixels).numpy())


def test_logits_of_several_networks_cause_no_tensorflow_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    for count in (1, 2, 3):
        network = build(Network.MLP, activation=Activation.RELU, hidden=(8,))
        pixels = np.zeros((count, 28, 28), np.uint8)
        for digits in (pixels, pixels[:1]):
            assert np.allclose(logits_of(network, digits), network(digits).numpy())
    assert caplog.messages == []


@pytest.mark.parametrize(
    ("feedback", "parameters"),
    [("lateral", 67_425), ("direct", 30_945), ("indirect", 48_993), ("gru", 245_985)],
)
def test_kinds_of_feedback_have_the_documented_number_of_parameters(
    feedback: str, parameters: int
) -> None:
    model = build(Network.RNN, activation=Activation.RELU, hidden=(), feedback=Feedback(feedback))
    assert model.count_params() == parameters


@pytest.mark.slow
def test_training_keeps_the_diagonal_of_lateral_feedback_at_zero() -> None:
    model = build(Network.RNN, activation=Activation.RELU, hidden=(), feedback=Feedback.LATERAL)
    model = without_probabilities(with_probabilities(model, 2.0))
    model.compile(optimizer=keras.optimizers.AdamW(), loss=cross_entropy, jit_compile=False)
    pixels = np.random.default_rng(0).integers(0, 256, (8, 28, 28), np.uint8)
    before = model.get_layer("lateral_to_lower_up").kernel.numpy()
    model.fit(pixels, one_hot(np.arange(8, dtype=np.uint8)), verbose=0)
    after = model.get_layer("lateral_to_lower_up").kernel.numpy()
    assert not np.diagonal(before).any()
    assert not np.diagonal(after).any()
    assert (before != after).sum() > 9000


@pytest.mark.slow
@pytest.mark.parametrize("feedback", ["lateral", "direct", "indirect"])
def test_feedback_networks_give_the_same_probabilities_in_litert(
    feedback: str, tmp_path: Path
) -> None:
    logits = build(Network.RNN, activation=Activation.RELU, hidden=(), feedback=Feedback(feedback))
    shipped = with_probabilities(logits, 2.0)
    export(shipped, tmp_path)
    pixels = np.random.default_rng(0).integers(0, 256, (3, 28, 28), np.uint8)
    model = litert.Network((tmp_path / "model.tflite").read_bytes(), "rnn")
    assert find_fault((tmp_path / "model.keras").read_bytes(), 2**24) is None
    assert np.allclose(model.answer(pixels), shipped(pixels).numpy(), atol=1e-4)


@pytest.mark.slow
def test_export_logs_nothing_even_in_a_notebook(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level("INFO", logger="tensorflow")  # TensorFlow's level in notebooks
    network = build(Network.MLP, activation=Activation.RELU, hidden=(8,))
    export(with_probabilities(network, 2.0), tmp_path)
    assert caplog.messages == []


@pytest.mark.slow
@pytest.mark.parametrize("feedback", ["lateral", "direct", "indirect"])
def test_feedback_states_are_shown_after_each_row(feedback: str, tmp_path: Path) -> None:
    """A row changes the states from that row on, in both layers and directions."""
    logits = build(Network.RNN, activation=Activation.RELU, hidden=(), feedback=Feedback(feedback))
    export(with_probabilities(logits, 2.0), tmp_path)
    probe = LayerProbe((tmp_path / "model.tflite").read_bytes(), "rnn")
    blank = np.zeros((28, 28), np.uint8)
    stroke = blank.copy()
    stroke[12] = 255
    before, after = probe.look(blank)[0], probe.look(stroke)[0]
    assert [layer.name for layer in after] == [
        f"recurrent {number}, {direction}" for number in (1, 2) for direction in DIRECTIONS
    ]
    for one, other in zip(before, after, strict=True):
        assert one.shown is Shown.STATES
        changed = np.abs(one.values - other.values).max(axis=1) > 1e-6
        forward = one.name.endswith("forward")
        assert changed[12]
        assert not changed[:12].any() if forward else not changed[13:].any()
        assert changed[13] if forward else changed[11]
