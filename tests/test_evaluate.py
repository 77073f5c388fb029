from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binomtest

from digitnet.data import datasets
from digitnet.data.datasets import Dataset, split
from digitnet.data.parts import Part
from digitnet.errors import DatasetError
from digitnet.evaluation import disputed, report
from digitnet.evaluation import evaluate as evaluation
from digitnet.model import bundle
from digitnet.model.bundle import Bundle


def make_dataset(count: int, official: int = 0) -> Dataset:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (count, 28, 28), np.uint8)
    labels = (np.arange(count) % 10).astype(np.uint8)
    return Dataset("made", images, labels, np.arange(count) >= count - official)


def model_trained_on(dataset: Dataset, models: Path, **changes: object) -> Bundle:
    """Return the shipped mlp with a card that says it was trained on `dataset`."""
    shipped = bundle.load(models / "mlp")
    entry = {"sha256": dataset.digest, "test_fraction": 0.2, "seed": 0, "limit": None} | changes
    return Bundle(shipped.folder, shipped.card | {"datasets": [entry]})


def test_measurements_of_a_small_example_are_correct() -> None:
    probabilities = np.full((4, 10), 0.05, np.float32)
    probabilities[np.arange(4), [0, 1, 2, 2]] = 0.55
    measured = evaluation.measure(probabilities, np.array([0, 1, 2, 3], np.uint8), 0.6)
    assert measured.count == 4
    assert measured.error == 0.25
    # Wilson's interval for 1 of 4, from its formula
    assert measured.error_interval == pytest.approx((0.0456, 0.6994), abs=1e-3)
    assert measured.loss == pytest.approx(-(3 * np.log(0.55) + np.log(0.05)) / 4, abs=1e-6)
    assert measured.per_digit == (0, 0, 0, 1, *[None] * 6)
    assert measured.confusion[3][2] == 1
    assert sum(map(sum, measured.confusion)) == 4
    assert measured.calibration_error == pytest.approx(0.75 - 0.55, abs=1e-6)
    assert measured.rejected == 4


@pytest.mark.parametrize(("wrong", "count"), [(41, 10_000), (0, 10), (10, 10)])
def test_the_error_interval_equals_that_of_scipy(wrong: int, count: int) -> None:
    expected = binomtest(wrong, count).proportion_ci(method="wilson")
    assert evaluation.wilson_interval(wrong, count) == pytest.approx(tuple(expected), abs=1e-12)


def test_a_probability_of_zero_has_a_large_but_finite_loss() -> None:
    measured = evaluation.measure(np.eye(10, dtype=np.float32)[[1]], np.array([2], np.uint8), 0.5)
    assert 10 < measured.loss < 100


def test_calibration_error_weights_each_bin_by_its_size() -> None:
    confidences = np.array([0.9] * 10 + [0.5] * 10, np.float32)
    right = np.array([True] * 9 + [False] + [True] * 10)
    expected = (10 * 0.0 + 10 * 0.5) / 20
    assert evaluation.calibration_error(confidences, right) == pytest.approx(expected, abs=1e-6)


def test_full_confidence_falls_into_the_last_bin() -> None:
    assert evaluation.calibration_error(np.ones(3, np.float32), np.full(3, True)) == 0


def test_training_digits_are_never_in_the_test_set(models: Path) -> None:
    dataset = make_dataset(400, official=40)
    model = model_trained_on(dataset, models, seed=9, test_fraction=0.3)
    part, positions = evaluation.select_part(model, dataset, None)
    assert part is Part.TEST
    trained = split(dataset, test_fraction=0.3, seed=9)
    assert not set(positions) & set(trained.train)
    assert not set(positions) & set(trained.validation)


def test_an_unknown_data_set_is_evaluated_as_a_whole(models: Path) -> None:
    known, other = make_dataset(100), make_dataset(120)
    part, positions = evaluation.select_part(model_trained_on(known, models), other, None)
    assert part is Part.ALL
    assert len(positions) == 120


def test_the_test_set_of_an_unknown_data_set_is_a_fifth(models: Path) -> None:
    known, other = make_dataset(100), make_dataset(120)
    _, positions = evaluation.select_part(model_trained_on(known, models), other, Part.TEST)
    assert len(positions) == 24


def test_the_official_part_has_all_official_digits(models: Path) -> None:
    dataset = make_dataset(400, official=40)
    _, positions = evaluation.select_part(
        model_trained_on(dataset, models, limit=100), dataset, Part.OFFICIAL
    )
    assert list(positions) == list(range(360, 400))


