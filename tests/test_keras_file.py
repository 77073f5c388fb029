"""A `model.keras` that holds more than a network is refused before Keras sees it."""

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
    """A `model.keras` with this configuration."""
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
def test_what_ships_is_a_network(name: str, models: Path) -> None:
    assert find_fault((models / name / "model.keras").read_bytes(), LIMIT) is None


def test_a_reader_that_is_trained_here_is_a_network(tmp_path: Path) -> None:
    reader.with_probabilities(reader.build_reader(), 1.5).save(tmp_path / "model.keras")
    assert find_fault((tmp_path / "model.keras").read_bytes(), LIMIT) is None


@pytest.mark.parametrize("network", [Network.MLP, Network.CNN, Network.RNN])
@pytest.mark.parametrize("activation", list(Activation))
def test_whatever_is_trained_here_is_a_network(
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
def test_what_runs_code_or_reads_files_is_refused(config: dict[str, object]) -> None:
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
def test_what_is_no_archive_of_a_network_is_refused(data: bytes, complaint: str) -> None:
    assert complaint in (find_fault(data, LIMIT) or "")


def test_what_unpacks_to_too_much_is_refused() -> None:
    buffer = io.BytesIO(make_keras({}))
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", "{}")
        archive.writestr("metadata.json", "{}")
        archive.writestr("model.weights.h5", bytes(LIMIT))
    assert "unpacks to more than" in (find_fault(buffer.getvalue(), LIMIT) or "")


def damaged(compression: int, member: str) -> bytes:
    """A `model.keras` whose packed `member` is damaged inside."""
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
def test_an_archive_that_is_damaged_inside_is_refused(compression: int, member: str) -> None:
    assert "is an incomplete archive" in (find_fault(damaged(compression, member), LIMIT) or "")


@pytest.mark.parametrize("compression", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_an_archive_that_is_packed_in_an_unusual_way_is_not_unpacked(compression: int) -> None:
    """An LZMA stream names the memory that unpacking it takes, up to 4 GiB."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name in ALLOWED_MEMBERS:
            archive.writestr(name, b"{}")
    assert "packed in an unusual way" in (find_fault(buffer.getvalue(), LIMIT) or "")


def test_names_of_an_archive_stay_on_their_line() -> None:
    fault = find_fault(make_keras({}, **{"two\nlines": b""}), LIMIT)
    assert fault is not None
    assert "\n" not in fault


@pytest.mark.parametrize("name", ["lone \ud800", "two\nlines", "x" * 10**5])
def test_the_name_of_a_foreign_layer_stays_on_its_line(name: str) -> None:
    fault = find_fault(make_keras(layer("keras.layers", name)), LIMIT)
    assert fault is not None
    assert "\n" not in fault
    assert len(fault) < 400
    fault.encode()
