"""What `train --output` may replace: a bundle that digitnet wrote, and nothing else."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Call
from test_bundle import fill

from digitnet.errors import OutputError
from digitnet.model import bundle


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return bundle.write(tmp_path / "model", fill).folder


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def a_note(model: Path) -> None:
    (model / "notes.txt").write_text("a user's")


def a_data_set(model: Path) -> None:
    (model / "3").mkdir()
    (model / "3" / "a.png").write_bytes(b"a digit")


def a_folder_in_place_of_the_history(model: Path) -> None:
    (model / bundle.HISTORY_FILE).unlink()
    (model / bundle.HISTORY_FILE).mkdir()


def a_link_in_place_of_the_network(model: Path) -> None:
    (model / bundle.KERAS_FILE).unlink()
    (model / bundle.KERAS_FILE).symlink_to(model.parent)


def the_card_of_another_program(model: Path) -> None:
    for name in (bundle.KERAS_FILE, bundle.TFLITE_FILE, bundle.HISTORY_FILE):
        (model / name).unlink()
    (model / bundle.CARD_FILE).write_text(json.dumps({"format": "layers-model", "files": {}}))


def a_card_that_is_not_json(model: Path) -> None:
    (model / bundle.CARD_FILE).write_text("{")


def no_card(model: Path) -> None:
    (model / bundle.CARD_FILE).unlink()


FOREIGN = [
    a_note,
    a_data_set,
    a_folder_in_place_of_the_history,
    a_link_in_place_of_the_network,
    the_card_of_another_program,
    a_card_that_is_not_json,
    no_card,
]


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("make", FOREIGN)
def test_a_folder_with_foreign_content_is_never_replaced(
    model: Path, make: Callable[[Path], None], force: bool
) -> None:
    make(model)
    before = names(model)
    with pytest.raises(OutputError, match=r"so it is not replaced: give another --output$"):
        bundle.write(model, fill, force=force)
    assert names(model) == before


@pytest.mark.parametrize("target", ["model", "nothing"])
@pytest.mark.parametrize("force", [False, True])
def test_a_link_is_not_replaced(model: Path, target: str, force: bool) -> None:
    link = model.parent / "link"
    link.symlink_to(target)
    with pytest.raises(OutputError, match="link is a link, so it is not replaced"):
        bundle.check_target(link, force=force)
    assert link.is_symlink()


def test_a_mount_point_is_refused_before_the_training(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mount point, such as a container's volume, cannot be replaced by another folder."""
    monkeypatch.setattr(os.path, "ismount", lambda path: path == model)
    with pytest.raises(
        OutputError,
        match=r"is a mount point.*give a folder inside "
        r"it.*model/model",
    ):
        bundle.check_target(model, force=True)


def test_an_empty_folder_is_replaced_by_force(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    with pytest.raises(OutputError, match="already exists: give --force"):
        bundle.write(tmp_path / "model", fill)
    bundle.write(tmp_path / "model", fill, force=True)
    assert bundle.load(tmp_path / "model").tflite == b"tflite"


@pytest.mark.parametrize("change", [{"format": 2}, {"threshold": 7}])
def test_a_model_of_another_version_is_replaced_by_force(
    model: Path, change: dict[str, Any]
) -> None:
    """The error about such a model advises to train it again."""
    card = json.loads((model / bundle.CARD_FILE).read_text())
    (model / bundle.CARD_FILE).write_text(json.dumps(card | change))
    bundle.write(model, fill, force=True)
    assert bundle.load(model).card["format"] == bundle.CARD_FORMAT


def test_a_model_whose_network_is_missing_is_replaced_by_force(model: Path) -> None:
    (model / bundle.KERAS_FILE).unlink()
    bundle.write(model, fill, force=True)
    assert (model / bundle.KERAS_FILE).is_file()


def test_a_folder_created_at_the_output_during_training_is_kept(tmp_path: Path) -> None:
    def slow(fresh: Path) -> dict[str, Any]:
        a_data_set_at = tmp_path / "model"
        a_data_set_at.mkdir()
        a_data_set(a_data_set_at)
        return fill(fresh)

    with pytest.raises(OutputError, match="so it is not replaced: move it away"):
        bundle.write(tmp_path / "model", slow, force=True, instead="move it away")
    assert names(tmp_path) == ["model", "model/3", "model/3/a.png"]


@pytest.mark.parametrize("more", [(), ("--force",)])
def test_train_does_not_replace_a_data_set_beside_a_model(
    call: Call, model: Path, more: tuple[str, ...]
) -> None:
    a_data_set(model)
    before = names(model.parent)
    code, output, errors = call("train", "--dataset", "model", "--output", "model", *more)
    assert (code, output) == (1, "")
    assert errors == (
        "digitnet: model/3 was not written by digitnet, so it is not replaced: "
        "give another --output\n"
    )
    assert names(model.parent) == before
