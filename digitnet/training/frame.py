"""Steps of every training before its first epoch and after its last."""

import contextlib
import logging
import platform
import warnings
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from digitnet import __version__
from digitnet.data.datasets import Dataset, Split
from digitnet.errors import BundleError, OutputError, os_error_reason
from digitnet.interruption import Interruption
from digitnet.model import bundle
from digitnet.model.bundle import Bundle
from digitnet.model.kinds import FORMS
from digitnet.training.checkpoint import Checkpoint
from digitnet.training.options import TrainingOptions

_PACKAGES = ("tensorflow", "keras", "ai-edge-litert", "numpy", "opencv-python", "scikit-learn")


def check_output(output: Path, *, resume: bool, force: bool) -> None:
    """See before the work that the bundle can be written after it.

    Raises:
        OutputError: it cannot, or the path already exists.
    """
    instead = "move it away" if resume else "give another --output"
    bundle.check_target(output, force=force, instead=instead)


@contextlib.contextmanager
def under_way(
    options: TrainingOptions, digest: str, output: Path, *, resume: bool, finish: bool
) -> Iterator[tuple[Checkpoint, Interruption]]:
    """Hold the state of a training, and Ctrl-C back, until it is done; then the state is removed.

    Args:
        options: the training options.
        digest: that of all training data.
        output: the folder of the bundle.
        resume: continue an interrupted training of this output.
        finish: there has to be a finished epoch to make a model of.

    Raises:
        OutputError: there is none, or the state cannot be written.
        DatasetError: the interrupted training used other data.
    """
    state = Checkpoint(output)
    with state.held(resume=resume), Interruption() as interruption:
        state.begin(options, digest, resume=resume)
        if finish and not state.read_history():
            raise OutputError(
                f"no epoch was completed in {state.folder}, so there is no model to save: leave "
                "out --finish"
            )
        yield state, interruption
        state.remove()


def load_network(
    parent: Bundle, without_probabilities: Callable[[keras.Model], keras.Model]
) -> keras.Model:
    """The network of a bundle, to train on.

    Args:
        parent: the bundle.
        without_probabilities: removes the layers added for export.

    Raises:
        BundleError: it holds something else.
    """
    path = parent.keras_path()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # as of weights that are missing
            shipped = keras.models.load_model(path, compile=False, safe_mode=True)
        found, form = (shipped.input_shape[1:], shipped.output_shape[1:]), FORMS[parent.kind]
        if found != (form.pictures, form.answers):
            raise ValueError(f"it takes and gives {found}, which no {parent.kind} does")
        return without_probabilities(shipped)
    except Exception as error:  # a stranger's file makes Keras, TensorFlow and HDF5 raise anything
        raise BundleError(
            f"{path} is not a digitnet network: {os_error_reason(error)[:200]}"
        ) from None


def export(shipped: keras.Model, folder: Path) -> None:
    """Write a network for Keras and for LiteRT.

    LiteRT's file has the weights as float16, in half the size, and computes in float32.

    Raises:
        OSError: the file system refuses, whichever library was writing.
    """
    try:
        shipped.save(folder / bundle.KERAS_FILE)
        with _warnings_only():
            shipped.export(
                folder / bundle.TFLITE_FILE,
                format="litert",
                verbose=False,
                optimizations=[tf.lite.Optimize.DEFAULT],
                target_spec={"supported_types": [tf.float16]},
            )
    except (RuntimeError, tf.errors.OpError) as error:  # HDF5's and TensorFlow's own
        raise OSError(os_error_reason(error)) from None


@contextlib.contextmanager
def _warnings_only() -> Iterator[None]:
    """Log no more than warnings: in a notebook, TensorFlow tells of files that are soon gone."""
    logger = tf.get_logger()
    before = logger.level
    logger.setLevel(max(before, logging.WARNING))
    try:
        yield
    finally:
        logger.setLevel(before)


def write_model(
    output: Path, fill: Callable[[Path], dict[str, Any]], state: Checkpoint, *, force: bool
) -> Bundle:
    """Write the bundle; see `bundle.write`.

    Raises:
        OutputError: it cannot be written; the progress is kept.
    """
    try:
        return bundle.write(
            output, fill, force=force, workplace=state.folder, instead="move it away"
        )
    except OutputError as error:
        raise OutputError(
            f"{error}; the progress is kept; once that is fixed, continue with: {state.command()}"
        ) from None


def describe(
    dataset: Dataset, split: Split, options: TrainingOptions, limit: int | None
) -> dict[str, Any]:
    """A model card's entry for a data set: enough to recognize it and to rebuild the split.

    Args:
        dataset: the digits.
        split: their parts.
        options: what decided the parts.
        limit: how many digits were taken; None for all.
    """
    return {
        "name": dataset.name,
        "sha256": dataset.digest,
        "count": len(dataset),
        "test_fraction": options.test_fraction,
        "seed": options.seed,
        "limit": limit,
        "train": len(split.train),
        "validation": len(split.validation),
        "test": len(split.test),
        "official": len(split.official),
    }


def versions() -> dict[str, str]:
    """The versions of digitnet, Python and the packages that affect the result of a training."""
    return {
        "digitnet": __version__,
        "python": platform.python_version(),
        **{package: version(package) for package in _PACKAGES},
    }
