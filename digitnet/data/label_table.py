"""`labels.csv`: a table of image files and their labels.

Columns are separated by commas, semicolons or tabs. The first line names them (`FILE_NAMES`,
`LABEL_NAMES`). Without such a header, each row is an image file and its label, in either order.
"""

import csv
import itertools
import os
from collections.abc import Callable, Iterable
from pathlib import Path, PurePath
from typing import NamedTuple, TextIO

from digitnet.data.formats.source import MAX_IMAGES, list_entries, too_many
from digitnet.data.images import is_image
from digitnet.errors import DatasetError, os_error_reason
from digitnet.files.escape import MAX_NAMED, escape_controls, join_names
from digitnet.vision.decoding.headers import IMAGE_SUFFIXES

TABLE = "labels.csv"
FILE_NAMES = ("file", "filename", "file_name", "image", "path", "id")
LABEL_NAMES = ("label", "digit", "class")
"""Names of the columns, in any case, the preferred ones first."""
DELIMITERS = (",", ";", "\t")

TABLE_BYTES = 64 * 2**20
"""Maximum size of a `labels.csv`."""


class _Columns(NamedTuple):
    """The delimiter, the columns of file and label, and whether the first line is a header."""

    delimiter: str
    file: int
    label: int
    header: bool


def read_table(
    table: Path, find_fault: Callable[[str, str], str | None], advice: str
) -> list[tuple[str, str]]:
    """Read a `labels.csv`.

    Args:
        table: the file.
        find_fault: returns what is wrong with a file name and its label, or None.
        advice: the expected form of a row, for the error message.

    Returns:
        Paths of files within the folder, and labels.

    Raises:
        DatasetError: the table cannot be read or is too large, or a row is wrong, for instance
            because its file is outside the folder.
    """
    labelled: list[tuple[str, str]] = []
    faults: list[tuple[int, str]] = []
    count = 0
    try:
        size = table.stat().st_size
        if size > TABLE_BYTES:
            raise DatasetError(
                f"{table} is not a table of labels: it has {size:,} bytes, at most {TABLE_BYTES:,} "
                "are read"
            )
        with table.open(newline="", encoding="utf-8-sig") as file:
            columns = _find_columns(table, file)
            file.seek(0)
            rows = csv.reader(file, delimiter=columns.delimiter)
            for row in itertools.islice(filter(None, rows), int(columns.header), None):
                name, label = _fields(row, columns)
                name = _with_ending(table.parent, name)
                if fault := _find_outside(name) or find_fault(name, label):
                    count += 1
                    if count <= MAX_NAMED:
                        faults.append((rows.line_num, fault))
                elif len(labelled) == MAX_IMAGES:
                    raise DatasetError(too_many(table))
                else:
                    labelled.append((name, label))
    except (OSError, ValueError, csv.Error) as error:
        raise DatasetError(f"{table} cannot be read: {os_error_reason(error)}") from None
    if count == 1:
        ((line, fault),) = faults
        raise DatasetError(f"{table}, line {line}: {fault}; {advice}")
    if faults:
        shown = join_names([f"line {line} ({fault})" for line, fault in faults], total=count)
        raise DatasetError(f"{table} has {count:,} wrong rows: {shown}; {advice}")
    return labelled


def find_unnamed(folder: Path, named: Iterable[str]) -> list[str]:
    """Return the images and subfolders next to a table that are not listed in it."""
    files = {_normal(name) for name in named}
    parents = {parent for file in files for parent in PurePath(file).parents}
    unread = []
    for parent in sorted(parents | {PurePath()}):
        if parent.is_absolute() or ".." in parent.parts or not os.path.isdir(folder / parent):
            continue
        for name, is_folder in list_entries(folder / parent):
            path = parent / name
            if is_folder:
                if PurePath(_normal(path)) not in parents:
                    unread.append(f"{path.as_posix()}/")
            elif _normal(path) not in files and is_image(folder / path):
                unread.append(path.as_posix())
    return unread


def _find_columns(table: Path, file: TextIO) -> _Columns:
    """Find the columns of file and label, from the first line that is not empty."""
    first = next((line for line in file if line.strip()), "")
    for delimiter in DELIMITERS:
        names = [name.strip().lower() for name in _split(first, delimiter)]
        files = [names.index(name) for name in FILE_NAMES if name in names]
        labels = [names.index(name) for name in LABEL_NAMES if name in names]
        if files and labels:
            return _Columns(delimiter, files[0], labels[0], True)
    for delimiter in DELIMITERS:
        fields = _split(first, delimiter)
        are_files = [_is_file(table.parent, field) for field in fields]
        if len(fields) == 2 and are_files in ([True, False], [False, True]):
            return _Columns(delimiter, are_files.index(True), are_files.index(False), False)
    shown = escape_controls(",".join(_split(first, ",")))[:100] or "none"
    raise DatasetError(
        f"{table} has the columns {shown}: its first line must have file,label, or image or "
        "filename in place of file, and digit or class in place of label"
    )


def _split(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line.rstrip("\r\n")], delimiter=delimiter), [])


def _fields(row: list[str], columns: _Columns) -> tuple[str, str]:
    """Return the file and the label of a row; missing fields are empty."""
    file, label = (
        row[column].strip() if column < len(row) else "" for column in (columns.file, columns.label)
    )
    return file, label


def _with_ending(folder: Path, name: str) -> str:
    """Complete the name of an image given without its suffix, as an `id` often is."""
    if not name or PurePath(name).suffix or _find_outside(name) or _is_there(folder / name):
        return name
    names = (f"{name}{ending}" for ending in IMAGE_SUFFIXES)
    return next((each for each in names if _is_there(folder / each)), name)


def _is_file(folder: Path, field: str) -> bool:
    name = field.strip()
    if not name or _find_outside(name):
        return False
    return name.lower().endswith(IMAGE_SUFFIXES) or _is_there(folder / name)


def _is_there(path: Path) -> bool:
    return os.path.isfile(path)  # also False for a name that no file can have


def _find_outside(name: str) -> str | None:
    path = PurePath(name)
    if path.anchor or ".." in path.parts:
        return f"{escape_controls(name[:100])} is outside the folder"
    return None


def _normal(path: str | PurePath) -> str:
    """Normalize a path, so that different spellings of it are equal."""
    return os.path.normcase(os.path.normpath(path))
