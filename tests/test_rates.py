import numpy as np
import pytest

from digitnet.learning.options import TrainingOptions
from digitnet.learning.rates import WARM_UP_RATE, climb_and_fall, learning_rates


@pytest.mark.parametrize("steps", [1, 2, 7, 400])
def test_a_rate_is_never_above_its_highest_nor_below_zero(steps: int) -> None:
    rates = climb_and_fall(0.002, steps, 0.05)
    assert rates.shape == (steps,)
    assert rates.min() >= 0
    assert rates.max() <= np.float32(0.002)


def test_the_rate_climbs_and_falls_again_after_the_warm_up() -> None:
    options = TrainingOptions()
    highest = options.highest_learning_rate()
    rates = learning_rates(options, 100, 1100)
    assert rates[:100].max() == pytest.approx(WARM_UP_RATE * highest)
    assert rates[99] < highest / 100
    assert rates[100] == pytest.approx(highest / 25)
    top = 100 + int(rates[100:].argmax())
    assert rates[top] == pytest.approx(highest)
    assert (np.diff(rates[100 : top + 1]) > 0).all()
    assert (np.diff(rates[top:]) < 0).all()
    assert rates[-1] < highest / 1000


def test_without_a_warm_up_it_climbs_and_falls_once() -> None:
    rates = learning_rates(TrainingOptions(), 0, 50)
    assert rates.shape == (50,)
    assert (np.diff(np.sign(np.diff(rates))) != 0).sum() == 1
