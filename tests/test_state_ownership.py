"""The training folder: digitnet removes and overwrites only its own files."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import Call

from digitnet.errors import OutputError
from digitnet.training.checkpoint import Checkpoint
from digitnet.training.options import TrainingOptions

DIGEST = "0" * 64


def begin(state: Checkpoint, *, resume: bool = False) -> None:
    with state.held(resume=resume):
        state.begin(TrainingOptions(), DIGEST, resume=resume)


def content(folder: Path) -> dict[str, bytes]:
    """Return the contents of all files below a folder by path; links are not followed."""
    files = (path for path in folder.rglob("*") if path.is_symlink() or path.is_file())
    return {
        str(path.relative_to(folder)): b"" if path.is_symlink() else path.read_bytes()
        for path in files
    }


@pytest.fixture
def state(tmp_path: Path) -> Checkpoint:
    return Checkpoint(tmp_path / "hand")


@pytest.fixture
def interrupted(state: Checkpoint) -> Checkpoint:
    """A training with one finished epoch."""
    begin(state)
    row = {"epoch": 1, "validation_loss": 0.5, "validation_error": 0.1}
    state.finish_epoch(row, [np.zeros(3)])
    return state


def a_data_set(folder: Path) -> None:
    (folder / "3").mkdir(parents=True)
    (folder / "3" / "a.png").write_bytes(b"a digit")


def files_of_the_same_names(folder: Path) -> None:
    folder.mkdir()
    for name in ("options.json", "history.csv", "epoch-1.npz", "lock", "dataset.sha256"):
        (folder / name).write_text("a user's")


def a_mark_with_another_text(folder: Path) -> None:
    folder.mkdir()
    (folder / "digitnet-training.txt").write_text("notes on digitnet's training")


def a_link_to_a_folder(folder: Path) -> None:
    a_data_set(folder.parent / "elsewhere")
    folder.symlink_to(folder.parent / "elsewhere")


def a_link_to_the_folder_of_another_training(folder: Path) -> None:
    other = Checkpoint(folder.parent / "other")
    begin(other)
    folder.symlink_to(other.folder)


def a_link_to_nothing(folder: Path) -> None:
    folder.symlink_to("nothing")


def a_file(folder: Path) -> None:
    folder.write_text("a user's")


FOREIGN = [
    a_data_set,
    files_of_the_same_names,
    a_mark_with_another_text,
    a_link_to_a_folder,
    a_link_to_the_folder_of_another_training,
    a_link_to_nothing,
    a_file,
]


@pytest.mark.parametrize("make", FOREIGN)
@pytest.mark.parametrize("resume", [False, True])
def test_a_foreign_training_folder_is_refused_and_left_untouched(
    state: Checkpoint, make: Callable[[Path], None], resume: bool
) -> None:
    make(state.folder)
    before = content(state.folder.parent)
    with pytest.raises(OutputError, match=r"hand\.training.*: move it away") as caught:
        begin(state, resume=resume)
    assert "\n" not in str(caught.value)
    assert content(state.folder.parent) == before


def a_folder(path: Path) -> None:
    a_data_set(path / "digits")


def a_note(path: Path) -> None:
    (path / "notes.txt").write_text("a user's")


def weights_of_another_name(path: Path) -> None:
    (path / "epoch-best.npz").write_text("a user's")


def a_folder_of_an_own_name(path: Path) -> None:
    (path / "epoch-7.npz").mkdir()
    (path / "epoch-7.npz" / "precious").write_text("a user's")


def a_link_of_an_own_name(path: Path) -> None:
    (path.parent / "precious.csv").write_text("a user's")
    (path / "history.csv").unlink()
    (path / "history.csv").symlink_to(path.parent / "precious.csv")


IN_THE_WAY = [
    a_folder,
    a_note,
    weights_of_another_name,
    a_folder_of_an_own_name,
    a_link_of_an_own_name,
]


@pytest.mark.parametrize("make", IN_THE_WAY)
def test_a_restart_is_refused_if_the_folder_has_foreign_files(
    interrupted: Checkpoint, make: Callable[[Path], None]
) -> None:
    make(interrupted.folder)
    before = content(interrupted.folder.parent)
    with pytest.raises(OutputError, match="blocks the training: move it away"):
        begin(interrupted)
    assert content(interrupted.folder.parent) == before


def test_resuming_keeps_foreign_files(interrupted: Checkpoint) -> None:
    a_note(interrupted.folder)
    weights_of_another_name(interrupted.folder)
    with interrupted.held(resume=True):
        interrupted.begin(TrainingOptions(), DIGEST, resume=True)
        row = {"epoch": 2, "validation_loss": 0.4, "validation_error": 0.1}
        interrupted.finish_epoch(row, [np.zeros(3)])
        interrupted.remove()
    assert sorted(content(interrupted.folder)) == ["epoch-best.npz", "notes.txt"]


def test_resuming_is_refused_if_a_link_leads_out_of_the_folder(interrupted: Checkpoint) -> None:
    a_link_of_an_own_name(interrupted.folder)
    with pytest.raises(OutputError, match="blocks the training: move it away"):
        begin(interrupted, resume=True)
    assert (interrupted.folder.parent / "precious.csv").read_text() == "a user's"


def test_an_empty_folder_is_accepted(state: Checkpoint) -> None:
    state.folder.mkdir()
    begin(state)
    assert state.options.is_file()


@pytest.mark.parametrize("left", [[".digitnet-1-00000000.part"], ["lock"], []])
def test_a_folder_from_a_training_killed_before_its_mark_is_accepted(
    state: Checkpoint, left: list[str]
) -> None:
    state.folder.mkdir()
    for name in left:
        (state.folder / name).touch()
    begin(state)
    assert ".digitnet-1-00000000.part" not in os.listdir(state.folder)


def test_a_new_training_removes_a_half_written_model(
    interrupted: Checkpoint,
) -> None:
    (interrupted.folder / ".digitnet-abc_1.part" / "new").mkdir(parents=True)
    begin(interrupted)
    assert not list(interrupted.folder.glob(".digitnet-*"))


def test_a_finished_training_leaves_no_folder(interrupted: Checkpoint) -> None:
    with interrupted.held():
        interrupted.remove()
    assert not interrupted.folder.exists()


def test_the_lock_file_is_removed_after_closing_on_windows(
    interrupted: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows does not remove open files."""
    unlink = Path.unlink
    attempts = []

    def unlink_closed(path: Path, missing_ok: bool = False) -> None:
        attempts.append(path.name)
        if attempts == ["lock"]:
            raise PermissionError(13, "The process cannot access the file")
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", unlink_closed)
    with interrupted.held():
        interrupted.remove()
    assert attempts == ["lock", "lock"]
    assert not interrupted.folder.exists()


def test_train_keeps_a_data_set_with_the_name_of_its_training_folder(
    call: Call, tmp_path: Path
) -> None:
    a_data_set(tmp_path / "hand.training")
    before = content(tmp_path)
    for more in ((), ("--force",), ("--resume",)):
        dataset = () if more == ("--resume",) else ("--dataset", "hand.training")
        code, output, errors = call("train", *dataset, "--output", "hand", *more)
        assert (code, output) == (1, "")
        assert errors == (
            "digitnet: hand.training was not created by digitnet, but training hand "
            "needs this folder name: move it away, or give another --output\n"
        )
        assert content(tmp_path) == before
