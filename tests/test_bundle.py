import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from test_keras_file import make_keras

from digitnet.errors import BundleError, OutputError
from digitnet.files import atomic
from digitnet.model import bundle

CARD: dict[str, Any] = {
    "kind": "classifier",
    "network": "mlp",
    "hyper_parameters": {},
    "datasets": [],
    "versions": {},
    "measured": {},
    "parameters": 3,
    "temperature": 1.5,
    "threshold": 0.6,
}


def fill(folder: Path) -> dict[str, Any]:
    (folder / bundle.KERAS_FILE).write_bytes(make_keras({}))
    (folder / bundle.TFLITE_FILE).write_bytes(b"tflite")
    (folder / bundle.HISTORY_FILE).write_text("epoch\n1\n")
    return CARD


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return bundle.write(tmp_path / "model", fill).folder


def change_card(model: Path, **changes: object) -> None:
    path = model / bundle.CARD_FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_a_written_bundle_is_read_back(model: Path) -> None:
    loaded = bundle.load(model)
    assert loaded.card == {"format": 1, **CARD, "files": bundle.digests(model)}
    assert (loaded.name, loaded.threshold) == ("model", 0.6)
    assert loaded.tflite == b"tflite"
    assert loaded.keras_path() == model / "model.keras"


def test_a_name_is_looked_up_in_models_first(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(model, tmp_path / "models" / "cnn")
    assert bundle.load("cnn").folder == Path("models/cnn")


def test_a_name_is_looked_up_among_the_installed_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert bundle.load("mlp").card["network"] == "mlp"


def test_a_bare_folder_name_is_a_folder(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert bundle.load("model").folder == Path("model")


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(BundleError, match=r"unknown model 'resnet': known models are cnn, .*rnn"):
        bundle.load("resnet")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"no model folder at .*nothing"):
        bundle.load(tmp_path / "nothing")


@pytest.mark.parametrize("name", [bundle.KERAS_FILE, bundle.TFLITE_FILE, bundle.CARD_FILE])
def test_a_missing_file_is_named(model: Path, name: str) -> None:
    (model / name).unlink()
    with pytest.raises(BundleError, match=f"{name} is missing"):
        bundle.load(model)


@pytest.mark.parametrize("name", [bundle.KERAS_FILE, bundle.TFLITE_FILE])
def test_a_changed_file_is_named(model: Path, name: str) -> None:
    (model / name).write_bytes(b"something else")
    loaded = bundle.load(model)
    read: dict[str, Callable[[], object]] = {
        bundle.KERAS_FILE: loaded.keras_path,
        bundle.TFLITE_FILE: lambda: loaded.tflite,
    }
    with pytest.raises(BundleError, match=f"{name} was changed or damaged"):
        read[name]()


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("{", "is not valid JSON"),
        ("[" * 100_000, "is not valid JSON"),
        ("[]", "its format is 'list'"),
        ('{"format": 99}', "its format is '99'"),
        ('{"format": 1, "kind": "classifier"}', "'network' is missing"),
        (" " * (bundle.MAX_CARD_BYTES + 1), "1,048,577 bytes"),
    ],
)
def test_an_invalid_card_is_refused_on_one_line(model: Path, content: str, complaint: str) -> None:
    (model / bundle.CARD_FILE).write_text(content)
    with pytest.raises(BundleError, match=complaint) as caught:
        bundle.load(model)
    assert "\n" not in str(caught.value)


def test_a_card_without_a_digest_is_refused(model: Path) -> None:
    change_card(model, files={"model.keras": "0" * 64, "../../etc/passwd": "0" * 64})
    with pytest.raises(BundleError, match="lacks a digest"):
        bundle.load(model)


@pytest.mark.parametrize("threshold", [-0.1, 1.1])
def test_a_card_with_an_impossible_threshold_is_refused(model: Path, threshold: float) -> None:
    change_card(model, threshold=threshold)
    with pytest.raises(BundleError, match="from 0 to 1"):
        bundle.load(model)


@pytest.mark.parametrize("temperature", [0, -1.5, 1e9])
def test_a_card_with_an_impossible_temperature_is_refused(model: Path, temperature: float) -> None:
    change_card(model, temperature=temperature)
    with pytest.raises(BundleError, match="it must be greater than 0"):
        bundle.load(model)


DATASET_ENTRY = {
    **{"name": "mnist", "sha256": "0" * 64, "test_fraction": 0.2, "seed": 0, "limit": None},
    "validation": 10,
}


@pytest.mark.parametrize(
    "entry",
    [
        "mnist",
        {},
        DATASET_ENTRY | {"sha256": 5},
        DATASET_ENTRY | {"test_fraction": 1.5},
        DATASET_ENTRY | {"seed": -1},
        DATASET_ENTRY | {"seed": 2**32},
        DATASET_ENTRY | {"seed": True},
        DATASET_ENTRY | {"limit": "all"},
        DATASET_ENTRY | {"limit": 0},
        DATASET_ENTRY | {"name": None},
        DATASET_ENTRY | {"validation": None},
    ],
)
def test_a_card_that_does_not_describe_the_split_is_refused(model: Path, entry: object) -> None:
    change_card(model, datasets=[DATASET_ENTRY])
    bundle.load(model)
    change_card(model, datasets=[DATASET_ENTRY, entry])
    with pytest.raises(BundleError, match="does not describe the split"):
        bundle.load(model)


