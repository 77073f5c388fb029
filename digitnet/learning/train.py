"""Fit a network to the training digits, calibrate it, and write it as a bundle.

The weights go downhill on the loss (cross-entropy) of the training part by mini-batch gradient
descent. After each epoch the validation part is measured; the best weights by its loss are kept.
The test part is looked at once, at the end, through the same LiteRT file that `predict` runs.

While it runs, what is needed to go on lies beside the output (see `state`); the bundle appears when
all is done.
"""

import contextlib
import ctypes
import platform
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from digitnet import __version__, bundle
from digitnet.answers import CLASSES
from digitnet.bundle import Bundle
from digitnet.errors import BundleError, DatasetError, OutputError
from digitnet.learning.batches import Batch, Batches, one_hot
from digitnet.learning.calibrate import fit_temperature, rejection_threshold
from digitnet.learning.datasets import RIGHT, WHAT, Dataset, Split
from digitnet.learning.evaluate import Measurement, choose, evaluate, trained_on
from digitnet.learning.networks import (
    as_targets,
    build,
    cross_entropy,
    with_probabilities,
    without_probabilities,
)
from digitnet.learning.options import Optimizer, Part, TrainingOptions
from digitnet.learning.rates import learning_rates
from digitnet.learning.rehearsal import (
    EPOCHS,
    Digits,
    Memory,
    Rehearsal,
    join,
    learn_all,
    recall,
)
from digitnet.learning.state import Row, State, best_epoch, write_rows

WEIGHT_DECAY = 0.05
"""Of AdamW, as a part of the learning rate."""
MOMENTUM = 0.9
"""Of SGD, with Nesterov's look ahead."""
AHEAD = 8
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


def train(
    options: TrainingOptions,
    dataset: Dataset,
    split: Split,
    output: Path,
    listener: Listener,
    *,
    resume: bool = False,
    force: bool = False,
) -> Bundle:
    """Train a network and write its bundle.

    Args:
        options: what to train and how.
        dataset: the digits; only `split.train` and `split.validation` are learned from.
        split: the parts of the data set.
        output: the folder of the bundle.
        listener: is told how it goes.
        resume: go on with what an interrupted training of this output left.
        force: replace a bundle at `output`.

    Raises:
        OutputError: the output exists already or cannot be written.
        BundleError: the model to train on cannot be read.
        DatasetError: the model to train on has seen digits of the test part.
        KeyboardInterrupt: Ctrl-C; what was learned is kept in the state beside the output.
    """
    bundle.check_target(output, force=force)
    parent = bundle.load(options.start) if options.start else None
    if parent:
        _check_unseen(parent, dataset, split)
    memories = recall(parent, dataset, options) if parent else []
    if memories:
        split = learn_all(split)
    state = State(output)
    with state.held():
        state.begin(options, resume=resume)
        written = _train(
            options, dataset, split, memories, output, listener, state, parent, force=force
        )
        state.remove()
    return written


def _train(
    options: TrainingOptions,
    dataset: Dataset,
    split: Split,
    memories: Sequence[Memory],
    output: Path,
    listener: Listener,
    state: State,
    parent: Bundle | None,
    *,
    force: bool,
) -> Bundle:
    """Train from where `state` stands, calibrate, and write the bundle."""
    keep_freed_memory()
    keras.utils.set_random_seed(options.seed)
    logits = _network(options, parent)
    new = dataset.images[split.train], dataset.labels[split.train]
    if memories:
        before = as_targets(_network(options, parent))
        batches: Batches = Rehearsal(options, new, memories, before.predict_on_batch)
        decided_on = join(memory.validation for memory in memories)
    else:
        batches = Batches(options, *new)
        decided_on = dataset.images[split.validation], dataset.labels[split.validation]
    with contextlib.closing(batches):
        _fit(logits, options, batches, decided_on, split, memories, state, listener)
    history = state.read_history()
    fitted = time.monotonic()

    if parent and memories:
        _restore(logits, state, len(history))
        # a few digits of one hand are too few to decide on, and old ones say what it said before
        temperature, threshold = float(parent.card["temperature"]), parent.threshold
    else:
        _restore(logits, state, best_epoch(history, options.warm_up))
        validation = logits.predict(decided_on[0], batch_size=1000, verbose=0)
        temperature = fit_temperature(validation, decided_on[1])
        threshold = rejection_threshold(validation, temperature)

    def fill(fresh: Path) -> dict[str, Any]:
        _export(with_probabilities(logits, temperature), fresh)
        write_rows(fresh / bundle.HISTORY_FILE, history)
        card = {
            "network": logits.name,
            "hyper_parameters": options.as_dict(),
            "datasets": [
                *(parent.card["datasets"] if parent else []),
                _describe(dataset, split, options, memories),
            ],
            "versions": _versions(),
            "parameters": logits.count_params(),
            "epochs": len(history),
            "temperature": round(temperature, 6),
            "threshold": round(threshold, 6),
        }
        draft = Bundle(fresh, {**card, "files": bundle.digests(fresh)})
        card["measured"] = _measure(draft, dataset)
        seconds = sum(row["seconds"] for row in history) + time.monotonic() - fitted
        card["seconds"] = round(seconds, 1)
        return card

    try:
        return bundle.write(output, fill, force=force, workplace=state.folder)
    except OutputError as error:
        raise OutputError(f"{error}; what was learned is kept: go on with --resume") from None


