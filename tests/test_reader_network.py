"""The reader network: its shapes, its loss, and the two shipped files."""

from pathlib import Path

import keras
import numpy as np
import pytest

from digitnet.errors import BundleError
from digitnet.model import keras_file, litert
from digitnet.model.bundle import KERAS_FILE, TFLITE_FILE
from digitnet.model.kinds import Kind
from digitnet.model.symbols import BLANK, COLUMNS, OTHER, SYMBOLS
from digitnet.reading.ctc import log_probabilities
from digitnet.training.frame import export
from digitnet.training.optimizers import make_optimizer
from digitnet.training.options import TrainingOptions
from digitnet.training.reader.calibration import find_temperature, find_thresholds, probabilities
from digitnet.training.reader.loss import (
    NumberError,
    ReaderLoss,
    ctc_loss,
)
from digitnet.training.reader.network import (
    build_reader,
    with_probabilities,
    without_probabilities,
)
from digitnet.training.reader.targets import MAX_LABELS, NO_LABEL, Batch
from digitnet.training.reader.train import FrozenStatistics

_OTHER = SYMBOLS.index(OTHER)


@pytest.fixture(scope="module")
def logits() -> keras.Model:
    keras.utils.set_random_seed(0)
    return build_reader()


def pictures(lines: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 250, (lines, 32, width), np.uint8)


def targets(columns: list[int], labels: list[int]) -> np.ndarray:
    padded = labels + [NO_LABEL] * (MAX_LABELS - len(labels))
    return np.array([columns + padded], np.int32)


def confident_logits(columns: list[int]) -> np.ndarray:
    """Return logits that predict these classes with high confidence."""
    return 20 * np.eye(COLUMNS, dtype=np.float32)[columns][None]


