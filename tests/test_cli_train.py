"""`train` and `evaluate`, run as programs."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import TIMEOUT_S, Call, Digitnet, unmeasured
from test_cli_train_reader import write_strokes
from test_unipen import SEVEN, distribution

from digitnet import cli
from digitnet.data import datasets
from digitnet.training.checkpoint import Checkpoint

ROOT = Path(__file__).resolve().parent.parent

QUICK = ("--network", "mlp", "--hidden", "32", "--dataset", "digits", "--limit", "300")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The working directory of the programs, without MNIST."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def shell(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "DIGITNET_DATA"}
    return kept | {
        "PYTHONPATH": str(ROOT),
        "KERAS_HOME": str(home / "keras"),
        # any attempt to download fails at once
        "https_proxy": "http://127.0.0.1:9",
    }


@pytest.fixture(scope="module")
def trained(digitnet: Digitnet, home: Path) -> subprocess.CompletedProcess[str]:
    """A training as a user would run it, with all of its outputs."""
    return digitnet("train", *QUICK, "--epochs", "2", "--output", "mine", "--plot", "curves.png")


def test_train_prints_its_report_on_stdout_and_progress_on_stderr(
    trained: subprocess.CompletedProcess[str],
) -> None:
    assert trained.returncode == 0, trained.stderr
    assert trained.stdout.startswith("model              mine\n")
    assert "error              " in trained.stdout
    lines = trained.stderr.splitlines()
    assert lines[0] == "loading TensorFlow"
    assert lines[1].startswith("mlp: ")
    assert lines[2].startswith("digits: 216 training, 24 validation, 60 test digits")
    assert lines[3].startswith("epoch 1/2  loss ")
    assert lines[4].startswith("epoch 2/2  loss ")
    assert lines[5].startswith("digitnet: model saved in mine; try: digitnet predict --model mine")
    # and none from TensorFlow
    assert len(lines) == 6


def test_train_draws_the_curves(trained: subprocess.CompletedProcess[str], home: Path) -> None:
    assert (home / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_evaluate_reports_what_train_reported(
    trained: subprocess.CompletedProcess[str], digitnet: Digitnet
) -> None:
    evaluated = digitnet("evaluate", "--model", "mine", "--dataset", "digits")
    assert evaluated.returncode == 0, evaluated.stderr
    assert evaluated.stdout == trained.stdout
    assert evaluated.stderr == ""


@pytest.mark.slow
def test_evaluate_prints_json_and_draws(
    trained: subprocess.CompletedProcess[str], digitnet: Digitnet, home: Path
) -> None:
    assert trained.returncode == 0
    evaluated = digitnet(
        "evaluate", "--model", "mine", "--dataset", "digits", "--split", "all", "--format", "json",
        "--plot", "figures",
    )  # fmt: skip
    record = json.loads(evaluated.stdout)
    assert (record["split"], record["count"]) == ("all", 1797)
    assert evaluated.stderr == (
        "digitnet: --split all includes digits that the model was trained on\n"
    )
    assert sorted(path.name for path in (home / "figures").iterdir()) == [
        "confusion.png",
        "misses.png",
        "reliability.png",
    ]


def test_a_trained_model_predicts(
    trained: subprocess.CompletedProcess[str], digitnet: Digitnet
) -> None:
    assert trained.returncode == 0
    answered = digitnet("predict", "--model", "mine", ROOT / "samples" / "paint-3.png")
    assert answered.returncode in (0, 3), answered.stderr
    assert answered.stderr == ""


def test_an_existing_output_is_refused_before_any_work(
    trained: subprocess.CompletedProcess[str], digitnet: Digitnet
) -> None:
    assert trained.returncode == 0
    refused = digitnet("train", *QUICK, "--output", "mine")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == (
        "digitnet: mine already exists: give --force to replace it, or give another --output\n"
    )


def start_until(
    line: str, arguments: tuple[str, ...], home: Path, shell: dict[str, str]
) -> subprocess.Popen[str]:
    """Start `digitnet`, and wait for a line on stderr that begins with `line`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "digitnet", *arguments],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=home,
        env=shell,
    )
    assert process.stderr is not None
    while not process.stderr.readline().startswith(line):
        assert process.poll() is None
    return process


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no Ctrl-C to one program")
def test_ctrl_c_keeps_the_best_weights_and_resume_continues(
    digitnet: Digitnet, home: Path, shell: dict[str, str]
) -> None:
    arguments = ("train", *QUICK, "--epochs", "30", "--patience", "30", "--output", "long")
    process = start_until("epoch  3/30", arguments, home, shell)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 130
    assert stdout == ""
    last = stderr.splitlines()[-1]
    assert last.startswith("digitnet: interrupted: the best weights so far (epoch ")
    advice = "are kept; continue, or stop here with --finish: digitnet train --resume --output long"
    assert last.endswith(advice)
    assert not (home / "long").exists()
    kept = {f"epoch {path.stem[6:]}" for path in (home / "long.training").glob("epoch-*.npz")}
    assert last.partition("(")[2].partition(",")[0] in kept

    resumed = digitnet("train", "--resume", "--output", "long", "--quiet")
    assert resumed.returncode == 0, resumed.stderr
    assert resumed.stderr == ""
    assert (home / "long" / "history.csv").read_text().count("\n") == 31
    assert not (home / "long.training").exists()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no Ctrl-C to one program")