def _export(shipped: keras.Model, folder: Path) -> None:
    """Write a network for Keras and for LiteRT.

    Raises:
        OSError: the file system refuses, whichever library was writing.
    """
    try:
        shipped.save(folder / bundle.KERAS_FILE)
        shipped.export(folder / bundle.TFLITE_FILE, format="litert", verbose=False)
    except (RuntimeError, tf.errors.OpError) as error:  # HDF5's and TensorFlow's own
        raise OSError(str(error).strip().partition("\n")[0]) from None


def keep_freed_memory() -> None:
    """Let the C library keep freed memory for the next step instead of giving it back.

    TensorFlow allocates and frees the same large arrays in every step. glibc returns them to the
    kernel each time, which then clears each page anew: measured on two cores, that was two fifths
    of the processor time of a training. Other C libraries do without.
    """
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(_M_MMAP_MAX, 0)
        library.mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)
        library.mallopt(_M_TOP_PAD, 64 * 2**20)


def _check_unseen(parent: Bundle, dataset: Dataset, split: Split) -> None:
    """A digit that the parent was trained on must not be in the test part of its child."""
    if not trained_on(parent, dataset):
        return
    _, kept = choose(parent, dataset, Part.TEST)
    seen = np.setdiff1d(split.test, np.union1d(kept, np.flatnonzero(dataset.official)))
    if len(seen):
        raise DatasetError(
            f"{parent.folder} was trained on {len(seen):,} of the {len(split.test):,} digits "
            "that would be kept for the test: give the --seed, --test-fraction and --limit that it "
            "was trained with"
        )


def _network(options: TrainingOptions, parent: Bundle | None) -> keras.Model:
    """A fresh network, or the one to train on; both from pixels to logits."""
    if parent is None:
        return build(options.network, activation=options.activation, hidden=options.hidden)
    try:
        shipped = keras.models.load_model(parent.keras_path(), compile=False, safe_mode=True)
        return without_probabilities(shipped)
    except (ValueError, TypeError, KeyError, OSError, AttributeError) as error:
        reason = str(error).strip().splitlines()[0]
        raise BundleError(
            f"{parent.folder / bundle.KERAS_FILE} is no network of digitnet: {reason}"
        ) from None


def _fit(
    logits: keras.Model,
    options: TrainingOptions,
    batches: Batches,
    decided_on: Digits,
    split: Split,
    memories: Sequence[Memory],
    state: State,
    listener: Listener,
) -> None:
    """Train until the epochs or the patience are used up; the best epoch is in `state`.

    With memories, the validation digits are old ones: they say what is forgotten, not how well the
    new hand is learned. So all epochs are trained, and the last is kept.
    """
    epochs = EPOCHS if memories and not options.epochs else options.epochs_for(len(split.train))
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
            logits.name,
            epochs,
            len(batches),
            len(past) + 1,
            logits.count_params(),
            split,
            memories,
        )
    )
    patience = epochs if memories or options.patience is None else options.patience
    if past:
        _restore(logits, state, len(past))
        if len(past) >= best_epoch(past, options.warm_up) + patience:
            return  # it was cut off when all was learned
    validation = tf.data.Dataset.from_tensor_slices((decided_on[0], one_hot(decided_on[1])))
    rates = learning_rates(options, options.warm_up * len(batches), epochs * len(batches))
    logits.fit(
        feed(batches),
        initial_epoch=len(past),
        epochs=epochs,
        shuffle=False,  # the batches are shuffled already, alike for a resumed training
        verbose=0,
        validation_data=_untuned(validation.batch(1000)),
        callbacks=[
            LearningRate(rates, len(batches)),
            _Reporter(batches, state, listener),
            _EarlyStopping(patience, options.warm_up, losses[options.warm_up :]),
        ],
    )


