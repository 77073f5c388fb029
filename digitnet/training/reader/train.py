"""Trains a reader on synthetic lines, calibrates it, and writes it as a bundle.

Each epoch has new lines, made of the training digits, pen strokes and fonts. After each epoch, the
network is evaluated on validation lines; the weights with the lowest validation loss are kept.
(Fine-tuning keeps those of the last epoch.) Lines of test digits are used once, at the end.
"""

import contextlib
import dataclasses
import functools
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from digitnet.data.parts import Part
from digitnet.errors import DigitnetError
from digitnet.evaluation.lines import evaluate_lines
from digitnet.evaluation.numbers import evaluate_numbers
from digitnet.interruption import Interruption
from digitnet.model import bundle
from digitnet.model.bundle import Bundle
from digitnet.model.kinds import Kind
from digitnet.model.symbols import COLUMNS
from digitnet.training.checkpoint import Checkpoint, best_epoch, write_rows
from digitnet.training.fit import (
    Listener,
    Task,
    fit,
    keep_freed_memory,
    restore,
    without_autotuning,
)
from digitnet.training.frame import (
    check_output,
    describe,
    export,
    load_network,
    locked_state,
    versions,
    write_model,
)
from digitnet.training.learning_rates import one_cycle
from digitnet.training.optimizers import make_optimizer
from digitnet.training.options import (
    FINE_TUNING_EPOCH_LINES,
    FINE_TUNING_EPOCHS,
    READER_EPOCH_LINES,
    READER_EPOCHS,
    TrainingOptions,
)
from digitnet.training.reader.batches import (
    VALIDATION_PART,
    epoch_steps,
    validation_batches,
)
from digitnet.training.reader.calibration import find_temperature, find_thresholds
from digitnet.training.reader.loss import NumberError, ReaderLoss
from digitnet.training.reader.network import (
    build_reader,
    with_probabilities,
    without_probabilities,
)
from digitnet.training.reader.own_numbers import OwnNumbers
from digitnet.training.reader.sources import Corpus, source_summaries
from digitnet.training.reader.stream import LineBatches
from digitnet.training.reader.targets import Batch
from digitnet.training.strokes import describe_strokes
from digitnet.vision.line_image import LINE_HEIGHT

FROZEN_SHARE = 3 / 4
"""Fraction of the epochs, at the end, in which the batch statistics are frozen."""

CLIMBING_STEPS = 300
"""Steps in which the learning rate rises."""
MAX_CLIMB = 0.2
"""Maximum fraction of the training in which the learning rate rises."""


