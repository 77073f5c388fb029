"""Each piece of advice that `train` prints is followed once, and works."""

import errno
import json
import math
import shlex
import signal
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import Call

from digitnet.cli.training_progress import TrainingProgress
from digitnet.errors import OutputError
from digitnet.interruption import ENDING_SIGNALS
from digitnet.training.checkpoint import Checkpoint
from digitnet.training.fit import _Reporter
from digitnet.training.options import TrainingOptions

pytestmark = pytest.mark.usefixtures("usual_ctrl_c", "usual_termination")

TERMINATING = [number for number in ENDING_SIGNALS if number != signal.SIGINT]

QUICK = ("train", "--network", "mlp", "--hidden", "8", "--dataset", "digits", "--limit", "300",
         "--no-augment", "--epochs", "3", "--output", "mine")  # fmt: skip


def interrupted(output: Path, **choices: object) -> Checkpoint:
    """Return the checkpoint of a training with one finished epoch and dummy weights."""
    state = Checkpoint(output)
    options = TrainingOptions(**{"dataset": "digits", **choices})  # type: ignore[arg-type]
    with state.held():
        state.begin(options, "0" * 64, resume=False)
        row = {"epoch": 1, "validation_loss": 0.5, "validation_error": 0.1}
        state.finish_epoch(row, [np.zeros(3)])
    return state


def command(errors: str) -> list[str]:
    """Return the arguments of the command at the end of the last line on stderr."""
    return shlex.split(errors.splitlines()[-1].partition(": digitnet ")[2])


def not_refused(call: Call, *arguments: str) -> bool:
    """Return whether `train` accepts its output: only then does it miss the data set."""
    elsewhere = ["nowhere" if argument == "digits" else argument for argument in arguments]
    return "no data set found at 'nowhere'" in call(*elsewhere)[2]


