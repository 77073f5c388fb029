"""`train --network reader` and `evaluate --model reader`, run as programs."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from conftest import Call, Digitnet
from test_whole_numbers import write_numbers

from digitnet.model import bundle
from digitnet.model.kinds import Kind
from digitnet.model.symbols import SYMBOLS
from digitnet.training.checkpoint import Checkpoint, read_rows
from digitnet.training.options import Network, TrainingOptions
from digitnet.training.strokes import StrokeKind, read_strokes

ROOT = Path(__file__).resolve().parent.parent

TRAIN = ("train", "--network", "reader", "--dataset", "digits")
TINY = (*TRAIN, "--limit", "96", "--epochs", "2")
SHORT_EPOCHS = (*TRAIN, "--limit", "320", "--epochs", "4")
MANY_EPOCHS = (*TRAIN, "--limit", "320", "--epochs", "20")
"""Enough epochs that lines are still being generated when the first is seen to have ended."""


def write_strokes(path: Path, labels: str, writers: int = 3) -> Path:
    """Write pen strokes of each label by each writer: flags whose slope depends on the label."""
    items = [(label, writer) for writer in range(writers) for label in labels]
    points = [
        [(0, 0), (1000, 40 * (ord(label) % 20)), (100 * writer, 1000)] for label, writer in items
    ]
    np.savez(
        path,
        points=np.array(points, np.int16).reshape(-1, 2),
        stroke_ends=3 * np.arange(1, len(items) + 1),
        item_ends=np.arange(1, len(items) + 1),
        labels=np.array([label for label, _ in items]),
        writers=np.array([writer for _, writer in items]),
    )
    return path


# Errors before training


@pytest.mark.parametrize(
    ("datasets", "received"),
    [(["mnist", "digits"], "received 2 (mnist, digits)"), (["strokes.npz"], "received none")],
)
def test_training_requires_exactly_one_data_set_of_images(
    call: Call, tmp_path: Path, datasets: list[str], received: str
) -> None:
    write_strokes(tmp_path / "strokes.npz", "0123")
    given = [part for name in datasets for part in ("--dataset", name)]
    code, _, errors = call("train", "--network", "reader", *given)
    assert code == 2
    assert f"expected exactly one data set of images, {received}" in " ".join(errors.split())


@pytest.mark.parametrize(
    "option",
    [
        ("--batch-size", "9"),
        ("--activation", "tanh"),
        ("--hidden", "9"),
        ("--no-augment",),
    ],
)
def test_options_that_are_not_for_a_reader_are_refused(call: Call, option: tuple[str, ...]) -> None:
    code, _, errors = call(*TRAIN, *option)
    assert code == 2
    assert "leave out --" in errors


def test_duplicate_strokes_are_refused(call: Call, tmp_path: Path) -> None:
    for name in ("one.npz", "two.npz"):
        write_strokes(tmp_path / name, "abc")
    code, _, errors = call(*TRAIN, "--dataset", "one.npz", "--dataset", "two.npz")
    assert (code, errors.strip()) == (
        1,
        "digitnet: one.npz and two.npz contain the same pen strokes: give only one of them",
    )


def test_strokes_by_a_single_writer_are_refused(call: Call, tmp_path: Path) -> None:
    write_strokes(tmp_path / "alone.npz", "012", writers=1)
    code, _, errors = call(*TRAIN, "--dataset", "alone.npz")
    assert code == 1
    assert "pen strokes of a single writer cannot be split by writer" in errors


def test_strokes_of_whole_words_are_refused(call: Call, tmp_path: Path) -> None:
    path = write_strokes(tmp_path / "words.npz", "0123")
    arrays = dict(np.load(path))
    arrays["labels"] = np.array(["2024", "May"] * (len(arrays["labels"]) // 2))
    np.savez(path, **arrays)
    code, _, errors = call(*TRAIN, "--dataset", "words.npz")
    assert code == 1
    assert "labels such as '2024': give each item a label of one character" in errors


def test_strokes_of_whole_numbers_are_split_in_half_by_writer(tmp_path: Path) -> None:
    path = write_strokes(tmp_path / "numbers.npz", "0123", writers=40)
    arrays = dict(np.load(path))
    arrays["labels"] = np.array(["12-5", "$ 7.50"] * (len(arrays["labels"]) // 2))
    np.savez(path, **arrays)
    (strokes,) = read_strokes([str(path)], seed=0)
    assert strokes.kind is StrokeKind.NUMBERS
    assert 10 <= len(np.unique(strokes.validation.writers)) <= 30


def test_resume_reports_missing_strokes(call: Call, tmp_path: Path) -> None:
    options = TrainingOptions(network=Network.READER, dataset="digits", strokes=("gone.npz",))
    state = Checkpoint(tmp_path / "mine")
    with state.held():
        state.begin(options, "0" * 64, resume=False)
    code, _, errors = call("train", "--resume", "--output", "mine")
    assert code == 1
    assert "the interrupted training uses 'gone.npz', which is missing" in errors


# Training from end to end


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The working directory of the programs, with strokes to train on."""
    home = tmp_path_factory.mktemp("home")
    write_strokes(home / "strokes.npz", "0123456789", writers=4)
    return home


