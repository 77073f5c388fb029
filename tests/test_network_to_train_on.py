"""A `model.keras` with the right layers and digest that Keras cannot load."""

import io
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from digitnet.errors import BundleError
from digitnet.model import bundle
from digitnet.training.networks import build, with_probabilities
from digitnet.training.options import Activation, Network, TrainingOptions
from digitnet.training.train import _network

Change = Callable[[dict[str, Any], bytearray], None]
"""Changes the configuration and weights of a network in place."""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `model.keras` of a small network."""
    path = tmp_path_factory.mktemp("small") / bundle.KERAS_FILE
    network = build(Network.MLP, activation=Activation.RELU, hidden=(4,))
    with_probabilities(network, 1.5).save(path)
    return path


def write_changed(small: Path, folder: Path, change: Change) -> Path:
    """Write a changed network into a model folder and update its digest in the card."""
    with zipfile.ZipFile(small) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config, weights = json.loads(members["config.json"]), bytearray(members["model.weights.h5"])
    change(config, weights)
    members |= {"config.json": json.dumps(config).encode(), "model.weights.h5": bytes(weights)}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    (folder / bundle.KERAS_FILE).write_bytes(buffer.getvalue())
    card = json.loads((folder / bundle.CARD_FILE).read_bytes())
    card["files"][bundle.KERAS_FILE] = bundle.digest(buffer.getvalue())
    (folder / bundle.CARD_FILE).write_text(json.dumps(card))
    return folder


def damage_tables(config: dict[str, Any], weights: bytearray) -> None:
    weights[:] = weights.replace(b"SNOD", b"SNOW")  # the signature of an HDF5 symbol table node


def rename_layers(config: dict[str, Any], weights: bytearray) -> None:
    weights[:] = weights.replace(b"dense\0", b"dance\0")


def empty_shape(config: dict[str, Any], weights: bytearray) -> None:
    for layer in config["config"]["layers"]:
        if "build_config" in layer:
            layer["build_config"]["input_shape"] = ""


def cut_graph(config: dict[str, Any], weights: bytearray) -> None:
    layer = config["config"]["layers"][3]
    layer["inbound_nodes"][0]["args"][0]["config"]["keras_history"][1] = 2**31


def change_nothing(config: dict[str, Any], weights: bytearray) -> None:
    pass


@pytest.mark.parametrize("change", [damage_tables, rename_layers, empty_shape, cut_graph])
def test_a_network_that_keras_cannot_load_is_reported_on_one_line(
    small: Path, models: Path, tmp_path: Path, change: Change
) -> None:
    folder = shutil.copytree(models / "mlp", tmp_path / "model")
    parent = bundle.load(write_changed(small, folder, change))
    with pytest.raises(BundleError, match=r"model.keras is not a digitnet network: ") as caught:
        _network(TrainingOptions(), parent)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


def test_an_unchanged_network_is_loaded(small: Path, models: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(models / "mlp", tmp_path / "model")
    parent = bundle.load(write_changed(small, folder, change_nothing))
    assert _network(TrainingOptions(), parent).name == "mlp"
