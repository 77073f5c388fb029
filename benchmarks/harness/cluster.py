"""Simulation of a batch job on a cluster with slow and failing workers.

The unit of time is one file on a normal worker, so the results hold for digits and pages and for
any hardware.
"""

import heapq
import math
from collections import deque
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Cluster:
    """A cluster of workers.

    Attributes:
        workers: number of processes.
        slow: share of slow workers.
        slowness: slowdown factor of a slow worker.
        life: mean lifetime of a worker (exponential), in units; infinite if none fails.
        start: time to replace a worker and load its models, in units.
        spread: standard deviation of the time per file, in units.
    """

    workers: int = 100
    slow: float = 0.0
    slowness: float = 4.0
    life: float = math.inf
    start: float = 500.0
    spread: float = 2.0


@dataclass(frozen=True)
class Outcome:
    """Result of a simulated job.

    Attributes:
        efficiency: ideal time divided by actual time. In the ideal case, all workers are busy to
            the end at their own speed and none fails.
        again: share of files that were assigned again.
    """

    efficiency: float
    again: float


def simulate(files: int, part: int, cluster: Cluster, rng: np.random.Generator) -> Outcome:
    """Simulate a job: a free worker takes the next part; the part of a failed worker is requeued.

    Args:
        files: number of files.
        part: files per part.
        cluster: the cluster that runs the job.
        rng: draws times and failures.
    """
    sizes = [part] * (files // part) + [files % part] * (files % part > 0)
    # The time of a part is the sum of its files' times.
    noise = rng.normal(0, cluster.spread, len(sizes))
    times = [
        max(size / 10, size + math.sqrt(size) * one)
        for size, one in zip(sizes, noise.tolist(), strict=True)
    ]
    todo = deque(range(len(sizes)))
    slow = round(cluster.slow * cluster.workers)
    pace = [cluster.slowness] * slow + [1.0] * (cluster.workers - slow)
    left = [_life(cluster, rng) for _ in pace]
    free = [(0.0, worker) for worker in rng.permutation(cluster.workers).tolist()]
    returned: list[tuple[float, int]] = []  # when a part is requeued
    again = finished = 0
    end = 0.0
    while finished < len(sizes):
        now, worker = heapq.heappop(free)
        while returned and returned[0][0] <= now:
            todo.appendleft(heapq.heappop(returned)[1])
        if not todo:
            # The worker waits for a requeued part; if there will be none, it is done.
            if returned:
                heapq.heappush(free, (returned[0][0], worker))
            continue
        number = todo.popleft()
        takes = times[number] * pace[worker]
        if takes <= left[worker]:
            left[worker] -= takes
            finished += 1
            end = max(end, now + takes)
            heapq.heappush(free, (now + takes, worker))
        else:
            lost = now + left[worker]
            again += sizes[number]
            heapq.heappush(returned, (lost, number))
            left[worker] = _life(cluster, rng)
            heapq.heappush(free, (lost + cluster.start, worker))
    best = sum(times) / sum(1 / one for one in pace)
    return Outcome(best / end, again / files)


def _life(cluster: Cluster, rng: np.random.Generator) -> float:
    return math.inf if math.isinf(cluster.life) else float(rng.exponential(cluster.life))
