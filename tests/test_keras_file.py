"""A `model.keras` that contains more than a network is refused before Keras opens it."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from digitnet.model.keras_file import ALLOWED_MEMBERS, find_fault
from digitnet.training.networks import build, with_probabilities
from digitnet.training.options import Activation, Network
from digitnet.training.reader import network as reader

LIMIT = 2**24


def make_keras(config: Any, **members: bytes) -> bytes:
    """Build a `model.keras` from a configuration and additional members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", config if isinstance(config, str) else json.dumps(config))
        archive.writestr("metadata.json", "{}")
        archive.writestr("model.weights.h5", b"")
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def layer(module: object, name: object, **config: object) -> dict[str, object]:
    return {"module": module, "class_name": name, "config": config, "registered_name": None}


@pytest.mark.parametrize("name", ["cnn", "mlp", "reader", "rnn"])
def test_shipped_models_are_accepted(name: str, models: Path) -> None:
    assert find_fault((models / name / "model.keras").read_bytes(), LIMIT) is None


def test_a_trained_reader_is_accepted(tmp_path: Path) -> None:
    reader.with_probabilities(reader.build_reader(), 1.5).save(tmp_path / "model.keras")
    assert find_fault((tmp_path / "model.keras").read_bytes(), LIMIT) is None


@pytest.mark.parametrize("network", [Network.MLP, Network.CNN, Network.RNN])
@pytest.mark.parametrize("activation", list(Activation))
def test_every_trained_classifier_is_accepted(
    network: Network, activation: Activation, tmp_path: Path
) -> None:
    shipped = with_probabilities(build(network, activation=activation, hidden=(8,)), 1.5)
    shipped.save(tmp_path / "model.keras")
    assert find_fault((tmp_path / "model.keras").read_bytes(), LIMIT) is None


@pytest.mark.parametrize(
    "config",
    [
        layer("keras.layers", "Lambda", function={"class_name": "__lambda__", "config": {}}),
        layer("builtins", "function", config="eval"),
        layer("os", "system"),
        layer("keras.layers", "TFSMLayer", filepath="/tmp/model"),
        layer("keras.layers", "StringLookup", vocabulary="/etc/passwd"),
        layer("keras.layers", "TorchModuleWrapper"),
        layer("keras.src.legacy.layers", "Anything"),
        layer("evil", "Dense"),
        layer(["keras.layers"], "Dense"),
        layer("keras.layers", ["Dense"]),
        layer(None, "__lambda__"),
        {"layers": [{"inner": layer("keras.layers", "JaxLayer")}]},
        layer("keras.layers", "Dense") | {"registered_name": "evil>Dense"},
    ],
)
def test_layers_that_run_code_or_read_files_are_refused(config: dict[str, object]) -> None:
    fault = find_fault(make_keras(config), LIMIT)
    assert fault is not None
    assert "which is not a layer that digitnet uses" in fault


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "is an incomplete archive"),
        (b"PK\x03\x04" + bytes(100), "is an incomplete archive"),
        (make_keras("{")[:-40], "is an incomplete archive"),
        (make_keras("{"), "cannot be read"),
        (make_keras("[" * 100_000), "cannot be read"),
        (make_keras('"' + " " * 2**20 + '"'), "config.json has more than"),
        (make_keras({}, evil=b"code"), "expected"),
        (make_keras({}, **{"../../evil": b""}), "expected"),
    ],
)
def test_an_invalid_archive_is_refused(data: bytes, complaint: str) -> None:
    assert complaint in (find_fault(data, LIMIT) or "")


def test_an_archive_that_unpacks_to_too_many_bytes_is_refused() -> None:
    buffer = io.BytesIO(make_keras({}))
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", "{}")
        archive.writestr("metadata.json", "{}")
        archive.writestr("model.weights.h5", bytes(LIMIT))
    assert "unpacks to more than" in (find_fault(buffer.getvalue(), LIMIT) or "")


def damaged(compression: int, member: str) -> bytes:
    """Build a `model.keras` with damage in the data of `member`."""
    content = bytes(range(256)) * 20
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name in sorted(ALLOWED_MEMBERS):
            archive.writestr(name, content if name == member else b"{}")
        entry = archive.getinfo(member)
        begin = entry.header_offset + 30 + len(member)
        middle = begin + entry.compress_size // 2
    data = bytearray(buffer.getvalue())
    data[middle : middle + 8] = bytes(byte ^ 255 for byte in data[middle : middle + 8])
    return bytes(data)


@pytest.mark.parametrize("member", sorted(ALLOWED_MEMBERS))
@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_archive_with_damaged_data_is_refused(compression: int, member: str) -> None:
    assert "is an incomplete archive" in (find_fault(damaged(compression, member), LIMIT) or "")


@pytest.mark.parametrize("compression", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_an_archive_with_an_unusual_compression_is_refused(compression: int) -> None:
    """An LZMA stream sets the memory for its decompression, up to 4 GiB."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name in ALLOWED_MEMBERS:
            archive.writestr(name, b"{}")
    assert "unsupported compression method" in (find_fault(buffer.getvalue(), LIMIT) or "")


def test_member_names_are_escaped() -> None:
    fault = find_fault(make_keras({}, **{"two\nlines": b""}), LIMIT)
    assert fault is not None
    assert "\n" not in fault


@pytest.mark.parametrize("name", ["lone \ud800", "two\nlines", "x" * 10**5])
def test_the_name_of_a_foreign_layer_is_escaped_and_shortened(name: str) -> None:
    fault = find_fault(make_keras(layer("keras.layers", name)), LIMIT)
    assert fault is not None
    assert "\n" not in fault
    assert len(fault) < 400
    fault.encode()
