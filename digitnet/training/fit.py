"""Gradient descent, from the first epoch to the last.

Keras runs the steps. This module provides the batches, the learning rate of each step, and the
state saved after each epoch, so that an interrupted training continues as if it had not been
interrupted.
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

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX = -1, -2, -4
"""Parameters of mallopt(3), from glibc's malloc.h."""


class Listener(Protocol):
    """Receives training progress. Losses are mean cross-entropies, errors fractions (0-1)."""

    def started(self, plan: "Plan") -> None:
        """Receive the plan of the training."""

    def stepped(self, epoch: int, step: int, loss: float, error: float) -> None:
        """A batch is done: `epoch` and `step` count from 1, loss and error of the epoch so far."""

    def finished_epoch(self, row: Row) -> None:
        """An epoch is done: a row of `history.csv`."""


@dataclass(frozen=True)
class Plan:
    """The plan of a training, in words and numbers.

    Attributes:
        shown: the kind of training images, such as `distorted digits`.
        sources: the training data, one line each.
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
    """Where batches come from, an epoch after the other.

    Attributes:
        epochs: how many the training has.
    """

    epochs: int

    def __len__(self) -> int:
        """Batches in an epoch."""

    def start_epoch(self, epoch: int) -> None:
        """Make ready for an epoch, counted from 0."""


@dataclass(frozen=True)
class Task:
    """A network and its training data.

    Attributes:
        network: from pictures to logits; it is trained in place.
        options: as they were given; decides patience.
        optimizer: `LearningRate` sets its rate.
        loss: of targets and logits, a number for each picture.
        error: a metric called `error`, the fraction (0-1) of pictures with a wrong answer.
        batches: the training batches.
        training: the batches of an epoch, pictures and targets.
        validation: batches of the validation set.
        rate: from a step of the training, counted from 0, to its learning rate.
        shown: see `Plan`.
        sources: see `Plan`.
        callbacks: what else is to be done after steps and epochs.
        stops: whether the patience of the options counts; else all epochs are trained.
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
    """Train until the epochs or the patience are used up; the best epoch is in `state`.

    Args:
        task: the network and its data.
        state: what past epochs left; each further one is kept there.
        listener: receives training progress.
        interruption: holds Ctrl-C back; after each step it is delivered.
        finish: stop at the last saved epoch.

    Raises:
        OutputError: an epoch cannot be saved, or the saved state is damaged.
        DigitnetError: the loss is not a finite number.
        MemoryError, tensorflow.errors.ResourceExhaustedError: a batch needs more than there is.
    """
    network, options, batches = task.network, task.options, task.batches
    network.compile(
        optimizer=task.optimizer,
        loss=task.loss,
        metrics=[task.error],
        # measured on two cores: XLA takes twice as long for these convolutions
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
            return  # (without --finish, it was cut off when all was learned)
    network.fit(
        task.training,
        initial_epoch=len(past),
        epochs=batches.epochs,
        shuffle=False,  # the batches are shuffled already, alike for a resumed training
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


def start_anew(state: Checkpoint, change: str) -> str:
    """Advice if a training cannot continue with its options."""
    if not state.history.is_file():
        return f"start again with {change}"
    return (
        f"start again with --force and {change}, or save a model of the earlier epochs: "
        + state.command("--finish")
    )


def _variables(network: keras.Model) -> list[keras.Variable]:
    """The state of a training: weights, optimizer state, the state of dropout."""
    network.optimizer.build(network.trainable_variables)
    return [*network.variables, *network.optimizer.variables]


def restore(network: keras.Model, state: Checkpoint, epoch: int) -> None:
    """Bring a network and its optimizer to where they stood after an epoch.

    Raises:
        OutputError: its saved state is damaged, or belongs to another network.
    """
    variables, values = _variables(network), state.read_variables(epoch)
    if [variable.shape for variable in variables] != [value.shape for value in values]:
        raise OutputError(f"{state.folder} belongs to another network: {RESTART_ADVICE}")
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


class LearningRate(keras.callbacks.Callback):
    """Sets the rate of each step.

    (A schedule of Keras's is worked out in each step for each of the weights' arrays, and to build
    the graph of it takes two seconds.)

    Args:
        rate: from a step of the training, counted from 0, to its rate.
        epoch_steps: how many steps an epoch has.
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
    """Do without the thread that tunes a data set.

    It sleeps for twice as long each time, and at the end of an epoch TensorFlow often waits until
    it wakes: 13 seconds after 27, measured.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)


class _Reporter(keras.callbacks.Callback):
    """Tells the listener, keeps each finished epoch, and starts its new order of digits."""

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
                f"{logs['val_loss']:.4g}: {start_anew(self.state, 'a lower --learning-rate')}"
            )
        values = [keras.ops.convert_to_numpy(variable) for variable in _variables(self.model)]
        self.state.finish_epoch(row, values)
        self.listener.finished_epoch(row)


class _EarlyStopping(keras.callbacks.EarlyStopping):
    """Keras's early stopping, which remembers the epochs before an interruption."""

    def __init__(self, patience: int, warm_up: int, past_losses: list[float]) -> None:
        super().__init__(patience=patience, start_from_epoch=warm_up)
        self.past_losses = past_losses

    def on_train_begin(self, logs: Any = None) -> None:
        super().on_train_begin(logs)
        if self.past_losses:
            self.best = min(self.past_losses)
            self.wait = len(self.past_losses) - 1 - self.past_losses.index(self.best)


class _Interruptible(keras.callbacks.Callback):
    """Ends the training after a step, of learning or of validation, if Ctrl-C was pressed."""

    def __init__(self, interruption: Interruption) -> None:
        super().__init__()
        self.interruption = interruption

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.interruption.deliver()

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        self.interruption.deliver()


def keep_freed_memory() -> None:
    """Let the C library keep freed memory for the next step instead of giving it back.

    TensorFlow allocates and frees the same large arrays in every step. glibc returns them to the
    kernel each time, which then clears each page anew: measured on two cores, that was two fifths
    of the processor time of a training. Other C libraries do without.
    """
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(_M_MMAP_MAX, 0)
        library.mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)
        library.mallopt(_M_TOP_PAD, 64 * 2**20)
