"""Seeds: how much the error of a classifier depends on chance.

The shipped classifiers have the seed 0. `--trained` names models that were trained with the same
commands and other seeds; whether their options are the same is checked. Each is measured on MNIST's
10,000 official test digits, and on those without the 15 with disputed labels (Northcutt et al.
2021). The table shows each model, and the mean and standard deviation over the seeds. The first
seed is shipped, not the best. Targets for the mean error: `cnn` 0.28 %, `mlp` 0.65 %, `rnn` 0.55 %.
"""

import argparse
import statistics
from collections import defaultdict
from pathlib import Path

from benchmarks.harness import digits
from benchmarks.harness.classified import judge
from benchmarks.harness.result import Result
from benchmarks.models import SHIPPED
from digitnet import Recognizer
from digitnet.data.datasets import Dataset
from digitnet.evaluation.disputed import find_disputed
from digitnet.model import bundle
from digitnet.model.bundle import Bundle

TARGETS = {
    "cnn, mean, error": "at most 0.28 %",
    "mlp, mean, error": "at most 0.65 %",
    "rnn, mean, error": "at most 0.55 %",
    "cnn, seed 0, wrong and sure": "at most 0.08 %",
    "cnn, seed 0, rejected": "at most 0.7 %",
}

COLUMNS = dict.fromkeys(("error", "error, undisputed", "rejected", "wrong and sure"), ".2%")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--trained`."""
    parser.add_argument(
        "--trained",
        nargs="+",
        type=Path,
        default=[],
        metavar="FOLDER",
        help="models trained like the shipped ones, with other seeds",
    )


def run(options: argparse.Namespace, result: Result) -> None:
    """Measure all models and summarize each network."""
    found: dict[str, list[list[float]]] = defaultdict(list)
    table = result.table("model", COLUMNS)
    mnist = digits.mnist()
    for network in SHIPPED:
        shipped = bundle.load(network)
        others = [bundle.load(folder) for folder in options.trained]
        for model in [shipped, *(other for other in others if is_like(other, shipped))]:
            found[network].append(measure(model, mnist))
            seed = model.card["hyper_parameters"]["seed"]
            table.row(f"{network}, seed {seed}", *found[network][-1])
        columns = [*zip(*found[network], strict=True)]
        table.row(f"{network}, mean", *map(statistics.fmean, columns))
        if len(found[network]) > 1:
            table.row(f"{network}, standard deviation", *map(statistics.stdev, columns))
    measured = sum(map(len, found.values()))
    if measured < len(SHIPPED) + len(options.trained):
        raise ValueError("--trained has models whose options are not those of a shipped one")


def is_like(model: Bundle, shipped: Bundle) -> bool:
    """Whether two models were trained with the same options, apart from the seed."""
    options, expected = ({**one.card["hyper_parameters"]} for one in (model, shipped))
    return (options | {"seed": 0}) == (expected | {"seed": 0}) and options != expected


def measure(model: Bundle, mnist: Dataset) -> list[float]:
    """Return a model's figures on the official test digits, in the order of `COLUMNS`."""
    official = mnist.official
    judged = judge(Recognizer(model, None), mnist.images[official], mnist.labels[official])
    wrong, undisputed = ~judged.right, ~find_disputed(mnist)[official]
    shares = wrong, wrong[undisputed], ~judged.named, wrong & judged.sure
    return [float(share.mean()) for share in shares]
