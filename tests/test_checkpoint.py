"""Checkpoints hold complete epochs, whatever interrupts a training or a save."""

import errno
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitnet.errors import DatasetError, OutputError
from digitnet.files import atomic
from digitnet.training.checkpoint import Checkpoint, Row, best_epoch
from digitnet.training.options import TrainingOptions


def row(epoch: int, loss: float) -> Row:
    return {"epoch": epoch, "loss": loss, "validation_loss": loss, "validation_error": 0.1}


def variables(epoch: int) -> list[np.ndarray]:
    return [np.full((3, 4), epoch, np.float32), np.array(epoch, np.uint32)]


@pytest.fixture
def state(tmp_path: Path) -> Checkpoint:
    made = Checkpoint(tmp_path / "model")
    with made.held():
        made.begin(TrainingOptions(), "0" * 64, resume=False)
    for epoch, loss in ((1, 0.9), (2, 0.5), (3, 0.7)):
        made.finish_epoch(row(epoch, loss), variables(epoch))
    return made


def test_only_the_best_and_the_last_epoch_are_kept(state: Checkpoint) -> None:
    assert sorted(path.name for path in state.folder.glob("epoch-*")) == [
        "epoch-2.npz",
        "epoch-3.npz",
    ]
    assert best_epoch(state.read_history(), 0) == 2
    for epoch in (2, 3):
        kept = state.read_variables(epoch)
        assert all(map(np.array_equal, kept, variables(epoch)))


def test_an_epoch_without_a_row_in_the_history_is_trained_again(state: Checkpoint) -> None:
    (state.folder / "epoch-4.npz").write_bytes(b"half of")
    assert len(state.read_history()) == 3
    state.finish_epoch(row(4, 0.4), variables(4))
    assert state.read_variables(4)[1] == 4
    assert not (state.folder / "epoch-2.npz").exists()


def test_a_failure_to_save_an_epoch_leaves_the_earlier_ones(
    state: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Path, __: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(atomic, "write_atomically", full)
    with pytest.raises(OutputError, match="no space left on device"):
        state.finish_epoch(row(4, 0.4), variables(4))
    assert len(state.read_history()) == 3
    assert state.read_variables(3)[1] == 3


def test_a_second_training_cannot_use_the_folder(state: Checkpoint) -> None:
    second = Checkpoint(state.folder.with_name("model"))
    with (
        state.held(),
        pytest.raises(OutputError, match="another training is writing to"),
        second.held(),
    ):
        pytest.fail("two trainings hold it")
    with state.held():
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="kills of POSIX")
def test_a_lock_is_released_when_its_process_dies(state: Checkpoint) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path\n"
        "from digitnet.training.checkpoint import Checkpoint\n"
        "with Checkpoint(Path(sys.argv[1])).held(): os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    output = state.folder.with_name("model")
    assert subprocess.run([sys.executable, "-c", code, output], check=False).returncode == -9
    with state.held():
        pass


def test_a_new_training_deletes_the_old_epochs(state: Checkpoint) -> None:
    with state.held():
        state.begin(TrainingOptions(), "0" * 64, resume=False)
    names = sorted(path.name for path in state.folder.iterdir())
    assert names == ["dataset.sha256", "digitnet-training.txt", "lock", "options.json"]


def test_a_training_resumes_only_with_the_same_digits(state: Checkpoint) -> None:
    with state.held():
        state.begin(TrainingOptions(), "0" * 64, resume=False)
        state.begin(TrainingOptions(), "0" * 64, resume=True)
        with pytest.raises(DatasetError, match="mnist has changed since the training began"):
            state.begin(TrainingOptions(), "1" * 64, resume=True)


@pytest.mark.parametrize(
    "choice",
    [
        *[{"epochs": "x"}, {"limit": "a"}, {"dataset": 5}, {"start": 7}, {"fonts": 3}],
        *[{"hidden": "ab"}, {"hidden": [0]}, {"batch_size": 0}, {"seed": -1}, {"augment": 1}],
        *[{"test_fraction": "0.2"}, {"learning_rate": -1.0}, {"epochs": True}],
    ],
)
def test_invalid_options_count_as_damage(state: Checkpoint, choice: dict[str, Any]) -> None:
    with state.held():
        state.begin(TrainingOptions(), "0" * 64, resume=False)
    assert state.read_options() == TrainingOptions()
    state.options.write_text(json.dumps(TrainingOptions().as_dict() | choice))
    with pytest.raises(OutputError, match="is missing or damaged"):
        state.read_options()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"epoch\n1\n",
        b"epoch,validation_loss,validation_error\n2,1,1\n",
        b"epoch,validation_loss,validation_error\n1,x,1\n",
        b"epoch,validation_loss,validation_error\n1\n",
        b"\xff\xfe",
    ],
)
def test_a_damaged_history_is_reported(state: Checkpoint, content: bytes) -> None:
    state.history.write_bytes(content)
    if content:
        with pytest.raises(OutputError, match="is damaged: give --force instead of --resume"):
            state.read_history()
    else:
        assert state.read_history() == []


