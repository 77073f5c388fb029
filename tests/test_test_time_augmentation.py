"""Test-time augmentation: uncertain digits are classified again under small distortions."""

import signal

import numpy as np
import pytest
from numpy.typing import NDArray

from digitnet import Recognizer
from digitnet.data import datasets
from digitnet.model.litert import Network
from digitnet.model.probabilities import COLUMNS, DIGIT, TWO, Probabilities
from digitnet.reading.classifying.test_time_augmentation import (
    MIN_CONFIDENCE,
    MIN_DIGIT_PROBABILITY,
    augment_uncertain,
    augmented_views,
)

VIEWS = 8


def row(three: float, five: float = 0.0) -> NDArray[np.float32]:
    """Return the output for one digit: probabilities of a 3 and a 5, the rest spread evenly."""
    answers = np.full((1, COLUMNS), (1 - three - five) / 8, np.float32)
    answers[0, [3, 5]] = three, five
    return answers


def stroke(digit: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """Return the bounding box of the ink: first and last row, first and last column."""
    down, across = np.flatnonzero(digit.any(axis=1)), np.flatnonzero(digit.any(axis=0))
    return int(down[0]), int(down[-1]), int(across[0]), int(across[-1])


def upright() -> NDArray[np.uint8]:
    digit = np.zeros((28, 28), np.uint8)
    digit[4:24, 13:15] = 255
    return digit


def test_an_uncertain_digit_gets_the_geometric_mean_of_its_views() -> None:
    outputs = np.concatenate([row(0.1, 0.8)] * VIEWS)
    (again,) = augment_uncertain(upright()[None], row(0.6, 0.3), lambda _: outputs)
    expected = np.exp((np.log(row(0.6, 0.3)) + VIEWS * np.log(row(0.1, 0.8)))[0, DIGIT] / 9)
    assert again[DIGIT] == pytest.approx(expected / expected.sum(), rel=1e-5)
    assert again[DIGIT].argmax() == 5


def test_a_single_view_cannot_rule_out_a_digit() -> None:
    outputs = np.concatenate([row(0.0, 1.0), *[row(0.9, 0.05)] * (VIEWS - 1)])
    (again,) = augment_uncertain(upright()[None], row(0.9, 0.05), lambda _: outputs)
    assert again[DIGIT].argmax() == 3
    assert np.isfinite(again).all()


def test_outputs_for_several_digits_stay_unchanged() -> None:
    answers = row(0.6, 0.3)
    answers[0, TWO] = 0.25
    again = augment_uncertain(
        upright()[None], answers, lambda seen: np.concatenate([row(0.9)] * len(seen))
    )
    assert (again[:, TWO:] == answers[:, TWO:]).all()


@pytest.mark.usefixtures("usual_ctrl_c")
def test_ctrl_c_waits_until_the_views_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def interrupted(digit: NDArray[np.uint8]) -> NDArray[np.uint8]:
        signal.raise_signal(signal.SIGINT)
        made.append(augmented_views(digit))
        return made[-1]

    monkeypatch.setattr(
        "digitnet.reading.classifying.test_time_augmentation.augmented_views", interrupted
    )
    with pytest.raises(KeyboardInterrupt):
        augment_uncertain(upright()[None], row(0.6, 0.3), lambda seen: pytest.fail("it was asked"))
    assert len(made) == 1


@pytest.mark.parametrize("sure", [MIN_CONFIDENCE, 1.0, MIN_DIGIT_PROBABILITY - 0.01])
def test_certain_and_hopeless_digits_are_classified_once(sure: float) -> None:
    def never(seen: NDArray[np.uint8]) -> Probabilities:
        raise AssertionError(f"{len(seen)} views were asked for")

    answers = row(sure)
    assert augment_uncertain(upright()[None], answers, never) is answers


def test_only_uncertain_digits_are_classified_again() -> None:
    digits = np.stack([np.full((28, 28), level, np.uint8) for level in (10, 20, 30, 40)])
    answers = np.concatenate([row(1.0), row(0.5), row(1.0), row(0.5)])
    asked: list[int] = []

    def classify(seen: NDArray[np.uint8]) -> Probabilities:
        asked.extend(int(view.max()) for view in seen)
        return np.concatenate([row(0.9) if view.max() == 20 else row(0.1, 0.9) for view in seen])

    again = augment_uncertain(digits, answers, classify)
    assert asked == [20] * VIEWS + [40] * VIEWS
    assert again[:, DIGIT].argmax(axis=1).tolist() == [3, 3, 3, 5]
    assert answers[3, 3] == np.float32(0.5), "the first answers were written over"


def test_views_are_rotated_shifted_bolder_and_softer() -> None:
    seen = augmented_views(upright())
    assert seen.dtype == np.uint8
    assert seen.shape == (VIEWS, 28, 28)
    one_way, other_way, left, right, down, up, bold, soft = seen
    assert np.abs(one_way.astype(int) - other_way[:, ::-1]).max() <= 1
    _, _, first, last = stroke(one_way)
    assert last - first > 3
    assert [stroke(view) for view in (left, right, down, up)] == [
        (4, 23, 12, 13),
        (4, 23, 14, 15),
        (5, 24, 13, 14),
        (3, 22, 13, 14),
    ]
    assert stroke(bold) == stroke(soft) == (3, 24, 12, 15)
    assert bold.sum() > soft.sum()


def test_ink_shifted_over_the_border_does_not_wrap_around() -> None:
    digit = np.zeros((28, 28), np.uint8)
    digit[:, 0] = 255
    assert not augmented_views(digit)[2].any()


@pytest.mark.slow
def test_test_time_augmentation_lowers_the_error(recognizer: Recognizer) -> None:
    digits = datasets.load("digits")
    network = Network(recognizer.model.tflite, "cnn")
    single = network.answer(digits.images)[:, DIGIT].argmax(axis=1)
    augmented = recognizer.classify(digits.images).argmax(axis=1)
    assert (augmented != digits.labels).sum() < (single != digits.labels).sum()
