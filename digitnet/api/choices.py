"""Checks that training options fit together, before any work is done.

Each caller reports a fault in its own way: Python as a `ValueError`, the command line as wrong use
of an option.
"""

import os
from collections.abc import Iterator, Sequence, Set
from pathlib import Path

from digitnet.training.options import Network, TrainingOptions


class DatasetChoiceError(ValueError):
    """The network cannot be trained on the chosen data sets."""


_ALLOWED_WITH_RESUME = {"output", "resume", "finish", "force", "plot", "quiet"}
_FIXED_BY_PARENT = {"network", "hidden", "activation", "feedback"}
_CLASSIFIER_OPTIONS = {"activation", "augment", "batch_size", "feedback", "hidden"}


def unfit_choices(
    given: Set[str], network: Network, *, start: bool, resume: bool
) -> Iterator[tuple[list[str], str]]:
    """Find options that would have no effect.

    Args:
        given: the names of the options that were set.
        network: the network to train.
        start: whether a trained model is fine-tuned.
        resume: whether an interrupted training is continued.

    Yields:
        The names of options, sorted, and why they have to be left out.
    """
    refused: list[tuple[Set[str], str]] = []
    if resume:
        why = "--resume takes the options of the interrupted training"
        refused.append((given - _ALLOWED_WITH_RESUME, why))
    if start:
        refused.append((_FIXED_BY_PARENT, "with --from, the model determines the network"))
    if network is Network.READER:
        refused.append((_CLASSIFIER_OPTIONS, "a reader has no such option"))
    if network is not Network.MLP:
        refused.append(({"hidden"}, "only for --network mlp"))
    if network is not Network.RNN:
        refused.append(({"feedback"}, "only for --network rnn"))
    if network is Network.RNN:
        refused.append(({"activation"}, "rnn has fixed activation functions"))
    if network is Network.READER and start:
        refused.append(({"labels_from_name"}, "fine-tuning a reader takes labels from labels.csv"))
    for names, reason in refused:
        if unfit := sorted(given & names):
            yield unfit, reason


def network_of(start: str) -> Network:
    """Return the kind of network of a trained model; the default for an unknown classifier.

    Raises:
        BundleError: the model does not exist or is damaged.
    """
    from digitnet.model import bundle
    from digitnet.model.kinds import Kind

    model = bundle.load(start)
    if model.kind is Kind.READER:
        return Network.READER
    name = model.card["network"]
    return Network(name) if name in ("mlp", "cnn", "rnn") else TrainingOptions().network


def default_output(network: Network, dataset: str, start: str | None) -> Path:
    """Return the default output folder, named after the network or, with `--from`, the data set."""
    name = network.value if start is None else Path(dataset).resolve().stem
    return Path("models") / name


def divide_datasets(given: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Separate the data set of images from files of pen strokes.

    Returns:
        The data set of images, and the files of pen strokes.

    Raises:
        DatasetChoiceError: there is not exactly one data set of images.
    """
    strokes = tuple(name for name in given if is_pen_strokes(name))
    images = [name for name in given if name not in strokes]
    if len(images) != 1:
        received = f"{len(images)} ({', '.join(images)})" if images else "none"
        raise DatasetChoiceError(
            f"expected exactly one data set of images, received {received}: give one, such as mnist"
        )
    return images[0], strokes


def check_strokes(strokes: Sequence[str], *, augment: bool, start: bool) -> None:
    """Check that a classifier can learn from pen strokes.

    Raises:
        DatasetChoiceError: strokes are given, but augmentation is off or a trained model is
            fine-tuned.
    """
    if strokes and (start or not augment):
        option, reason = "it", "fine-tuning reuses the pen strokes of the model"
        if not start:
            option, reason = "it or --no-augment", "pen strokes are used only with augmentation"
        raise DatasetChoiceError(f"{strokes[0]} contains pen strokes: leave out {option}; {reason}")


def is_pen_strokes(name: str) -> bool:
    """Return whether a data set is an existing file or folder of pen strokes."""
    if name in ("mnist", "digits") or not os.path.exists(name):
        return False
    from digitnet.training.strokes import holds_strokes

    return holds_strokes(Path(name))


def check_numbers(dataset: str, strokes: tuple[str, ...]) -> None:
    """Check that the data set for fine-tuning a reader is a folder of whole numbers.

    Raises:
        DatasetChoiceError: it is something else, or files of pen strokes are given.
    """
    from digitnet.data.whole_numbers import holds_numbers

    if strokes or not holds_numbers(dataset):
        raise DatasetChoiceError(
            "--from with a reader needs a folder of whole numbers, but "
            f"{(*strokes, dataset)[0]} is not one: give a folder with a labels.csv (file,label)"
        )


def chosen_datasets(
    given: Sequence[str], network: Network, *, start: bool, augment: bool
) -> tuple[str, tuple[str, ...]]:
    """Call `divide_datasets`, and check that the network can learn from the result.

    Raises:
        DatasetChoiceError: it cannot, or there is not exactly one data set of images.
    """
    images, strokes = divide_datasets(given)
    if network is not Network.READER:
        check_strokes(strokes, augment=augment, start=start)
    elif start:
        check_numbers(images, strokes)
    return images, strokes