def _variables(network: keras.Model) -> list[keras.Variable]:
    """All that a training is made of: weights, the optimizer's memory, the state of dropout."""
    network.optimizer.build(network.trainable_variables)
    return [*network.variables, *network.optimizer.variables]


def _restore(network: keras.Model, state: State, epoch: int) -> None:
    """Bring a network and its optimizer to where they stood after an epoch.

    Raises:
        OutputError: what is kept of it is damaged, or of another network.
    """
    variables, values = _variables(network), state.read_variables(epoch)
    if [variable.shape for variable in variables] != [value.shape for value in values]:
        raise OutputError(f"{state.folder} is of another network; leave out --resume to start anew")
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


class LearningRate(keras.callbacks.Callback):
    """Sets the rate of each step.

    (A schedule of Keras's is worked out in each step for each of the weights' arrays, and to build
    the graph of it takes two seconds.)

    Args:
        rates: float32, of all steps of the training.
        epoch_steps: how many steps an epoch has.
    """

    def __init__(self, rates: NDArray[np.float32], epoch_steps: int) -> None:
        super().__init__()
        self.rates = rates
        self.epoch_steps = epoch_steps

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Called by Keras: `epoch` counts from 0."""
        self.first = epoch * self.epoch_steps

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Called by Keras: `batch` counts from 0."""
        self.model.optimizer.learning_rate.assign(self.rates[self.first + batch])


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
        digit = keras.ops.argmax(target[:, WHAT], axis=-1)
        wrong = digit != keras.ops.argmax(logits[:, :CLASSES], axis=-1)
        is_digit = digit < CLASSES
        super().update_state(keras.ops.cast(wrong, "float32"), keras.ops.cast(is_digit, "float32"))


def feed(batches: Batches) -> tf.data.Dataset:
    """The batches of an epoch; a thread makes the next ones while the network learns."""

    def every() -> Iterator[Batch]:
        with ThreadPoolExecutor(1, "batches") as pool:
            ahead: deque[Future[Batch]] = deque()
            for index in range(len(batches)):
                ahead.append(pool.submit(batches.__getitem__, index))
                if len(ahead) == AHEAD:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()

    size = (None, *batches.images.shape[1:])
    signature = tf.TensorSpec(size, tf.uint8), tf.TensorSpec((None, RIGHT.stop), tf.float32)
    made = tf.data.Dataset.from_generator(every, output_signature=signature)
    return _untuned(made.apply(tf.data.experimental.assert_cardinality(len(batches))).prefetch(1))


def _untuned(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Do without the thread that tunes a data set.

    It sleeps for twice as long each time, and at the end of an epoch TensorFlow often waits until
    it wakes: 13 seconds after 27, measured.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)


class _Reporter(keras.callbacks.Callback):
    """Tells the listener, keeps each finished epoch, and starts its new order of digits."""

    def __init__(self, batches: Batches, state: State, listener: Listener) -> None:
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


def _measure(draft: Bundle, dataset: Dataset) -> dict[str, Any]:
    """Error and loss on the test part and on its official digits: the one look at them."""
    evaluation = evaluate(draft, dataset, Part.TEST)
    measured = {Part.TEST.value: _summary(evaluation.measurement)}
    if evaluation.official:
        measured[Part.OFFICIAL.value] = _summary(evaluation.official)
    return measured


def _summary(measurement: Measurement) -> dict[str, Any]:
    """The figures of a measurement that a card shows."""
    return {
        "count": measurement.count,
        "error": round(measurement.error, 6),
        "error_interval": [round(end, 6) for end in measurement.error_interval],
        "loss": round(measurement.loss, 6),
        "calibration_error": round(measurement.calibration_error, 6),
        "rejected": measurement.rejected,
    }


def _describe(
    dataset: Dataset, split: Split, options: TrainingOptions, memories: Sequence[Memory]
) -> dict[str, Any]:
    """What a card says of a data set: enough to know it again and to rebuild the split."""
    return {
        "name": dataset.name,
        "sha256": dataset.digest(),
        "count": len(dataset),
        "test_fraction": options.test_fraction,
        "seed": options.seed,
        "limit": options.limit,
        "train": len(split.train),
        "validation": len(split.validation),
        "test": len(split.test),
        "official": len(split.official),
        "rehearsed": [memory.name for memory in memories],
    }


def _versions() -> dict[str, str]:
    packages = ("tensorflow", "keras", "ai-edge-litert", "numpy", "opencv-python", "scikit-learn")
    return {
        "digitnet": __version__,
        "python": platform.python_version(),
        **{package: version(package) for package in packages},
    }