def test_ctrl_c_before_a_training_does_not_mention_an_older_one(
    home: Path, shell: dict[str, str]
) -> None:
    arguments = ("train", *QUICK, "--epochs", "30", "--output", "twice")
    for force, line, told in (
        ((), "epoch  2/30", "digitnet: interrupted: the best weights so far (epoch "),
        (("--force",), "loading TensorFlow", "digitnet: interrupted before training started\n"),
    ):
        process = start_until(line, (*arguments, *force), home, shell)
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=TIMEOUT_S)[1].startswith(told)
        assert process.returncode == 130
    assert (home / "twice.training" / "history.csv").is_file()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="quoted for the shells of POSIX")
def test_advice_can_be_pasted_into_a_shell(
    digitnet: Digitnet, home: Path, shell: dict[str, str]
) -> None:
    arguments = ("train", *QUICK, "--epochs", "1", "--output")
    for output, model in (("my model", "'my model'"), ("mlp", "./mlp")):
        trained = digitnet(*arguments, output)
        assert trained.stderr.endswith(f"try: digitnet predict --model {model} IMAGE\n")
    again = ("train", *QUICK, "--epochs", "30", "--output", "my model", "--force")
    process = start_until("epoch  2/30", again, home, shell)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=TIMEOUT_S)
    assert stderr.endswith("--finish: digitnet train --resume --output 'my model' --force\n")
    epochs = (home / "my model.training" / "history.csv").read_text().count("\n") - 1
    resume = ("train", "--resume", "--output", "my model", "--force")
    assert digitnet(*resume, "--finish").returncode == 0
    assert json.loads((home / "my model" / "model.json").read_text())["epochs"] == epochs < 30


@pytest.mark.slow
def test_divergence_is_reported_on_one_line(digitnet: Digitnet) -> None:
    options = ("--epochs", "2", "--learning-rate", "1e30", "--optimizer", "sgd")
    failed = digitnet("train", *QUICK, *options, "--output", "wild", "--quiet")
    assert (failed.returncode, failed.stdout) == (1, "")
    assert failed.stderr.startswith("digitnet: the loss of epoch ")
    assert failed.stderr.endswith(": start again with a lower --learning-rate\n")


@pytest.mark.slow
def test_a_data_set_that_has_changed_is_noted(digitnet: Digitnet, home: Path) -> None:
    images = np.tile(np.arange(0, 200, 10, dtype=np.uint8)[:, None, None], (5, 28, 28))
    labels = np.tile(np.arange(10, dtype=np.uint8), 10)
    np.savez(home / "grows.npz", x=images, y=labels)
    few = ("--network", "mlp", "--hidden", "8", "--no-augment", "--epochs", "1")
    digitnet("train", *few, "--dataset", "grows.npz", "--output", "grown")
    assert digitnet("evaluate", "--model", "grown", "--dataset", "grows.npz").stderr == ""
    np.savez(home / "grows.npz", x=images[:-1], y=labels[:-1])
    noted = digitnet("evaluate", "--model", "grown", "--dataset", "grows.npz")
    assert noted.returncode == 0
    assert noted.stderr == "digitnet: grows.npz has changed since grown was trained on it\n"


