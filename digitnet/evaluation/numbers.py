"""Evaluates readers on a folder of images of whole numbers.

The lines in an image are found in the same way as by `predict`.
"""

import numpy as np
from numpy.typing import NDArray

from digitnet.data.parts import Part
from digitnet.data.whole_numbers import Numbers, split_numbers
from digitnet.errors import DatasetError
from digitnet.evaluation.evaluate import trained_on
from digitnet.evaluation.lines import LineEvaluation, collapse_other, measure_answers
from digitnet.interruption import Interruption
from digitnet.model.bundle import Bundle
from digitnet.model.symbols import BLANK, COLUMNS, GAP, spell
from digitnet.reading.ctc import Columns
from digitnet.reading.read_images import ImageReader
from digitnet.reading.read_lines import LineReading
from digitnet.vision import find_lines


def evaluate_numbers(bundle: Bundle, numbers: Numbers, part: Part | None = None) -> LineEvaluation:
    """Evaluate a reader on images of numbers, without the help of a classifier.

    Args:
        bundle: the reader.
        numbers: labelled images.
        part: `test` is the held-out test set, `all` every number. None means `test`
            for numbers that the reader was trained on, and `all` for others.

    Raises:
        DatasetError: an image cannot be read, or the split does not exist.
        BundleError: the bundle is not a reader, or is damaged.
    """
    part, positions = _choose(bundle, numbers, part)
    reader = ImageReader(bundle, None)
    answers, columns, rejected = [], [], 0
    for image in numbers.images(positions):
        with Interruption():
            layout = find_lines(image)
        lines = reader.read([layout])[0].shown
        answers.append(GAP.join(spell(one.symbol for one in line.symbols) for line in lines))
        columns.append(_concatenate(lines))
        rejected += any(
            one.confidence < bundle.thresholds[one.symbol] for line in lines for one in line.symbols
        )
    labels = [collapse_other(numbers.labels[position]) for position in positions.tolist()]
    measurement = measure_answers(answers, labels, columns, rejected)
    return LineEvaluation(bundle.name, numbers.name, part, measurement, "images of numbers in")


def _choose(bundle: Bundle, numbers: Numbers, part: Part | None) -> tuple[Part, NDArray[np.int64]]:
    """Return the part and the positions of its numbers; the split is rebuilt from the card."""
    if part is Part.OFFICIAL:
        raise DatasetError(
            f"{numbers.name} has no official test set: give --split test or --split all"
        )
    entry = trained_on(bundle, numbers)
    if part is Part.ALL or (part is None and not entry):
        return Part.ALL, np.arange(len(numbers))
    if not entry:
        raise DatasetError(
            f"{bundle.name} was not trained on {numbers.name}: leave out --split, or give all"
        )
    return Part.TEST, split_numbers(len(numbers), entry["test_fraction"], entry["seed"])[1]


def _concatenate(lines: list[LineReading]) -> Columns:
    """Concatenate the columns of all lines, with a blank column between two lines."""
    between = np.zeros((1, COLUMNS), np.float32)
    between[0, BLANK] = 1
    parts = [part for line in lines for part in (line.columns, between)]
    return np.concatenate(parts[:-1])
