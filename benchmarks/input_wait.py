"""How long a training waits for its input: the default recipe beside one batch again and again.

    python benchmarks/input_wait.py

One epoch of the default network learns from MNIST's training digits as `digitnet train` feeds them
(shuffled, distorted, mixed with pictures that code draws meanwhile), and one from a single batch
that lies ready. What the first takes longer is the price of the input: it waits for it, or shares
the cores with those who make it. Both run in turn, after an epoch that warms up; printed are the
medians, and the share of the first in which the second would be done.
"""

import argparse
import statistics
import time

from digitnet.learning.batches import Batch, Batches
from digitnet.learning.datasets import load, split
from digitnet.learning.fit import feed, keep_freed_memory
from digitnet.learning.networks import build, cross_entropy
from digitnet.learning.options import TrainingOptions


class Ready(Batches):
    """One batch, as often as an epoch has batches."""

    def __init__(self, batches: Batches) -> None:
        self.images = batches.images
        self.batch_size = batches.batch_size
        self.batch = batches[0]

    def __getitem__(self, index: int) -> Batch:
        return self.batch


def main() -> None:
    """Train in both ways, in turn, and print the medians."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5, help="epochs of each kind (default: 5)")
    parser.add_argument("--fonts", help="the folder of fonts (default: Matplotlib's)")
    runs = parser.parse_args()
    keep_freed_memory()
    options = TrainingOptions(fonts=runs.fonts, epochs=runs.runs + 1)
    mnist = load(options.dataset)
    chosen = split(mnist).train
    batches = Batches(options, mnist.images[chosen], mnist.labels[chosen])
    network = build(options.network, activation=options.activation, hidden=options.hidden)
    network.compile("adamw", cross_entropy, jit_compile=False)
    feeds = {"as trained": batches, "one batch": Ready(batches)}
    seconds: dict[str, list[float]] = {name: [] for name in feeds}
    for epoch in range(runs.runs + 1):
        for name, source in feeds.items():
            began = time.perf_counter()
            if name == "as trained":
                batches.start_epoch(epoch)
            network.fit(feed(source), shuffle=False, verbose=0)
            if epoch:
                seconds[name].append(time.perf_counter() - began)
    medians = {name: statistics.median(taken) for name, taken in seconds.items()}
    for name, median in medians.items():
        print(f"{name:12} {median:6.1f} s an epoch of {len(batches)} batches")
    share = 1 - medians["one batch"] / medians["as trained"]
    print(f"input takes {share:.1%} of the training (at most 10%)")


if __name__ == "__main__":
    main()
