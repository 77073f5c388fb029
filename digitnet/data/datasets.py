"""Labelled digits from MNIST, scikit-learn, or files and folders in many formats; the 80/20 split.

Digits from all sources are uint8 arrays of shape (N, 28, 28) in the MNIST convention: white ink
(255) on black (0), the digit scaled to a box of 20 x 20 pixels, its centre of mass in the middle.
Images of other sizes are converted by `digitnet.vision`, exactly as users' images are.
`digitnet.data.formats` reads files and folders.
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

from digitnet.data.formats import detect, idx, refusals
from digitnet.data.formats.pixels import Raw, as_pictures
from digitnet.data.formats.source import Source
from digitnet.data.images import as_digits
from digitnet.data.parts import TEST_FRACTION
from digitnet.errors import DatasetError
from digitnet.files.escape import join_names
from digitnet.model.probabilities import CLASSES

VALIDATION_FRACTION = 0.1
"""Fraction of the training digits held out for early stopping, calibration and the threshold."""

DOWNLOAD_TIMEOUT_S = 600
"""Seconds for 11 MB; a slower download is assumed to hang."""

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
        official: bool (N,), true for the digits of the data set's own test set. They are never
            trained on.
    """

    name: str
    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    official: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of images and labels: data sets with the same digest are the same."""
        sha = hashlib.sha256(np.ascontiguousarray(self.images).data)
        sha.update(np.ascontiguousarray(self.labels).data)
        return sha.hexdigest()


@dataclass(frozen=True)
class Split:
    """The positions (int64, ascending) of three disjoint sets of digits in a data set.

    Attributes:
        train: the training set.
        validation: the validation set, for early stopping, temperature and threshold.
        test: the test set, used once, for the report.
        official: the official test digits, all of which are in `test`; empty if there are none.
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
    """Split a data set into training, validation and test sets, stratified and seeded.

    All official test digits are in the test set. If they are fewer than `test_fraction` of all
    digits, a stratified sample of the others is added. MNIST's test set has 14,000 of 70,000
    digits: the 10,000 official ones and 4,000 more.

    Args:
        dataset: the data set to split.
        test_fraction: the share of digits in the test set, above 0 and below 1.
        seed: the random seed of the sampling.
        limit: use only a stratified sample of this many digits.

    Raises:
        DatasetError: a class has too few digits to be in every set.
    """
    chosen = np.arange(len(dataset))
    if limit is not None and limit < len(dataset):
        if len(dataset) - limit < CLASSES:  # stratification needs one left-out digit of each class
            chosen = np.sort(np.random.default_rng(seed).permutation(chosen)[:limit])
        else:
            chosen, _ = _stratified(chosen, dataset.labels, limit, seed, dataset.name)
    official = chosen[dataset.official[chosen]]
    rest = chosen[~dataset.official[chosen]]
    # each set needs at least one digit of each class, however small the data set is
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


def rebuild_split(dataset: Dataset, entry: dict[str, Any]) -> Split:
    """Rebuild the split recorded in a model card.

    Args:
        dataset: the same data set that the model was trained on.
        entry: its entry in the card's `datasets`.

    Raises:
        DatasetError: the data set is too small for the recorded split.
    """
    return split(
        dataset,
        test_fraction=entry["test_fraction"],
        seed=entry["seed"],
        limit=entry["limit"],
    )


def _stratified(
    positions: NDArray[np.int64], labels: NDArray[np.uint8], first: int, seed: int, name: str
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Split positions into `first` of them and the rest, keeping the proportions of the classes."""
    # imported here because it takes 0.6 s, and predict and --help never need it
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
        name: `mnist`, `digits` (scikit-learn's 1,797), or the path of a file or folder in one of
            the formats that `docs/data.md` lists.
        notify: receives one line about a download, and one about the data: blank images, polarity,
            files that were not read.
        labels_from_name: the pattern of the names of a folder's images, such as `{label}_*`.

    Raises:
        DatasetError: the data set is missing, truncated, or has a wrong shape or labels other than
            0-9.
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


def load_if_available(name: str) -> Dataset | None:
    """Read a data set; return None if it is missing, damaged, or would have to be downloaded."""
    try:
        if name == "mnist":
            local = _find_mnist()
            return replace(local, name=name) if local else None
        return load(name)
    except DatasetError:
        return None


def _load_mnist(notify: Callable[[str], None]) -> Dataset:
    """Read MNIST from a local copy, or let Keras download it into its cache."""
    local = _find_mnist()
    if local:
        return local
    notify("downloading MNIST (11 MB) with Keras's loader")
    # in a subprocess, because Keras imports TensorFlow, which this process may never need
    # (-P: do not import a keras.py from the current folder)
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
    """Read MNIST from DIGITNET_DATA or from Keras's cache; return None if neither has it."""
    named = os.environ.get("DIGITNET_DATA")
    for folder in ([Path(named)] if named else []) + _keras_caches():
        if os.path.isfile(folder / "mnist.npz"):
            return _load_path(Source(folder / "mnist.npz"))
        if os.path.isdir(folder) and idx.holds_idx(source := Source(folder)):
            return _load_path(source)
    return None


def _keras_caches() -> list[Path]:
    """Return the folders where Keras may keep data sets.

    If Keras cannot write to its usual folder, it falls back to `/tmp/.keras`.
    """
    usual = Path(os.path.expanduser(os.environ.get("KERAS_HOME") or "~/.keras")) / "datasets"
    # a missing folder can be created if its nearest existing parent is writable
    there = next(folder for folder in (usual, *usual.parents) if os.path.isdir(folder))
    return [usual] if os.access(there, os.W_OK) else [usual, Path("/tmp/.keras/datasets")]


def _load_sklearn_digits() -> Dataset:
    """Read scikit-learn's 1,797 digits of 8 x 8 pixels (the test set of UCI optdigits)."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    gray = np.round(digits.images * (255 / 16)).astype(np.uint8)  # 0-16 -> 0-255
    return _as_dataset("digits", [Raw(gray, digits.target)], lambda remark: None)


def _load_path(source: Source) -> Dataset:
    return _as_dataset(str(source.path), detect.read(source), source.remark)


def _as_dataset(name: str, pieces: list[Raw], remark: Callable[[str], None]) -> Dataset:
    """Convert the images of all pieces to 28 x 28, and concatenate the pieces."""
    images, labels, official = [], [], []
    for piece in pieces:
        pictures = as_pictures(name, piece, remark)
        is_small = pictures.images.shape[1:] == (28, 28)
        images.append(pictures.images if is_small else as_digits(pictures.images))
        labels.append(pictures.labels.astype(np.uint8))
        official.append(np.full(len(pictures.labels), pictures.official))
    return Dataset(name, *map(np.concatenate, (images, labels, official)))
