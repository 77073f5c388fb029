"""Combines the reader's and the classifier's probabilities for an image of one digit.

The reader sees the surroundings of a digit; the classifier was trained on far more single digits
and non-digits. Together they are a product of experts (Hinton 2002), each with its weight. For
numbers, only the reader is used, because it is calibrated for them.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitnet.model.probabilities import CLASSES, DIGIT
from digitnet.reading.place_symbols import Place, place_only_component
from digitnet.reading.read_lines import ImageReading, single_digit
from digitnet.vision.find import Layout

MIN_SURE_PROBABILITY = 0.999
"""Above this probability, the reader's digit, or its answer that there is none, needs no second
prediction."""

READER_WEIGHT, CLASSIFIER_WEIGHT, DIGIT_BIAS = 0.27, 0.4, -0.07
"""Weights of the log probabilities of the reader and the classifier, and a term that is added for
each digit. They minimize the cross-entropy on validation images (`python -m benchmarks experts`).
"""

_EPSILON = 1e-6


class Candidate(NamedTuple):
    """Writing that may be a single digit.

    Attributes:
        place: its ink and bounding box.
        by_reader: (11,), the reader's probabilities of the ten digits and, last, of no digit.
    """

    place: Place
    by_reader: NDArray[np.float64]


def find_candidate(reading: ImageReading, layout: Layout) -> Candidate | None:
    """Return the writing to classify, if the reader is not sure whether and which digit it is.

    This is the writing of an image with a single connected component, which does not touch the
    edge: without its surroundings, a piece of a wall looks like a 1.

    Args:
        reading: the reader's output.
        layout: the layout of the image.
    """
    place = place_only_component(layout)
    if place is None or sum(len(line.digits) for line in reading.chosen) > 1:
        return None
    views = [reading.chosen] if reading.chosen else [[reading.whole], reading.rows]
    by_reader = np.mean([single_digit(view) for view in views], axis=0)
    return Candidate(place, by_reader) if by_reader.max() < MIN_SURE_PROBABILITY else None


def combine_experts(
    by_reader: NDArray[np.float64], classified: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Combine the probabilities of the reader and the classifier.

    Args:
        by_reader: (11,), see `Candidate`; what is missing to 1, longer numbers, counts for nothing.
        classified: (32,) float32, the classifier's output, see `digitnet.model.probabilities`.

    Returns:
        (11,) float32, summing to 1: the ten digits and, last, no digit.
    """
    experts = log_experts(by_reader, classified)
    both = log_product(experts, READER_WEIGHT, CLASSIFIER_WEIGHT, DIGIT_BIAS)
    return np.asarray(np.exp(both), np.float32)


def log_experts(
    by_reader: NDArray[np.float64], classified: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Return the log probabilities of the reader and the classifier.

    Args:
        by_reader: as for `combine_experts`.
        classified: as for `combine_experts`.

    Returns:
        (2, 11): the ten digits and, last, no digit.
    """
    shared = float(classified[DIGIT].min())  # each digit includes a tenth of that of non-digits
    by_classifier = np.append(classified[DIGIT] - shared, CLASSES * shared)
    return np.asarray(np.log(np.stack([by_reader, by_classifier]).clip(_EPSILON)))


def log_product(
    experts: NDArray[np.float64], by_reader: float, by_classifier: float, digit_bias: float
) -> NDArray[np.float64]:
    """Return the normalized log probabilities of the weighted product of experts.

    Args:
        experts: (..., 2, 11), see `log_experts`.
        by_reader: the weight of the reader.
        by_classifier: the weight of the classifier.
        digit_bias: added for each digit.

    Returns:
        (..., 11).
    """
    scores = by_reader * experts[..., 0, :] + by_classifier * experts[..., 1, :]
    scores[..., DIGIT] += digit_bias
    return np.asarray(scores - np.logaddexp.reduce(scores, axis=-1, keepdims=True))
