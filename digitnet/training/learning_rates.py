"""The learning rate of each step of a training: how far the weights go downhill."""

import math

from digitnet.training.options import TrainingOptions

WARM_UP_FRACTION = 0.05
"""The part of the training in which the learning rate climbs; then it falls as a half cosine."""
FIRST_EPOCH_WARM_UP_FRACTION = 0.2
"""That part of the epochs that warm up (see `TrainingOptions.warm_up`)."""
FIRST_EPOCH_RATE_FACTOR = 3
"""Factor of the peak rate in epochs of undistorted digits."""


def learning_rate(options: TrainingOptions, warm_up: int, steps: int, step: int) -> float:
    """The rate of a step: it climbs and falls.

    It does so once where the training warms up, and once in all other steps (warm restarts,
    Loshchilov and Hutter 2017).

    Args:
        options: the options with the peak rate.
        warm_up: how many of the steps warm up.
        steps: how many there are in all.
        step: the step, from 0.
    """
    highest = options.highest_learning_rate()
    if step < warm_up:
        return one_cycle(
            FIRST_EPOCH_RATE_FACTOR * highest, warm_up, FIRST_EPOCH_WARM_UP_FRACTION, step
        )
    return one_cycle(highest, steps - warm_up, WARM_UP_FRACTION, step - warm_up)


def one_cycle(highest: float, steps: int, climb: float, step: int) -> float:
    """A rate that climbs in a line for a part of the steps and then falls as a half cosine."""
    climbing = max(1, round(climb * steps))
    if step < climbing:
        return highest / 25 + (highest - highest / 25) * step / climbing
    fallen = (step - climbing) / max(1, steps - climbing)
    return highest * (1 + math.cos(math.pi * fallen)) / 2
