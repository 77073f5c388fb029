"""Writers of other countries: digits by a classifier alone.

Data sets in the folder in DIGITNET_DATA: zip codes of the USPS (16 x 16), Turkish writers on a form
(optdigits, 32 x 32, binary), about 40 Italian writers (Semeion, 16 x 16, stretched to the frame,
binary) and Russian-school handwriting in scanned table cells (62 x 82). Nothing was trained or
calibrated on them; their misread digits showed which shapes to draw for training. Each digit is
preprocessed like any data set. Targets by best guess: 99.2 % of `usps`, 99 % of `optdigits`, 97 %
of `semeion_dev`, 98.5 % of `cells_dev`; at most 0.7 % of each wrong and sure.
"""

import argparse

from benchmarks.harness import options
from benchmarks.harness.classified import COLUMNS, add_row
from benchmarks.harness.data_files import data_file
from benchmarks.harness.result import Result
from digitnet import Recognizer
from digitnet.data import datasets

NAMES = ("usps", "optdigits", "semeion_dev", "cells_dev")

TARGETS = {
    "usps, best guess": "at least 99.2 %",
    "optdigits, best guess": "at least 99 %",
    "semeion_dev, best guess": "at least 97 %",
    "cells_dev, best guess": "at least 98.5 %",
    "usps, wrong and sure": "at most 0.7 %",
    "optdigits, wrong and sure": "at most 0.7 %",
    "semeion_dev, wrong and sure": "at most 0.7 %",
    "cells_dev, wrong and sure": "at most 0.7 %",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--model`."""
    options.add(parser, model="cnn")


def run(options: argparse.Namespace, result: Result) -> None:
    """Classify each available data set."""
    recognizer = Recognizer.load(options.model, None)
    table = result.table("data set", COLUMNS)
    for name in NAMES:
        if path := data_file(f"{name}.npz"):
            digits = datasets.load(str(path))
            add_row(table, name, recognizer, digits.images, digits.labels)
        else:
            result.say(f"not measured: no {name}.npz in the DIGITNET_DATA folder")
