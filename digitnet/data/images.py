"""Labelled image files -> digits.

Damaged images are errors, and images without ink are reported, so that no digit is silently missing
from the training set.
"""

import os
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitnet.errors import DatasetError, ImageError
from digitnet.files.escape import MAX_NAMED, escape_controls, join_names
from digitnet.interruption import Interruption
from digitnet.vision import decode_image, find_digits
from digitnet.vision.decoding.headers import IMAGE_SUFFIXES, is_meant_as_image

Labelled = list[tuple[str, int]]
"""The paths of images within a folder, and their labels, 0-9."""


def read_images(
    folder: Path, labelled: Labelled, remark: Callable[[str], None]
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Read the labelled images of a folder.

    Args:
        folder: the folder.
        labelled: the paths of the images within the folder, and their labels.
        remark: receives a phrase about images without ink.

    Returns:
        Digits uint8 (N, 28, 28), white ink on black, and labels int64 (N,), 0-9; N is at least 1.

    Raises:
        DatasetError: an image cannot be read, or no image has ink.
    """
    images, labels, blank = [], [], []
    faults: list[tuple[str, str]] = []
    count = 0
    for name, label in labelled:
        try:
            with Interruption():
                found = find_digits(decode_image(folder / name), single=True)
        except ImageError as error:
            count += 1
            if count <= MAX_NAMED:
                faults.append((name, str(error)))
            continue
        if found:
            images.append(found[0].digit)
            labels.append(label)
        else:
            blank.append(name)
    if faults:
        raise refuse_images(folder, faults, count, len(labelled))
    if blank:
        remark(f"without ink: {join_names(blank)}")
    if not images:
        raise DatasetError(
            f"{folder} has no images with digits: give folders 0/ ... 9/ or a labels.csv"
        )
    return np.stack(images), np.array(labels, np.int64)


def refuse_images(
    folder: Path, faults: list[tuple[str, str]], count: int, total: int
) -> DatasetError:
    """Return an error that names the unreadable images of a folder.

    Args:
        folder: the folder.
        faults: the names of the first unreadable images, and the reasons.
        count: the number of unreadable images.
        total: the number of all images.
    """
    # no option raises the limit for images of a data set
    shown = [(name, reason.removesuffix(", or raise the limit")) for name, reason in faults]
    if count == 1:
        ((name, reason),) = shown
        return DatasetError(f"{folder / escape_controls(name)}: {reason}")
    named = join_names([_briefly(*fault) for fault in shown], total=count)
    return DatasetError(
        f"{count:,} of {total:,} images of {folder} cannot be read: {named}; repair or remove them"
    )


def as_digits(images: Iterable[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Convert grayscale images of any size to (N, 28, 28). Images without ink become black."""
    digits = []
    for image in images:
        with Interruption():
            found = find_digits(image, single=True)
        digits.append(found[0].digit if found else np.zeros((28, 28), np.uint8))
    return np.stack(digits)


def is_image(path: Path) -> bool:
    """Whether a path has the suffix of an image, or is a file that begins like one."""
    if os.path.isfile(path):
        return is_meant_as_image(str(path))
    return path.name.lower().endswith(IMAGE_SUFFIXES)


def _briefly(name: str, reason: str) -> str:
    """Format a fault without the advice, which would be repeated for each image."""
    return f"{name} ({reason.partition(';')[0]})"
