"""`digitnet.train`: trains a network like `digitnet train`, without printing."""

import os
import warnings
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from digitnet.api.choices import chosen_datasets, default_output, network_of, unfit_choices
from digitnet.api.run_training import run_training
from digitnet.silence import silent_native_code
from digitnet.training.options import Activation, Feedback, Network, Optimizer, TrainingOptions

if TYPE_CHECKING:
    from digitnet.model.bundle import Bundle
    from digitnet.training.checkpoint import Row
    from digitnet.training.fit import Plan

_DEFAULTS = TrainingOptions()

_Member = TypeVar("_Member", bound=StrEnum)


class Progress(NamedTuple):
    """The progress of a training.

    Attributes:
        epoch: counted from 1.
        epochs: the maximum number of epochs.
        step: the batch within the epoch, counted from 1.
        steps: the number of batches in each epoch.
        loss: the mean loss on the training set in the epoch so far; for a classifier, the
            cross-entropy.
        error: the fraction (0-1) of misclassified digits in the epoch so far; for a reader, of
            misread lines.
        validation_loss: the loss on the validation set, at the end of the epoch; otherwise None.
        validation_error: the error on the validation set, likewise.
    """

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float
    error: float
    validation_loss: float | None = None
    validation_error: float | None = None


def train(
    dataset: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] = _DEFAULTS.dataset,
    network: Network | str = _DEFAULTS.network,
    *,
    labels_from_name: str | None = _DEFAULTS.labels_from_name,
    test_fraction: float = _DEFAULTS.test_fraction,
    epochs: int | None = _DEFAULTS.epochs,
    batch_size: int = _DEFAULTS.batch_size,
    learning_rate: float | None = _DEFAULTS.learning_rate,
    optimizer: Optimizer | str | None = _DEFAULTS.optimizer,
    activation: Activation | str = _DEFAULTS.activation,
    hidden: Sequence[int] = _DEFAULTS.hidden,
    feedback: Feedback | str = _DEFAULTS.feedback,
    augment: bool = _DEFAULTS.augment,
    fonts: str | os.PathLike[str] | None = _DEFAULTS.fonts,
    patience: int | None = _DEFAULTS.patience,
    limit: int | None = _DEFAULTS.limit,
    seed: int = _DEFAULTS.seed,
    start: str | os.PathLike[str] | None = _DEFAULTS.start,
    output: str | os.PathLike[str] | None = None,
    resume: bool = False,
    finish: bool = False,
    force: bool = False,
    progress: Callable[[Progress], object] = lambda progress: None,
    notify: Callable[[str], None] = warnings.warn,
) -> "Bundle":
    """Train a network on labelled digits and save it.

    The arguments correspond to the options of `digitnet train`. Nothing is printed.

    Args:
        dataset: `mnist`, `digits` or a path. A sequence can add files of pen strokes or folders of
            UNIPEN files.
        network: `mlp`, `cnn`, `rnn` or `reader`.
        labels_from_name: where the label is in the file names of a folder of images, such as
            `{label}_*` for `7_0012.png`.
        test_fraction: the fraction (0-1) of the digits held out as the test set.
        epochs: passes over the training set; None for a default that depends on the data set, the
            kind of network and `start`.
        batch_size: digits per training step.
        learning_rate: the peak of the schedule; None for the optimizer's default, or a quarter of
            it with `start`.
        optimizer: `sgd`, `adam`, `adamw` or `muon`; None for `adamw` with `mlp`, else `muon`.
        activation: `relu`, `sigmoid` or `tanh`, for the hidden layers of `mlp` and `cnn`.
        hidden: neurons in each hidden layer of `mlp`.
        feedback: `lateral`, `direct`, `indirect` or `gru`: where the neurons of `rnn` feed their
            outputs back to, one row later.
        augment: distort the digits anew in each epoch, and add images that are not digits.
        fonts: a folder of fonts to use in addition to Matplotlib's.
        patience: stop after this many epochs without a better validation loss; None for never.
            Ignored if fine-tuning mixes in old data.
        limit: use only this many digits of the data set; for a reader, lines per epoch.
        seed: the random seed; the same seed gives the same model.
        start: a trained model to fine-tune (`--from` on the command line).
        output: the folder for the model; None for `models/NETWORK`, or `models/DATASET` with
            `start`.
        resume: continue the interrupted training in `output`.
        finish: with `resume`, stop training and save the best weights as a model.
        force: replace the model or interrupted training at `output`.
        progress: called after each step, and once more at the end of each epoch.
        notify: called with a one-line message about skipped content of a data set; by default,
            issues a warning.

    Returns:
        The trained model. `Recognizer(model)` recognizes digits with a classifier,
        `digitnet.evaluate(model)` evaluates any model, and `model.card` holds its figures.

    Raises:
        ValueError: an argument is invalid, or conflicts with another.
        DigitnetError: a data set or model cannot be read, or the output cannot be written.
        KeyboardInterrupt: Ctrl-C; the best weights so far are kept for `resume`.
    """
    if finish and not resume:
        raise ValueError("finish requires resume=True: it finishes an interrupted training")
    given = [dataset] if isinstance(dataset, str | os.PathLike) else dataset
    choices: dict[str, Any] = {
        "network": _member(Network, "network", network),
        "labels_from_name": labels_from_name,
        "test_fraction": test_fraction,
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "optimizer": None if optimizer is None else _member(Optimizer, "optimizer", optimizer),
        "activation": _member(Activation, "activation", activation),
        "hidden": tuple(hidden),
        "feedback": _member(Feedback, "feedback", feedback),
        "augment": augment,
        "fonts": None if fonts is None else os.fspath(fonts),
        "patience": patience,
        "limit": limit,
        "seed": seed,
        "start": None if start is None else os.fspath(start),
    }
    changed = {name for name, value in choices.items() if value != getattr(_DEFAULTS, name)}
    if dataset != _DEFAULTS.dataset:
        changed.add("dataset")
    trains_on = choices["start"] is not None and not resume
    # fine-tuning keeps the network of the model
    kind = network_of(choices["start"]) if trains_on else choices["network"]
    for names, reason in unfit_choices(changed, kind, start=trains_on, resume=resume):
        raise ValueError(f"leave out {', '.join(names)}: {reason}")
    choices["network"] = kind
    if not resume:
        paths = [os.fspath(path) for path in given]
        choices["dataset"], choices["strokes"] = chosen_datasets(
            paths, kind, start=trains_on, augment=augment
        )
    chosen = TrainingOptions(**choices)
    target = Path(output) if output else default_output(kind, chosen.dataset, chosen.start)
    with silent_native_code():
        model, _ = run_training(
            chosen,
            target,
            _ProgressAdapter(progress),
            notify,
            resume=resume,
            finish=finish,
            force=force,
        )
    return model


def _member(kind: type[_Member], name: str, value: str) -> _Member:
    try:
        return kind(value)
    except ValueError:
        raise ValueError(f"{name} is {value!r}: it must be one of {', '.join(kind)}") from None


class _ProgressAdapter:
    """Passes training progress to a function."""

    def __init__(self, progress: Callable[[Progress], object]) -> None:
        self._progress = progress

    def say(self, message: str) -> None:
        """Ignore the message: nothing is printed."""

    def started(self, plan: "Plan") -> None:
        """Remember the number of epochs and steps."""
        self._epochs, self._steps = plan.epochs, plan.steps

    def stepped(self, epoch: int, step: int, loss: float, error: float) -> None:
        """Report a step."""
        self._progress(Progress(epoch, self._epochs, step, self._steps, loss, error))

    def finished_epoch(self, row: "Row") -> None:
        """Report an epoch."""
        self._progress(
            Progress(
                int(row["epoch"]),
                self._epochs,
                self._steps,
                self._steps,
                row["loss"],
                row["error"],
                row["validation_loss"],
                row["validation_error"],
            )
        )