def test_a_missing_official_test_set_is_reported(models: Path) -> None:
    dataset = make_dataset(100)
    with pytest.raises(DatasetError, match="made has no official test set"):
        evaluation.select_part(model_trained_on(dataset, models), dataset, Part.OFFICIAL)


def test_errors_on_the_test_set_and_on_its_official_part_are_reported(models: Path) -> None:
    dataset = make_dataset(400, official=40)
    result = evaluation.evaluate(model_trained_on(dataset, models), dataset)
    assert result.measurement.count == 80
    assert result.official is not None
    assert result.official.count == 40
    text = report.as_text(result)
    assert "80 of made, the test set" in text
    assert "on 40" in text


def test_errors_without_disputed_labels_are_reported_too(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = make_dataset(400, official=40)
    model = model_trained_on(dataset, models)
    monkeypatch.setattr(disputed, "MNIST_SHA256", dataset.digest)
    monkeypatch.setattr(disputed, "LABELS", {3: 3, 9: 9})
    measured = evaluation.evaluate(model, dataset)
    official = evaluation.evaluate(model, dataset, Part.OFFICIAL)
    assert measured.undisputed is not None
    assert measured.undisputed == official.undisputed
    answers = np.delete(official.answers == official.labels, [3, 9])
    assert measured.undisputed.error == pytest.approx(1 - answers.mean())
    assert "% ) on 38, without digits" in report.as_text(measured).replace("%)", "% )")
    assert report.as_record(official)["undisputed"]["count"] == 38
    assert evaluation.evaluate(model, dataset, Part.ALL).undisputed is None


def test_other_data_sets_have_no_disputed_digits() -> None:
    assert not disputed.find_disputed(make_dataset(10_100, official=10_000)).any()


def test_the_disputed_digits_are_those_of_mnist(models: Path) -> None:
    (entry,) = bundle.load(models / "cnn").card["datasets"]
    assert entry["sha256"] == disputed.MNIST_SHA256
    mnist = datasets.load_if_available("mnist")
    if mnist is None:
        pytest.skip("MNIST is not here: DIGITNET_DATA names no folder with it")
    (found,) = np.nonzero(disputed.find_disputed(mnist))
    assert dict(zip((found - 60_000).tolist(), mnist.labels[found].tolist(), strict=True)) == (
        disputed.LABELS
    )


def test_the_record_has_the_documented_keys(models: Path) -> None:
    dataset = make_dataset(100)
    record = report.as_record(evaluation.evaluate(model_trained_on(dataset, models), dataset))
    assert list(record) == [
        "model",
        "dataset",
        "split",
        "count",
        "error",
        "error_interval",
        "loss",
        "per_digit",
        "confusion",
        "calibration_error",
        "rejected",
        "undisputed",
    ]
    assert record["undisputed"] is None
    assert (record["model"], record["split"], record["count"]) == ("mlp", "test", 20)
    assert list(record["per_digit"]) == list("0123456789")


def test_a_digit_that_does_not_occur_has_no_error() -> None:
    probabilities = np.eye(10, dtype=np.float32)[[1, 1, 1]]
    images, labels = np.zeros((3, 28, 28), np.uint8), np.array([1, 1, 1], np.uint8)
    measured = evaluation.measure(probabilities, labels, 0.5)
    result = evaluation.Evaluation(
        "m", "d", Part.ALL, measured, None, None, images, labels, probabilities
    )
    assert "  0               .  .  .  .  .  .  .  .  .  .        -" in report.as_text(result)


def test_a_changed_data_set_is_recognized_by_its_path(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before, now = replace(make_dataset(40), name="hand"), make_dataset(50)
    model = model_trained_on(before, models, name="hand")
    for name in ("hand", "./hand/", str(tmp_path / "hand")):
        assert evaluation.has_changed(model, replace(now, name=name))
    assert not evaluation.has_changed(model, replace(now, name="other"))
    assert not evaluation.has_changed(model, replace(before, name="./hand"))


@pytest.mark.parametrize("name", ["a\0b", "lone \ud800", "a" * 300])
def test_an_impossible_file_name_matches_no_data_set(models: Path, name: str) -> None:
    model = model_trained_on(make_dataset(40), models, name=name)
    assert not evaluation.has_changed(model, make_dataset(50))