@pytest.mark.parametrize("width", [8, 32, 96, 97])
def test_there_are_logits_for_every_two_pixel_columns(logits: keras.Model, width: int) -> None:
    assert logits(pictures(2, width)).shape == (2, (width + 1) // 2, COLUMNS)
    assert logits.count_params() == 837_604


def test_the_logits_of_a_column_depend_on_74_pixels_to_each_side(logits: keras.Model) -> None:
    whole = pictures(1, 320)
    changed = whole.copy()
    changed[:, :, 200:] = 0
    before, after = np.asarray(logits(whole)), np.asarray(logits(changed))
    np.testing.assert_array_equal(before[:, :63], after[:, :63])
    assert (before[:, 63:80] != after[:, 63:80]).any()


def test_the_loss_is_small_for_right_and_large_for_wrong_logits() -> None:
    columns = [BLANK, 3, 3, BLANK, _OTHER, BLANK]
    expected = targets(columns, [3, _OTHER])
    loss = ReaderLoss()
    assert float(loss(expected, confident_logits(columns))) < 1e-3
    assert float(loss(expected, confident_logits([BLANK] * 6))) > 5


def test_the_loss_of_a_line_without_labels_penalizes_any_symbol() -> None:
    none = np.full((1, MAX_LABELS), NO_LABEL, np.int32)
    assert float(ctc_loss(none, confident_logits([BLANK] * 4))[0]) == pytest.approx(0, abs=1e-4)
    assert float(ctc_loss(none, confident_logits([BLANK, 5, BLANK, BLANK]))[0]) == pytest.approx(
        20, abs=0.01
    )


def test_the_ctc_loss_equals_that_of_the_forward_algorithm() -> None:
    logits = np.random.default_rng(0).normal(0, 3, (3, 12, COLUMNS)).astype(np.float32)
    sequences = [[1], [1, 1, 2], [9, 0, _OTHER]]
    labels = np.concatenate([targets([], sequence) for sequence in sequences])
    expected = log_probabilities([*probabilities(logits, 1.0)], sequences)
    np.testing.assert_allclose(-np.asarray(ctc_loss(labels, logits)), expected, rtol=1e-4)


@pytest.mark.parametrize(
    ("columns", "wrong"),
    [
        ([BLANK, 3, 3, BLANK, 3, _OTHER], 0.0),
        ([3, BLANK, _OTHER, _OTHER, 3, BLANK], 0.0),  # marks and other writing do not count
        ([BLANK, 3, 3, 3, 3, BLANK], 1.0),
        ([3, BLANK, 3, BLANK, 4, BLANK], 1.0),
        ([BLANK] * 6, 1.0),
    ],
)
def test_the_error_counts_whole_numbers(columns: list[int], wrong: float) -> None:
    metric = NumberError(name="error")
    metric.update_state(targets([BLANK] * 6, [3, 3, _OTHER]), confident_logits(columns))
    assert float(metric.result()) == wrong


@pytest.mark.slow
def test_frozen_statistics_stay_while_the_filters_learn() -> None:
    network = build_reader()
    network.compile(
        optimizer=make_optimizer(TrainingOptions()), loss=ReaderLoss(), jit_compile=False
    )
    learned: list[np.ndarray] = []
    statistics: list[np.ndarray] = []
    norm = next(one for one in network.layers if isinstance(one, keras.layers.BatchNormalization))

    def watch(epoch: int, logs: object) -> None:
        learned.append(network.trainable_variables[0].numpy())
        statistics.append(norm.moving_mean.numpy())

    network.fit(
        pictures(2, 32),
        np.repeat(targets([3] * 16, [3]), 2, axis=0),
        epochs=3,
        verbose=0,
        callbacks=[FrozenStatistics(1), keras.callbacks.LambdaCallback(on_epoch_end=watch)],
    )
    assert (learned[1] != learned[0]).any()
    assert (learned[2] != learned[1]).any()
    assert statistics[0].any()
    for later in statistics[1:]:
        np.testing.assert_array_equal(later, statistics[0])


@pytest.mark.slow
def test_both_shipped_files_give_the_same_probabilities_at_all_widths(
    logits: keras.Model, tmp_path: Path
) -> None:
    shipped = with_probabilities(logits, 1.3)
    export(shipped, tmp_path)
    data = (tmp_path / TFLITE_FILE).read_bytes()
    assert len(data) <= 2 * 2**20
    assert keras_file.find_fault((tmp_path / KERAS_FILE).read_bytes(), 2**24) is None
    again = keras.models.load_model(tmp_path / KERAS_FILE, compile=False, safe_mode=True)
    networks = litert.Networks(data, "reader", Kind.READER)
    for lines, width in ((3, 96), (1, 33), (5, 8), (3, 96)):
        batch = pictures(lines, width)
        answer = networks.answer(batch)
        np.testing.assert_allclose(answer, np.asarray(again(batch)), atol=1e-4)
        np.testing.assert_allclose(answer.sum(axis=-1), 1, atol=1e-5)
        alone = np.concatenate([networks.answer(batch[n : n + 1]) for n in range(lines)])
        np.testing.assert_array_equal(answer, alone)
    bare = without_probabilities(again)
    np.testing.assert_allclose(
        np.asarray(bare(pictures(1, 32))), np.asarray(logits(pictures(1, 32))), atol=1e-5
    )
    with pytest.raises(BundleError, match="is not a digitnet classifier"):
        litert.Network(data, "reader")


def test_the_temperature_reduces_overconfidence() -> None:
    """Of twenty lines read as 3 with 99.9 %, four show another digit."""
    columns = np.full((20, 3, COLUMNS), -9.0, np.float32)
    columns[:, [0, 2], BLANK] = 9
    columns[:, 1, [3, 4]] = 5.0, -1.9
    batch: Batch = (
        np.zeros((20, 32, 6), np.uint8),
        np.concatenate(
            [targets([BLANK, 3, BLANK], [4 if number < 4 else 3]) for number in range(20)]
        ),
    )
    temperature = find_temperature([columns], [batch])
    assert temperature > 2


def test_below_its_threshold_a_symbol_is_mostly_wrong() -> None:
    """A symbol read with probability p is right with probability p; a 3 only above 0.8."""
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.55, 0.99, 1000)
    symbols = np.where(np.arange(1000) % 2, 3, 4)
    columns = np.full((1000, 1, COLUMNS), -20.0, np.float32)
    columns[np.arange(1000), 0, symbols] = np.log(confidence / (1 - confidence))
    columns[:, 0, BLANK] = 0
    right = (rng.random(1000) < confidence) & ((symbols == 4) | (confidence > 0.8))
    expected = [
        targets([int(symbol) if known else BLANK], [3])
        for symbol, known in zip(symbols, right, strict=True)
    ]
    batch: Batch = np.zeros((1000, 32, 2), np.uint8), np.concatenate(expected)
    found = find_thresholds([columns], [batch], 1.0)
    assert set(found) == {*SYMBOLS}
    assert found["3"] == pytest.approx(0.8, abs=0.05)
    # symbols that were not read share a threshold based on all others
    assert found["5"] == found["-"] == found[OTHER]
    assert found["4"] < found["5"] < found["3"] + 0.01
