"""Error, loss, confusion and calibration of a model on labelled digits, without TensorFlow.

It evaluates `model.tflite`, the same file that `predict` runs.
"""

import math
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from digitnet.data.datasets import Dataset, rebuild_split, split
from digitnet.data.parts import Part
from digitnet.data.whole_numbers import Numbers
from digitnet.errors import DatasetError
from digitnet.evaluation.disputed import find_disputed
from digitnet.evaluation.doubts import MIN_ERROR, find_doubt
from digitnet.model.bundle import Bundle
from digitnet.model.probabilities import CLASSES
from digitnet.reading.recognizer import Recognizer

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CALIBRATION_BINS = 15
"""As in Guo et al. 2017."""

DEVIATIONS_95 = 1.959963984540054
"""95 % of a normal distribution are within this many standard deviations."""


@dataclass(frozen=True)
class Measurement:
    """How right and how sure a model is on labelled digits.

    Attributes:
        count: the number of digits.
        error: the fraction that it got wrong (0-1), refused digits judged by its best guess.
        error_interval: Wilson's 95 % interval of the error.
        loss: mean cross-entropy in nats.
        per_digit: the error of each digit 0-9; None for one that does not occur.
        confusion: `confusion[i][j]` digits i were called j.
        calibration_error: expected calibration error (0-1), 15 bins (Guo et al. 2017).
        rejected: how many digits it is not sure enough of to answer.
    """

    count: int
    error: float
    error_interval: tuple[float, float]
    loss: float
    per_digit: tuple[float | None, ...]
    confusion: tuple[tuple[int, ...], ...]
    calibration_error: float
    rejected: int

    def figures(self, decimals: int | None = None) -> dict[str, Any]:
        """The figures that a model card has, for JSON.

        Args:
            decimals: to which fractions are rounded; None keeps them as they are.
        """

        def rounded(value: float) -> float:
            return value if decimals is None else round(value, decimals)

        return {
            "count": self.count,
            "error": rounded(self.error),
            "error_interval": [rounded(end) for end in self.error_interval],
            "loss": rounded(self.loss),
            "calibration_error": rounded(self.calibration_error),
            "rejected": self.rejected,
        }


@dataclass(frozen=True)
class Evaluation:
    """A measurement and its data.

    Attributes:
        official: the same measurement on the official digits of a test part, where there are any.
        undisputed: the same on MNIST's official test digits without the 15 whose labels people
            dispute (`disputed.py`); None where none of these was measured.
        images: uint8 (N, 28, 28), the digits, white ink (255) on black (0).
        labels: uint8 (N,), the labels, 0-9.
        probabilities: float32 (N, 10), the predicted probabilities.
    """

    model: str
    dataset: str
    part: Part
    measurement: Measurement
    official: Measurement | None
    undisputed: Measurement | None
    images: NDArray[np.uint8] = field(repr=False)
    labels: NDArray[np.uint8] = field(repr=False)
    probabilities: NDArray[np.float32] = field(repr=False)

    @property
    def answers(self) -> NDArray[np.int64]:
        """(N,) the likeliest digits, 0-9."""
        return np.asarray(np.argmax(self.probabilities, axis=1), np.int64)

    @property
    def confidences(self) -> NDArray[np.float32]:
        """(N,) their probabilities (0-1)."""
        return np.asarray(np.max(self.probabilities, axis=1), np.float32)

    def plot_confusion(self) -> "Figure":
        """Draw the confusion matrix: a Matplotlib figure."""
        import digitnet  # imported on demand: these packages depend on this one

        return digitnet.plots.confusion_figure(self.measurement.confusion)

    def plot_misses(self) -> "Figure":
        """Draw the digits that were read wrongly, the surest mistakes first."""
        import digitnet

        return digitnet.plots.misses_figure(
            self.images, self.labels, self.answers, self.confidences
        )

    def plot_reliability(self) -> "Figure":
        """Draw how often answers of each confidence are right."""
        import digitnet

        right = self.answers == self.labels
        return digitnet.plots.reliability_figure(self.confidences, right)


def evaluate(bundle: Bundle, dataset: Dataset, part: Part | None = None) -> Evaluation:
    """Evaluate a model on digits that it was not trained on.

    Args:
        bundle: the model.
        dataset: the labelled digits.
        part: `test` is the held-out test set, `official` the official test set,
            `all` every digit, trained on or not. None is `test` for a data set that the model was
            trained on, and `all` for any other.

    Raises:
        DatasetError: the data set does not have this split.
    """
    part, positions = choose(bundle, dataset, part)
    images = dataset.images[positions]
    probabilities = Recognizer(bundle).classify(images)
    labels, official = dataset.labels[positions], dataset.official[positions]
    disputed = find_disputed(dataset)[positions]
    undisputed = official & ~disputed
    return Evaluation(
        model=bundle.name,
        dataset=dataset.name,
        part=part,
        measurement=measure(probabilities, labels, bundle.threshold),
        official=(
            measure(probabilities[official], labels[official], bundle.threshold)
            if part is Part.TEST and official.any()
            else None
        ),
        undisputed=(
            measure(probabilities[undisputed], labels[undisputed], bundle.threshold)
            if part is not Part.ALL and disputed.any() and undisputed.any()
            else None
        ),
        images=images,
        labels=labels,
        probabilities=probabilities,
    )


