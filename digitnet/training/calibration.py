"""Calibration: the temperature of a network, and its rejection threshold.

Both are found on the validation part, which the weights were not fitted to.
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
"""The rejection threshold is set so that this part of the validation digits would be refused."""

TEMPERATURES = np.logspace(-0.3, 1, 131)
"""From 0.5 on: on a few digits that are all right, no network could be too sure."""


def probabilities(logits: NDArray[np.float32], temperature: float) -> NDArray[np.float64]:
    """The probabilities of the digits as the network that ships answers them.

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
    """The temperature that calibrates the model's probabilities after test-time augmentation.

    Uncertain are the digits that are so at the temperature fitted without augmentation.

    Args:
        network: from pictures uint8 (N, 28, 28) to logits float32 (N, 33).
        digits: uint8 (N, 28, 28), validation digits.
        labels: uint8 (N,), 0-9.

    Returns:
        Above 1 where the network is surer than it is right, from 0.5 to 10.
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
    """The temperature that makes the calibration error of the validation digits smallest.

    The loss, which Guo et al. 2017 make smallest, hardly depends on the temperature of a network
    that is nearly always right: it is determined by a few digits that are wrong at any temperature.

    Args:
        logits: float32 (N, pictures, 33) of validation digits, those with as many pictures in one.
        labels: uint8 (N,), 0-9, of each of these.
    """
    expected = np.concatenate(labels)

    def error(temperature: float) -> float:
        answers = np.concatenate(
            [geometric_mean(probabilities(part, temperature)) for part in logits]
        )
        return calibration_error(answers.max(axis=1), answers.argmax(axis=1) == expected)

    return float(min(TEMPERATURES, key=error))


def rejection_threshold(answers: NDArray[np.float32]) -> float:
    """The confidence (0-1) below which `REJECTED_FRACTION` of the validation digits are.

    Args:
        answers: float32 (N, 10), the probabilities that the model gives for validation digits.
    """
    return float(np.quantile(answers.max(axis=1), REJECTED_FRACTION))