def test_a_network_that_contains_code_is_refused_although_its_digest_matches(
    tmp_path: Path,
) -> None:
    code = {"module": "keras.layers", "class_name": "Lambda", "config": {}}

    def fill_with_code(folder: Path) -> dict[str, Any]:
        card = fill(folder)
        (folder / bundle.KERAS_FILE).write_bytes(make_keras(code))
        return card

    loaded = bundle.write(tmp_path / "hostile", fill_with_code)
    with pytest.raises(BundleError, match=r"is not a digitnet network: it has 'keras.layers.L"):
        loaded.keras_path()


def test_digests_of_other_paths_are_ignored(model: Path) -> None:
    files = bundle.digests(model) | {"/etc/passwd": "0" * 64, "../model.tflite": "0" * 64}
    change_card(model, files=files)
    assert bundle.load(model).tflite == b"tflite"


def test_a_card_of_100_mib_is_refused_without_reading_it(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (model / bundle.CARD_FILE).open("ab") as file:
        file.truncate(100 * 2**20)
    monkeypatch.setattr(Path, "open", lambda *_: pytest.fail("it was opened"))
    with pytest.raises(BundleError, match="104,857,600 bytes, at most 1,048,576"):
        bundle.load(model)


def test_a_card_that_grows_while_it_is_read_is_refused(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digitnet.model.card.MAX_CARD_BYTES", 10)
    stat = Path.stat

    def small(self: Path, **options: bool) -> os.stat_result:
        status = list(stat(self, **options))
        status[6] = 5 if self.name == bundle.CARD_FILE else status[6]
        return os.stat_result(status)

    monkeypatch.setattr(Path, "stat", small)
    with pytest.raises(BundleError, match="11 bytes, at most 10"):
        bundle.load(model)


def test_a_bundle_is_replaced_atomically_if_the_system_can(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def note(self: Path, target: Path) -> Path:
        assert self != model, "for a moment, there was no model"
        return rename(self, target)

    if not atomic.swap(model / bundle.KERAS_FILE, model / bundle.TFLITE_FILE):
        pytest.skip("this system cannot")
    monkeypatch.setattr(Path, "rename", note)
    bundle.write(model, fill, force=True)
    assert bundle.load(model).tflite == b"tflite"


def test_an_unreadable_file_is_named(model: Path) -> None:
    loaded = bundle.load(model)
    (model / bundle.TFLITE_FILE).unlink()
    with pytest.raises(BundleError, match=r"model.tflite cannot be read: no such file"):
        _ = loaded.tflite


def test_an_existing_bundle_is_not_overwritten(model: Path) -> None:
    with pytest.raises(OutputError, match="give --force"):
        bundle.write(model, fill)


def test_force_replaces_an_existing_bundle(model: Path) -> None:
    def refill(folder: Path) -> dict[str, Any]:
        return fill(folder) | {"network": "cnn"}

    bundle.write(model, refill, force=True)
    assert bundle.load(model).card["network"] == "cnn"
    assert [path.name for path in model.parent.iterdir()] == ["model"]


def test_force_does_not_replace_a_folder_that_is_not_a_model(tmp_path: Path) -> None:
    precious = tmp_path / "thesis.txt"
    precious.write_text("years of work")
    with pytest.raises(OutputError, match="so it is not replaced"):
        bundle.check_target(tmp_path, force=True)
    with pytest.raises(OutputError, match="so it is not replaced"):
        bundle.check_target(precious, force=True)


def test_a_write_that_fails_halfway_leaves_the_old_bundle_intact(model: Path) -> None:
    def full_disk(folder: Path) -> dict[str, Any]:
        fill(folder)
        raise OSError(28, "No space left on device")

    with pytest.raises(
        OutputError, match="no space left on device; what was there before is unchanged"
    ):
        bundle.write(model, full_disk, force=True)
    assert bundle.load(model).tflite == b"tflite"
    assert [path.name for path in model.parent.iterdir()] == ["model"]


def test_a_failed_rename_restores_the_old_bundle(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        if self.name == "new":
            raise OSError(5, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    monkeypatch.setattr(atomic, "swap", lambda one, other: False)
    with pytest.raises(OutputError, match="input/output error"):
        bundle.write(model, fill, force=True)
    assert bundle.load(model).tflite == b"tflite"


def test_an_output_that_cannot_be_created_is_detected_before_training(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write a model"):
        bundle.check_target(tmp_path / "file" / "model")


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="permissions of POSIX")
def test_a_read_only_folder_is_detected_before_training() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o555)
        before = os.geteuid()
        if before == 0:  # root ignores permissions
            os.seteuid(65534)
        try:
            with pytest.raises(OutputError, match="permission denied; give another --output"):
                bundle.check_target(folder / "model")
        finally:
            os.seteuid(before)
            folder.chmod(0o755)


def test_a_card_keeps_a_path_that_is_not_utf_8(tmp_path: Path, model: Path) -> None:
    """A file name may be any bytes: such a path must not make a finished training fail."""
    loaded = bundle.load(model)

    def fill(fresh: Path) -> dict[str, object]:
        for name in (bundle.KERAS_FILE, bundle.TFLITE_FILE):
            (fresh / name).write_bytes((model / name).read_bytes())
        options = {"dataset": os.fsdecode(b"d\xff.npz")}
        return {**loaded.card, "hyper_parameters": options}

    bundle.write(tmp_path / "new", fill)
    read = bundle.load(tmp_path / "new").card["hyper_parameters"]["dataset"]
    assert os.fsencode(read) == b"d\xff.npz"
