"""Stragglers and lost workers: how many files a part of a job should have, simulated.

100 workers read a million files, 10,000 each. The files are divided into parts; an idle worker
takes the next part, and the part of a lost worker is read again by another. Time is counted in
files, so the shares hold for digits and for pages. A file takes one unit on average with a standard
deviation of two, as for a mix of many digits and a few pages. *Slow*: one worker in twenty takes
four times as long. *Lost*: a worker runs for 20,000 files on average, like a spot instance, and its
replacement is ready 500 files later. *Dealt beforehand* is one fixed part for each worker, as if a
list had been split by hand.

Efficiency is the shortest possible time divided by the time of the job, including the absence of
lost workers. The second table shows the files that were read again.
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
