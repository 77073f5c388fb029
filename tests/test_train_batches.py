"""Batches of training digits, synthetic images and their targets."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from test_cli_train_reader import write_strokes
from test_train import SMALL

from digitnet.data.datasets import Dataset
from digitnet.data.pen_strokes import read_pen_strokes
from digitnet.model.targets import MORE, NO_DIGIT, PAIR, TWO, one_hot
from digitnet.training.batches import Batches


def test_a_long_training_begins_without_augmentation(digits: Dataset) -> None:
    batches = Batches(
        dataclasses.replace(SMALL, augment=True, epochs=10), digits.images, digits.labels
    )
    images, targets = batches[1]
    assert np.array_equal(images, digits.images[batches.order[32:64]])
    assert np.array_equal(targets.argmax(axis=1), digits.labels[batches.order[32:64]])
    batches.start_epoch(1)
    assert len(batches[1][0]) > 32


def test_the_targets_of_a_pair_name_its_left_and_right_digit() -> None:
    labels = np.array([7, NO_DIGIT, MORE, PAIR + 38], np.uint8)
    digit, nothing, more, pair = one_hot(labels)
    assert np.flatnonzero(digit).tolist() == [7]
    assert np.flatnonzero(nothing).tolist() == [NO_DIGIT]
    assert np.flatnonzero(more).tolist() == [MORE]
    assert np.flatnonzero(pair).tolist() == [TWO, PAIR + 3, PAIR + 10 + 8]


def test_a_batch_depends_on_seed_epoch_and_index_only(digits: Dataset) -> None:
    options = dataclasses.replace(SMALL, augment=True)
    batches = [Batches(options, digits.images, digits.labels) for _ in range(2)]
    _ = batches[0][5]
    for one in batches:
        one.start_epoch(4)
    (images, targets), (again, _) = batches[0][2], batches[1][2]
    assert np.array_equal(images, again)
    # 24 synthetic images, some of digits and some of non-digits
    assert images.shape == (32 + 24, 28, 28)
    assert np.unique(targets.sum(axis=1)).tolist() == [1, 3]
    others = targets[:, NO_DIGIT:PAIR].sum(axis=1)
    assert others[:32].sum() == 0
    assert 0 < others[32:].sum() < 24


def test_each_epoch_adds_synthetic_images(digits: Dataset) -> None:
    options = dataclasses.replace(SMALL, augment=True)
    batches = Batches(options, digits.images, digits.labels)
    first = batches.extra
    batches.start_epoch(2)
    assert len(batches.extra) == len(batches.extra_labels) == 3 * len(first)
    assert np.array_equal(batches.extra[: len(first)], first)
    assert not np.array_equal(batches.extra[len(first) : 2 * len(first)], first)
    assert 0.35 < (batches.extra_labels == NO_DIGIT).mean() < 0.65


def test_pen_strokes_add_digits_and_non_digits(digits: Dataset, tmp_path: Path) -> None:
    options = dataclasses.replace(SMALL, augment=True)
    paths = [write_strokes(tmp_path / f"{name}.npz", name) for name in ("7", "AEK")]
    plain = Batches(options, digits.images, digits.labels)
    batches = Batches(options, digits.images, digits.labels, [*map(read_pen_strokes, paths)])
    added = np.bincount(batches.extra_labels, minlength=NO_DIGIT + 1)
    added -= np.bincount(plain.extra_labels, minlength=NO_DIGIT + 1)
    assert np.flatnonzero(added).tolist() == [7, NO_DIGIT]
    assert added[7] > added[NO_DIGIT] > 0
    # as without pen strokes, plus 3 images drawn from them for every 8 digits
    assert len(batches[0][0]) == len(plain[0][0]) + 32 * 3 // 8


def test_an_epoch_shows_each_digit_at_most_once(digits: Dataset) -> None:
    batches = Batches(SMALL, digits.images, digits.labels)
    shown = np.concatenate([batches[index][0] for index in range(len(batches))])
    assert len(shown) == len(batches) * 32
    assert len(batches) == 1797 // 32


def test_an_error_while_drawing_ahead_stops_the_training(
    digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = dataclasses.replace(SMALL, augment=True)
    batches = Batches(options, digits.images, digits.labels)
    monkeypatch.setattr("digitnet.training.batches.make_drawn", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        batches.start_epoch(2)
