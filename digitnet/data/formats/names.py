"""Common names of the parts of a data set, of its arrays, and of its classes."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from digitnet.errors import DatasetError
from digitnet.files.escape import escape_controls

TRAIN, VALIDATION, TEST = "train", "validation", "test"
"""The parts of a data set."""

_PARTS = {
    **dict.fromkeys(("train", "training", "tr", "tra"), TRAIN),
    **dict.fromkeys(("val", "valid", "validation"), VALIDATION),
    **dict.fromkeys(("test", "testing", "te", "tes", "t10k"), TEST),
}
_IMAGES = ("x", "images", "image", "imgs", "data", "pixels", "features", "fea")
_LABELS = ("y", "labels", "label", "target", "targets", "class", "classes", "digit", "gnd")
"""`fea` and `gnd` are the names in Deng Cai's MATLAB files."""

DIGIT_NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_CLASS = re.compile(
    r"(?:(?:digits?|class|label|number|num|no|n)[ _.-]*)?0{0,4}([0-9])(?:[ _-]+([a-z]+))?"
)


class Pair(NamedTuple):
    """The names of an array of images and the array of its labels, and the part they belong to."""

    images: str
    labels: str
    part: str | None


def part_of(name: str) -> str | None:
    """Return the part of a data set that a file, folder or array name refers to, or None.

    >>> part_of("mnist_train.csv"), part_of("testing"), part_of("optdigits.tes"), part_of("x")
    ('train', 'test', 'test', None)
    """
    found = {_PARTS[word] for word in _words(name) if word in _PARTS}
    return found.pop() if len(found) == 1 else None


def official_parts(parts: Iterable[str | None]) -> set[str | None]:
    """Return the parts never to train on: the test set or, without one, the validation set."""
    there = {*parts}
    if TEST in there:
        return {TEST}
    return {VALIDATION} if {TRAIN, VALIDATION} <= there else set()


def digit_of(name: str) -> int | None:
    """Return the digit that a class is named after, or None.

    >>> [digit_of(name) for name in ("7", "07", "digit_7", "class 7", "seven", "7 - seven", "17")]
    [7, 7, 7, 7, 7, 7, None]
    """
    name = name.strip().lower()
    if name in DIGIT_NAMES:
        return DIGIT_NAMES.index(name)
    match = _CLASS.fullmatch(name)
    if match is None or match[2] not in (None, DIGIT_NAMES[int(match[1])]):
        return None
    return int(match[1])


def find_pairs(where: str, names: Iterable[str]) -> list[Pair]:
    """Pair arrays of images with arrays of labels by their names, the training set first.

    Args:
        where: the file or folder, for the error message.
        names: the names of all arrays: `x_train`, `trainLabels`, `test/data`, `images`, ...

    Raises:
        DatasetError: there is no pair, or the names are ambiguous.
    """
    found: dict[str | None, dict[str, list[str]]] = {}
    names = list(names)
    for name in names:
        words = _words(name)
        kinds = {"images" for word in words if word in _IMAGES}
        kinds |= {"labels" for word in words if word in _LABELS}
        rest = [word for word in words if word not in (*_IMAGES, *_LABELS, *_PARTS)]
        # `train_labels` has labels; `train` next to it has images
        kind = "labels" if "labels" in kinds else "images" if kinds or part_of(name) else None
        if kind and not rest:
            found.setdefault(part_of(name), {}).setdefault(kind, []).append(name)
    pairs = []
    for part, arrays in found.items():
        if {*arrays} != {"images", "labels"}:
            continue
        for kind, several in arrays.items():
            if len(several) > 1:
                raise DatasetError(
                    f"{where} has several arrays of {kind}, {_shown(several)}: keep one of them"
                )
        pairs.append(Pair(arrays["images"][0], arrays["labels"][0], part))
    if not pairs:
        raise DatasetError(
            f"{where} has the arrays {_shown(names)}: expected x_train, y_train, x_test, y_test as "
            "Keras stores them, x and y, images and labels, or data and target"
        )
    order = [TRAIN, VALIDATION, TEST, None]
    return sorted(pairs, key=lambda pair: order.index(pair.part))


def _shown(names: Iterable[str]) -> str:
    return escape_controls(", ".join(sorted(names)))[:200] or "none"


def _words(name: str) -> list[str]:
    """Split a name into lower-case words.

    `trainLabels`, `train_labels` and `train/labels` give the same words.
    """
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name[:200]).lower()
    spaced = re.sub(r"\b([xy])(train|test|val|tr|te)\b", r"\1 \2", spaced)
    return [word for word in re.split(r"[^a-z0-9]+", spaced) if word]
