"""Training runs: results, interruption and resuming, calibration."""

import csv
import ctypes
import dataclasses
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import scipy.special
import tensorflow as tf
from numpy.typing import NDArray

from digitnet.data.datasets import Dataset, split
from digitnet.errors import BundleError, DatasetError, DigitnetError, OutputError
from digitnet.model import bundle, litert
from digitnet.model.targets import NO_DIGIT, PAIR, one_hot
from digitnet.training import calibration
from digitnet.training.checkpoint import Checkpoint, Row
from digitnet.training.fit import Plan, keep_freed_memory
from digitnet.training.learning_rates import learning_rate
from digitnet.training.options import Activation, Network, Optimizer, TrainingOptions
from digitnet.training.train import train

SMALL = TrainingOptions(
    network=Network.MLP,
    dataset="digits",
    hidden=(32,),
    epochs=3,
    batch_size=32,
    limit=300,
    augment=False,
)


class Listener:
    """Records the training progress, and interrupts the training at a given step."""

    def __init__(self, interrupt_at: tuple[int, int] | None = None) -> None:
        self.plans: list[Plan] = []
        self.steps: list[tuple[int, int]] = []
        self.rows: list[Row] = []
        self.interrupt_at = interrupt_at

    def started(self, plan: Plan) -> None:
        self.plans.append(plan)

    def stepped(self, epoch: int, step: int, loss: float, error: float) -> None:
        assert loss >= 0
        assert 0 <= error <= 1
        self.steps.append((epoch, step))
        if (epoch, step) == self.interrupt_at:
            raise KeyboardInterrupt

    def finished_epoch(self, row: Row) -> None:
        self.rows.append(row)


def run(
    options: TrainingOptions,
    digits: Dataset,
    output: Path,
    *,
    interrupt_at: tuple[int, int] | None = None,
    resume: bool = False,
    finish: bool = False,
) -> Listener:
    listener = Listener(interrupt_at)
    parts = split(
        digits, test_fraction=options.test_fraction, seed=options.seed, limit=options.limit
    )
    train(options, digits, parts, output, listener, resume=resume, finish=finish)
    return listener


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, digits: Dataset) -> tuple[Path, Listener]:
    output = tmp_path_factory.mktemp("trained") / "model"
    return output, run(SMALL, digits, output)


def weights(output: Path) -> list[np.ndarray]:
    model = keras.models.load_model(bundle.load(output).keras_path(), compile=False)
    return [weight.numpy() for weight in model.weights]


def test_a_training_reports_its_progress(trained: tuple[Path, Listener]) -> None:
    _, listener = trained
    (plan,) = listener.plans
    assert (plan.network, plan.epochs, plan.steps, plan.first_epoch) == ("mlp", 3, 6, 1)
    assert listener.steps == [(epoch, step) for epoch in (1, 2, 3) for step in range(1, 7)]
    assert [row["epoch"] for row in listener.rows] == [1, 2, 3]
    losses = [row["loss"] for row in listener.rows]
    assert losses == sorted(losses, reverse=True)


def test_the_card_records_what_was_trained_and_measured(trained: tuple[Path, Listener]) -> None:
    card = bundle.load(trained[0]).card
    assert card["network"] == "mlp"
    assert card["hyper_parameters"]["hidden"] == [32]
    assert card["hyper_parameters"]["optimizer"] == "adamw"
    (lesson,) = card["datasets"]
    assert (lesson["train"], lesson["validation"], lesson["test"]) == (216, 24, 60)
    assert card["measured"]["test"]["count"] == 60
    assert 0 <= card["measured"]["test"]["error"] < 0.9
    assert set(card["versions"]) >= {"digitnet", "keras", "tensorflow", "python"}
    assert 0 < card["threshold"] < 1


