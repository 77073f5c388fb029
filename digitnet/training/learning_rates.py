"""The learning rate schedule."""

import math

from digitnet.training.options import TrainingOptions

WARM_UP_FRACTION = 0.05
"""Fraction of the training in which the learning rate rises, before a half-cosine decay."""
FIRST_EPOCH_WARM_UP_FRACTION = 0.2
"""The same fraction for the warm-up epochs (see `TrainingOptions.warm_up`)."""
FIRST_EPOCH_RATE_FACTOR = 3
"""Factor of the peak rate in the warm-up epochs, which show undistorted digits."""
START_RATE_DIVISOR = 25
"""The learning rate of the first step is the peak divided by this."""


def learning_rate(options: TrainingOptions, warm_up: int, steps: int, step: int) -> float:
    """Return the learning rate of a step.

    The rate rises and falls once in the warm-up epochs, and once in all other epochs (warm
    restarts, Loshchilov and Hutter 2017).

    Args:
        options: the options with the peak rate.
        warm_up: the number of steps in the warm-up epochs.
        steps: the total number of steps.
        step: the step, counted from 0.
    """
    highest = options.highest_learning_rate()
    if step < warm_up:
        return one_cycle(
            FIRST_EPOCH_RATE_FACTOR * highest, warm_up, FIRST_EPOCH_WARM_UP_FRACTION, step
        )
    return one_cycle(highest, steps - warm_up, WARM_UP_FRACTION, step - warm_up)


def one_cycle(highest: float, steps: int, climb: float, step: int) -> float:
    """Return a rate that rises linearly for a fraction of the steps, then falls as a half cosine.

    Args:
        highest: the peak rate.
        steps: the number of steps.
        climb: the fraction (0-1) of the steps in which the rate rises.
        step: the step, counted from 0.
    """
    climbing = max(1, round(climb * steps))
    if step < climbing:
        start = highest / START_RATE_DIVISOR
        return start + (highest - start) * step / climbing
    fallen = (step - climbing) / max(1, steps - climbing)
    return highest * (1 + math.cos(math.pi * fallen)) / 2
