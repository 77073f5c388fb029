"""Labelled images in a folder: sub-folders `0/` ... `9/`, or a table `labels.csv`.

Whatever lies there and is not read is named, and so is every image that is damaged: a digit that is
left out in silence is missing from the training.
"""

import csv
import itertools
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path, PurePath

import numpy as np
from numpy.typing import NDArray

from digitnet.errors import DatasetError, ImageError, os_error_reason
from digitnet.files.escape import escape_controls
from digitnet.interruption import Interruption
from digitnet.model.probabilities import CLASSES
from digitnet.vision import decode_image, find_digits
from digitnet.vision.decoding.headers import IMAGE_SUFFIXES, is_meant_as_image

TABLE = "labels.csv"
COLUMNS = ("file", "label")

TABLE_BYTES = 64 * 2**20
"""A larger `labels.csv` is refused."""

MAX_IMAGES = 1_000_000
"""A folder or table of more is refused: an `.npz` holds them better."""

MAX_NAMED = 20
"""So many names stand in a message; of more, their number."""

Labelled = list[tuple[str, int]]
"""Images, by their paths within the folder, and their labels, 0-9."""


def read_folder(
    folder: Path, remark: Callable[[str], None]
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Read the labelled images of a folder.

    Args:
        folder: holds a `labels.csv` with the columns file,label, or sub-folders 0 to 9.
        remark: receives a part of a sentence about what was not read, and about images without ink.

    Returns:
        Digits uint8 (N, 28, 28), white ink on black, and labels int64 (N,), 0-9; N is at least 1.

    Raises:
        DatasetError: there are no labelled images, or some of them cannot be read.
    """
    table = folder / TABLE
    if os.path.isfile(table):
        rows = read_table(table, _find_row_fault, "each row is a file and its digit, 0-9")
        labelled = [(name, int(label)) for name, label in rows]
        unread = find_unnamed(folder, [name for name, _ in labelled])
    else:
        labelled, unread = _list_class_folders(folder)
    images, labels, blank = _read_images(folder, labelled)
    if unread:
        remark(f"not read: {join_names(unread)}")
    if blank:
        remark(f"without ink: {join_names(blank)}")
    if not images:
        raise DatasetError(f"{folder} has no image with a digit: give 0/ ... 9/ or a {TABLE}")
    return np.stack(images), np.array(labels)


def join_names(names: Sequence[str], most: int = MAX_NAMED, total: int | None = None) -> str:
    """Names in a line; of many, the first and how many more there are.

    Args:
        names: at least one.
        most: so many are named.
        total: how many there are, if `names` are only the first of them.

    >>> join_names(["09/", "10/", "a.png"])
    '09/, 10/ and a.png'
    >>> join_names(["09/", "10/", "a.png"], most=1)
    '09/ and 2 more'
    """
    shown = [escape_controls(name) for name in names[:most]]
    more = (total or len(names)) - len(shown)
    if more:
        shown.append(f"{more:,} more")
    *others, last = shown
    return f"{', '.join(others)} and {last}" if others else last


def _read_images(
    folder: Path, labelled: Labelled
) -> tuple[list[NDArray[np.uint8]], list[int], list[str]]:
    """The digits of images, their labels, and the names of images without ink."""
    images, labels, blank = [], [], []
    faults: list[tuple[str, str]] = []
    count = 0
    for name, label in labelled:
        try:
            with Interruption():
                found = find_digits(decode_image(folder / name), single=True)
        except ImageError as error:
            # (there is no option that raises the limit of a data set's images)
            count += 1
            if count <= MAX_NAMED:
                faults.append((name, str(error).removesuffix(", or raise the limit")))
            continue
        if found:
            images.append(found[0].digit)
            labels.append(label)
        else:
            blank.append(name)
    if count == 1:
        ((name, reason),) = faults
        raise DatasetError(f"{folder / escape_controls(name)}: {reason}")
    if faults:
        raise DatasetError(
            f"{count:,} of {len(labelled):,} images of {folder} cannot be read: "
            f"{join_names([_briefly(*fault) for fault in faults], total=count)}; mend or remove "
            "them"
        )
    return images, labels, blank


def _briefly(name: str, reason: str) -> str:
    """A fault without its advice, which would stand there twenty times."""
    return f"{name} ({reason.partition(';')[0]})"


def read_table(
    table: Path, find_fault: Callable[[str, str], str | None], advice: str
) -> list[tuple[str, str]]:
    """Read a `labels.csv`.

    Args:
        table: its first line has the columns file and label.
        find_fault: tells what is wrong with a file's name and its label, or None.
        advice: what a row has to be, for the error.

    Returns:
        Names of files within the folder, and labels.

    Raises:
        DatasetError: the table cannot be read, or rows of it are wrong.
    """
    labelled: list[tuple[str, str]] = []
    faults: list[tuple[int, str]] = []
    count = 0
    try:
        size = table.stat().st_size
        if size > TABLE_BYTES:
            raise DatasetError(
                f"{table} is no table of labels: it has {size:,} bytes, at most {TABLE_BYTES:,} "
                "are read"
            )
        with table.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            columns = rows.fieldnames or ()
            if not set(COLUMNS) <= set(columns):
                shown = escape_controls(",".join(columns))[:100] or "none"
                raise DatasetError(
                    f"{table} has the columns {shown}: its first line must have file,label"
                )
            for row in rows:
                name, label = (row[column] or "" for column in COLUMNS)
                if fault := find_fault(name, label):
                    count += 1
                    if count <= MAX_NAMED:
                        faults.append((rows.line_num, fault))
                elif len(labelled) == MAX_IMAGES:
                    raise DatasetError(_too_many(table))
                else:
                    labelled.append((name, label))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{table} cannot be read: {os_error_reason(error)}") from None
    if count == 1:
        ((line, fault),) = faults
        raise DatasetError(f"{table}, line {line}: {fault}; {advice}")
    if faults:
        told = join_names([f"line {line} ({fault})" for line, fault in faults], total=count)
        raise DatasetError(f"{table} has {count:,} wrong rows: {told}; {advice}")
    return labelled


def _find_row_fault(name: str, label: str) -> str | None:
    if not name:
        return "it names no file"
    if len(label) != 1 or label not in "0123456789":
        return f"the label of {escape_controls(name[:100])} is {label[:20]!r}"
    return None


def _list_class_folders(folder: Path) -> tuple[Labelled, list[str]]:
    """The images in the sub-folders 0 to 9, and the names of whatever else may hold images."""
    labelled: Labelled = []
    unread, names = [], []
    classes = False
    for name, is_folder in _entries(folder):
        names.append(f"{name}/" if is_folder else name)
        if is_folder and name in map(str, range(CLASSES)):
            classes = True
            for inner, is_inner_folder in _entries(folder / name):
                path = f"{name}/{inner}"
                if is_inner_folder:
                    unread.append(f"{path}/")
                elif _is_image(folder / path):
                    labelled.append((path, int(name)))
            if len(labelled) > MAX_IMAGES:
                raise DatasetError(_too_many(folder))
        elif is_folder:
            unread.append(f"{name}/")
        elif _is_image(folder / name):
            unread.append(name)
    if not labelled:
        held = (unread if classes else names) or ["nothing"]
        raise DatasetError(
            f"{folder} is no data set: it holds {join_names(held, 5)}; expected sub-folders 0 to 9 "
            f"of images, a {TABLE} with the columns {','.join(COLUMNS)}, or MNIST's four IDX files"
        )
    return labelled, unread


def find_unnamed(folder: Path, named: Iterable[str]) -> list[str]:
    """Images and sub-folders that lie beside those of a table, and that it does not name."""
    files = {_normal(name) for name in named}
    parents = {parent for file in files for parent in PurePath(file).parents}
    unread = []
    for parent in sorted(parents | {PurePath()}):
        if parent.is_absolute() or ".." in parent.parts or not os.path.isdir(folder / parent):
            continue
        for name, is_folder in _entries(folder / parent):
            path = parent / name
            if is_folder:
                if PurePath(_normal(path)) not in parents:
                    unread.append(f"{path.as_posix()}/")
            elif _normal(path) not in files and _is_image(folder / path):
                unread.append(path.as_posix())
    return unread


def _normal(path: str | PurePath) -> str:
    """A path in the form in which two of the same file are equal."""
    return os.path.normcase(os.path.normpath(path))


def _entries(folder: Path) -> list[tuple[str, bool]]:
    """The names in a folder in their order, without hidden ones, and which are folders."""
    try:
        with os.scandir(folder) as scan:
            found = list(itertools.islice(scan, MAX_IMAGES + 1))
    except OSError as error:
        raise DatasetError(f"{folder} cannot be read: {os_error_reason(error)}") from None
    if len(found) > MAX_IMAGES:
        raise DatasetError(_too_many(folder))
    visible = [entry.name for entry in found if not entry.name.startswith(".")]
    return [(name, os.path.isdir(folder / name)) for name in sorted(visible)]


def _is_image(path: Path) -> bool:
    """Whether a file is called like an image or is one; a broken link may be called so, too."""
    if os.path.isfile(path):
        return is_meant_as_image(str(path))
    return path.name.lower().endswith(IMAGE_SUFFIXES)


def _too_many(path: Path) -> str:
    return f"{path} has more than {MAX_IMAGES:,} images: give a .npz of them"
