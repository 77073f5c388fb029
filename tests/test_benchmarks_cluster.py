"""Simulation of jobs on clusters."""

import numpy as np
import pytest

from benchmarks.harness.cluster import Cluster, Outcome, simulate


def outcome(part: int, **cluster: float) -> Outcome:
    ten = Cluster(workers=10, **cluster)
    return simulate(10_000, part, ten, np.random.default_rng(1))


def test_equal_workers_without_losses_stay_busy_to_the_end() -> None:
    calm = outcome(10, spread=0)
    assert calm.efficiency == pytest.approx(1)
    assert calm.again == 0


def test_slow_workers_delay_a_job_more_if_its_parts_are_larger() -> None:
    slow = [outcome(part, slow=0.1).efficiency for part in (10, 100, 1000)]
    assert slow == sorted(slow, reverse=True)
    # One worker in ten takes four times as long, and the job waits for it.
    assert outcome(1000, slow=0.1, spread=0).efficiency == pytest.approx(10 / 9.25 / 4)


def test_larger_parts_cost_more_repeated_work_when_workers_are_lost() -> None:
    small, large = (outcome(part, life=2000, start=10) for part in (10, 500))
    assert 0 < small.again < large.again
    assert large.efficiency < small.efficiency < 1


def test_a_job_waits_for_a_part_that_is_lost_at_the_end() -> None:
    lost = outcome(1000, life=3000, start=0, spread=0)
    assert lost.again > 0
    assert lost.efficiency <= 0.5
