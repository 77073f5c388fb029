"""Labelled digits from MNIST, scikit-learn, or files and folders of any form; the 80/20 split.

Whatever they come from, digits are uint8 arrays of shape (N, 28, 28) in the MNIST convention: white
ink (255) on black (0), the digit in a box of 20 pixels, its centre of mass in the middle. What is
not 28 x 28 already goes through `digitnet.vision`, the same eyes that read a user's image.
`digitnet.data.forms` reads files and folders.
"""

import contextlib
import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitnet.data.forms import detect, idx, refusals
from digitnet.data.forms.pixels import Raw, as_pictures
from digitnet.data.forms.source import Source
from digitnet.data.images import as_digits
from digitnet.data.parts import TEST_FRACTION
from digitnet.errors import DatasetError
from digitnet.files.escape import join_names
from digitnet.model.probabilities import CLASSES

VALIDATION_FRACTION = 0.1
"""Of the training digits: what early stopping, calibration and threshold are decided on."""

DOWNLOAD_TIMEOUT_S = 600

MNIST_HELP = (
    "put mnist.npz (as Keras stores it) or the four IDX files into a folder and set DIGITNET_DATA "
    "to it, or use --dataset digits, which needs no download"
)

_DOWNLOAD = "import keras; keras.datasets.mnist.load_data()"


@dataclass(frozen=True)
class Dataset:
    """Labelled digits.

    Attributes:
        name: as given by the user: `mnist`, `digits` or a path.
        images: uint8 (N, 28, 28), white ink on black.
        labels: uint8 (N,), 0-9.
        official: bool (N,), true for the digits of a test part that the data set brings with it.
            They are never trained on.
    """

    name: str
    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    official: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of images and labels: two data sets with the same digest are the same."""
        sha = hashlib.sha256(np.ascontiguousarray(self.images).data)
        sha.update(np.ascontiguousarray(self.labels).data)
        return sha.hexdigest()


@dataclass(frozen=True)
class Split:
    """Positions (int64, ascending) in a data set, no digit in two parts.

    Attributes:
        train: the training set.
        validation: the validation set, for early stopping, temperature and threshold.
        test: the test set, used once, for the report.
        official: the official part of `test`, whole; empty where the data set has none.
    """

    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]
    official: NDArray[np.int64]


def split(
    dataset: Dataset,
    *,
    test_fraction: float = TEST_FRACTION,
    seed: int = 0,
    limit: int | None = None,
) -> Split:
    """Split a data set into training, validation and test part, stratified and seeded.

    The official test digits, where there are any, all belong to the test part; it is filled up to
    `test_fraction` of all digits by stratified sampling from the others. Of MNIST's 70,000 digits
    that makes 14,000 for the test: the 10,000 official ones and 4,000 more.

    Args:
        dataset: what to split.
        test_fraction: the share of the test part, above 0 and below 1.
        seed: of the sampling.
        limit: use only this many digits, a stratified sample of the data set.

    Raises:
        DatasetError: there are too few digits of a class to have each in every part.
    """
    chosen = np.arange(len(dataset))
    if limit is not None and limit < len(dataset):
        if len(dataset) - limit < CLASSES:  # too few are left out to have each class among them
            chosen = np.sort(np.random.default_rng(seed).permutation(chosen)[:limit])
        else:
            chosen, _ = _stratified(chosen, dataset.labels, limit, seed, dataset.name)
    official = chosen[dataset.official[chosen]]
    rest = chosen[~dataset.official[chosen]]
    # each part needs one digit of each class at least, however small the data set is
    classes = len(np.unique(dataset.labels[rest]))
    missing = round(test_fraction * len(chosen)) - len(official)
    if missing > 0 or not len(official):
        missing = max(missing, classes)
        rest, extra = _stratified(rest, dataset.labels, len(rest) - missing, seed, dataset.name)
        test = np.sort(np.concatenate([official, extra]))
    else:
        test = official
    held_out = max(round(VALIDATION_FRACTION * len(rest)), classes)
    train, validation = _stratified(rest, dataset.labels, len(rest) - held_out, seed, dataset.name)
    return Split(train, validation, test, official)


def rebuild_split(dataset: Dataset, lesson: dict[str, Any]) -> Split:
    """The split recorded in a model card.

    Args:
        dataset: the very one that the model was trained on.
        lesson: its entry in the card's `datasets`.
    """
    return split(
        dataset,
        test_fraction=lesson["test_fraction"],
        seed=lesson["seed"],
        limit=lesson["limit"],
    )


def _stratified(
    positions: NDArray[np.int64], labels: NDArray[np.uint8], first: int, seed: int, name: str
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Part positions into `first` and the others, each class in its share."""
    # 0.6 s of imports that predict and --help never need
    from sklearn.model_selection import train_test_split

    try:
        parts = train_test_split(
            positions, train_size=first, stratify=labels[positions], random_state=seed
        )
    except ValueError:
        raise DatasetError(
            f"{name} has too few digits to split: {len(positions)} of "
            f"{len(np.unique(labels[positions]))} classes into {first} and "
            f"{len(positions) - first}; each class needs more"
        ) from None
    return np.sort(parts[0]), np.sort(parts[1])