def test_the_history_has_one_row_per_epoch(trained: tuple[Path, Listener]) -> None:
    output, listener = trained
    with (output / "history.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [
        "epoch",
        "loss",
        "error",
        "validation_loss",
        "validation_error",
        "learning_rate",
        "seconds",
    ]
    assert [float(row["epoch"]) for row in rows] == [1, 2, 3]
    assert float(rows[-1]["loss"]) == pytest.approx(listener.rows[-1]["loss"], rel=1e-4)


def test_a_finished_training_leaves_only_the_model(trained: tuple[Path, Listener]) -> None:
    assert [path.name for path in trained[0].parent.iterdir()] == ["model"]


def test_both_files_of_a_model_give_the_same_probabilities(
    trained: tuple[Path, Listener], digits: Dataset
) -> None:
    loaded = bundle.load(trained[0])
    keras_model = keras.models.load_model(loaded.keras_path(), compile=False, safe_mode=True)
    expected = keras_model.predict(digits.images, batch_size=500, verbose=0)
    answers = litert.Network(loaded.tflite, "trained").answer(digits.images)
    assert np.abs(answers - expected).max() < 2e-3  # weights as float16


@pytest.mark.slow
def test_the_cnn_trains_and_exports(digits: Dataset, tmp_path: Path) -> None:
    options = dataclasses.replace(SMALL, network=Network.CNN, limit=120, epochs=1, augment=True)
    run(options, digits, tmp_path / "model")
    loaded = bundle.load(tmp_path / "model")
    keras_model = keras.models.load_model(loaded.keras_path(), compile=False, safe_mode=True)
    expected = keras_model.predict(digits.images[:64], verbose=0)
    answers = litert.Network(loaded.tflite, "trained").answer(digits.images[:64])
    assert np.abs(answers - expected).max() < 2e-3  # weights as float16


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", ["sgd", "adam", "muon"])
def test_every_optimizer_and_activation_learns(
    optimizer: str, digits: Dataset, tmp_path: Path
) -> None:
    options = dataclasses.replace(
        SMALL, optimizer=Optimizer(optimizer), activation=Activation.SIGMOID, limit=None, epochs=5
    )
    listener = run(options, digits, tmp_path / "model")
    assert listener.rows[-1]["validation_error"] < 0.2


@pytest.mark.slow
def test_the_same_seed_gives_the_same_history_and_weights(digits: Dataset, tmp_path: Path) -> None:
    options = dataclasses.replace(SMALL, augment=True, epochs=2)
    first, again = (run(options, digits, tmp_path / name) for name in ("a", "b"))
    for one, other in zip(first.rows, again.rows, strict=True):
        assert {**one, "seconds": 0} == {**other, "seconds": 0}
    pairs = zip(weights(tmp_path / "a"), weights(tmp_path / "b"), strict=True)
    assert all(np.array_equal(one, other) for one, other in pairs)


@pytest.mark.slow
def test_a_resumed_training_gives_the_weights_of_an_uninterrupted_one(
    trained: tuple[Path, Listener], digits: Dataset, tmp_path: Path
) -> None:
    output = tmp_path / "model"
    with pytest.raises(KeyboardInterrupt):
        run(SMALL, digits, output, interrupt_at=(2, 3))
    assert not output.exists()
    assert len(Checkpoint(output).read_history()) == 1
    resumed = run(Checkpoint(output).read_options(), digits, output, resume=True)
    assert resumed.plans[0].first_epoch == 2
    assert resumed.steps[0] == (2, 1)
    pairs = zip(weights(trained[0]), weights(output), strict=True)
    assert all(np.array_equal(one, other) for one, other in pairs)


