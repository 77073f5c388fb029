"""Evaluates classifiers on labelled digits, without TensorFlow.

It runs `model.tflite`, the same file as `predict`, and measures error, loss, confusion and
calibration.
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
from digitnet.evaluation.diagnosis import MIN_ERROR, diagnose
from digitnet.evaluation.disputed import find_disputed
from digitnet.model.bundle import Bundle
from digitnet.model.probabilities import CLASSES
from digitnet.reading.recognizer import Recognizer

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CALIBRATION_BINS = 15
"""Number of confidence bins, as in Guo et al. 2017."""

DEVIATIONS_95 = 1.959963984540054
"""95 % of a normal distribution lie within this many standard deviations of the mean."""


@dataclass(frozen=True)
class Measurement:
    """Accuracy and calibration of a classifier on labelled digits.

    Attributes:
        count: the number of digits.
        error: the fraction (0-1) of misclassified digits; for rejected digits, the best guess
            counts.
        error_interval: Wilson's 95 % interval of the error.
        loss: the mean cross-entropy, in nats.
        per_digit: the error for each digit 0-9; None for a digit that does not occur.
        confusion: `confusion[i][j]` is the number of digits i that were classified as j.
        calibration_error: the expected calibration error (0-1), 15 bins (Guo et al. 2017).
        rejected: the number of digits below the rejection threshold.
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
        """Return the figures for a model card, ready for JSON.

        Args:
            decimals: the number of decimals to round fractions to; None for no rounding.
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
        model: the name of the model.
        dataset: the name of the data set.
        part: the part of the data set.
        measurement: the figures on all of these digits.
        official: the same measurement on the official digits in the test set; None if there are
            none, or for another split.
        undisputed: the same on MNIST's official test digits without the 15 with disputed labels
            (`disputed.py`); None if none of the 15 was evaluated, or for the split `all`.
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
        """The most likely digit of each image, int64 (N,), 0-9."""
        return np.asarray(np.argmax(self.probabilities, axis=1), np.int64)

    @property
    def confidences(self) -> NDArray[np.float32]:
        """The probability (0-1) of each answer, float32 (N,)."""
        return np.asarray(np.max(self.probabilities, axis=1), np.float32)

    def plot_confusion(self) -> "Figure":
        """Draw the confusion matrix as a Matplotlib figure."""
        import digitnet  # imported on demand: these packages depend on this one

        return digitnet.plots.confusion_figure(self.measurement.confusion)

    def plot_misses(self) -> "Figure":
        """Draw the misclassified digits, the most confident mistakes first."""
        import digitnet

        return digitnet.plots.misses_figure(
            self.images, self.labels, self.answers, self.confidences
        )

    def plot_reliability(self) -> "Figure":
        """Draw the reliability diagram: the accuracy at each level of confidence."""
        import digitnet

        right = self.answers == self.labels
        return digitnet.plots.reliability_figure(self.confidences, right)


def evaluate(bundle: Bundle, dataset: Dataset, part: Part | None = None) -> Evaluation:
    """Evaluate a model on digits that it was not trained on.

    Args:
        bundle: the model.
        dataset: the labelled digits.
        part: `test` is the held-out test set, `official` the official test set, `all` every digit,
            including training digits. None means `test` for a data set that the model was trained
            on, and `all` for any other.

    Raises:
        DatasetError: the data set does not have this split.
        BundleError: the bundle is not a classifier, or is damaged.
    """
    part, positions = select_part(bundle, dataset, part)
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


def diagnose_evaluation(bundle: Bundle, evaluation: Evaluation) -> str | None:
    """Explain why the model gets most digits of a data set wrong, or return None.

    A model that fails on its own test set is no evidence against another data set.

    Raises:
        BundleError: the bundle is not a classifier, or is damaged.
    """
    own = bundle.card["measured"].get(Part.TEST)
    if own and own["error"] >= MIN_ERROR:
        return None
    return diagnose(
        Recognizer(bundle).classify,
        evaluation.images,
        evaluation.labels,
        evaluation.answers,
    )


def select_part(
    bundle: Bundle, dataset: Dataset, part: Part | None
) -> tuple[Part, NDArray[np.int64]]:
    """Choose the digits to evaluate a model on; the split is rebuilt from the model card.

    Args:
        bundle: the model.
        dataset: the labelled digits.
        part: see `evaluate`.

    Returns:
        The part, and the positions of its digits, int64 (N,), ascending.

    Raises:
        DatasetError: the data set does not have this split.
    """
    if part is Part.OFFICIAL:
        official = np.flatnonzero(dataset.official)
        if not len(official):
            raise DatasetError(
                f"{dataset.name} has no official test set: give --split test or --split all"
            )
        return part, official
    entry = trained_on(bundle, dataset)
    if part is None:
        part = Part.TEST if entry else Part.ALL
    if part is Part.ALL:
        return part, np.arange(len(dataset))
    return part, (rebuild_split(dataset, entry) if entry else split(dataset)).test


def trained_on(bundle: Bundle, dataset: Dataset | Numbers) -> dict[str, Any] | None:
    """Return the model card's entry for a data set, or None if the model was not trained on it."""
    digest = dataset.digest
    entries: list[dict[str, Any]] = bundle.card["datasets"]
    return next((entry for entry in reversed(entries) if entry["sha256"] == digest), None)


