"""Combines the reader's and the classifier's probabilities of digits.

The reader sees the surroundings of a digit; the classifier was trained on far more single digits,
non-digits and touching pairs. Together they are a product of experts (Hinton 2002), each with its
weight. In longer numbers, they decide together on isolated digits, one by one; only the reader
decides how many there are.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitnet.model.probabilities import CLASSES, DIGIT, LEFT, MORE, RIGHT, TWO
from digitnet.reading.answer import LocatedSymbol
from digitnet.reading.ctc import LONGER, PAIR, short_number_probabilities
from digitnet.reading.place_symbols import Place, place_only_component
from digitnet.reading.read_lines import ImageReading
from digitnet.vision.find import Layout
from digitnet.vision.rules import has_line_across

MIN_SURE_PROBABILITY = 0.99
"""Above this probability, the reader's answer needs no second prediction: on validation images,
asking about more of them (0.999) took more than twice as many predictions and was no better."""

READER_WEIGHT, CLASSIFIER_WEIGHT, DIGIT_BIAS = 0.25, 0.47, -0.12
"""Weights of the log probabilities of the reader and the classifier, and a term that is added for
each digit. They minimize the cross-entropy on validation images (`python -m benchmarks experts`).
"""

ISOLATED_WEIGHT = 0.55
"""Weight of the log probabilities of either network for an isolated digit of a longer number. It
minimizes the cross-entropy on validation digits, too."""

_EPSILON = 1e-6


class Candidate(NamedTuple):
    """Writing that may be one digit or two.

    Attributes:
        place: its ink and bounding box.
        by_reader: (112,), the reader's probabilities: see `short_number_probabilities`.
    """

    place: Place
    by_reader: NDArray[np.float64]


def find_candidates(
    readings: Sequence[ImageReading], layouts: Sequence[Layout]
) -> list[Candidate | None]:
    """Return the writing to classify in each image, if the reader is not sure what it is.

    This is the writing of an image with a single connected component, which does not touch the
    edge: without its surroundings, a piece of a wall looks like a 1. The classifier knows no
    underlined pairs: these are left to the reader. So are digits beside the component, such as
    those too faint for the layout.

    Args:
        readings: the reader's output.
        layouts: the layouts of the images.
    """
    places = [*map(_place_to_classify, readings, layouts)]
    views = [
        (reading.chosen or [reading.whole, *reading.rows]) if place else []
        for reading, place in zip(readings, places, strict=True)
    ]
    every = short_number_probabilities([line.columns for lines in views for line in lines])
    parts = np.split(every, np.cumsum([*map(len, views)]))[:-1]
    found = [
        Candidate(place, by_reader.mean(axis=0)) if place else None
        for place, by_reader in zip(places, parts, strict=True)
    ]
    return [one if one and one.by_reader.max() < MIN_SURE_PROBABILITY else None for one in found]


def _place_to_classify(reading: ImageReading, layout: Layout) -> Place | None:
    count = len(reading.digits)
    place = place_only_component(layout) if count <= 2 else None
    if place is None or (count == 2 and has_line_across(place.ink)):
        return None
    seen = all(line.within(place.x, place.x + place.width) for line in reading.chosen)
    return place if seen else None


def combine_experts(
    by_reader: NDArray[np.float64], classified: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Combine the probabilities of the reader and the classifier.

    Args:
        by_reader: (112,), see `Candidate`.
        classified: (32,) float32, the classifier's output, see `digitnet.model.probabilities`.

    Returns:
        (112,) float32, summing to 1, as in `Candidate`.
    """
    experts = log_experts(by_reader, classified)
    both = log_product(experts, READER_WEIGHT, CLASSIFIER_WEIGHT, DIGIT_BIAS)
    return np.asarray(np.exp(both), np.float32)


def needs_classifier(symbol: LocatedSymbol) -> bool:
    """Whether a symbol is an isolated digit, and the reader is not sure which one."""
    unsure = symbol.reading.confidence < MIN_SURE_PROBABILITY
    return symbol.is_digit and symbol.place.isolated and unsure