@pytest.mark.slow
def test_a_trained_model_is_fine_tuned_without_further_options(
    trained: subprocess.CompletedProcess[str], digitnet: Digitnet, home: Path
) -> None:
    assert trained.returncode == 0
    digits = datasets.load("digits")
    for digit in range(10):
        (home / "my_digits" / str(digit)).mkdir(parents=True)
        for position in np.flatnonzero(digits.labels == digit)[-5:]:
            path = home / "my_digits" / str(digit) / f"{position}.png"
            cv2.imwrite(str(path), 255 - digits.images[position])
    learned = digitnet("train", "--from", "mine", "--dataset", "my_digits/")
    assert learned.returncode == 0, learned.stderr
    lines = learned.stderr.splitlines()
    assert lines[1].startswith("mlp: ")
    assert lines[2] == "my_digits/: 40 training, 0 validation, 10 test digits"
    assert lines[3] == (
        "rehearsal of digits, against forgetting: 216 training, 24 validation digits"
    )
    assert learned.stdout.startswith("model              my_digits\n")
    assert (home / "models" / "my_digits" / "model.tflite").is_file()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="kills and limits of POSIX")
def test_a_training_survives_a_kill_and_a_full_disk(
    trained: subprocess.CompletedProcess[str], digitnet: Digitnet, home: Path, shell: dict[str, str]
) -> None:
    """Train `mine` again with --force: kill it, resume it on a full disk, then resume it."""
    assert trained.returncode == 0
    card = (home / "mine" / "model.json").read_bytes()
    arguments = ("train", *QUICK, "--epochs", "3", "--seed", "1", "--output", "mine", "--force")
    process = start_until("epoch 1/3", arguments, home, shell)
    process.kill()
    process.communicate()
    assert (home / "mine" / "model.json").read_bytes() == card

    resume = ("train", "--resume", "--output", "mine", "--force", "--quiet")
    full = subprocess.run(
        ["sh", "-c", f"ulimit -f 100; exec {sys.executable} -m digitnet {' '.join(resume)}"],
        capture_output=True,
        text=True,
        cwd=home,
        env=unmeasured(shell),
        check=False,
    )
    assert (full.returncode, full.stdout) == (1, "")
    assert full.stderr.count("\n") == 1, full.stderr
    assert full.stderr.endswith("continue with: digitnet train --resume --output mine --force\n")
    assert (home / "mine" / "model.json").read_bytes() == card

    resumed = digitnet(*resume)
    assert (resumed.returncode, resumed.stderr) == (0, "")
    assert (home / "mine" / "history.csv").read_text().count("\n") == 4
    assert (home / "mine" / "model.json").read_bytes() != card
    assert not (home / "mine.training").exists()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (
            ["--resume", "--output", "x", "--epochs", "3", "--seed", "1"],
            "leave out --epochs, --seed: --resume takes the options of the interrupted training",
        ),
        (["--finish"], "requires --resume: it finishes an interrupted training"),
        (["--from", "cnn", "--network", "mlp"], "leave out --network: with --from, the model"),
        (["--hidden", "32"], "leave out --hidden: only for --network mlp"),
        (["--network", "rnn", "--activation", "relu"], "rnn has fixed activation functions"),
        (["--network", "cnn", "--feedback", "direct"], "only for --network rnn"),
        (["--network", "mlp", "--hidden", "32,x"], "'32,x' is not a list of layer sizes"),
        (["--network", "mlp", "--hidden", "8192,4096"], "40,112,128 weights: at most 32,000,000"),
        (["--plot", "curves.xyz"], "curves.xyz is not a supported figure format"),
        (["--plot", "nowhere/curves.png"], "cannot write a figure to nowhere/curves.png"),
        (["--learning-rate", "nan"], "nan is not a finite number"),
        (["--test-fraction", "nan"], "nan is not a finite number"),
        (["--network", "transformer"], "'transformer' is not one of"),
        (["--test-fraction", "1.5"], "'--test-fraction'"),
    ],
)
def test_a_usage_error_of_train_prints_the_usage_with_exit_code_2(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, stderr = in_process(["train", *arguments], capsys)
    assert code == 2
    assert stderr.startswith("Usage: digitnet train")
    assert complaint in " ".join(stderr.split())


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["train", "--dataset", "nowhere"], "no data set found at 'nowhere'"),
        (["train", "--resume", "--output", "nothing"], "no interrupted training to resume"),
        (["train", "--from", "nothing", "--dataset", "digits"], "unknown model 'nothing'"),
        (
            ["train", "--dataset", "digits", "--fonts", "nothing"],
            "--fonts: nothing is not a folder",
        ),
        (["train", "--dataset", "digits", "--output", "."], "'.' is not a valid folder name"),
        (["evaluate", "--model", "nothing"], "unknown model 'nothing'"),
        (["evaluate", "--dataset", "nowhere"], "no data set found at 'nowhere'"),
        (["evaluate", "--dataset", "digits", "--split", "official"], "no official test set"),
    ],
)
def test_invalid_inputs_are_reported_on_one_line_with_exit_code_1(
    arguments: list[str],
    complaint: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    code, stdout, stderr = in_process(arguments, capsys)
    assert (code, stdout) == (1, "")
    assert complaint in stderr
    assert stderr.count("\n") == 1
    assert not [path for path in tmp_path.iterdir() if path.name != "models"]


@pytest.mark.slow
def test_a_failed_download_of_mnist_says_where_to_put_it(digitnet: Digitnet) -> None:
    refused = digitnet("evaluate")
    assert (refused.returncode, refused.stdout) == (1, "")
    lines = refused.stderr.splitlines()
    assert lines[0] == "digitnet: downloading MNIST (11 MB) with Keras's loader"
    assert "set DIGITNET_DATA to it, or use --dataset digits" in lines[1]
    assert len(lines) == 2


def in_process(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Run the command line without the cost of a process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["digitnet", *arguments])
        with pytest.raises(SystemExit) as caught:
            cli.main()
    printed = capsys.readouterr()
    code = caught.value.code
    return (code if isinstance(code, int) else 0), printed.out, printed.err


def test_a_new_training_does_not_replace_an_interrupted_one(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    state = Checkpoint(tmp_path / "mine")
    with state.held():
        state.history.write_text("epoch\n1\n")
    code, _, stderr = in_process(["train", *QUICK, "--output", "mine"], capsys)
    assert code == 1
    assert "there is an interrupted training at mine.training: start again with --force" in stderr
    assert state.history.exists()


def test_a_refusal_to_resume_leaves_no_folder(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, _ = in_process(["train", "--resume"], capsys)
    assert code == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("option", "reason"),
    [
        (
            ("--no-augment",),
            "leave out it or --no-augment; pen strokes are used only with augmentation",
        ),
        (("--from", "cnn"), "leave out it; fine-tuning reuses the pen strokes of the model"),
    ],
)
def test_pen_strokes_are_refused_if_they_would_not_be_used(
    call: Call, tmp_path: Path, option: tuple[str, ...], reason: str
) -> None:
    strokes = write_strokes(tmp_path / "strokes.npz", "0123")
    code, _, errors = call("train", "--dataset", "digits", "--dataset", strokes, *option)
    assert code == 2
    assert f"strokes.npz contains pen strokes: {reason}" in " ".join(errors.split())


@pytest.mark.slow
def test_a_classifier_learns_from_pen_strokes_of_every_kind(digitnet: Digitnet, home: Path) -> None:
    datasets_given = []
    for name, labels in (("seven", "7"), ("letters", "AEK"), ("signs", "#*")):
        write_strokes(home / f"{name}.npz", labels)
        datasets_given += ["--dataset", f"{name}.npz"]
    distribution(home / "unipen", {"anna.dat": SEVEN, "bert.dat": SEVEN})
    datasets_given += ["--dataset", "unipen"]
    run = digitnet("train", *QUICK, *datasets_given, "--epochs", "1", "--output", "pens")
    assert run.returncode == 0, run.stderr
    assert "letters.npz: pen strokes of 6 training letters by 2 writers, 3 valid" in run.stderr
    assert "unipen: pen strokes of 1 training digits by 1 writers, 1 valid" in run.stderr
    card = json.loads((home / "pens" / "model.json").read_text())
    kinds = ["digits", "letters", "symbols", "digits"]
    assert [one["kind"] for one in card["pen_strokes"]] == kinds
    assert {one["licence"] for one in card["pen_strokes"]} == {"not known to digitnet"}
