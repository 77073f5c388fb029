"""The shipped models."""

from pathlib import Path

import keras
import numpy as np
import pytest

from digitnet.data import datasets
from digitnet.evaluation import disputed
from digitnet.model import bundle
from digitnet.model.litert import Network
from digitnet.reading.recognizer import Recognizer

NAMES = ("cnn", "mlp", "rnn")

FLOAT16_ERROR = 5e-3
"""Maximum difference in probability between weights in float32 (Keras) and float16 (LiteRT)."""


@pytest.mark.slow
@pytest.mark.parametrize("source", ["digits", "mnist"])
@pytest.mark.parametrize("name", NAMES)
def test_both_files_of_a_model_give_the_same_probabilities(
    name: str, source: str, models: Path
) -> None:
    dataset = datasets.load_if_available(source)
    if dataset is None:
        pytest.skip("MNIST is not here: DIGITNET_DATA names no folder with it")
    digits = dataset.images[dataset.official] if dataset.official.any() else dataset.images
    loaded = bundle.load(models / name)
    network = Network(loaded.tflite, name)
    keras_model = keras.models.load_model(loaded.keras_path(), compile=False, safe_mode=True)
    for part in np.array_split(digits, len(digits) // 500):
        expected = keras_model(part, training=False).numpy()
        assert np.abs(network.answer(part) - expected).max() < FLOAT16_ERROR


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_model_was_never_trained_on_the_official_test_digits(
    name: str, models: Path
) -> None:
    card = bundle.load(models / name).card
    (entry,) = card["datasets"]
    assert (entry["name"], entry["count"]) == ("mnist", 70_000)
    assert entry["train"] + entry["validation"] == 56_000
    assert (entry["test"], entry["official"]) == (14_000, 10_000)
    assert card["measured"]["official"]["count"] == 10_000


@pytest.mark.parametrize("name", NAMES)
def test_the_error_without_disputed_labels_is_in_the_card_and_in_the_readme(
    name: str, models: Path
) -> None:
    measured = bundle.load(models / name).card["measured"]["undisputed"]
    assert measured["count"] == 10_000 - len(disputed.LABELS)
    told = " ".join((models / "README.md").read_text("utf-8").split())
    assert f"`{name}` {100 * measured['error']:.2f} %" in told


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_model_recognizes_digits_of_other_writers(name: str, models: Path) -> None:
    digits = datasets.load("digits")
    answers = Recognizer.load(models / name).classify(digits.images).argmax(axis=1)
    assert (answers == digits.labels).mean() > 0.9
