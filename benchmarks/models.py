"""The models: error, loss and calibration on digits that they were not trained on.

`digitnet evaluate` on MNIST's test set of 14,000 digits, and on the 10,000 official test digits
among them, with the 95 % interval (Wilson); also on the official ones without the 15 with disputed
labels (Northcutt et al. 2021). Training times are those in the model cards. The second table is for
readers, on 2,000 lines made of the 14,000 digits like the training lines: an error is a line with
any wrong digit. The third is a network trained here: `digitnet train` on scikit-learn's digits with
default options.
"""

import argparse
import json
import subprocess
import tempfile
from typing import Any

from benchmarks.harness.processes import DIGITNET, ENVIRONMENT, ROOT
from benchmarks.harness.result import Result, Table

SHIPPED = ("cnn", "mlp", "rnn")
READERS = ("reader",)

COLUMNS = {
    "weights": ",",
    "model.tflite, MB": ".1f",
    "error": ".2%",
    "95 % low": ".2%",
    "95 % high": ".2%",
    "loss": ".4f",
    "calibration error": ".2%",
    "rejected": ".2%",
    "trained in, min": ".0f",
}

READER_COLUMNS = {
    "weights": ",",
    "model.tflite, MB": ".1f",
    "error": ".1%",
    "95 % low": ".1%",
    "95 % high": ".1%",
    "text error": ".1%",
    "digit error": ".1%",
    "loss": ".3f",
    "calibration error": ".1%",
    "rejected": ".1%",
    "trained in, min": ".0f",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--models` and `--readers`."""
    parser.add_argument(
        "--models", nargs="*", default=SHIPPED, metavar="MODEL", help="default: the shipped models"
    )
    parser.add_argument(
        "--readers", nargs="*", default=READERS, metavar="MODEL", help="default: the shipped reader"
    )


def run(options: argparse.Namespace, result: Result) -> None:
    """Measure the shipped models, then train and measure one."""
    table = result.table("model and digits", COLUMNS)
    for part, name in (("official", "the official 10,000"), ("test", "the 20 % (14,000)")):
        for model in options.models:
            add(table, f"{model}, {name}", model, "mnist", part)
    table = result.table("reader and lines", READER_COLUMNS)
    for reader in options.readers:
        add_reader(table, f"{reader}, lines of the 20 %", reader)
    table = result.table("trained here", COLUMNS)
    with tempfile.TemporaryDirectory() as folder:
        model = f"{folder}/model"
        digitnet("train", "--dataset", "digits", "--output", model, "--quiet")
        add(table, "on scikit-learn's digits", model, "digits", "test")


def add(table: Table, name: str, model: str, dataset: str, part: str) -> None:
    """Measure a model on a part of a data set and add a row."""
    found, parameters, megabytes, minutes = measure(model, dataset, part)
    add_figures(table, name, found, (parameters, megabytes, minutes))
    if part == "official":
        name = name.replace("the official 10,000", "the 9,985 undisputed")
        add_figures(table, name, found["undisputed"], (parameters, megabytes, minutes))


def add_figures(
    table: Table, name: str, found: dict[str, Any], facts: tuple[int, float, float]
) -> None:
    """Add a row of results; `facts` are weights, megabytes and minutes of training."""
    parameters, megabytes, minutes = facts
    table.row(
        name,
        parameters,
        megabytes,
        found["error"],
        *found["error_interval"],
        found["loss"],
        found["calibration_error"],
        found["rejected"] / found["count"],
        minutes,
    )


def add_reader(table: Table, name: str, model: str) -> None:
    """Measure a reader on lines of digits not used in training and add a row."""
    found, parameters, megabytes, minutes = measure(model, "mnist", "test")
    table.row(
        name,
        parameters,
        megabytes,
        found["error"],
        *found["error_interval"],
        found["text_error"],
        found["digit_error"],
        found["loss"],
        found["calibration_error"],
        found["rejected"] / found["count"],
        minutes,
    )


def measure(model: str, dataset: str, part: str) -> tuple[dict[str, Any], int, float, float]:
    """Return the results of `digitnet evaluate`, weights, megabytes and minutes of training."""
    told = ("--model", model, "--dataset", dataset, "--split", part)
    found: dict[str, Any] = json.loads(digitnet("evaluate", *told, "--format", "json"))
    folder = ROOT / "models" / model  # an absolute path stays as it is
    card = json.loads((folder / "model.json").read_text("utf-8"))
    size = (folder / "model.tflite").stat().st_size / 1e6
    return found, card["parameters"], size, card["seconds"] / 60


def digitnet(*arguments: str) -> bytes:
    """Run `digitnet` and return its output."""
    command = [*DIGITNET, *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, env=ENVIRONMENT, check=True).stdout
