"""Calibration of a classifier: its temperature and its rejection threshold.

Both are fitted on the validation set, which the weights were not fitted to.
"""

from collections.abc import Callable, Sequence

import numpy as np
import scipy.special
from numpy.typing import NDArray

from digitnet.evaluation.evaluate import calibration_error
from digitnet.model.probabilities import CLASSES
from digitnet.model.targets import CLASS, COLUMNS
from digitnet.reading.classifying.test_time_augmentation import (
    augmented_views,
    find_uncertain,
    geometric_mean,
)

REJECTED_FRACTION = 0.005
"""Fraction of the validation digits that the rejection threshold rejects."""

TEMPERATURES = np.logspace(-0.3, 1, 131)
"""Candidates, from 0.5 to 10. If a few validation digits are all classified correctly, lower
temperatures always look better, so there has to be a limit."""


def probabilities(logits: NDArray[np.float32], temperature: float) -> NDArray[np.float64]:
    """Return the probabilities of the digits, as the exported network computes them.

    Args:
        logits: float32 (..., 33).
        temperature: the divisor of the logits.

    Returns:
        float64 (..., 10).
    """
    what = logits[..., CLASS].astype(np.float64)
    every = scipy.special.softmax(what / temperature, axis=-1)
    one_digit, rest = every[..., :CLASSES], every[..., CLASSES:].sum(axis=-1, keepdims=True)
    answer: NDArray[np.float64] = one_digit + rest / CLASSES
    return answer


def find_temperature(
    network: Callable[[NDArray[np.uint8]], NDArray[np.float32]],
    digits: NDArray[np.uint8],
    labels: NDArray[np.uint8],
) -> float:
    """Find the temperature that calibrates the model's probabilities after test-time augmentation.

    The digits to augment are those that are uncertain at the temperature fitted without
    augmentation.

    Args:
        network: maps images uint8 (N, 28, 28) to logits float32 (N, 33).
        digits: uint8 (N, 28, 28), validation digits.
        labels: uint8 (N,), 0-9.

    Returns:
        The temperature, from 0.5 to 10; above 1 if the network is overconfident.
    """
    first = network(digits)[:, None]
    temperature = fit_temperature([first], [labels])
    doubtful = find_uncertain(probabilities(first[:, 0], temperature))
    if not len(doubtful):
        return temperature
    seen = network(np.concatenate([augmented_views(digits[number]) for number in doubtful]))
    again = np.concatenate([first[doubtful], seen.reshape(len(doubtful), -1, COLUMNS)], axis=1)
    certain = np.delete(np.arange(len(digits)), doubtful)
    return fit_temperature([first[certain], again], [labels[certain], labels[doubtful]])


def fit_temperature(
    logits: Sequence[NDArray[np.float32]], labels: Sequence[NDArray[np.uint8]]
) -> float:
    """Find the temperature with the smallest calibration error on the validation digits.

    Guo et al. 2017 minimize the loss instead. For a network that is nearly always right, the loss
    hardly depends on the temperature: a few digits that are wrong at any temperature dominate it.

    Args:
        logits: arrays of float32 (N, views, 33), one for each number of views of a digit.
        labels: uint8 (N,), 0-9, for each of these arrays.

    Returns:
        One of `TEMPERATURES`.
    """
    expected = np.concatenate(labels)

    def error(temperature: float) -> float:
        answers = np.concatenate(
            [geometric_mean(probabilities(part, temperature)) for part in logits]
        )
        return calibration_error(answers.max(axis=1), answers.argmax(axis=1) == expected)

    return float(min(TEMPERATURES, key=error))


def rejection_threshold(answers: NDArray[np.float32]) -> float:
    """Return the confidence (0-1) that `REJECTED_FRACTION` of the validation digits fall below.

    Args:
        answers: float32 (N, 10), the model's probabilities for the validation digits.
    """
    return float(np.quantile(answers.max(axis=1), REJECTED_FRACTION))