@pytest.fixture(scope="module")
def shell() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT)}


@pytest.fixture(scope="module")
def trained(home: Path, digitnet: Digitnet) -> subprocess.CompletedProcess[str]:
    """The output of a tiny training, whose model is `home/trained`."""
    run = digitnet(*TINY, "--dataset", "strokes.npz", "--output", "trained")
    assert run.returncode == 0, run.stderr
    return run


@pytest.mark.slow
def test_a_reader_is_trained_and_evaluated(
    home: Path, trained: subprocess.CompletedProcess[str]
) -> None:
    said = trained.stderr.splitlines()
    assert said[1] == (
        "reader: 837,604 weights, 2 epochs of 3 steps, muon at 0.005, about 96 new lines per epoch"
    )
    assert said[3].startswith("strokes.npz: ")
    assert " validation " in said[3]
    assert [line[:9] for line in said[5:7]] == ["epoch 1/2", "epoch 2/2"]
    assert "digitnet predict --reader trained IMAGE" in said[-1]
    assert "error of numbers" in trained.stdout
    loaded = bundle.load(home / "trained", Kind.READER)
    card = loaded.card
    assert card["hyper_parameters"]["strokes"] == ["strokes.npz"]
    assert [entry["name"] for entry in card["datasets"]] == ["digits"]
    (strokes,) = card["pen_strokes"]
    assert (strokes["kind"], strokes["train"] + strokes["validation"]) == ("digits", 40)
    assert strokes["licence"] == "not known to digitnet"
    assert len(loaded.thresholds) == len(SYMBOLS)
    assert card["measured"]["test"]["count"] == 359
    assert not (home / "trained.training").exists()
    assert len(read_rows(home / "trained" / "history.csv")) == 2


@pytest.mark.slow
def test_evaluate_reproduces_the_figures_of_the_card(
    home: Path, digitnet: Digitnet, trained: subprocess.CompletedProcess[str]
) -> None:
    text = digitnet("evaluate", "--model", "./trained", "--dataset", "digits")
    assert text.stdout == trained.stdout
    run = digitnet("evaluate", "--model", "./trained", "--dataset", "digits", "--format", "json")
    record = json.loads(run.stdout)
    measured = bundle.load(home / "trained").card["measured"]["test"]
    for name in ("error", "text_error", "digit_error", "loss", "calibration_error"):
        assert record[name] == pytest.approx(measured[name], abs=1e-6)
    assert (record["split"], record["dataset"]) == ("test", "digits")


@pytest.mark.slow
def test_evaluate_draws_no_figures_for_readers(
    digitnet: Digitnet, trained: subprocess.CompletedProcess[str]
) -> None:
    run = digitnet("evaluate", "--model", "./trained", "--plot", "figures")
    assert run.returncode == 2
    assert "--plot works for classifiers only" in " ".join(run.stderr.split())


@pytest.mark.slow
def test_a_reader_cannot_be_used_as_a_classifier(
    digitnet: Digitnet, trained: subprocess.CompletedProcess[str]
) -> None:
    run = digitnet("predict", "--model", "./trained", ROOT / "samples" / "paint-3.png")
    assert run.returncode == 1
    assert "trained is a reader: give a classifier, like cnn" in run.stderr


