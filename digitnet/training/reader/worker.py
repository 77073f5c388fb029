"""A process that makes lines while the network learns, so that both cores have work.

It takes one pickled `Order` on standard input and writes pickled batches to standard output until
all are made. It loads no TensorFlow.

It has a session of its own, so that Ctrl-C and a terminal that closes do not reach it, and it ends
with the training, however that ends: at the latest when nobody takes its next batch.
"""

import contextlib
import os
import pickle
import sys
import traceback
from typing import NamedTuple

from digitnet.synthesis.lines.writing.sources import Sources
from digitnet.training.reader.targets import OwnLine


class Order(NamedTuple):
    """What lines to make.

    Attributes:
        sources: the characters.
        seed: of the training.
        epochs: the first, from 0, and behind the last.
        steps: batches in an epoch.
        own: the user's numbers.
    """

    sources: Sources
    seed: int
    epochs: tuple[int, int]
    steps: int
    own: tuple[OwnLine, ...] = ()


class Failure(NamedTuple):
    """Sent instead of a batch: the error."""

    traceback: str


def main() -> None:
    """Fill the order on standard input."""
    with contextlib.suppress(BrokenPipeError):
        _work()
    os._exit(0)  # nobody reads the rest of the buffer


def _work() -> None:
    # output of libraries must not mix with the batches
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        import cv2

        from digitnet.training.reader.batches import epoch_batches

        cv2.setNumThreads(1)
        order: Order = pickle.load(sys.stdin.buffer)
        for epoch in range(*order.epochs):
            made = epoch_batches(order.sources, order.seed, epoch, order.steps, order.own)
            for batch in made:
                pickle.dump(batch, output, pickle.HIGHEST_PROTOCOL)
                output.flush()
    except (BrokenPipeError, EOFError):  # the training has ended
        return
    except BaseException:
        pickle.dump(Failure(traceback.format_exc()), output)
        output.flush()
