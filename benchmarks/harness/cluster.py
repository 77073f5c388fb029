"""A job on a cluster, simulated: parts of files, workers that are slow, workers that are lost.

Time is counted in files: reading one takes one unit on an ordinary worker. So the outcome holds
for digits and for pages, whatever the hardware.
"""

import heapq
import math
from collections import deque
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Cluster:
    """What a job runs on.

    Attributes:
        workers: processes.
        slow: the share of them that is slow.
        slowness: how many times as long a slow one takes.
        life: units after which a worker is lost on average (exponential); infinite: never.
        start: units until another is in its place, with its models loaded.
        spread: standard deviation of a file's time, in units.
    """

    workers: int = 100
    slow: float = 0.0
    slowness: float = 4.0
    life: float = math.inf
    start: float = 500.0
    spread: float = 2.0


@dataclass(frozen=True)
class Outcome:
    """How a job went.

    Attributes:
        efficiency: the time that it would take if all workers were busy to the end, as fast as they
            are, and none was lost, divided by the time that it took.
        again: files that were given out again, divided by all files.
    """

    efficiency: float
    again: float


def simulate(files: int, part: int, cluster: Cluster, rng: np.random.Generator) -> Outcome:
    """Run a job: a worker that is free takes the next part; that of a lost one is put back.

    Args:
        files: of the job.
        part: files of a part.
        cluster: what it runs on.
        rng: draws times and losses.
    """
    sizes = [part] * (files // part) + [files % part] * (files % part > 0)
    # The time of a part is a sum of many files' times.
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
    returned: list[tuple[float, int]] = []  # when a part comes back
    again = finished = 0
    end = 0.0
    while finished < len(sizes):
        now, worker = heapq.heappop(free)
        while returned and returned[0][0] <= now:
            todo.appendleft(heapq.heappop(returned)[1])
        if not todo:
            # It waits for a part that is lost; without one it has nothing more to do.
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
