"""The first and last steps of every training, before and after its epochs."""

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
from digitnet.model.kinds import SIGNATURES
from digitnet.training.checkpoint import Checkpoint
from digitnet.training.options import TrainingOptions

_PACKAGES = ("tensorflow", "keras", "ai-edge-litert", "numpy", "opencv-python", "scikit-learn")


def check_output(output: Path, *, resume: bool, force: bool) -> None:
    """Check before training that the bundle can be written afterwards.

    Raises:
        OutputError: it cannot, or the path already exists.
    """
    instead = "move it away" if resume else "give another --output"
    bundle.check_target(output, force=force, instead=instead)


@contextlib.contextmanager
def locked_state(
    options: TrainingOptions, digest: str, output: Path, *, resume: bool, finish: bool
) -> Iterator[tuple[Checkpoint, Interruption]]:
    """Lock the state of a training and defer Ctrl-C; remove the state when the training is done.

    Args:
        options: the training options.
        digest: the digest of all training data.
        output: the folder for the bundle.
        resume: continue an interrupted training of this output.
        finish: require a finished epoch to save as a model.

    Yields:
        The saved state, and the interruption that delivers signals.

    Raises:
        OutputError: there is no finished epoch to save, or the state cannot be written.
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
    """Load the network of a bundle for fine-tuning.

    Args:
        parent: the bundle.
        without_probabilities: removes the layers added for export.

    Returns:
        The network, from pixels to logits.

    Raises:
        BundleError: the file is not such a network.
    """
    path = parent.keras_path()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # such as missing weights
            shipped = keras.models.load_model(path, compile=False, safe_mode=True)
        found = (shipped.input_shape[1:], shipped.output_shape[1:])
        signature = SIGNATURES[parent.kind]
        if found != (signature.pictures, signature.answers):
            raise ValueError(
                f"its input and output shapes {found} are not those of a {parent.kind}"
            )
        return without_probabilities(shipped)
    except Exception as error:  # Keras, TensorFlow and HDF5 can raise anything for a foreign file
        raise BundleError(
            f"{path} is not a digitnet network: {os_error_reason(error)[:200]}"
        ) from None


def export(shipped: keras.Model, folder: Path) -> None:
    """Write a network in the formats of Keras and LiteRT.

    LiteRT's file stores the weights as float16, which halves its size; it computes in float32.

    Raises:
        OSError: a file cannot be written, whichever library was writing.
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
    except (RuntimeError, tf.errors.OpError) as error:  # raised by HDF5 and TensorFlow
        raise OSError(os_error_reason(error)) from None


@contextlib.contextmanager
def _warnings_only() -> Iterator[None]:
    """Log only warnings: in a notebook, TensorFlow reports temporary files that soon disappear."""
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
    """Write the bundle, see `bundle.write`, in the folder of the saved state.

    Raises:
        OutputError: it cannot be written; the training progress is kept.
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
    """Return a model card's entry for a data set: enough to identify it and rebuild the split.

    Args:
        dataset: the data set.
        split: its training, validation and test sets.
        options: the options that determined the split.
        limit: the number of digits used; None for all.
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
    """Return the versions of digitnet, Python and the packages that affect a training's result."""
    return {
        "digitnet": __version__,
        "python": platform.python_version(),
        **{package: version(package) for package in _PACKAGES},
    }
