"""The Python API of the commands: `digitnet.train` and `digitnet.evaluate`."""

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from test_cli_train_reader import write_strokes

import digitnet
from digitnet import DatasetError, OutputError, Progress, Recognizer
from digitnet.data import datasets
from digitnet.data.parts import Part
from digitnet.evaluation.evaluate import Evaluation
from digitnet.evaluation.lines import LineEvaluation
from digitnet.model.bundle import Bundle


@pytest.fixture(scope="module")
def reports() -> list[Progress]:
    """Progress reports of the training of `model`."""
    return []


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory, reports: list[Progress]) -> Bundle:
    return digitnet.train(
        "digits",
        "mlp",
        hidden=[16],
        epochs=2,
        batch_size=100,
        limit=300,
        augment=False,
        output=tmp_path_factory.mktemp("trained") / "small",
        progress=reports.append,
    )


def test_training_reports_each_step_and_each_epoch(model: Bundle, reports: list[Progress]) -> None:
    assert [(one.epoch, one.step) for one in reports] == [
        *[(1, 1), (1, 2), (1, 2)],
        *[(2, 1), (2, 2), (2, 2)],
    ]
    assert {(one.epochs, one.steps) for one in reports} == {(2, 2)}
    ends = [one for one in reports if one.validation_error is not None]
    assert [reports.index(end) for end in ends] == [2, 5]
    assert all(0 <= end.validation_error <= 1 for end in ends if end.validation_error is not None)


def test_a_trained_model_predicts_and_is_evaluated(model: Bundle, samples: Path) -> None:
    assert Recognizer(model).predict(samples / "paint-3.png").raw
    evaluation = digitnet.evaluate(model, "digits")
    assert isinstance(evaluation, Evaluation)
    assert evaluation.measurement.count == model.card["measured"]["test"]["count"] == 60
    assert evaluation.measurement.error == pytest.approx(model.card["measured"]["test"]["error"])


def test_an_evaluation_draws_its_figures(model: Bundle) -> None:
    evaluation = digitnet.evaluate(model, "digits")
    assert isinstance(evaluation, Evaluation)
    assert "wrong" in evaluation.plot_confusion().axes[0].get_title()
    assert "mistakes in 60 digits" in evaluation.plot_misses().get_suptitle()
    assert len(evaluation.plot_reliability().axes) == 2
    assert "array" not in repr(evaluation)


def test_evaluating_on_training_digits_warns(model: Bundle) -> None:
    with pytest.warns(UserWarning, match="includes digits that the model was trained on"):
        evaluation = digitnet.evaluate(str(model.folder), "digits", "all")
    assert evaluation.measurement.count == 1797


def test_a_reader_is_evaluated_on_whole_numbers(
    reader: Path, samples: Path, tmp_path: Path
) -> None:
    numbers = {
        "paint-year-1998.png": "1998",
        "postcode-10969.png": "10969",
        "squared-paper-73.png": "73",
        "fax-37.png": "37",
        "paint-3.png": "3",
    }
    for name in numbers:
        (tmp_path / name).write_bytes((samples / name).read_bytes())
    rows = (f"{name},{number}\n" for name, number in numbers.items())
    (tmp_path / "labels.csv").write_text(f"file,label\n{''.join(rows)}")
    evaluation = digitnet.evaluate(reader, tmp_path)
    assert isinstance(evaluation, LineEvaluation)
    assert (evaluation.measurement.count, evaluation.measurement.error) == (5, 0)


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"network": "resnet"}, r"^network is 'resnet': it must be one of mlp, cnn, rnn, reader$"),
        (
            {"optimizer": "magic"},
            r"^optimizer is 'magic': it must be one of sgd, adam, adamw, muon$",
        ),
        ({"optimizer": ""}, r"^optimizer is '': it must be one of sgd, adam, adamw, muon$"),
        ({"hidden": (8,)}, r"^leave out hidden: only for --network mlp$"),
        (
            {"network": "reader", "augment": False},
            r"^leave out augment: a reader has no such option$",
        ),
        ({"start": "mlp", "activation": "tanh"}, r"^leave out activation: with --from, the model"),
        (
            {"resume": True, "seed": 3, "epochs": 2},
            r"^leave out epochs, seed: --resume takes the options",
        ),
        ({"finish": True}, r"^finish requires resume=True: it finishes an interrupted training$"),
        ({"dataset": ["mnist", "digits"]}, r"^expected exactly one data set of images, received 2"),
        ({"epochs": 0}, r"^epochs is 0: it must be"),
        (
            {"start": "reader", "labels_from_name": "{label}_*"},
            r"^leave out labels_from_name: fine-tuning a reader takes labels from labels\.csv$",
        ),
    ],
)
def test_an_invalid_option_is_refused(
    choices: dict[str, object], message: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=message):
        digitnet.train(**{"output": tmp_path / "model", **choices})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"^split is 'half': it must be one of test, official"):
        digitnet.evaluate(split="half")


def test_pen_strokes_require_augmentation(tmp_path: Path) -> None:
    strokes = write_strokes(tmp_path / "strokes.npz", "0123")
    with pytest.raises(ValueError, match=r"strokes\.npz contains pen strokes: leave out it or"):
        digitnet.train(["digits", strokes], augment=False, output=tmp_path / "model")


@pytest.mark.slow
def test_training_accepts_labels_in_file_names_and_pen_strokes(tmp_path: Path) -> None:
    hand = tmp_path / "hand"
    hand.mkdir()
    digits = datasets.load("digits")
    for number in range(100):
        cv2.imwrite(f"{hand}/{digits.labels[number]}_{number}.png", digits.images[number])
    strokes = write_strokes(tmp_path / "strokes.npz", "0123")
    model = digitnet.train(
        [hand, strokes],
        "mlp",
        labels_from_name="{label}_*",
        hidden=[8],
        epochs=1,
        output=tmp_path / "model",
        notify=lambda message: None,
    )
    assert [entry["name"] for entry in model.card["pen_strokes"]] == [str(strokes)]
    evaluation = digitnet.evaluate(model, hand, labels_from_name="{label}_*")
    assert (evaluation.part, evaluation.measurement.count) == (Part.TEST, 20)


def test_a_data_set_that_looks_wrong_causes_a_warning(models: Path, tmp_path: Path) -> None:
    digits = datasets.load("digits")
    sideways = digits.images[:100].transpose(0, 2, 1)
    np.savez(tmp_path / "sideways.npz", x=sideways, y=digits.labels[:100])
    with pytest.warns(UserWarning, match="the images look transposed"):
        digitnet.evaluate(models / "mlp", tmp_path / "sideways.npz")


def test_missing_data_and_existing_outputs_raise_digitnet_errors(
    model: Bundle, tmp_path: Path
) -> None:
    with pytest.raises(DatasetError, match="nowhere"):
        digitnet.train(tmp_path / "nowhere", output=tmp_path / "model")
    with pytest.raises(OutputError, match=r"small"):
        digitnet.train("digits", "mlp", output=model.folder)


@pytest.mark.slow
def test_a_training_prints_nothing(environment: dict[str, str], tmp_path: Path) -> None:
    code = """
import digitnet
choices = {"hidden": [8], "epochs": 1, "limit": 300, "augment": False, "output": "model"}
digitnet.train("digits", "mlp", **choices)
"""
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (result.stdout, result.stderr) == ("", "")
    assert (tmp_path / "model" / "model.tflite").is_file()
