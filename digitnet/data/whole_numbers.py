"""Images of whole numbers in a folder with a `labels.csv`, to train or evaluate a reader.

Images are decoded on demand, because a folder of photographs may not fit into memory.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitnet.data.label_table import TABLE, find_unnamed, read_table
from digitnet.errors import DatasetError, ImageError, os_error_reason
from digitnet.files.escape import escape_controls, join_names
from digitnet.interruption import Interruption
from digitnet.model.symbols import SYMBOLS
from digitnet.vision import decode_image

MIN_NUMBERS = 5
"""Minimum number of images; with fewer, none could be held out for the test."""
MAX_LABEL = 40
"""Maximum number of symbols in a label."""


@dataclass(frozen=True)
class Numbers:
    """Labelled images of numbers.

    Attributes:
        name: the folder, as it was given.
        files: the paths of the images within the folder.
        labels: the text of each image, in the characters of `SYMBOLS`.
    """

    name: str
    files: tuple[str, ...]
    labels: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.files)

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of labels and file contents: folders with the same digest hold the same data.

        Raises:
            DatasetError: a file cannot be read.
        """
        sha = hashlib.sha256()
        for file, label in zip(self.files, self.labels, strict=True):
            try:
                content = (Path(self.name) / file).read_bytes()
            except OSError as error:
                raise DatasetError(f"{self._named(file)}: {os_error_reason(error)}") from None
            sha.update(f"{label}\0{len(content)}\0".encode())
            sha.update(content)
        return sha.hexdigest()

    def images(self, positions: NDArray[np.int64]) -> Iterator[NDArray[np.uint8]]:
        """Decode the images at these positions one by one: (H, W), 0 dark .. 255 light.

        Raises:
            DatasetError: an image cannot be read.
        """
        for position in positions.tolist():
            file = self.files[position]
            try:
                with Interruption():
                    image = decode_image(Path(self.name) / file)
            except ImageError as error:
                # no option raises the limit for images of a data set
                reason = str(error).removesuffix(", or raise the limit")
                raise DatasetError(f"{self._named(file)}: {reason}") from None
            yield image

    def _named(self, file: str) -> str:
        return escape_controls(str(Path(self.name) / file))


def holds_numbers(name: str) -> bool:
    """Whether a data set is a folder with a `labels.csv`."""
    return os.path.isfile(Path(name) / TABLE)


def read_numbers(name: str, notify: Callable[[str], None]) -> Numbers:
    """Read the labels of a folder.

    Args:
        name: the folder, whose `labels.csv` lists image files and their texts.
        notify: receives a line about images that are not in the table.

    Raises:
        DatasetError: the table cannot be read or has too few rows, or a label is empty, too long,
            or has a character that is not in `SYMBOLS`.
    """
    folder = Path(name)
    advice = f"each row is a file and its text, in characters of {SYMBOLS!r}"
    rows = read_table(folder / TABLE, _find_row_fault, advice)
    if len(rows) < MIN_NUMBERS:
        raise DatasetError(f"{name} has {len(rows)} numbers: give at least {MIN_NUMBERS}")
    files, labels = zip(*rows, strict=True)
    if unread := find_unnamed(folder, files):
        notify(f"{name}: not read: {join_names(unread)}")
    return Numbers(name, files, labels)


def split_numbers(
    count: int, test_fraction: float, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Split positions (int64, ascending) into training and test sets, neither of them empty."""
    order = np.random.default_rng(seed).permutation(count).astype(np.int64)
    held = min(max(1, round(test_fraction * count)), count - 1)
    return np.sort(order[held:]), np.sort(order[:held])


def _find_row_fault(name: str, label: str) -> str | None:
    if not name:
        return "the file name is missing"
    shown = escape_controls(name[:100])
    if unknown := sorted({*label} - {*SYMBOLS}):
        characters = escape_controls(", ".join(unknown[:10]))
        return f"the label of {shown} contains {characters}, which a reader cannot read"
    if not 0 < len(label) <= MAX_LABEL:
        return f"the label of {shown} has {len(label)} characters"
    return None
