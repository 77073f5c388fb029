"""How sure is sure: the temperature of a network's answers, and where it had better not answer.

Both are found on the validation part, which the weights were not fitted to.
"""

import numpy as np
import scipy.special
from numpy.typing import NDArray

from digitnet.answers import CLASSES
from digitnet.learning.evaluate import calibration_error
from digitnet.learning.targets import WHAT

REFUSED_FRACTION = 0.005
"""The rejection threshold is set so that this part of the validation digits would be refused."""

TEMPERATURES = np.logspace(-0.3, 1, 131)
"""From 0.5 on: on a few digits that are all right, no network could be too sure."""


def probabilities(logits: NDArray[np.float32], temperature: float) -> NDArray[np.float64]:
    """The probabilities of the digits as the network that ships answers them, (N, 10)."""
    what = logits[:, WHAT].astype(np.float64)
    every = scipy.special.softmax(what / temperature, axis=1)
    one_digit, rest = every[:, :CLASSES], every[:, CLASSES:].sum(axis=1, keepdims=True)
    answer: NDArray[np.float64] = one_digit + rest / CLASSES
    return answer


def fit_temperature(logits: NDArray[np.float32], labels: NDArray[np.uint8]) -> float:
    """The temperature that makes the calibration error of the validation digits smallest.

    The loss, which Guo et al. 2017 make smallest, hardly depends on the temperature of a network
    that is nearly always right: a few digits decide that are wrong whatever it is.

    Args:
        logits: float32 (N, 33) of validation digits.
        labels: uint8 (N,), 0-9.

    Returns:
        Above 1 where the network is surer than it is right, from 0.5 to 10.
    """
    right = probabilities(logits, 1.0).argmax(axis=1) == labels

    def error(temperature: float) -> float:
        return calibration_error(probabilities(logits, temperature).max(axis=1), right)

    return float(min(TEMPERATURES, key=error))


def rejection_threshold(logits: NDArray[np.float32], temperature: float) -> float:
    """The confidence (0-1) below which `REFUSED_FRACTION` of the validation digits lie.

    Args:
        logits: float32 (N, 33) of validation digits.
        temperature: what they are divided by.
    """
    confidences = probabilities(logits, temperature).max(axis=1)
    return float(np.quantile(confidences, REFUSED_FRACTION))