def has_changed(bundle: Bundle, dataset: Dataset) -> bool:
    """Return whether the model was trained on other data under this name or path."""
    places = {_place(entry["name"]) for entry in bundle.card["datasets"]}
    return trained_on(bundle, dataset) is None and _place(dataset.name) in places


def _place(name: str) -> str:
    """Resolve a data set's name as a path; return the name itself if it is not a valid path."""
    try:
        return os.path.realpath(name)
    except ValueError:  # file names cannot contain all characters
        return name


def measure(
    probabilities: NDArray[np.float32], labels: NDArray[np.uint8], threshold: float
) -> Measurement:
    """Compare predicted probabilities with labels.

    Args:
        probabilities: float32 (N, 10), N at least 1.
        labels: uint8 (N,), 0-9.
        threshold: answers with a lower probability (0-1) count as rejected.
    """
    # in plain NumPy: importing scikit-learn or SciPy for these measures takes 0.8 s
    answers = probabilities.argmax(axis=1)
    confidences = probabilities.max(axis=1)
    wrong = answers != labels
    confusion = np.zeros((CLASSES, CLASSES), np.int64)
    np.add.at(confusion, (labels, answers), 1)
    totals = confusion.sum(axis=1)
    # float32 rows sum to 1 only within 1e-7, and a probability of 0 would make the loss infinite
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
    """Return the 95 % confidence interval (0-1) of `wrong / count` (Wilson 1927)."""
    share, squared = wrong / count, DEVIATIONS_95**2
    middle = share + squared / (2 * count)
    half = DEVIATIONS_95 * math.sqrt(share * (1 - share) / count + squared / (4 * count**2))
    scale = 1 + squared / count
    return max((middle - half) / scale, 0.0), min((middle + half) / scale, 1.0)


def calibration_error(confidences: NDArray[np.floating], right: NDArray[np.bool_]) -> float:
    """Return the expected calibration error, the gap between confidence and accuracy.

    The confidences (0-1) are sorted into 15 bins of equal width. The absolute differences between
    mean confidence and accuracy in each bin are averaged, weighted by the number of answers in the
    bin (Guo et al. 2017).

    Args:
        confidences: (N,), N at least 1.
        right: bool (N,), whether each answer is right.
    """
    places = np.minimum((confidences * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    gaps = np.bincount(
        places, weights=confidences - right.astype(float), minlength=CALIBRATION_BINS
    )
    return float(np.abs(gaps).sum() / len(confidences))
