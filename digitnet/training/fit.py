"""Gradient descent: what a training does from its first epoch to its last.

Keras runs the steps. What is ours: where the batches come from, the rate of each step, and what is
kept after each epoch, so that an interrupted training goes on as if nothing had been.
"""

import contextlib
import ctypes
import functools
import math
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

import keras
import tensorflow as tf

from digitnet.data.datasets import Split
from digitnet.errors import DigitnetError, OutputError
from digitnet.interruption import Interruption
from digitnet.model.probabilities import CLASSES
from digitnet.model.targets import CLASS, COLUMNS, one_hot
from digitnet.training.batches import Batch, Batches
from digitnet.training.checkpoint import START_ANEW, Checkpoint, Row, best_epoch
from digitnet.training.learning_rates import learning_rate
from digitnet.training.networks import cross_entropy
from digitnet.training.options import Optimizer, TrainingOptions
from digitnet.training.rehearsal import Digits, Memory

WEIGHT_DECAY = 0.05
"""Of AdamW, as a part of the learning rate."""
MOMENTUM = 0.9
"""Of SGD, with Nesterov's look ahead."""
PREFETCH_BATCHES = 8
"""So many batches are made while the network learns from one."""

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX = -1, -2, -4
"""Parameters of mallopt(3), from glibc's malloc.h."""


class Listener(Protocol):
    """Is told how a training goes. Losses are mean cross-entropies, errors fractions (0-1)."""

    def started(self, plan: "Plan") -> None:
        """What is about to be trained."""

    def stepped(self, epoch: int, step: int, loss: float, error: float) -> None:
        """A batch is done: `epoch` and `step` count from 1, loss and error of the epoch so far."""

    def finished_epoch(self, row: Row) -> None:
        """An epoch is done: a row of `history.csv`."""


@dataclass(frozen=True)
class Plan:
    """What is about to be trained, in numbers."""

    options: TrainingOptions
    network: str
    epochs: int
    steps: int
    first_epoch: int
    parameters: int
    split: Split
    memories: Sequence[Memory]


def fit(
    logits: keras.Model,
    options: TrainingOptions,
    batches: Batches,
    decided_on: Digits,
    split: Split,
    memories: Sequence[Memory],
    state: Checkpoint,
    listener: Listener,
    interruption: Interruption,
    *,
    finish: bool = False,
) -> None:
    """Train until the epochs or the patience are used up; the best epoch is in `state`.

    With memories, the validation digits are old ones: they say what is forgotten, not how well the
    new hand is learned. So all epochs are trained, and the last is kept.

    Args:
        logits: the network, from pixels to logits; it is trained in place.
        options: optimizer, rates and patience.
        batches: what it learns from.
        decided_on: validation digits, at least one.
        split: to tell the listener.
        memories: what is rehearsed; empty where nothing is.
        state: what past epochs left; each further one is kept there.
        listener: is told how it goes.
        interruption: holds Ctrl-C back; after each step it is delivered.
        finish: train no further than what is kept.

    Raises:
        OutputError: an epoch cannot be kept, or what is kept is damaged.
        DigitnetError: the loss is no number, or a batch needs more memory than there is.
    """
    logits.compile(
        optimizer=make_optimizer(options),
        loss=cross_entropy,
        metrics=[_DigitError(name="error")],
        # measured on two cores: XLA takes twice as long for these convolutions
        jit_compile=False,
    )
    past = state.read_history()
    losses = [row["validation_loss"] for row in past]
    listener.started(
        Plan(
            options,
            network=logits.name,
            epochs=batches.epochs,
            steps=len(batches),
            first_epoch=len(past) + 1,
            parameters=logits.count_params(),
            split=split,
            memories=memories,
        )
    )
    patience = batches.epochs if memories or options.patience is None else options.patience
    if past:
        restore(logits, state, len(past))
        if finish or len(past) >= best_epoch(past, options.warm_up) + patience:
            return  # (without --finish, it was cut off when all was learned)
    validation = tf.data.Dataset.from_tensor_slices((decided_on[0], one_hot(decided_on[1])))
    rate = functools.partial(
        learning_rate, options, options.warm_up * len(batches), batches.epochs * len(batches)
    )
    try:
        logits.fit(
            as_dataset(batches),
            initial_epoch=len(past),
            epochs=batches.epochs,
            shuffle=False,  # the batches are shuffled already, alike for a resumed training
            verbose=0,
            validation_data=_without_autotuning(validation.batch(1000)),
            callbacks=[
                LearningRate(rate, len(batches)),
                _Reporter(batches, state, listener),
                _EarlyStopping(patience, options.warm_up, losses[options.warm_up :]),
                _Interruptible(interruption),
            ],
        )
    except (MemoryError, tf.errors.ResourceExhaustedError):
        raise DigitnetError(
            f"the memory is not enough for a batch of {batches.batch_size:,} digits: "
            + _start_anew(state, "a smaller --batch-size")
        ) from None


