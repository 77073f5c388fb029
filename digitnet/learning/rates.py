"""The learning rate of each step of a training: how far the weights go downhill."""

import numpy as np
from numpy.typing import NDArray

from digitnet.learning.options import TrainingOptions

CLIMB = 0.05
"""The part of the training in which the learning rate climbs; then it falls as a half cosine."""
WARM_UP_CLIMB = 0.2
"""That part of the epochs that warm up (see `TrainingOptions.warm_up`)."""
WARM_UP_RATE = 3
"""What the highest rate is multiplied by while digits are shown as they are."""


def learning_rates(options: TrainingOptions, warm_up: int, steps: int) -> NDArray[np.float32]:
    """The rate of each step: it climbs and falls.

    It does so once where the training warms up, and once in all other steps (warm restarts,
    Loshchilov and Hutter 2017).

    Args:
        options: what the highest rate follows from.
        warm_up: how many of the steps warm up.
        steps: how many there are in all.

    Returns:
        float32 (steps,).
    """
    highest = options.highest_learning_rate()
    first = climb_and_fall(WARM_UP_RATE * highest, warm_up, WARM_UP_CLIMB)
    return np.concatenate([first, climb_and_fall(highest, steps - warm_up, CLIMB)])


def climb_and_fall(highest: float, steps: int, climb: float) -> NDArray[np.float32]:
    """Rates that climb in a line for a part of the steps and then fall as a half cosine."""
    climbing = max(1, round(climb * steps))
    step = np.arange(steps)
    up = highest / 25 + (highest - highest / 25) * step / climbing
    down = highest * (1 + np.cos(np.pi * (step - climbing) / max(1, steps - climbing))) / 2
    rates: NDArray[np.float32] = np.where(step < climbing, up, down).astype(np.float32)
    return rates
