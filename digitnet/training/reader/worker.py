"""The process that makes lines while the network trains, so that both use a core.

It reads one pickled `Order` from standard input and writes all batches, pickled, to standard
output. It does not import TensorFlow.

It runs in its own session, so Ctrl-C and a closed terminal do not reach it. It ends with the
training, even if that is killed: at the latest when it cannot write its next batch.
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
    """The lines to make.

    Attributes:
        sources: the characters.
        seed: the seed of the training.
        epochs: the first epoch, counted from 0, and the end of the range (exclusive).
        steps: the number of batches in an epoch.
        own: the user's numbers.
    """

    sources: Sources
    seed: int
    epochs: tuple[int, int]
    steps: int
    own: tuple[OwnLine, ...] = ()


class Failure(NamedTuple):
    """Sent instead of a batch if an error occurs."""

    traceback: str


def main() -> None:
    """Execute the order on standard input."""
    with contextlib.suppress(BrokenPipeError):
        _work()
    os._exit(0)  # do not flush the buffer, which is no longer read


def _work() -> None:
    # keep output of libraries out of the stream of batches
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