def train_reader(
    options: TrainingOptions,
    corpus: Corpus,
    output: Path,
    listener: Listener,
    own: OwnNumbers | None = None,
    *,
    resume: bool = False,
    finish: bool = False,
    force: bool = False,
) -> Bundle:
    """Train a reader and write its bundle; see `digitnet.training.train.train`.

    Args:
        options: what to train and how.
        corpus: the sources of lines.
        output: the folder for the bundle.
        listener: receives training progress.
        own: numbers to fine-tune a trained reader on, mixed with lines from the corpus.
        resume: continue an interrupted training of this output.
        finish: stop training and save the best epoch as a model.
        force: replace a bundle at `output`.

    Returns:
        The trained model.

    Raises:
        OutputError: the output exists already or cannot be written, or there is nothing to resume.
        BundleError: the network to fine-tune cannot be read.
        DatasetError: the interrupted training used other data.
        DigitnetError: the loss is not finite, the process that makes lines was killed, or there is
            too little memory for a batch.
        KeyboardInterrupt: Ctrl-C, or another signal that raises it; the progress is kept.
    """
    check_output(output, resume=resume, force=force)
    digest = own.digest_with(corpus) if own else corpus.digest
    with locked_state(options, digest, output, resume=resume, finish=finish) as (
        state,
        interruption,
    ):
        keep_freed_memory()
        keras.utils.set_random_seed(options.seed)
        logits = load_network(own.parent, without_probabilities) if own else build_reader()
        lines = options.limit or (FINE_TUNING_EPOCH_LINES if own else READER_EPOCH_LINES)
        validation = validation_batches(corpus.validation, max(1, lines // VALIDATION_PART))
        interruption.deliver()
        _fit(logits, options, corpus, own, lines, validation, state, listener, interruption, finish)
        return _write_bundle(
            logits, options, corpus, own, validation, output, state, interruption, force
        )


def _fit(
    logits: keras.Model,
    options: TrainingOptions,
    corpus: Corpus,
    own: OwnNumbers | None,
    lines: int,
    validation: list[Batch],
    state: Checkpoint,
    listener: Listener,
    interruption: Interruption,
    finish: bool,
) -> None:
    """Train from the state in `state`."""
    epochs = options.epochs or (FINE_TUNING_EPOCHS if own else READER_EPOCHS)
    steps = epoch_steps(lines)
    loss = ReaderLoss()
    batches = LineBatches(corpus.training, options.seed, epochs, steps, own.lines if own else ())
    climb = min(CLIMBING_STEPS / (epochs * steps), MAX_CLIMB)
    task = Task(
        logits,
        options,
        make_optimizer(options),
        loss,
        NumberError(name="error"),
        batches,
        as_dataset(batches.take_epoch, steps),
        as_dataset(lambda: validation, len(validation)),
        functools.partial(one_cycle, options.highest_learning_rate(), epochs * steps, climb),
        shown=f"about {lines:,} new lines per epoch",
        sources=[*([own.summary()] if own else []), *source_summaries(corpus)],
        callbacks=[FrozenStatistics(round(epochs * (1 - FROZEN_SHARE)))],
        # old lines measure forgetting, not how well the new handwriting is learned
        stops=own is None,
    )
    with contextlib.closing(batches):
        try:
            fit(task, state, listener, interruption, finish=finish)
        except (MemoryError, tf.errors.ResourceExhaustedError):
            raise DigitnetError(
                f"not enough memory for a batch of lines: {_memory_advice(state)}"
            ) from None
        except (RuntimeError, tf.errors.OpError):
            if isinstance(batches.failure, DigitnetError):
                raise DigitnetError(f"{batches.failure}: {_memory_advice(state)}") from None
            raise


def _memory_advice(state: Checkpoint) -> str:
    """Return advice for a training that ended for lack of memory."""
    if not state.history.is_file():
        return "no epoch was finished; start again when more memory is free"
    return f"continue when more memory is free: {state.command()}"


class FrozenStatistics(keras.callbacks.Callback):
    """Freezes batch normalization (Ioffe and Szegedy 2015) for the last epochs.

    In training, it normalizes a batch by the batch's own mean and variance. All lines of a batch
    have similar widths, and narrow lines have more ink, so each width is normalized differently. In
    prediction, the moving averages are used for all lines. The last epochs train with those.

    Args:
        first: the first epoch with frozen statistics, counted from 0.
    """

    def __init__(self, first: int) -> None:
        super().__init__()
        self.first = first
        self.frozen = False

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Called by Keras."""
        if epoch < self.first or self.frozen:
            return
        self.frozen = True
        for layer in self.model.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.trainable = False
        self.model.make_train_function(force=True)


def as_dataset(take: Callable[[], Iterable[Batch]], steps: int) -> tf.data.Dataset:
    """Wrap batches for Keras, with one signature for all widths, so that there is only one graph.

    Args:
        take: returns the batches of an epoch.
        steps: the number of batches in an epoch.
    """
    signature = (
        tf.TensorSpec((None, LINE_HEIGHT, None), tf.uint8),
        tf.TensorSpec((None, None), tf.int32),
    )
    made = tf.data.Dataset.from_generator(take, output_signature=signature)
    counted = made.apply(tf.data.experimental.assert_cardinality(steps))
    return without_autotuning(counted.prefetch(1))


def _write_bundle(
    logits: keras.Model,
    options: TrainingOptions,
    corpus: Corpus,
    own: OwnNumbers | None,
    validation: list[Batch],
    output: Path,
    state: Checkpoint,
    interruption: Interruption,
    force: bool,
) -> Bundle:
    """Calibrate the best epoch, or keep the parent's calibration; then write the bundle."""
    history = state.read_history()
    fitted = time.monotonic()
    if own:
        restore(logits, state, len(history))
        temperature = float(own.parent.card["temperature"])
        thresholds = own.parent.card["thresholds"]
    else:
        restore(logits, state, best_epoch(history, options.warm_up))
        logits_of_batches = [_answer(logits, pictures) for pictures, _ in validation]
        interruption.deliver()
        temperature = find_temperature(logits_of_batches, validation)
        thresholds = find_thresholds(logits_of_batches, validation, temperature)
    interruption.deliver()

    def fill(fresh: Path) -> dict[str, Any]:
        export(with_probabilities(logits, temperature), fresh)
        write_rows(fresh / bundle.HISTORY_FILE, history)
        card = {
            "kind": Kind.READER.value,
            "network": logits.name,
            "hyper_parameters": options.as_dict(),
            "datasets": (
                [*own.parent.card["datasets"], own.described(options)]
                if own
                else [describe(corpus.dataset, corpus.split, options, limit=None)]
            ),
            "pen_strokes": (
                own.parent.card.get("pen_strokes", [])
                if own
                else describe_strokes(corpus.strokes, options.seed)
            ),
            "versions": versions(),
            "parameters": logits.count_params(),
            "epochs": len(history),
            "temperature": round(temperature, 6),
            "thresholds": thresholds,
            "files": bundle.digests(fresh),
        }
        interruption.deliver()
        draft = Bundle(fresh, card)
        measured = (
            evaluate_numbers(draft, own.numbers, Part.TEST)
            if own
            else evaluate_lines(draft, corpus.dataset, Part.TEST)
        ).measurement
        card["measured"] = {Part.TEST.value: dataclasses.asdict(measured)}
        seconds = sum(row["seconds"] for row in history) + time.monotonic() - fitted
        card["seconds"] = round(seconds, 1)
        interruption.deliver()  # for the last time before the model is written
        return card

    return write_model(output, fill, state, force=force)


def _answer(logits: keras.Model, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    answer: NDArray[np.float32] = keras.ops.convert_to_numpy(logits(pictures, training=False))
    assert answer.shape[2] == COLUMNS
    return answer