@pytest.mark.parametrize("content", [b"", b"PK", b"\x93NUMPY"])
def test_a_damaged_epoch_is_reported(state: Checkpoint, content: bytes) -> None:
    (state.folder / "epoch-3.npz").write_bytes(content)
    with pytest.raises(OutputError, match="missing or damaged: give --force instead of --resume"):
        state.read_variables(3)


KILLS = """
import os, signal, sys
from pathlib import Path
import numpy as np
from digitnet.model import bundle
from digitnet.training.checkpoint import Checkpoint, best_epoch

EVENTS = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.listdir", "os.scandir",
          "ctypes.dlsym", "shutil.rmtree"}
WRITERS = {"write_atomically", "write_bytes", "write_text"}

def killed_at(number, work):
    # Run `work` in a child process, kill it at its `number`-th event, and return whether it was
    # killed. Events are file system operations and the lines of functions that write files.
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1] != 0
    count = 0
    def hook(event, arguments):
        nonlocal count
        count += event in EVENTS
        if count == number:
            count += 1  # os.kill is an event, too
            os.kill(os.getpid(), signal.SIGKILL)
    def trace(frame, event, _):
        code = frame.f_code
        if code.co_name not in WRITERS:
            return None
        if event == "line":
            hook("open", ())
        return trace
    sys.addaudithook(hook)
    sys.settrace(trace)
    work()
    os._exit(0)

def row(epoch, loss):
    return {"epoch": epoch, "validation_loss": loss, "validation_error": 0.1}

def values(epoch):
    return [np.full(1000, epoch)]

def check_epochs(folder):
    state = Checkpoint(folder / "model")
    state.folder.mkdir()
    state.finish_epoch(row(1, 0.5), values(1))
    number = 1
    for epoch, loss in ((2, 0.7), (3, 0.4)):
        number = 1
        while killed_at(number, lambda: state.finish_epoch(row(epoch, loss), values(epoch))):
            rows = state.read_history()
            assert len(rows) in (epoch - 1, epoch), rows
            for kept in {len(rows), best_epoch(rows, 0)}:
                assert state.read_variables(kept)[0][0] == kept
            number += 1
    return number

def check_bundle(folder):
    def filled(text):
        def fill(fresh):
            for name in ("model.keras", "model.tflite", "history.csv"):
                (fresh / name).write_bytes(text)
            return {"kind": "classifier", "network": text.decode(), "hyper_parameters": {},
                    "datasets": [], "versions": {}, "measured": {}, "parameters": 1,
                    "temperature": 1, "threshold": 0.5}
        return fill
    target = folder / "bundle"
    bundle.write(target, filled(b"old"))
    number = 1
    while killed_at(number, lambda: bundle.write(target, filled(b"new"), force=True)):
        found = bundle.load(target)
        assert found.tflite.decode() == found.card["network"], "a mixture"
        assert found.card["network"] in ("old", "new")
        number += 1
    assert bundle.load(target).tflite == b"new"
    return number

print(check_epochs(Path(sys.argv[1])), check_bundle(Path(sys.argv[1])))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="folders change places in one step on Linux")
def test_a_kill_at_any_file_operation_leaves_complete_epochs_and_bundles(
    tmp_path: Path,
) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", KILLS, tmp_path], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    epochs, bundles = map(int, ran.stdout.split())
    assert epochs > 10
    assert bundles > 20


def test_the_best_epoch_is_chosen_at_the_precision_of_the_history(
    state: Checkpoint,
) -> None:
    """The history has six digits: losses that differ only beyond them are equal in it."""
    for epoch, loss in ((4, 0.12345649), (5, 0.12345558), (6, 0.2)):
        state.finish_epoch(row(epoch, loss), variables(epoch))
    assert state.read_variables(best_epoch(state.read_history(), 0))
