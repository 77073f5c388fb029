"""Evaluates readers on synthetic lines of writing, without TensorFlow.

It runs `model.tflite`, the same file as `predict`. The lines are made of digits that the reader was
not trained on.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from digitnet.data.datasets import Dataset
from digitnet.data.parts import Part
from digitnet.evaluation.edit_distance import edit_distance
from digitnet.evaluation.evaluate import calibration_error, select_part, wilson_interval
from digitnet.interruption import Interruption
from digitnet.model.bundle import Bundle
from digitnet.model.symbols import DIGITS, OTHER, spell
from digitnet.reading.ctc import Columns, best_paths, digits_only, log_probabilities
from digitnet.reading.reader import Reader
from digitnet.synthesis.characters.alphabets import FOREIGN, LETTERS
from digitnet.synthesis.characters.fonts import find_faces
from digitnet.synthesis.lines.line import Line, make_line
from digitnet.synthesis.lines.writing.sources import Sources
from digitnet.vision.line_image import normalize_line

TEST_LINES = 2000
"""Maximum number of lines; a smaller data set gives one line per digit."""
_TEST_SEED = 2

_MIN_LOG_PROBABILITY = math.log(np.finfo(np.float64).eps)
"""Lower bound in the loss, which a probability of 0 would make infinite."""


@dataclass(frozen=True)
class LineMeasurement:
    """Accuracy and calibration of a reader on lines.

    Attributes:
        count: the number of lines.
        error: the fraction (0-1) of lines with a mistake in their digits.
        error_interval: Wilson's 95 % interval of the error.
        text_error: the fraction of lines with a mistake in their text, including marks and gaps.
        digit_error: the edit distance between digits (Levenshtein 1966), divided by the number of
            digits in the labels.
        loss: the mean negative log probability of a line's digits, in nats.
        calibration_error: the expected calibration error (0-1) of the confidence in a line's
            digits, 15 bins.
        rejected: the number of lines with a symbol below its rejection threshold.
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
    """A measurement and its data.

    Attributes:
        model: the name of the model.
        dataset: the name of the data set.
        part: the part of the data set.
        measurement: the figures.
        made: the words that relate the lines to the data set in a report, such as `made of`.
    """

    model: str
    dataset: str
    part: Part
    measurement: LineMeasurement
    made: str = "made of"


def evaluate_lines(bundle: Bundle, dataset: Dataset, part: Part | None = None) -> LineEvaluation:
    """Evaluate a reader on lines made of digits that it was not trained on.

    Args:
        bundle: the reader.
        dataset: the labelled digits.
        part: see `evaluate.evaluate`.

    Raises:
        DatasetError: the data set does not have this split.
        BundleError: the bundle is not a reader, or is damaged.
    """
    part, positions = select_part(bundle, dataset, part)
    faces = find_faces(None, LETTERS + FOREIGN)
    sources = Sources(dataset.images[positions], dataset.labels[positions], faces=faces)
    rng = np.random.default_rng(_TEST_SEED)
    lines = []
    for _ in range(min(TEST_LINES, len(positions))):
        with Interruption():
            lines.append(make_line(sources, rng))
    return LineEvaluation(bundle.name, dataset.name, part, measure_lines(bundle, lines))


def measure_lines(bundle: Bundle, lines: Sequence[Line]) -> LineMeasurement:
    """Compare a reader's output for lines with their labels.

    Args:
        bundle: the reader.
        lines: at least one.

    Raises:
        BundleError: the bundle is not a reader, or is damaged.
    """
    columns = Reader(bundle).read([normalize_line(line.gray) for line in lines])
    paths = best_paths(columns)
    texts = [spell(reading.symbol for reading in path) for path in paths]
    unsure = [
        any(reading.confidence < bundle.thresholds[reading.symbol] for reading in path)
        for path in paths
    ]
    return measure_answers(
        texts, [collapse_other(line.text) for line in lines], columns, sum(unsure)
    )


def measure_answers(
    answers: Sequence[str], labels: Sequence[str], columns: Sequence[Columns], rejected: int
) -> LineMeasurement:
    """Compare the texts that were read, at least one, with the labels.

    Args:
        answers: the texts read, in the characters of `SYMBOLS`.
        labels: the true texts.
        columns: the reader's output for each line.
        rejected: see `LineMeasurement`.
    """
    of_digits = [digits_only(line) for line in columns]
    numbers, expected = [*map(_digits, answers)], [*map(_digits, labels)]
    confidences = np.exp(log_probabilities(of_digits, numbers))
    losses = -np.maximum(log_probabilities(of_digits, expected), _MIN_LOG_PROBABILITY)
    right = np.array([answer == label for answer, label in zip(numbers, expected, strict=True)])
    wrong = int((~right).sum())
    edits = sum(edit_distance(*pair) for pair in zip(numbers, expected, strict=True))
    texts = sum(answer != label for answer, label in zip(answers, labels, strict=True))
    return LineMeasurement(
        count=len(labels),
        error=wrong / len(labels),
        error_interval=wilson_interval(wrong, len(labels)),
        text_error=texts / len(labels),
        digit_error=edits / max(sum(map(len, expected)), 1),
        loss=float(losses.mean()),
        calibration_error=calibration_error(confidences.clip(0, 1), right),
        rejected=rejected,
    )


def collapse_other(text: str) -> str:
    """Collapse each run of `OTHER` in a text into one, as a reader does.

    >>> collapse_other("##12#")
    '#12#'
    """
    while OTHER * 2 in text:
        text = text.replace(OTHER * 2, OTHER)
    return text


def _digits(text: str) -> list[int]:
    return [int(character) for character in text if character in DIGITS]