def load(
    name: str,
    notify: Callable[[str], None] = lambda message: None,
    labels_from_name: str | None = None,
) -> Dataset:
    """Read a data set.

    Args:
        name: `mnist`, `digits` (scikit-learn's 1,797), or the path of a file or folder in any of
            the forms that `docs/data.md` lists.
        notify: receives one line about a download, and one about the data: blank images, polarity,
            files that were not read.
        labels_from_name: where the digit stands in the names of a folder's images, such as
            `{label}_*`.

    Raises:
        DatasetError: it is missing, truncated, of a wrong shape, or has labels other than 0-9.
    """
    if labels_from_name is not None and not os.path.isdir(name):
        raise DatasetError(f"{name!r} is not a folder of images: leave out --labels-from-name")
    remarks: list[str] = []
    if name == "mnist":
        dataset = _load_mnist(notify)
    elif name == "digits":
        dataset = _load_sklearn_digits()
    elif os.path.isfile(name) or os.path.isdir(name):
        dataset = _load_path(Source(Path(name), remarks.append, labels_from_name))
    else:
        raise DatasetError(
            f"no data set found at {name!r}: give mnist, digits, or the path of {refusals.FORMS}"
        )
    missing = sorted({*range(CLASSES)} - {*np.unique(dataset.labels).tolist()})
    if missing:
        remarks.insert(0, f"no image of {join_names([*map(str, missing)])}")
    if remarks:
        notify(f"{name}: {'; '.join(dict.fromkeys(remarks))}")
    return replace(dataset, name=name)


def load_if_at_hand(name: str) -> Dataset | None:
    """Read a data set, or None where it is missing, damaged, or would have to be downloaded."""
    try:
        if name == "mnist":
            local = _find_mnist()
            return replace(local, name=name) if local else None
        return load(name)
    except DatasetError:
        return None


def _load_mnist(notify: Callable[[str], None]) -> Dataset:
    """MNIST from a local copy, or downloaded into Keras's cache by Keras's loader."""
    local = _find_mnist()
    if local:
        return local
    notify("downloading MNIST (11 MB) with Keras's loader")
    # in a process of its own: Keras imports TensorFlow, which this one may never need
    # (-P: a keras.py in the folder that it is run in is not imported)
    command = [sys.executable, "-P", "-c", _DOWNLOAD]
    with contextlib.suppress(subprocess.TimeoutExpired):
        subprocess.run(command, capture_output=True, check=False, timeout=DOWNLOAD_TIMEOUT_S)
    local = _find_mnist()
    if local is None:
        named = os.environ.get("DIGITNET_DATA")
        where = f"not in DIGITNET_DATA ({named}), " if named else ""
        cache = _keras_caches()[0]
        raise DatasetError(f"MNIST is {where}not in {cache}, and its download failed: {MNIST_HELP}")
    return local


def _find_mnist() -> Dataset | None:
    """MNIST from DIGITNET_DATA or from Keras's cache."""
    named = os.environ.get("DIGITNET_DATA")
    for folder in ([Path(named)] if named else []) + _keras_caches():
        if os.path.isfile(folder / "mnist.npz"):
            return _load_path(Source(folder / "mnist.npz"))
        if os.path.isdir(folder) and idx.holds_idx(source := Source(folder)):
            return _load_path(source)
    return None


def _keras_caches() -> list[Path]:
    """Where Keras keeps data sets; where it may not write there, it takes another place."""
    usual = Path(os.path.expanduser(os.environ.get("KERAS_HOME") or "~/.keras")) / "datasets"
    # a missing folder can be made if its nearest existing parent is writable
    there = next(folder for folder in (usual, *usual.parents) if os.path.isdir(folder))
    return [usual] if os.access(there, os.W_OK) else [usual, Path("/tmp/.keras/datasets")]


def _load_sklearn_digits() -> Dataset:
    """The 1,797 digits of 8 x 8 pixels that scikit-learn ships (UCI optdigits, its test part)."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    gray = np.round(digits.images * (255 / 16)).astype(np.uint8)  # 0-16 -> 0-255
    return _as_dataset("digits", [Raw(gray, digits.target)], lambda remark: None)


def _load_path(source: Source) -> Dataset:
    return _as_dataset(str(source.path), detect.read(source), source.remark)


def _as_dataset(name: str, pieces: list[Raw], remark: Callable[[str], None]) -> Dataset:
    """Bring images of all pieces to 28 x 28, and put the pieces together."""
    images, labels, official = [], [], []
    for piece in pieces:
        pictures = as_pictures(name, piece, remark)
        is_small = pictures.images.shape[1:] == (28, 28)
        images.append(pictures.images if is_small else as_digits(pictures.images))
        labels.append(pictures.labels.astype(np.uint8))
        official.append(np.full(len(pictures.labels), pictures.official))
    return Dataset(name, *map(np.concatenate, (images, labels, official)))
