import dataclasses
from pathlib import Path

import keras
import numpy as np
import pytest

from digitnet.data import datasets
from digitnet.data.datasets import Dataset, split
from digitnet.evaluation.evaluate import evaluate
from digitnet.model import litert
from digitnet.model.bundle import Bundle
from digitnet.model.probabilities import DIGIT
from digitnet.model.targets import one_hot
from digitnet.training.checkpoint import Row
from digitnet.training.fit import Plan
from digitnet.training.options import FINE_TUNING_EPOCHS, Network, TrainingOptions
from digitnet.training.rehearsal import (
    MIN_DIGITS_SHOWN,
    OLD_DIGITS_PER_NEW,
    SYNTHETIC_DIGITS,
    Memory,
    Rehearsal,
    recall,
)
from digitnet.training.train import train

PARENT = TrainingOptions(
    network=Network.MLP, dataset="digits", hidden=(64,), epochs=15, batch_size=64, augment=False
)
DIGITS_PER_CLASS = 5
"""Digits of each class in the new handwriting."""


class Listener:
    """Records the epochs."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def started(self, plan: Plan) -> None:
        self.plan = plan

    def stepped(self, epoch: int, step: int, loss: float, error: float) -> None: ...

    def finished_epoch(self, row: Row) -> None:
        self.rows.append(row)


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory, digits: Dataset) -> Bundle:
    folder = tmp_path_factory.mktemp("parent") / "parent"
    return train(PARENT, digits, split(digits), folder, Listener())


@pytest.fixture(scope="module")
def hands(digits: Dataset) -> tuple[Dataset, Dataset]:
    """Transposed digits as a new handwriting: a few to learn from, and the rest."""
    unseen = split(digits).test
    rng = np.random.default_rng(0)
    chosen = [rng.permutation(unseen[digits.labels[unseen] == digit]) for digit in range(10)]
    few = np.concatenate([positions[:DIGITS_PER_CLASS] for positions in chosen])
    rest = np.concatenate([positions[DIGITS_PER_CLASS:] for positions in chosen])
    return mirrored(digits, few), mirrored(digits, rest)


def mirrored(digits: Dataset, positions: np.ndarray) -> Dataset:
    images = np.ascontiguousarray(digits.images[positions].transpose(0, 2, 1))
    return Dataset("mine", images, digits.labels[positions], np.zeros(len(positions), bool))


def learn(parent: Bundle, mine: Dataset, folder: Path) -> tuple[Bundle, Listener]:
    """Train like `digitnet train --from parent --dataset mine` with default options."""
    listener = Listener()
    options = TrainingOptions(dataset="mine", start=str(parent.folder))
    return train(options, mine, split(mine), folder, listener), listener


@pytest.fixture(scope="module")
def child(
    parent: Bundle, hands: tuple[Dataset, Dataset], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Bundle, Listener]:
    return learn(parent, hands[0], tmp_path_factory.mktemp("child") / "child")


@pytest.mark.slow
def test_five_digits_per_class_teach_a_handwriting_without_forgetting_others(
    parent: Bundle, child: tuple[Bundle, Listener], hands: tuple[Dataset, Dataset], digits: Dataset
) -> None:
    before, after = (
        [evaluate(model, part).measurement.error for part in (hands[1], digits)]
        for model in (parent, child[0])
    )
    assert after[0] < before[0] / 2
    assert after[1] < before[1] + 0.03


@pytest.mark.slow
def test_few_digits_need_no_validation_set_and_keep_the_calibration(
    parent: Bundle, child: tuple[Bundle, Listener]
) -> None:
    old, lesson = child[0].card["datasets"]
    assert old == parent.card["datasets"][0]
    assert len(child[1].rows) == FINE_TUNING_EPOCHS
    assert (lesson["train"], lesson["validation"], lesson["test"]) == (40, 0, 10)
    assert lesson["rehearsed"] == ["digits"]
    for key in ("temperature", "threshold"):
        assert child[0].card[key] == parent.card[key]


def test_the_last_epoch_is_kept_whatever_its_validation_error(
    child: tuple[Bundle, Listener], digits: Dataset
) -> None:
    model, listener = child
    old = split(digits).validation
    first_answers = litert.Network(model.tflite, "child").answer(digits.images[old])[:, DIGIT]
    wrong = (first_answers.argmax(axis=1) != digits.labels[old]).mean()
    assert wrong == pytest.approx(listener.rows[-1]["validation_error"])


@pytest.mark.slow
def test_learning_a_handwriting_does_not_stop_early(
    parent: Bundle, hands: tuple[Dataset, Dataset], tmp_path: Path
) -> None:
    still = TrainingOptions(start=str(parent.folder), learning_rate=1e-30, patience=1, epochs=4)
    listener = Listener()
    train(still, hands[0], split(hands[0]), tmp_path / "still", listener)
    assert len(listener.rows) == 4


@pytest.mark.slow
def test_the_same_seed_gives_the_same_weights(
    parent: Bundle,
    child: tuple[Bundle, Listener],
    hands: tuple[Dataset, Dataset],
    tmp_path: Path,
) -> None:
    again, _ = learn(parent, hands[0], tmp_path / "again")
    one, other = (
        keras.models.load_model(model.keras_path(), compile=False).weights
        for model in (child[0], again)
    )
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.slow
def test_only_training_digits_are_rehearsed(
    parent: Bundle, hands: tuple[Dataset, Dataset], digits: Dataset
) -> None:
    (memory,) = recall(parent, hands[0], TrainingOptions())
    parts = split(digits)
    assert memory.name == "digits"
    assert np.array_equal(memory.shown[0], digits.images[parts.train])
    assert np.array_equal(memory.validation[1], digits.labels[parts.validation])


def test_a_data_set_that_is_trained_on_again_is_not_rehearsed(
    parent: Bundle, digits: Dataset
) -> None:
    assert recall(parent, digits, TrainingOptions()) == []


@pytest.mark.slow
def test_a_handwriting_learned_before_is_rehearsed_completely(
    child: tuple[Bundle, Listener],
    hands: tuple[Dataset, Dataset],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine").mkdir()
    known = {"mine": hands[0], "digits": datasets.load("digits")}
    monkeypatch.setattr(datasets, "load_if_available", known.get)
    old, mine = recall(child[0], hands[1], TrainingOptions())
    assert (old.name, mine.name) == ("digits", "mine")
    assert (len(mine.shown[1]), len(mine.validation[1])) == (40, 0)


@pytest.mark.slow
@pytest.mark.parametrize("found", ["nothing", "others"])
def test_synthetic_digits_replace_unavailable_old_ones(
    found: str,
    parent: Bundle,
    hands: tuple[Dataset, Dataset],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old = None if found == "nothing" else hands[1]
    monkeypatch.setattr(datasets, "load_if_available", lambda name: old)
    (memory,) = recall(parent, hands[0], TrainingOptions())
    assert memory.name == "drawn"
    assert len(memory.shown[1]) + len(memory.validation[1]) == SYNTHETIC_DIGITS
    assert set(memory.validation[1]) == set(range(10))


@pytest.mark.slow
def test_synthetic_digits_are_the_validation_set_if_all_old_ones_were_learned(
    child: tuple[Bundle, Listener], hands: tuple[Dataset, Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets, "load_if_available", {"mine": hands[0]}.get)
    mine, drawn = recall(child[0], datasets.load("digits"), TrainingOptions())
    assert (mine.name, len(mine.validation[1]), drawn.name) == ("mine", 0, "drawn")
    assert len(drawn.validation[1])


def test_the_card_records_the_network_of_the_parent(
    parent: Bundle, child: tuple[Bundle, Listener]
) -> None:
    choices = [model.card["hyper_parameters"] for model in (parent, child[0])]
    for name in ("network", "hidden", "activation"):
        assert choices[0][name] == choices[1][name]
    assert choices[0]["network"] == child[0].card["network"] == "mlp"


def test_mnist_is_not_downloaded_for_rehearsal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DIGITNET_DATA", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr("subprocess.run", pytest.fail)
    assert datasets.load_if_available("mnist") is None


@pytest.mark.parametrize("augment", [False, True])
def test_targets_are_labels_of_new_digits_and_earlier_outputs_for_all_others(
    augment: bool, digits: Dataset
) -> None:
    new = digits.images[:30], np.full(30, 7, np.uint8)
    old = Memory("digits", (digits.images, digits.labels), (digits.images[:0], digits.labels[:0]))
    before = np.full(33, 0.0625, np.float32)
    options = dataclasses.replace(PARENT, augment=augment, batch_size=100, start="cnn")
    batches = Rehearsal(options, new, [old], lambda images: np.tile(before, (len(images), 1)))
    targets = np.concatenate([batches[index][1][:100] for index in range(len(batches))])
    labelled = (targets == one_hot(np.array([7], np.uint8))).all(axis=1)
    assert labelled.sum() == MIN_DIGITS_SHOWN
    assert (targets[~labelled] == before).all()
    assert len(targets) == (1 + OLD_DIGITS_PER_NEW) * MIN_DIGITS_SHOWN
    # synthetic images follow the digits
    assert (batches[0][1][100:] == before).all()
    assert len(batches[0][0]) == len(batches[0][1]) == (175 if augment else 100)
