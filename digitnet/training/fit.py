"""Gradient descent, from the first epoch to the last.

Keras runs the steps. This module supplies the batches, sets the learning rate of each step, and
saves the state after each epoch, so that a resumed training gives the same result as an
uninterrupted one.
"""

import contextlib
import ctypes
import math
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import keras
import tensorflow as tf

from digitnet.errors import DigitnetError, OutputError
from digitnet.interruption import Interruption
from digitnet.training.checkpoint import RESTART_ADVICE, Checkpoint, Row, best_epoch
from digitnet.training.options import TrainingOptions
from digitnet.training.precision import mixed_bfloat16

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX = -1, -2, -4
"""Parameters of mallopt(3), from glibc's malloc.h."""


class Listener(Protocol):
    """Receives training progress. Losses are means, errors are fractions (0-1)."""

    def started(self, plan: "Plan") -> None:
        """Called before the first step, with the plan of the training."""

    def stepped(self, epoch: int, step: int, loss: float, error: float) -> None:
        """Called after each batch.

        Args:
            epoch: the epoch, counted from 1.
            step: the batch within the epoch, counted from 1.
            loss: the training loss of the epoch so far.
            error: the training error of the epoch so far.
        """

    def finished_epoch(self, row: Row) -> None:
        """Called after each epoch, with its row of `history.csv`."""


@dataclass(frozen=True)
class Plan:
    """The plan of a training, for progress reports.

    Attributes:
        options: the training options.
        network: the name of the network.
        epochs: the number of epochs.
        steps: the number of batches in each epoch.
        first_epoch: the epoch that the training begins with, counted from 1.
        parameters: the number of weights.
        shown: the kind of training images, such as `distorted digits`.
        sources: descriptions of the training data, one line each.
    """

    options: TrainingOptions
    network: str
    epochs: int
    steps: int
    first_epoch: int
    parameters: int
    shown: str
    sources: Sequence[str]


class Epochs(Protocol):
    """A source of batches, epoch by epoch.

    Attributes:
        epochs: the number of epochs of the training.
    """

    epochs: int

    def __len__(self) -> int:
        """The number of batches in an epoch."""

    def start_epoch(self, epoch: int) -> None:
        """Prepare an epoch, counted from 0."""


@dataclass(frozen=True)
class Task:
    """A network and its training data.

    Attributes:
        network: maps images to logits; it is trained in place.
        options: the training options.
        optimizer: its learning rate is set by `LearningRate`.
        loss: maps targets and logits to one loss per image.
        error: a metric named `error`, the fraction (0-1) of images with a wrong answer.
        batches: the training batches.
        training: the batches of an epoch: images and targets.
        validation: the batches of the validation set.
        rate: maps a step of the training, counted from 0, to its learning rate.
        shown: see `Plan`.
        sources: see `Plan`.
        callbacks: additional Keras callbacks.
        stops: whether early stopping with the patience of the options applies; otherwise, all
            epochs are trained.
    """

    network: keras.Model
    options: TrainingOptions
    optimizer: keras.optimizers.Optimizer
    loss: Any
    error: keras.metrics.Metric
    batches: Epochs
    training: tf.data.Dataset
    validation: tf.data.Dataset
    rate: Callable[[int], float]
    shown: str
    sources: Sequence[str]
    callbacks: Sequence[keras.callbacks.Callback] = ()
    stops: bool = True


def fit(
    task: Task,
    state: Checkpoint,
    listener: Listener,
    interruption: Interruption,
    *,
    finish: bool = False,
) -> None:
    """Train for all epochs or until early stopping; `state` then holds the best epoch.

    Args:
        task: the network and its data.
        state: the saved state of earlier epochs; each new epoch is saved there.
        listener: receives training progress.
        interruption: defers Ctrl-C until the end of a step.
        finish: train no further than the last saved epoch.

    Raises:
        OutputError: an epoch cannot be saved, or the saved state is damaged.
        DigitnetError: the loss is not finite.
        MemoryError, tensorflow.errors.ResourceExhaustedError: there is too little memory for a
            batch.
    """
    network, options, batches = task.network, task.options, task.batches
    network.compile(
        optimizer=task.optimizer,
        loss=task.loss,
        metrics=[task.error],
        # XLA takes twice as long for these convolutions (measured on two cores)
        jit_compile=False,
    )
    past = state.read_history()
    losses = [row["validation_loss"] for row in past]
    listener.started(
        Plan(
            options,
            network=network.name,
            epochs=batches.epochs,
            steps=len(batches),
            first_epoch=len(past) + 1,
            parameters=network.count_params(),
            shown=task.shown,
            sources=task.sources,
        )
    )
    patience = options.patience if task.stops and options.patience else batches.epochs
    if past:
        restore(network, state, len(past))
        if finish or len(past) >= best_epoch(past, options.warm_up) + patience:
            return  # (without `finish`: interrupted after early stopping)
    with mixed_bfloat16():
        network.fit(
            task.training,
            initial_epoch=len(past),
            epochs=batches.epochs,
            shuffle=False,  # `batches` shuffles reproducibly, also for a resumed training
            verbose=0,
            validation_data=task.validation,
            callbacks=[
                LearningRate(task.rate, len(batches)),
                *task.callbacks,
                _Reporter(batches, state, listener),
                _EarlyStopping(patience, options.warm_up, losses[options.warm_up :]),
                _Interruptible(interruption),
            ],
        )