def combine_symbol(symbol: LocatedSymbol, classified: NDArray[np.float32]) -> LocatedSymbol:
    """Combine the reader's and the classifier's probabilities of an isolated digit.

    Args:
        symbol: the digit.
        classified: (32,) float32, the classifier's output for it.

    Returns:
        The most likely digit. The probability that there is a digit at all remains the reader's.
    """
    reading = symbol.reading
    logs = log_digits(symbol, classified)
    both = np.exp(log_product_of_digits(logs, ISOLATED_WEIGHT, ISOLATED_WEIGHT))
    best = int(both.argmax())
    correction = float(both[best] / np.exp(logs[0, reading.symbol]))
    probabilities = np.zeros_like(reading.probabilities)
    probabilities[DIGIT] = both * reading.probabilities[DIGIT].sum()
    combined = reading._replace(
        symbol=best,
        probabilities=probabilities,
        confidence=min(1.0, reading.confidence * correction),
    )
    return symbol._replace(reading=combined, correction=correction)


def log_digits(symbol: LocatedSymbol, classified: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the log probabilities of the ten digits, given that there is one.

    Args:
        symbol: as for `combine_symbol`.
        classified: as for `combine_symbol`.

    Returns:
        (2, 10): the reader's and the classifier's.
    """
    of_digits = symbol.reading.probabilities[DIGIT]
    both = np.stack([of_digits / of_digits.sum(), classified[DIGIT]])
    return np.asarray(np.log(both.clip(_EPSILON)), np.float64)


def log_product_of_digits(
    experts: NDArray[np.float64], by_reader: float, by_classifier: float
) -> NDArray[np.float64]:
    """Return the normalized log probabilities of a weighted product of experts.

    Args:
        experts: (..., 2, 10), see `log_digits`.
        by_reader: the weight of the reader.
        by_classifier: the weight of the classifier.

    Returns:
        (..., 10).
    """
    scores = np.array([by_reader, by_classifier]) @ experts
    return np.asarray(scores - np.logaddexp.reduce(scores, axis=-1, keepdims=True), np.float64)


def log_experts(
    by_reader: NDArray[np.float64], classified: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Return the log probabilities of the reader and the classifier.

    Args:
        by_reader: as for `combine_experts`.
        classified: as for `combine_experts`.

    Returns:
        (2, 112), see `Candidate`.
    """
    shared = float(classified[DIGIT].min())  # a tenth of all that is not one digit
    two, longer = float(classified[TWO]), float(classified[MORE])
    pairs = two * np.outer(classified[LEFT], classified[RIGHT])
    none = CLASSES * shared - two - longer
    by_classifier = np.concatenate([classified[DIGIT] - shared, [none], pairs.ravel(), [longer]])
    return np.asarray(np.log(np.stack([by_reader, by_classifier]).clip(_EPSILON)))


def log_product(
    experts: NDArray[np.float64], by_reader: float, by_classifier: float, digit_bias: float
) -> NDArray[np.float64]:
    """Return the normalized log probabilities of the weighted product of experts.

    The experts first agree whether there are two digits, and then on the pair: otherwise a hundred
    improbable pairs would outweigh a probable digit.

    Args:
        experts: (..., 2, 112), see `log_experts`.
        by_reader: the weight of the reader.
        by_classifier: the weight of the classifier.
        digit_bias: added for each digit.

    Returns:
        (..., 112).
    """
    two = np.logaddexp.reduce(experts[..., PAIR], axis=-1, keepdims=True)
    kinds = np.concatenate([experts[..., : PAIR.start], two, experts[..., LONGER:]], axis=-1)
    weights = np.array([by_reader, by_classifier])
    scores = weights @ kinds
    scores[..., DIGIT] += digit_bias
    scores -= np.logaddexp.reduce(scores, axis=-1, keepdims=True)
    pairs = weights @ (experts[..., PAIR] - two)
    pairs -= np.logaddexp.reduce(pairs, axis=-1, keepdims=True)
    pairs += scores[..., PAIR.start : PAIR.start + 1]
    return np.concatenate([scores[..., : PAIR.start], pairs, scores[..., -1:]], axis=-1)