def start_and_wait(
    home: Path, shell: dict[str, str], arguments: tuple[str, ...], output: str
) -> "subprocess.Popen[str]":
    """Start a training, and wait until its first epoch has finished."""
    started = subprocess.Popen(
        [sys.executable, "-m", "digitnet", *arguments, "--output", output],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=home,
        env=shell,
    )
    while not (home / f"{output}.training" / "history.csv").is_file():
        assert started.poll() is None, started.communicate()
        time.sleep(0.1)
    return started


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="SIGTERM ends a program at once there")
def test_a_resumed_training_gives_the_same_model_as_an_uninterrupted_one(
    home: Path, shell: dict[str, str], digitnet: Digitnet
) -> None:
    whole = digitnet(*SHORT_EPOCHS, "--output", "whole")
    assert whole.returncode == 0, whole.stderr
    started = start_and_wait(home, shell, SHORT_EPOCHS, "parts")
    started.send_signal(signal.SIGTERM)
    _, errors = started.communicate()
    assert started.returncode == 128 + signal.SIGTERM
    assert "continue, or stop here with --finish: digitnet train --resume --output parts" in errors
    assert digitnet("train", "--resume", "--output", "parts").returncode == 0
    parts, whole_model = (bundle.load(home / name) for name in ("parts", "whole"))
    assert parts.tflite == whole_model.tflite
    assert parts.thresholds == whole_model.thresholds


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="children are found by Linux")
def test_a_killed_line_generator_ends_the_training_with_a_one_line_error(
    home: Path, shell: dict[str, str], digitnet: Digitnet
) -> None:
    started = start_and_wait(home, shell, MANY_EPOCHS, "cut")
    children = Path(f"/proc/{started.pid}/task").glob("*/children")
    for number in {number for path in children for number in path.read_text().split()}:
        if b"reader.worker" in Path(f"/proc/{number}/cmdline").read_bytes():
            os.kill(int(number), signal.SIGKILL)
    _, errors = started.communicate()
    assert started.returncode == 1
    assert errors.splitlines()[-1] == (
        "digitnet: the process that makes lines was killed by SIGKILL, perhaps for lack of memory: "
        "continue when more memory is free: digitnet train --resume --output cut"
    )
    finished = digitnet("train", "--resume", "--finish", "--output", "cut")
    assert finished.returncode == 0, finished.stderr
    assert 1 <= len(read_rows(home / "cut" / "history.csv")) < 20


@pytest.mark.slow
def test_a_reader_is_fine_tuned_on_a_folder_of_numbers(
    home: Path, digitnet: Digitnet, trained: subprocess.CompletedProcess[str]
) -> None:
    write_numbers(home / "mine")
    start = ("train", "--from", "./trained", "--dataset", "mine")
    run = digitnet(*start, "--limit", "96", "--epochs", "1", "--output", "own")
    assert run.returncode == 0, run.stderr
    assert "mine: 4 training, 1 test numbers" in run.stderr
    assert "lines              1, images of numbers in mine, the test set" in (run.stdout)
    card = bundle.load(home / "own", Kind.READER).card
    parent = bundle.load(home / "trained").card
    assert [entry["name"] for entry in card["datasets"]] == ["digits", "mine"]
    for name in ("temperature", "thresholds", "pen_strokes"):
        assert card[name] == parent[name]
    record = json.loads(
        digitnet("evaluate", "--model", "./own", "--dataset", "mine", "--format", "json").stdout
    )
    assert (record["split"], record["count"]) == ("test", 1)
    every = digitnet("evaluate", "--model", "./own", "--dataset", "mine", "--split", "all")
    assert "lines              5, images of numbers in mine, all of it" in every.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (
            ("--dataset", "digits"),
            "--from with a reader needs a folder of whole numbers, but digits is not one",
        ),
        (
            ("--dataset", "mine", "--batch-size", "9"),
            "leave out --batch-size: a reader has no such option",
        ),
        (("--dataset", "mine", "--network", "reader"), "leave out --network: with --from, the"),
    ],
)
def test_a_reader_is_fine_tuned_on_whole_numbers_only(
    home: Path,
    digitnet: Digitnet,
    trained: subprocess.CompletedProcess[str],
    arguments: tuple[str, ...],
    complaint: str,
) -> None:
    run = digitnet("train", "--from", "./trained", *arguments)
    assert run.returncode == 2
    assert complaint in " ".join(run.stderr.split())


@pytest.mark.slow
def test_numbers_that_a_reader_was_not_trained_on_have_no_test_set(
    home: Path, digitnet: Digitnet, trained: subprocess.CompletedProcess[str]
) -> None:
    write_numbers(home / "others")
    for part, complaint in (("test", "was not trained on others"), ("official", "no official")):
        run = digitnet("evaluate", "--model", "./trained", "--dataset", "others", "--split", part)
        assert run.returncode == 1
        assert complaint in run.stderr
