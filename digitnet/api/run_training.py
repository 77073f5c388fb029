"""Checks the options, reads the data and trains; shared by Python and the command line."""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from digitnet.api.reader_training import prepare_reader
from digitnet.errors import BundleError, OutputError
from digitnet.interruption import Interruption
from digitnet.training.options import Network, TrainingOptions

if TYPE_CHECKING:
    from digitnet.data.datasets import Dataset
    from digitnet.data.whole_numbers import Numbers
    from digitnet.model.bundle import Bundle
    from digitnet.training.checkpoint import Row
    from digitnet.training.fit import Plan


class Listener(Protocol):
    """Receives training progress, like `digitnet.training.fit.Listener`, and messages."""

    def say(self, message: str) -> None:
        """Show a one-line message to the user."""

    def started(self, plan: "Plan") -> None:
        """See `fit.Listener`."""

    def stepped(self, epoch: int, step: int, loss: float, error: float) -> None:
        """See `fit.Listener`."""

    def finished_epoch(self, row: "Row") -> None:
        """See `fit.Listener`."""


def run_training(
    chosen: TrainingOptions,
    target: Path,
    listener: Listener,
    notify: Callable[[str], None],
    *,
    resume: bool,
    finish: bool,
    force: bool,
) -> tuple["Bundle", "Dataset | Numbers"]:
    """Read the data, train, and write the model.

    Args:
        chosen: the training options; with `resume`, the saved options are used instead.
        target: the folder for the model.
        listener: receives training progress.
        notify: called with a one-line message about skipped content.
        resume: continue the interrupted training of `target`.
        finish: stop training and save the best epoch as a model.
        force: replace a model or interrupted training at `target`.

    Returns:
        The model, and its data set.

    Raises:
        DigitnetError: a data set or model cannot be read, or the output cannot be written.
    """
    # run all checks that need no TensorFlow before importing it
    from digitnet.data import datasets
    from digitnet.evaluation.evaluate import has_changed
    from digitnet.model import bundle
    from digitnet.training.checkpoint import Checkpoint

    state = Checkpoint(target)
    state.check(resume=resume)
    if resume:
        chosen = state.read_options()
        _check_sources(chosen)
    elif state.history.is_file() and not force:
        raise OutputError(
            f"there is an interrupted training at {state.folder}: start again with --force, or "
            f"continue it: {state.command()}"
        )
    instead = "move it away" if resume else "give another --output"
    bundle.check_target(target, force=force, instead=instead)
    parent = bundle.load(chosen.start) if chosen.start else None
    if chosen.fonts:
        from digitnet.synthesis.characters.fonts import font_files

        font_files(chosen.fonts)
    if chosen.network is Network.READER:
        corpus, own, learned = prepare_reader(chosen, parent, notify)
        with _loading_tensorflow(listener):
            from digitnet.training.reader.train import train_reader
        written = train_reader(
            chosen, corpus, target, listener, own, resume=resume, finish=finish, force=force
        )
        return written, learned
    from digitnet.training.strokes import read_strokes

    strokes = read_strokes(chosen.strokes, chosen.seed)
    digits = datasets.load(chosen.dataset, notify, chosen.labels_from_name)
    if parent and has_changed(parent, digits):
        notify(
            f"{digits.name} has changed since {parent.name} was trained on it: the test set may "
            "contain digits that it was trained on"
        )
    split = datasets.split(
        digits, test_fraction=chosen.test_fraction, seed=chosen.seed, limit=chosen.limit
    )
    with _loading_tensorflow(listener):
        from digitnet.training.train import train as fit
    written = fit(
        chosen, digits, split, target, listener, strokes, resume=resume, finish=finish, force=force
    )
    return written, digits


@contextlib.contextmanager
def _loading_tensorflow(listener: Listener) -> Iterator[None]:
    """Defer Ctrl-C during the import of TensorFlow, where it would end the process silently."""
    with Interruption():
        listener.say("loading TensorFlow")
        yield


def _check_sources(chosen: TrainingOptions) -> None:
    """Check that the data of an interrupted training still exists; options cannot replace it.

    Raises:
        OutputError: a data set, folder of fonts or model of its options is missing.
    """
    from digitnet.model import bundle

    paths = (chosen.dataset, chosen.fonts, *chosen.strokes)
    missing = [path for path in paths if path and not os.path.exists(path)]
    if chosen.start:
        try:
            bundle.find(chosen.start)
        except BundleError:
            missing.append(chosen.start)
    for path in missing:
        if path not in ("mnist", "digits"):
            raise OutputError(
                f"the interrupted training uses {path!r}, which is missing: run --resume in the "
                "folder where it was started, or restore the data set"
            )
