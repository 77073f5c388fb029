"""The simulation of jobs on clusters."""

import numpy as np
import pytest

from benchmarks.harness.cluster import Cluster, Outcome, simulate


def outcome(part: int, **cluster: float) -> Outcome:
    ten = Cluster(workers=10, **cluster)
    return simulate(10_000, part, ten, np.random.default_rng(1))


def test_equal_workers_without_losses_are_busy_to_the_end() -> None:
    calm = outcome(10, spread=0)
    assert calm.efficiency == pytest.approx(1)
    assert calm.again == 0


def test_slow_workers_hold_a_job_up_the_more_the_larger_its_parts_are() -> None:
    slow = [outcome(part, slow=0.1).efficiency for part in (10, 100, 1000)]
    assert slow == sorted(slow, reverse=True)
    # One of ten takes four times as long, so that all wait for it.
    assert outcome(1000, slow=0.1, spread=0).efficiency == pytest.approx(10 / 9.25 / 4)


def test_lost_parts_are_read_again_the_more_the_larger_they_are() -> None:
    small, large = (outcome(part, life=2000, start=10) for part in (10, 500))
    assert 0 < small.again < large.again
    assert large.efficiency < small.efficiency < 1


def test_a_part_that_is_lost_at_the_end_is_waited_for() -> None:
    lost = outcome(1000, life=3000, start=0, spread=0)
    assert lost.again > 0
    assert lost.efficiency <= 0.5
