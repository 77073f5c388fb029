"""How well a reader reads lines of writing, without TensorFlow.

What is measured is `model.tflite`, the same file that `predict` runs, on lines made of digits that
it has never seen.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from digitnet.data.datasets import Dataset
from digitnet.data.parts import Part
from digitnet.evaluation.evaluate import calibration_error, choose, wilson_interval
from digitnet.model.bundle import Bundle
from digitnet.model.symbols import DIGITS, OTHER, spell
from digitnet.reading.ctc import best_path, digits_only, log_probability
from digitnet.reading.reader import Reader
from digitnet.synthesis.fonts import find_faces
from digitnet.synthesis.lines.line import Line, make_line
from digitnet.synthesis.lines.sources import Sources
from digitnet.synthesis.lines.text import LETTERS
from digitnet.vision.line_image import normalize_line

TEST_LINES = 2000
_TEST_SEED = 2

_LEAST_LOG_PROBABILITY = math.log(np.finfo(np.float64).eps)
"""A probability of 0 would cost an infinite loss."""


@dataclass(frozen=True)
class LineMeasurement:
    """How right and how sure a reader is on lines.

    Attributes:
        count: lines looked at.
        error: the fraction (0-1) of lines whose digits are not exactly right.
        error_interval: Wilson's 95 % interval of it.
        text_error: the fraction of lines whose text, with marks and gaps, is not exactly right.
        digit_error: digits to insert, delete or replace (Levenshtein 1966), as a fraction of all.
        loss: mean of minus the logarithm of the probability of a line's digits, in nats.
        calibration_error: expected calibration error of that probability (0-1), 15 bins.
        rejected: lines with a symbol that the reader is not sure enough of to name it.
    """

    count: int
    error: float
    error_interval: tuple[float, float]
    text_error: float
    digit_error: float
    loss: float
    calibration_error: float
    rejected: int


@dataclass(frozen=True)
class LineEvaluation:
    """A measurement with what it was made on."""

    model: str
    dataset: str
    part: Part
    measurement: LineMeasurement


def evaluate_lines(bundle: Bundle, dataset: Dataset, part: Part | None = None) -> LineEvaluation:
    """Measure a reader on lines made of digits that it has not seen.

    Args:
        bundle: the reader.
        dataset: the labelled digits.
        part: see `evaluate.evaluate`.

    Raises:
        DatasetError: the data set has no such part.
        BundleError: the bundle is no reader, or damaged.
    """
    part, positions = choose(bundle, dataset, part)
    faces = find_faces(None, LETTERS)
    sources = Sources(dataset.images[positions], dataset.labels[positions], faces=faces)
    rng = np.random.default_rng(_TEST_SEED)
    lines = [make_line(sources, rng) for _ in range(TEST_LINES)]
    return LineEvaluation(bundle.name, dataset.name, part, measure_lines(bundle, lines))


def measure_lines(bundle: Bundle, lines: Sequence[Line]) -> LineMeasurement:
    """Compare what a reader says of lines with what stands on them.

    Args:
        bundle: the reader.
        lines: at least one.
    """
    read = Reader(bundle).read([normalize_line(line.gray) for line in lines])
    thresholds = bundle.thresholds
    right, confidences, losses = [], [], []
    texts = edits = digits = rejected = 0
    for line, columns in zip(lines, read, strict=True):
        readings = best_path(columns)
        answered = [reading.symbol for reading in readings]
        numbers, expected = _digits(answered), _digits(placed.symbol for placed in line.symbols)
        said = digits_only(columns)
        of_answer = log_probability(said, numbers)
        of_label = of_answer if numbers == expected else log_probability(said, expected)
        right.append(numbers == expected)
        confidences.append(math.exp(of_answer))
        losses.append(-max(of_label, _LEAST_LOG_PROBABILITY))
        texts += spell(answered) != text_of(line)
        edits += edit_distance(numbers, expected)
        digits += len(expected)
        rejected += any(one.confidence < thresholds[one.symbol] for one in readings)
    wrong = len(lines) - sum(right)
    return LineMeasurement(
        count=len(lines),
        error=wrong / len(lines),
        error_interval=wilson_interval(wrong, len(lines)),
        text_error=texts / len(lines),
        digit_error=edits / max(digits, 1),
        loss=float(np.mean(losses)),
        calibration_error=calibration_error(np.array(confidences), np.array(right)),
        rejected=rejected,
    )


def text_of(line: Line) -> str:
    """What a reader is to say of a line: a run of other writing is told once."""
    text = line.text
    while OTHER * 2 in text:
        text = text.replace(OTHER * 2, OTHER)
    return text


def _digits(symbols: Any) -> list[int]:
    return [symbol for symbol in symbols if symbol < len(DIGITS)]


def edit_distance(one: Sequence[int], other: Sequence[int]) -> int:
    """How many items to insert, delete or replace to make one sequence of the other.

    >>> edit_distance([1, 2, 3], [2, 3, 4])
    2
    """
    row = list(range(len(other) + 1))
    for count, item in enumerate(one, 1):
        before, row[0] = row[0], count
        for place, wanted in enumerate(other, 1):
            before, row[place] = (
                row[place],
                min(before + (item != wanted), row[place] + 1, row[place - 1] + 1),
            )
    return row[-1]