def _start_anew(state: Checkpoint, change: str) -> str:
    """Advice where a training cannot go on as it was begun."""
    if not state.history.is_file():
        return f"start anew with {change}"
    return (
        f"start anew with --force and {change}, or make a model of the epochs before it: "
        + state.command("--finish")
    )


def _variables(network: keras.Model) -> list[keras.Variable]:
    """All that a training is made of: weights, the optimizer's memory, the state of dropout."""
    network.optimizer.build(network.trainable_variables)
    return [*network.variables, *network.optimizer.variables]


def restore(network: keras.Model, state: Checkpoint, epoch: int) -> None:
    """Bring a network and its optimizer to where they stood after an epoch.

    Raises:
        OutputError: what is kept of it is damaged, or of another network.
    """
    variables, values = _variables(network), state.read_variables(epoch)
    if [variable.shape for variable in variables] != [value.shape for value in values]:
        raise OutputError(f"{state.folder} is of another network: {START_ANEW}")
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


def make_optimizer(options: TrainingOptions) -> keras.optimizers.Optimizer:
    """Gradient descent; `LearningRate` sets its rate."""
    if options.optimizer is Optimizer.SGD:
        return keras.optimizers.SGD(momentum=MOMENTUM, nesterov=True)
    if options.optimizer is Optimizer.ADAM:
        return keras.optimizers.Adam()
    return keras.optimizers.AdamW(weight_decay=WEIGHT_DECAY)


class _DigitError(keras.metrics.Mean):
    """The fraction of digits that are called something else; other pictures do not count."""

    def update_state(
        self, target: tf.Tensor, logits: tf.Tensor, sample_weight: tf.Tensor | None = None
    ) -> None:
        digit = keras.ops.argmax(target[:, CLASS], axis=-1)
        wrong = digit != keras.ops.argmax(logits[:, :CLASSES], axis=-1)
        is_digit = digit < CLASSES
        super().update_state(keras.ops.cast(wrong, "float32"), keras.ops.cast(is_digit, "float32"))


def as_dataset(batches: Batches) -> tf.data.Dataset:
    """The batches of an epoch; a thread makes the next ones while the network learns."""

    def repeat_every() -> Iterator[Batch]:
        with ThreadPoolExecutor(1, "batches") as pool:
            ahead: deque[Future[Batch]] = deque()
            for index in range(len(batches)):
                ahead.append(pool.submit(batches.__getitem__, index))
                if len(ahead) == PREFETCH_BATCHES:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()

    size = (None, *batches.images.shape[1:])
    signature = tf.TensorSpec(size, tf.uint8), tf.TensorSpec((None, COLUMNS), tf.float32)
    made = tf.data.Dataset.from_generator(repeat_every, output_signature=signature)
    return _without_autotuning(
        made.apply(tf.data.experimental.assert_cardinality(len(batches))).prefetch(1)
    )


def _without_autotuning(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Do without the thread that tunes a data set.

    It sleeps for twice as long each time, and at the end of an epoch TensorFlow often waits until
    it wakes: 13 seconds after 27, measured.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)


class _Reporter(keras.callbacks.Callback):
    """Tells the listener, keeps each finished epoch, and starts its new order of digits."""

    def __init__(self, batches: Batches, state: Checkpoint, listener: Listener) -> None:
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
                f"the loss of epoch {self.epoch} is {logs['loss']:.4g}, on validation digits "
                f"{logs['val_loss']:.4g}: {_start_anew(self.state, 'a lower --learning-rate')}"
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
