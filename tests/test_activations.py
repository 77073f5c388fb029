"""Activations of the hidden layers of the shipped networks, read through LiteRT."""

from pathlib import Path

import numpy as np
import pytest

from digitnet.errors import BundleError
from digitnet.model import bundle
from digitnet.model.activations import LayerProbe, Shown
from digitnet.model.litert import Network
from digitnet.reading.recognizer import Recognizer

SHAPES = {
    "cnn": [(24, 14, 14), *[(32, 14, 14)] * 2, (64, 7, 7), *[(96, 7, 7)] * 2, (128, 4, 4)],
    "mlp": [(512,)] * 2,
    "rnn": [(28, 96)] * 4,
}


@pytest.fixture(scope="module")
def three(simple_recognizer: Recognizer, samples: Path) -> "np.typing.NDArray[np.uint8]":
    return simple_recognizer.predict(samples / "paint-3.png").boxes[0].seen


@pytest.mark.parametrize("name", SHAPES)
def test_probe_shows_every_hidden_layer_and_the_answer_of_the_network(
    name: str, three: "np.typing.NDArray[np.uint8]", models: Path
) -> None:
    model = bundle.load(models / name)
    layers, answer = LayerProbe(model.tflite, name).look(three)
    assert [layer.values.shape for layer in layers] == SHAPES[name]
    assert all(np.ptp(layer.values) > 0 for layer in layers)
    assert np.allclose(answer, Network(model.tflite, name).answer(three[None]), atol=1e-5)


def test_recurrent_states_are_indexed_by_image_row(models: Path) -> None:
    """In each direction, states differ from those of a blank image from the first inked row on."""
    probe = LayerProbe(bundle.load(models / "rnn").tflite, "rnn")
    blank = np.zeros((28, 28), np.uint8)
    stroke = blank.copy()
    stroke[12:16, 8:20] = 255
    pairs = zip(probe.look(blank)[0][:2], probe.look(stroke)[0][:2], strict=True)
    forward, backward = (np.abs(a.values - b.values).max(axis=1) > 1e-6 for a, b in pairs)
    assert forward.tolist() == [False] * 12 + [True] * 16
    assert backward.tolist() == [True] * 16 + [False] * 12


def test_feature_maps_are_channels_first(models: Path) -> None:
    probe = LayerProbe(bundle.load(models / "cnn").tflite, "cnn")
    dot = np.zeros((28, 28), np.uint8)
    dot[2:4, 20:22] = 255
    blank, seen = (probe.look(digit)[0][0] for digit in (np.zeros_like(dot), dot))
    assert seen.shown is Shown.MAPS
    changed = np.argwhere(np.abs(seen.values - blank.values).max(axis=0) > 1e-6)
    assert changed[:, 0].max() < 4 < changed[:, 1].min()


def test_invalid_networks_and_digits_are_refused(models: Path) -> None:
    with pytest.raises(BundleError, match="LiteRT cannot run the network"):
        LayerProbe(b"no network", "mine")
    probe = LayerProbe(bundle.load(models / "mlp").tflite, "mlp")
    with pytest.raises(ValueError, match=r"expected uint8 \(28, 28\)"):
        probe.look(np.zeros((28, 27), np.uint8))