def find_doubt_of(bundle: Bundle, evaluation: Evaluation) -> str | None:
    """Tell what looks wrong with a data set that a trained model gets mostly wrong, or None.

    A model that fails on its own data set says nothing about another.
    """
    own = bundle.card["measured"].get(Part.TEST)
    if own and own["error"] >= MIN_ERROR:
        return None
    return find_doubt(
        Recognizer(bundle).classify,
        evaluation.images,
        evaluation.labels,
        evaluation.answers,
    )


def choose(bundle: Bundle, dataset: Dataset, part: Part | None) -> tuple[Part, NDArray[np.int64]]:
    """The digits of a part, as positions in the data set; the split is rebuilt from the card."""
    if part is Part.OFFICIAL:
        official = np.flatnonzero(dataset.official)
        if not len(official):
            raise DatasetError(
                f"{dataset.name} has no official test set: give --split test or --split all"
            )
        return part, official
    lesson = trained_on(bundle, dataset)
    if part is None:
        part = Part.TEST if lesson else Part.ALL
    if part is Part.ALL:
        return part, np.arange(len(dataset))
    return part, (rebuild_split(dataset, lesson) if lesson else split(dataset)).test


def trained_on(bundle: Bundle, dataset: Dataset | Numbers) -> dict[str, Any] | None:
    """The card's entry about this data set, or None where the model was not trained on it."""
    digest = dataset.digest
    entries: list[dict[str, Any]] = bundle.card["datasets"]
    return next((entry for entry in reversed(entries) if entry["sha256"] == digest), None)


def has_changed(bundle: Bundle, dataset: Dataset) -> bool:
    """Whether the model was trained on a data set of this name or place, but not on this one."""
    places = {_place(lesson["name"]) for lesson in bundle.card["datasets"]}
    return trained_on(bundle, dataset) is None and _place(dataset.name) in places


def _place(name: str) -> str:
    """The name of a data set, or its path without links; where no file can have it, the name."""
    try:
        return os.path.realpath(name)
    except ValueError:  # the encoding of file names has not all characters
        return name


def measure(
    probabilities: NDArray[np.float32], labels: NDArray[np.uint8], threshold: float
) -> Measurement:
    """Compare answers with labels.

    Args:
        probabilities: float32 (N, 10), N at least 1.
        labels: uint8 (N,), 0-9.
        threshold: an answer of a lower probability would be refused.
    """
    # NumPy alone: scikit-learn and SciPy have these measures too, but take 0.8 s to import
    answers = probabilities.argmax(axis=1)
    confidences = probabilities.max(axis=1)
    wrong = answers != labels
    confusion = np.zeros((CLASSES, CLASSES), np.int64)
    np.add.at(confusion, (labels, answers), 1)
    totals = confusion.sum(axis=1)
    # float32 rows add up to 1 to 1e-7 only, and a probability of 0 would cost an infinite loss
    exact = probabilities.astype(np.float64)
    of_label = exact[np.arange(len(labels)), labels] / exact.sum(axis=1)
    return Measurement(
        count=len(labels),
        error=float(wrong.mean()),
        error_interval=wilson_interval(int(wrong.sum()), len(labels)),
        loss=float(-np.log(np.maximum(of_label, np.finfo(np.float64).eps)).mean()),
        per_digit=tuple(
            float(1 - confusion[k, k] / totals[k]) if totals[k] else None for k in range(CLASSES)
        ),
        confusion=tuple(tuple(row) for row in confusion.tolist()),
        calibration_error=calibration_error(confidences, ~wrong),
        rejected=int((confidences < threshold).sum()),
    )


def wilson_interval(wrong: int, count: int) -> tuple[float, float]:
    """The 95 % confidence interval (0-1) of a proportion (Wilson 1927)."""
    share, squared = wrong / count, DEVIATIONS_95**2
    middle = share + squared / (2 * count)
    half = DEVIATIONS_95 * math.sqrt(share * (1 - share) / count + squared / (4 * count**2))
    scale = 1 + squared / count
    return max((middle - half) / scale, 0.0), min((middle + half) / scale, 1.0)


def calibration_error(
    confidences: NDArray[np.floating], right: NDArray[np.bool_], bins: int = CALIBRATION_BINS
) -> float:
    """Expected calibration error: how far confidence and accuracy are apart (Guo et al. 2017).

    The confidences (0-1) are sorted into bins of equal width; the differences between mean
    confidence and accuracy of each bin are averaged, weighted by the answers in the bin.
    """
    places = np.minimum((confidences * bins).astype(int), bins - 1)
    gaps = np.bincount(places, weights=confidences - right.astype(float), minlength=bins)
    return float(np.abs(gaps).sum() / len(confidences))
