"""Reads the data, checks the options and trains: shared by Python and the command line."""

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
    """Receives training progress: a listener of `digitnet.training.fit` that also takes notes."""

    def say(self, message: str) -> None:
        """A line for whoever waits."""

    def started(self, plan: "Plan") -> None:
        """As of `fit.Listener`."""

    def stepped(self, epoch: int, step: int, loss: float, error: float) -> None:
        """As of `fit.Listener`."""

    def finished_epoch(self, row: "Row") -> None:
        """As of `fit.Listener`."""


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
        target: the folder of the model.
        listener: receives training progress.
        notify: receives one line about content that is not read.
        resume: continue the interrupted training of `target`.
        finish: train no further.
        force: replace a model or interrupted training at `target`.

    Returns:
        The model, and its data set.

    Raises:
        DigitnetError: a data set or model cannot be read, or the output cannot be written.
    """
    # what fails without TensorFlow fails before its import
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
            f"{digits.name} has changed since {parent.name} was trained on it: some of them may "
            "be in the test set"
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
    """Hold Ctrl-C back while TensorFlow is imported: raised within, it ends the process unsaid."""
    with Interruption():
        listener.say("loading TensorFlow")
        yield


def _check_sources(chosen: TrainingOptions) -> None:
    """Check that the data of an interrupted training exists; options cannot replace it.

    Raises:
        OutputError: a path of its options leads to nothing.
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
