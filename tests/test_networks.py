import keras
import numpy as np
import pytest

from digitnet.learning import calibrate
from digitnet.learning.networks import build, with_probabilities, without_probabilities
from digitnet.learning.options import Activation, Network


def build_one(network: Network, activation: Activation = Activation.RELU) -> keras.Model:
    return build(network, activation=activation, hidden=(512, 512))


@pytest.mark.parametrize(
    ("network", "parameters"), [("mlp", 673_804), ("cnn", 296_748), ("rnn", 241_932)]
)
def test_the_networks_have_as_many_parameters_as_written(network: str, parameters: int) -> None:
    assert build_one(Network(network)).count_params() == parameters


def test_hidden_layers_are_as_wide_as_asked_for() -> None:
    model = build(Network.MLP, activation=Activation.TANH, hidden=(30, 20, 15))
    dense = [layer.units for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    assert dense == [30, 20, 15, 12]


@pytest.mark.parametrize("network", ["mlp", "cnn"])
@pytest.mark.parametrize("activation", list(Activation))
def test_the_activation_is_the_one_asked_for(network: str, activation: Activation) -> None:
    model = build_one(Network(network), activation)
    used = {
        layer.activation.__name__
        for layer in model.layers
        if isinstance(layer, keras.layers.Activation)
    }
    assert used == {activation.value}


def test_pixels_go_in_as_they_are_and_logits_come_out() -> None:
    model = build_one(Network.MLP)
    logits = model(np.full((3, 28, 28), 255, np.uint8)).numpy()
    assert logits.shape == (3, 12)
    assert np.isfinite(logits).all()


def test_temperature_and_softmax_are_inside_the_network_that_ships() -> None:
    logits = build_one(Network.CNN)
    pixels = np.random.default_rng(0).integers(0, 256, (5, 28, 28), np.uint8)
    answer = with_probabilities(logits, temperature=2.0)(pixels).numpy()
    exponentials = np.exp(logits(pixels).numpy() / 2)
    expected = exponentials / exponentials.sum(axis=1, keepdims=True)
    rest = expected[:, 10:].sum(axis=1, keepdims=True)
    assert np.allclose(answer[:, :10], expected[:, :10] + rest / 10, atol=1e-6)
    assert np.allclose(answer[:, 10], expected[:, 11], atol=1e-6)
    assert np.allclose(answer[:, :10], calibrate.probabilities(logits(pixels).numpy(), 2.0))


def test_the_way_back_gives_the_same_logits() -> None:
    logits = build_one(Network.CNN)
    pixels = np.random.default_rng(0).integers(0, 256, (5, 28, 28), np.uint8)
    back = without_probabilities(with_probabilities(logits, 3.0))
    assert np.array_equal(back(pixels).numpy(), logits(pixels).numpy())