@pytest.fixture
def received(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Raise the signal of the test after the second epoch."""
    finished_epoch = TrainingProgress.finished_epoch

    def receive(self: TrainingProgress, row: dict[str, float]) -> None:
        finished_epoch(self, row)
        if row["epoch"] == 2:
            monkeypatch.setattr(TrainingProgress, "finished_epoch", finished_epoch)
            signal.raise_signal(request.param)

    monkeypatch.setattr(TrainingProgress, "finished_epoch", receive)


@pytest.mark.slow
@pytest.mark.parametrize("received", TERMINATING, indirect=True)
def test_a_signal_keeps_the_best_weights_and_says_how_to_save_a_model(
    call: Call, tmp_path: Path, received: None, request: pytest.FixtureRequest
) -> None:
    code, output, errors = call(*QUICK)
    number = request.node.callspec.params["received"]
    assert (code, output) == (128 + number, "")
    assert "interrupted: the best weights so far (epoch 2, validation error " in errors
    assert not (tmp_path / "mine").exists()
    assert len(Checkpoint(tmp_path / "mine").read_history()) == 2
    if number == signal.SIGTERM:
        code, _, errors = call(*command(errors), "--finish")
        assert code == 0, errors
        assert json.loads((tmp_path / "mine" / "model.json").read_text())["epochs"] == 2


def test_a_signal_before_the_training_gives_its_exit_code(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "digitnet.data.datasets.load", lambda *_: signal.raise_signal(signal.SIGTERM)
    )
    assert call(*QUICK) == (
        128 + signal.SIGTERM,
        "",
        "digitnet: interrupted before training started\n",
    )


@pytest.mark.slow
def test_a_signal_after_the_model_was_saved_does_not_suggest_resuming(
    call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    remove = Checkpoint.remove

    def receive(self: Checkpoint) -> None:
        remove(self)
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(Checkpoint, "remove", receive)
    code, _, errors = call(*QUICK)
    assert code == 128 + signal.SIGTERM
    assert errors.endswith("digitnet: interrupted after the training: model saved in mine\n")
    assert (tmp_path / "mine" / "model.tflite").is_file()


@pytest.mark.slow
def test_a_diverged_training_can_be_restarted_or_finished(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the third epoch fails, so the progress before it can be used."""
    on_epoch_end = _Reporter.on_epoch_end

    def diverge(self: _Reporter, epoch: int, logs: dict[str, float]) -> None:
        lost = {"val_loss": math.nan} if epoch == 2 else {}
        on_epoch_end(self, epoch, logs | lost)

    with monkeypatch.context() as patch:
        patch.setattr(_Reporter, "on_epoch_end", diverge)
        code, _, errors = call(*QUICK, "--learning-rate", "0.01")
    assert code == 1
    assert errors.splitlines()[-1].endswith(
        ": start again with --force and a lower --learning-rate, or save a model of the earlier "
        "epochs: digitnet train --resume --output mine --finish"
    )
    assert not_refused(call, *QUICK, "--learning-rate", "0.001", "--force")
    assert call(*command(errors))[0] == 0
    assert json.loads((tmp_path / "mine" / "model.json").read_text())["epochs"] == 2


@pytest.mark.slow
def test_a_training_that_diverges_at_once_can_be_restarted_without_force(call: Call) -> None:
    code, _, errors = call(*QUICK, "--learning-rate", "1e30", "--optimizer", "sgd")
    assert code == 1
    assert errors.endswith(": start again with a lower --learning-rate\n")
    assert not_refused(call, *QUICK, "--learning-rate", "0.01")


@pytest.mark.slow
@pytest.mark.parametrize("there", [False, True])
def test_an_interrupted_training_is_reported_with_the_command_to_resume(
    call: Call, tmp_path: Path, there: bool
) -> None:
    """An existing model does not hide the training: --force would have discarded its progress."""
    interrupted(tmp_path / "my model")
    if there:
        (tmp_path / "my model").mkdir()
    code, output, errors = call(*QUICK[:-1], "my model")
    force = " --force" if there else ""
    assert (code, output) == (1, "")
    assert errors == (
        "digitnet: there is an interrupted training at my model.training: start again with "
        f"--force, or continue it: digitnet train --resume --output 'my model'{force}\n"
    )
    # the command is accepted; it refuses to resume because the digest of the data differs
    code, _, errors = call(*command(errors))
    assert "digits has changed since the training began" in errors


@pytest.mark.parametrize("damage", ["options.json", "history.csv", "epoch-1.npz"])
def test_a_damaged_training_can_be_restarted_as_the_error_says(tmp_path: Path, damage: str) -> None:
    state = interrupted(tmp_path / "mine")
    (state.folder / damage).write_bytes(b"damaged")
    with pytest.raises(OutputError, match=r"give --force instead of --resume to start again$"):
        _ = state.read_options(), state.read_history(), state.read_variables(1)
    with state.held():
        state.begin(TrainingOptions(), "0" * 64, resume=False)
    assert (state.read_options(), state.read_history()) == (TrainingOptions(), [])


def test_a_new_training_is_accepted_if_there_is_nothing_to_resume(call: Call) -> None:
    code, _, errors = call("train", "--resume", "--output", "mine")
    assert code == 1
    assert errors.endswith("or give --force instead of --resume to start again\n")
    assert not_refused(call, "train", "--dataset", "digits", "--force", "--output", "mine")


@pytest.mark.parametrize(
    "choice", [{"dataset": "hand"}, {"fonts": "my fonts"}, {"start": "models/own"}], ids=str
)
def test_resuming_in_another_folder_says_what_is_missing(
    call: Call, tmp_path: Path, choice: dict[str, str]
) -> None:
    interrupted(tmp_path / "mine", **choice)
    ((_, path),) = choice.items()
    code, output, errors = call("train", "--resume", "--output", "mine")
    assert (code, output) == (1, "")
    assert errors == (
        f"digitnet: the interrupted training uses {path!r}, which is missing: run --resume in the "
        "folder where it was started, or restore the data set\n"
    )


def test_resuming_never_suggests_another_output(call: Call, tmp_path: Path) -> None:
    interrupted(tmp_path / "mine")
    (tmp_path / "mine").mkdir()
    code, _, errors = call("train", "--resume", "--output", "mine")
    assert (code, errors) == (
        1,
        "digitnet: mine already exists: give --force to replace it, or move it away\n",
    )
    (tmp_path / "mine" / "notes.txt").write_text("a user's")
    code, _, errors = call("train", "--resume", "--output", "mine", "--force")
    assert errors.endswith("notes.txt was not written by digitnet, so it is not replaced: move it "
                           "away\n")  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="a system's lock of POSIX")
@pytest.mark.parametrize(("resume", "advice"), [(False, ", or give another --output"), (True, "")])
def test_a_second_training_is_told_to_wait(tmp_path: Path, resume: bool, advice: str) -> None:
    state = interrupted(tmp_path / "mine")
    with (
        state.held(),
        pytest.raises(OutputError, match=f": wait until it has finished{advice}$"),
        state.held(resume=resume),
    ):
        pytest.fail("two trainings hold it")
    with state.held(resume=resume):
        pass


def test_a_closed_terminal_does_not_hide_the_signal() -> None:
    """After SIGHUP the terminal is gone, so the progress bar cannot clear itself."""

    def gone() -> None:
        raise OSError(errno.EIO, "Input/output error")

    progress = TrainingProgress(quiet=False)
    progress._stack.callback(gone)
    with pytest.raises(KeyboardInterrupt), progress:
        raise KeyboardInterrupt
