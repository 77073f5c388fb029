"""`digitnet.train`: what `digitnet train` does, without its printing."""

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
    """How far a training is.

    Attributes:
        epoch: counted from 1.
        epochs: how many there will be at most.
        step: of the epoch, a batch each, counted from 1.
        steps: of each epoch.
        loss: mean cross-entropy of the epoch so far, on what is learned from.
        error: the fraction (0-1) of its digits that were called something else.
        validation_loss: the same on the validation part, once the epoch is done; else None.
        validation_error: likewise.
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
    optimizer: Optimizer | str = _DEFAULTS.optimizer,
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
    """Train a network on labelled digits, and write it to disk.

    The options are those of `digitnet train`, and mean the same. Nothing is printed.

    Args:
        dataset: `mnist`, `digits` or a path; beside it, files of pen strokes or
            folders of UNIPEN files.
        network: `mlp`, `cnn`, `rnn` or `reader`.
        labels_from_name: where the digit stands in the names of a folder's images: `{label}_*` for
            `7_0012.png`.
        test_fraction: the share (0-1) of the digits that is kept for the test.
        epochs: how often each digit is seen; None for what suits the data set.
        batch_size: digits for each step of gradient descent.
        learning_rate: the highest of the schedule; None for what suits the optimizer.
        optimizer: `sgd`, `adam` or `adamw`.
        activation: `relu`, `sigmoid` or `tanh`, of the hidden neurons of `mlp` and `cnn`.
        hidden: neurons in each hidden layer of `mlp`.
        feedback: `lateral`, `direct`, `indirect` or `gru`: where the output of a neuron of `rnn`
            returns to, one row later.
        augment: distort the digits anew in each epoch, and show pictures of no digit.
        fonts: a folder of fonts to learn from, beside those of Matplotlib.
        patience: stop after so many epochs without a better validation loss; None to go on.
        limit: use only so many digits of the data set; for a reader, lines in an epoch.
        seed: the same seed gives the same model.
        start: a trained model to train on (`--from` of the command).
        output: the folder of the model; None for `models/NETWORK`, with `start` `models/DATASET`.
        resume: go on with the interrupted training of `output`.
        finish: with `resume`, train no further and make a model of the best weights.
        force: replace what lies at `output`.
        progress: is called after each step, and once more at the end of each epoch.
        notify: receives in one line what is not read of a data set; by default as a warning.

    Returns:
        The model: `Recognizer(model)` reads with a classifier, `digitnet.evaluate(model)` measures
        it, and `model.card` has its figures.

    Raises:
        ValueError: a choice is not possible, or does not fit the others.
        DigitnetError: a data set or model cannot be read, or the output cannot be written.
        KeyboardInterrupt: Ctrl-C; the best weights so far are kept for `resume`.
    """
    if finish and not resume:
        raise ValueError("finish ends an interrupted training: give resume=True with it")
    given = [dataset] if isinstance(dataset, str | os.PathLike) else dataset
    choices: dict[str, Any] = {
        "network": _member(Network, "network", network),
        "labels_from_name": labels_from_name,
        "test_fraction": test_fraction,
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "optimizer": _member(Optimizer, "optimizer", optimizer),
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
    # of a model that is trained on, `network` is the one that it has
    kind = network_of(choices["start"]) if trains_on else choices["network"]
    for name, reason in unfit_choices(changed, kind, start=trains_on, resume=resume):
        raise ValueError(f"leave out {name}: {reason}")
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
            _Teller(progress),
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


class _Teller:
    """Tells a function how a training goes."""

    def __init__(self, progress: Callable[[Progress], object]) -> None:
        self._progress = progress

    def say(self, message: str) -> None:
        """Nothing is printed."""

    def started(self, plan: "Plan") -> None:
        """Remember how long it will be."""
        self._epochs, self._steps = plan.epochs, plan.steps

    def stepped(self, epoch: int, step: int, loss: float, error: float) -> None:
        """Tell of a step."""
        self._progress(Progress(epoch, self._epochs, step, self._steps, loss, error))

    def finished_epoch(self, row: "Row") -> None:
        """Tell of an epoch."""
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