@pytest.mark.slow
def test_an_interrupted_training_can_be_finished_with_its_best_weights(
    digits: Dataset, tmp_path: Path
) -> None:
    output = tmp_path / "model"
    with pytest.raises(KeyboardInterrupt):
        run(SMALL, digits, output, interrupt_at=(1, 3))
    with pytest.raises(OutputError, match="no model to save: leave out --finish"):
        run(SMALL, digits, output, resume=True, finish=True)
    with pytest.raises(KeyboardInterrupt):
        run(SMALL, digits, output, resume=True, interrupt_at=(2, 3))
    ended = run(SMALL, digits, output, resume=True, finish=True)
    assert ended.steps == []
    assert bundle.load(output).card["epochs"] == 1
    assert not Checkpoint(output).folder.exists()


@pytest.mark.slow
def test_a_resumed_training_repeats_the_same_dropout(digits: Dataset, tmp_path: Path) -> None:
    options = dataclasses.replace(SMALL, network=Network.CNN, limit=120, epochs=2)
    run(options, digits, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        run(options, digits, tmp_path / "cut", interrupt_at=(2, 1))
    run(options, digits, tmp_path / "cut", resume=True)
    pairs = zip(weights(tmp_path / "whole"), weights(tmp_path / "cut"), strict=True)
    assert all(np.array_equal(one, other) for one, other in pairs)


@pytest.mark.slow
def test_a_training_interrupted_after_the_last_epoch_is_not_repeated(
    trained: tuple[Path, Listener],
    digits: Dataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def cut_off(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    output = tmp_path / "model"
    with monkeypatch.context() as patch:
        patch.setattr(bundle, "write", cut_off)
        with pytest.raises(KeyboardInterrupt):
            run(SMALL, digits, output)
    resumed = run(SMALL, digits, output, resume=True)
    assert resumed.steps == []
    pairs = zip(weights(trained[0]), weights(output), strict=True)
    assert all(np.array_equal(one, other) for one, other in pairs)


@pytest.mark.slow
@pytest.mark.parametrize(
    "error",
    [
        OSError(28, "No space left on device"),
        RuntimeError("Unable to flush file\n(more of HDF5's own)"),
        tf.errors.ResourceExhaustedError(None, None, "No space left on device"),
    ],
)
def test_an_unwritable_model_is_reported_on_one_line_and_progress_is_kept(
    digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def full(*_: object, **__: object) -> None:
        raise error

    output = tmp_path / "model"
    with monkeypatch.context() as patch:
        patch.setattr(keras.Model, "export", full)
        with pytest.raises(
            OutputError, match="the progress is kept; once that is fixed, continue with"
        ) as caught:
            run(dataclasses.replace(SMALL, epochs=1), digits, output)
    assert "\n" not in str(caught.value)
    assert not output.exists()
    assert len(Checkpoint(output).read_history()) == 1


def test_two_trainings_cannot_write_to_one_folder(digits: Dataset, tmp_path: Path) -> None:
    state = Checkpoint(tmp_path / "model")
    with state.held():
        state.begin(SMALL, "0" * 64, resume=False)
        with pytest.raises(OutputError, match="another training is writing to"):
            run(SMALL, digits, tmp_path / "model")
        assert state.read_options() == SMALL


def test_a_training_of_another_network_is_not_resumed(digits: Dataset, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(SMALL, digits, tmp_path / "model", interrupt_at=(2, 1))
    other = dataclasses.replace(SMALL, hidden=(16,))
    with pytest.raises(OutputError, match="belongs to another network"):
        run(other, digits, tmp_path / "model", resume=True)


@pytest.mark.slow
def test_early_stopping_counts_the_epochs_before_an_interruption(
    digits: Dataset, tmp_path: Path
) -> None:
    # nothing is learned, so no epoch beats the first: stops after 1 + patience epochs
    options = dataclasses.replace(SMALL, epochs=20, patience=3, learning_rate=1e-30)
    whole = run(options, digits, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        run(options, digits, tmp_path / "cut", interrupt_at=(3, 1))
    resumed = run(options, digits, tmp_path / "cut", resume=True)
    assert resumed.rows[-1]["epoch"] == whole.rows[-1]["epoch"] < 20


@pytest.mark.usefixtures("usual_ctrl_c")
def test_ctrl_c_waits_for_calibration_and_keeps_the_training(
    digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = []

    def interrupted(*_: object) -> float:
        signal.raise_signal(signal.SIGINT)
        done.append("calibrated")
        return 1.0

    with monkeypatch.context() as patch:
        patch.setattr("digitnet.training.train.find_temperature", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run(SMALL, digits, tmp_path / "model")
    assert done == ["calibrated"]
    assert not (tmp_path / "model").exists()
    run(SMALL, digits, tmp_path / "model", resume=True, finish=True)
    assert bundle.load(tmp_path / "model").card["epochs"] == SMALL.epochs


def test_training_from_a_model_lists_all_data_sets(
    trained: tuple[Path, Listener], digits: Dataset, tmp_path: Path
) -> None:
    options = dataclasses.replace(SMALL, start=str(trained[0]), epochs=1)
    run(options, digits, tmp_path / "child")
    card = bundle.load(tmp_path / "child").card
    assert [lesson["name"] for lesson in card["datasets"]] == ["digits", "digits"]
    assert options.highest_learning_rate() < SMALL.highest_learning_rate()


def test_training_from_a_model_never_tests_on_its_training_digits(
    trained: tuple[Path, Listener], digits: Dataset, tmp_path: Path
) -> None:
    options = dataclasses.replace(SMALL, start=str(trained[0]), seed=1)
    with pytest.raises(
        DatasetError, match=r"give --seed 0, --test-fraction 0.2 and --limit 300, as"
    ):
        run(options, digits, tmp_path / "child")


def test_a_model_with_foreign_layers_is_refused_as_a_start(
    trained: tuple[Path, Listener], digits: Dataset, tmp_path: Path
) -> None:
    foreign = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])

    def fill(folder: Path) -> dict[str, object]:
        foreign.save(folder / bundle.KERAS_FILE)
        shutil.copy(trained[0] / bundle.TFLITE_FILE, folder)
        card = bundle.load(trained[0]).card
        return {key: card[key] for key in card if key not in ("format", "files")}

    bundle.write(tmp_path / "foreign", fill)
    options = dataclasses.replace(SMALL, start=str(tmp_path / "foreign"))
    with pytest.raises(BundleError, match=r"model.keras is not a digitnet network"):
        run(options, digits, tmp_path / "child")


def test_an_unusable_folder_is_reported_before_the_training(
    digits: Dataset, tmp_path: Path
) -> None:
    (tmp_path / "model.training").write_text("in the way")
    with pytest.raises(OutputError, match=r"model.training was not created by digitnet"):
        run(SMALL, digits, tmp_path / "model")


def test_resuming_needs_an_interrupted_training(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="give the --output of the training"):
        Checkpoint(tmp_path / "model").read_options()


def test_options_are_restored_from_json() -> None:
    options = dataclasses.replace(SMALL, start="cnn", learning_rate=0.5)
    assert TrainingOptions.from_json(options.to_json()) == options


def test_small_data_sets_are_trained_for_more_epochs() -> None:
    assert TrainingOptions().epochs_for(50_400) == 12
    assert TrainingOptions().epochs_for(1_294) == 40
    assert TrainingOptions(epochs=7).epochs_for(50_400) == 7


@pytest.mark.parametrize(
    ("changed", "epochs"),
    [({}, 1), ({"epochs": 9}, 0), ({"augment": False}, 0), ({"start": "cnn"}, 0)],
)
def test_only_a_long_training_from_scratch_warms_up(changed: dict[str, Any], epochs: int) -> None:
    options = dataclasses.replace(TrainingOptions(), **changed)
    assert options.warm_up == epochs


@pytest.mark.slow
def test_a_training_follows_its_learning_rate_schedule(digits: Dataset, tmp_path: Path) -> None:
    options = dataclasses.replace(SMALL, augment=True, epochs=10)
    listener = run(options, digits, tmp_path / "model")
    steps = listener.plans[0].steps
    planned = [learning_rate(options, steps, 10 * steps, step) for step in range(10 * steps)]
    assert [row["learning_rate"] for row in listener.rows] == pytest.approx(
        planned[steps - 1 :: steps]
    )


def test_a_training_of_a_trillion_epochs_starts(digits: Dataset, tmp_path: Path) -> None:
    options = dataclasses.replace(SMALL, epochs=10**12, batch_size=10**12)
    with pytest.raises(KeyboardInterrupt):
        run(options, digits, tmp_path / "model", interrupt_at=(2, 1))
    assert len(Checkpoint(tmp_path / "model").read_history()) == 1


def test_keep_freed_memory_does_nothing_without_glibc(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On Windows, `CDLL(None)` raises TypeError."""

    def no_library(name: None) -> None:
        raise TypeError(name)

    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(ctypes, "CDLL", no_library)
    keep_freed_memory()


def test_too_large_a_batch_is_reported_on_one_line(
    digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise tf.errors.ResourceExhaustedError(None, None, "failed to allocate memory\n[more]")

    monkeypatch.setattr(keras.Model, "fit", full)
    with pytest.raises(DigitnetError, match="not enough memory for a batch of 32 digits") as caught:
        run(SMALL, digits, tmp_path / "model")
    assert str(caught.value).endswith(": start again with a smaller --batch-size")


def test_the_temperature_corrects_overconfidence() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (20_000, 33)).astype(np.float32)
    logits[:, NO_DIGIT:PAIR] = -50
    odds = scipy.special.softmax(logits[:, :PAIR], axis=1)
    labels = (odds.cumsum(axis=1) > rng.random((len(odds), 1))).argmax(axis=1).astype(np.uint8)
    assert calibration.fit_temperature([3 * logits[:, None]], [labels]) == pytest.approx(
        3, rel=0.05
    )


def test_the_temperature_of_a_perfect_network_is_bounded() -> None:
    labels = np.arange(50, dtype=np.uint8) % 10
    logits = 3 * one_hot(labels)
    assert calibration.fit_temperature([logits[:, None]], [labels]) == pytest.approx(0.5, rel=0.01)


def test_the_temperature_is_fitted_after_test_time_augmentation() -> None:
    labels = np.arange(200, dtype=np.uint8) % 10
    digits = np.stack([np.full((28, 28), 20 + label, np.uint8) for label in labels])
    asked: list[int] = []

    def network(seen: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Err on half of the digits, none of them certain, and then on none of their views."""
        again = len(asked) > 0
        asked.append(len(seen))
        wrong = np.zeros(len(seen), np.uint8) if again else np.arange(len(seen)) % 2
        named = (seen[:, 14, 14] - 20 + wrong) % 10
        return (6 if again else 4) * one_hot(named.astype(np.uint8))

    found = calibration.find_temperature(network, digits, labels)
    assert asked == [200, 8 * 200]
    first = 4 * one_hot((labels + np.arange(200) % 2).astype(np.uint8) % 10)
    assert found < 1 < calibration.fit_temperature([first[:, None]], [labels])


def test_calibration_asks_a_certain_network_once() -> None:
    labels = np.arange(50, dtype=np.uint8) % 10
    asked: list[int] = []

    def network(seen: NDArray[np.uint8]) -> NDArray[np.float32]:
        asked.append(len(seen))
        return 20 * one_hot(labels)

    calibration.find_temperature(network, np.zeros((50, 28, 28), np.uint8), labels)
    assert asked == [50]


def test_the_threshold_rejects_the_least_confident_digits() -> None:
    probabilities = np.zeros((1000, 10), np.float32)
    probabilities[:, 3] = np.linspace(0.1, 1, 1000)
    threshold = calibration.rejection_threshold(probabilities)
    assert (probabilities[:, 3] < threshold).sum() == 5
