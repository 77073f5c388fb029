import numpy as np
import pytest

from digitnet.training.learning_rates import FIRST_EPOCH_RATE_FACTOR, learning_rate, one_cycle
from digitnet.training.options import TrainingOptions


def rates(options: TrainingOptions, warm_up: int, steps: int) -> list[float]:
    return [learning_rate(options, warm_up, steps, step) for step in range(steps)]


@pytest.mark.parametrize("steps", [1, 2, 7, 400])
def test_rates_stay_between_zero_and_the_highest(steps: int) -> None:
    every = [one_cycle(0.002, steps, 0.05, step) for step in range(steps)]
    assert min(every) >= 0
    assert max(every) <= 0.002


def test_the_rate_rises_and_falls_after_the_warm_up() -> None:
    options = TrainingOptions()
    highest = options.highest_learning_rate()
    every = rates(options, 100, 1100)
    assert max(every[:100]) == pytest.approx(FIRST_EPOCH_RATE_FACTOR * highest)
    assert every[99] < highest / 100
    assert every[100] == pytest.approx(highest / 25)
    top = 100 + int(np.argmax(every[100:]))
    assert every[top] == pytest.approx(highest)
    assert (np.diff(every[100 : top + 1]) > 0).all()
    assert (np.diff(every[top:]) < 0).all()
    assert every[-1] < highest / 1000


def test_without_a_warm_up_the_rate_rises_and_falls_once() -> None:
    every = rates(TrainingOptions(), 0, 50)
    assert (np.diff(np.sign(np.diff(every))) != 0).sum() == 1


def test_rates_of_a_very_long_training_take_no_memory() -> None:
    options = TrainingOptions()
    steps = 10**15
    assert learning_rate(options, 437, steps, 437) == options.highest_learning_rate() / 25
    assert learning_rate(options, 437, steps, steps // 20) == pytest.approx(
        options.highest_learning_rate()
    )
    assert learning_rate(options, 437, steps, steps - 1) < 1e-20
