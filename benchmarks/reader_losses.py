"""Losses of the reader: per column, per sequence (CTC), and both, side by side.

Five readers that differ only in the weights of the two losses in `digitnet/training/reader/loss.py`
are trained on the same lines of MNIST's training digits, Matplotlib's fonts and drawn shapes, for
one epoch of `--limit` lines; `--strokes FILE ...` adds pen strokes, `--fonts` more fonts. The error
is that of whole numbers on 2,000 lines of validation digits. MNIST's test set is not used. The
shipped reader was trained for longer. Each reader is trained with one seed.
"""

import argparse
import functools
from contextlib import closing
from typing import TYPE_CHECKING

from benchmarks.harness import digits, options
from benchmarks.harness.result import Result
from digitnet.data.datasets import split
from digitnet.silence import silent_native_code
from digitnet.training.options import Network, TrainingOptions

if TYPE_CHECKING:
    from digitnet.training.reader.sources import Corpus

VALIDATION_LINES = 2000

WEIGHTS = {
    "columns alone": (2.0, 0.0),
    "CTC alone": (0.0, 1.0),
    "both, most of columns": (2.0, 0.1),
    "both": (0.5, 0.5),
    "both, most of CTC": (0.2, 1.0),
}
"""Weights of the per-column cross-entropy and of the CTC loss, by name."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--limit`, `--seed`, `--fonts` and `--strokes`."""
    options.add(parser, limit=120_000, seed=0, fonts=None)
    parser.add_argument(
        "--strokes",
        nargs="+",
        default=[],
        metavar="FILE",
        help="additional pen strokes to train on",
    )


def run(options: argparse.Namespace, result: Result) -> None:
    """Train a reader with each pair of weights and measure its error on validation lines."""
    from digitnet.training.reader.sources import make_corpus
    from digitnet.training.strokes import read_strokes

    fonts = str(options.fonts) if options.fonts else None
    chosen = TrainingOptions(network=Network.READER, fonts=fonts, seed=options.seed)
    mnist = digits.mnist()
    strokes = read_strokes(options.strokes, options.seed)
    corpus = make_corpus(chosen, mnist, split(mnist), strokes)
    table = result.table("loss", {"lines": ",", "error of numbers": ".1%"})
    for name, weights in WEIGHTS.items():
        with silent_native_code():
            error = learn(chosen, corpus, weights, options.limit)
        table.row(name, options.limit, error)


def learn(
    options: TrainingOptions, corpus: "Corpus", weights: tuple[float, float], lines: int
) -> float:
    """Train a reader and return the fraction (0-1) of validation lines with a wrong number."""
    import keras  # TensorFlow: not needed to list options

    from digitnet.training.fit import LearningRate, keep_freed_memory
    from digitnet.training.learning_rates import one_cycle
    from digitnet.training.optimizers import make_optimizer
    from digitnet.training.reader.batches import epoch_steps, validation_batches
    from digitnet.training.reader.loss import NumberError, ReaderLoss
    from digitnet.training.reader.network import build_reader
    from digitnet.training.reader.stream import LineBatches
    from digitnet.training.reader.train import MAX_CLIMB, as_dataset

    keep_freed_memory()
    keras.utils.set_random_seed(options.seed)
    network, steps = build_reader(), epoch_steps(lines)
    decided_on = validation_batches(corpus.validation, VALIDATION_LINES)
    network.compile(
        optimizer=make_optimizer(options),
        loss=ReaderLoss(*weights),
        metrics=[NumberError(name="error")],
        jit_compile=False,
    )
    rate = functools.partial(one_cycle, options.highest_learning_rate(), steps, MAX_CLIMB / 2)
    with closing(LineBatches(corpus.training, options.seed, 1, steps)) as batches:
        batches.start_epoch(0)
        network.fit(
            as_dataset(batches.take_epoch, steps),
            shuffle=False,
            verbose=0,
            callbacks=[LearningRate(rate, steps)],
        )
    measured = network.evaluate(
        as_dataset(lambda: decided_on, len(decided_on)), verbose=0, return_dict=True
    )
    return float(measured["error"])
