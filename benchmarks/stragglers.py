"""Stragglers and lost workers: how large a part of a job should be, simulated.

100 workers read a million files, 10,000 each. The files are dealt in parts; a worker that is free
takes the next one, and the part of a worker that is lost is read again by another. Nothing is
measured here: time is counted in files, so that the shares hold for digits and for pages. A file
takes one unit with a standard deviation of two, as where most are digits and some are pages.
*Slow*: one worker in twenty takes four times as long. *Lost*: a worker lives for 20,000 files on
average, as spot machines do, and another is ready 500 files later. *Dealt beforehand* is a part for
each worker, as a list that is split by hand.

Efficiency is the shortest possible time divided by the time that the job took; with workers that
are lost, their absence counts, too. The second table has the files that were given out again.
"""

import argparse

import numpy as np

from benchmarks.harness import options
from benchmarks.harness.cluster import Cluster, simulate
from benchmarks.harness.result import Result

FILES = 1_000_000
PARTS = (32, 256, 1024, 4096)
RUNS = 5

CLUSTERS = {
    "calm": Cluster(),
    "slow": Cluster(slow=0.05),
    "lost": Cluster(life=20_000),
    "slow and lost": Cluster(slow=0.05, life=20_000),
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--seed`."""
    options.add(parser, seed=0)


def run(options: argparse.Namespace, result: Result) -> None:
    """Simulate each cluster with parts of each size."""
    parts = {f"{part:,} files": part for part in PARTS}
    parts["dealt beforehand"] = FILES // CLUSTERS["calm"].workers
    efficiency = result.table("part", dict.fromkeys(CLUSTERS, ".0%"), "efficiency")
    again = result.table("part", dict.fromkeys(CLUSTERS, ".1%"), "files read again")
    for name, part in parts.items():
        rng = np.random.default_rng(options.seed)
        outcomes = [
            [simulate(FILES, part, cluster, rng) for _ in range(RUNS)]
            for cluster in CLUSTERS.values()
        ]
        efficiency.row(name, *(float(np.mean([one.efficiency for one in o])) for o in outcomes))
        again.row(name, *(float(np.mean([one.again for one in o])) for o in outcomes))
