"""The bundles that ship."""

from pathlib import Path

import keras
import numpy as np
import pytest

from digitnet import bundle
from digitnet.learning import datasets
from digitnet.litert import Network
from digitnet.recognizer import Recognizer

NAMES = ("cnn", "mlp", "rnn")


@pytest.mark.parametrize("name", NAMES)
def test_both_files_of_a_model_give_the_same_probabilities(name: str, models: Path) -> None:
    loaded = bundle.load(models / name)
    digits = datasets.load("digits").images[:200]
    keras_model = keras.models.load_model(loaded.keras_path(), compile=False, safe_mode=True)
    expected = keras_model(digits, training=False).numpy()
    assert np.abs(Network(loaded.tflite, name).answer(digits) - expected).max() < 1e-4


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_model_was_never_trained_on_the_official_test_digits(
    name: str, models: Path
) -> None:
    card = bundle.load(models / name).card
    (lesson,) = card["datasets"]
    assert (lesson["name"], lesson["count"]) == ("mnist", 70_000)
    assert lesson["train"] + lesson["validation"] == 56_000
    assert (lesson["test"], lesson["official"]) == (14_000, 10_000)
    assert card["measured"]["official"]["count"] == 10_000


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_model_knows_digits_of_other_writers(name: str, models: Path) -> None:
    digits = datasets.load("digits")
    answers = Recognizer.load(models / name).classify(digits.images).argmax(axis=1)
    assert (answers == digits.labels).mean() > 0.9
