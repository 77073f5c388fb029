"""Strangers: digits of other countries, by a classifier alone.

Data sets that nothing was trained, calibrated or chosen on, in the folder that DIGITNET_DATA names:
zip codes of the USPS (16 x 16), Turkish hands on a form (optdigits, 32 x 32, two levels), some 40
Italians (Semeion, 16 x 16, stretched to the frame, two levels) and Russian-school hands in scanned
table cells (62 x 82). Each digit goes through the same vision as a data set's. Aimed at by best
guess: 99.2 % of `usps`, 99 % of `optdigits`, 97 % of `semeion_dev`, 98.5 % of `cells_dev`; wrong
and sure at most 0.7 % of each.
"""

import argparse
import os
from pathlib import Path

from benchmarks.harness import options
from benchmarks.harness.classified import COLUMNS, add_row
from benchmarks.harness.result import Result
from digitnet import Recognizer
from digitnet.data import datasets

NAMES = ("usps", "optdigits", "semeion_dev", "cells_dev")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--model`."""
    options.add(parser, model="cnn")


def run(options: argparse.Namespace, result: Result) -> None:
    """Classify each data set that is there."""
    recognizer = Recognizer.load(options.model, None)
    table = result.table("data set", COLUMNS)
    for name in NAMES:
        path = Path(os.environ.get("DIGITNET_DATA", "."), f"{name}.npz")
        if path.is_file():
            digits = datasets.load(str(path))
            add_row(table, name, recognizer, digits.images, digits.labels)
        else:
            result.say(f"no {path.name} in the folder that DIGITNET_DATA names: not measured")