def restart_advice(state: Checkpoint, change: str) -> str:
    """Return advice for a training that cannot continue with its options.

    Args:
        state: the saved state of the training.
        change: the option to change, such as `a lower --learning-rate`.
    """
    if not state.history.is_file():
        return f"start again with {change}"
    return (
        f"start again with --force and {change}, or save a model of the earlier epochs: "
        + state.command("--finish")
    )


def _variables(network: keras.Model) -> list[keras.Variable]:
    """Return the state of a training: weights, optimizer state and dropout seeds."""
    network.optimizer.build(network.trainable_variables)
    return [*network.variables, *network.optimizer.variables]


def restore(network: keras.Model, state: Checkpoint, epoch: int) -> None:
    """Restore a network and its optimizer to their state after an epoch.

    Raises:
        OutputError: the saved state is damaged, or belongs to another network.
    """
    variables, values = _variables(network), state.read_variables(epoch)
    if [variable.shape for variable in variables] != [value.shape for value in values]:
        raise OutputError(f"{state.folder} belongs to another network: {RESTART_ADVICE}")
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


class LearningRate(keras.callbacks.Callback):
    """Sets the learning rate of each step.

    A Keras schedule would be evaluated in each step for each weight array, and building its graph
    takes two seconds.

    Args:
        rate: maps a step of the training, counted from 0, to its learning rate.
        epoch_steps: the number of steps in an epoch.
    """

    def __init__(self, rate: Callable[[int], float], epoch_steps: int) -> None:
        super().__init__()
        self.rate = rate
        self.epoch_steps = epoch_steps

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Called by Keras: `epoch` counts from 0."""
        self.first = epoch * self.epoch_steps

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Called by Keras: `batch` counts from 0."""
        self.model.optimizer.learning_rate.assign(self.rate(self.first + batch))


def without_autotuning(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Disable autotuning for a data set.

    The autotuning thread doubles its sleep each time, and TensorFlow often waits for it to wake at
    the end of an epoch: 13 seconds after 27 seconds of training, measured.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)


class _Reporter(keras.callbacks.Callback):
    """Starts each epoch of the batches, saves its result, and informs the listener."""

    def __init__(self, batches: Epochs, state: Checkpoint, listener: Listener) -> None:
        super().__init__()
        self.batches = batches
        self.state = state
        self.listener = listener

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.epoch = epoch + 1
        self.began = time.monotonic()
        self.batches.start_epoch(epoch)

    def on_train_batch_end(self, batch: int, logs: dict[str, float]) -> None:
        self.listener.stepped(self.epoch, batch + 1, logs["loss"], logs["error"])

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        row = {
            "epoch": self.epoch,
            "loss": logs["loss"],
            "error": logs["error"],
            "validation_loss": logs["val_loss"],
            "validation_error": logs["val_error"],
            "learning_rate": float(self.model.optimizer.learning_rate),
            "seconds": time.monotonic() - self.began,
        }
        if not math.isfinite(logs["loss"] + logs["val_loss"]):
            raise DigitnetError(
                f"the loss of epoch {self.epoch} is {logs['loss']:.4g}, in validation "
                f"{logs['val_loss']:.4g}: {restart_advice(self.state, 'a lower --learning-rate')}"
            )
        values = [keras.ops.convert_to_numpy(variable) for variable in _variables(self.model)]
        self.state.finish_epoch(row, values)
        self.listener.finished_epoch(row)


class _EarlyStopping(keras.callbacks.EarlyStopping):
    """Keras's early stopping, which also considers the epochs before an interruption."""

    def __init__(self, patience: int, warm_up: int, past_losses: list[float]) -> None:
        super().__init__(patience=patience, start_from_epoch=warm_up)
        self.past_losses = past_losses

    def on_train_begin(self, logs: Any = None) -> None:
        super().on_train_begin(logs)
        if self.past_losses:
            self.best = min(self.past_losses)
            self.wait = len(self.past_losses) - 1 - self.past_losses.index(self.best)


class _Interruptible(keras.callbacks.Callback):
    """Ends the training after a training or validation step if Ctrl-C was pressed."""

    def __init__(self, interruption: Interruption) -> None:
        super().__init__()
        self.interruption = interruption

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.interruption.deliver()

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        self.interruption.deliver()


def keep_freed_memory() -> None:
    """Make glibc keep freed memory for the next step instead of returning it to the kernel.

    TensorFlow allocates and frees the same large arrays in every step. By default, glibc returns
    them to the kernel, which then clears each page again: measured on two cores, this took two
    fifths of the processor time of a training. On other C libraries, this does nothing.
    """
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(_M_MMAP_MAX, 0)
        library.mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)
        library.mallopt(_M_TOP_PAD, 64 * 2**20)
