"""Digits as rows of numbers in a text file: Kaggle's CSV, UCI's optdigits and Semeion, and others.

A row is a digit: its label and its pixels, separated by commas, semicolons, tabs or spaces. A
header is optional. If it does not name the label, the label is the first or the last number of a
row. In Semeion, it is one-hot: the last ten numbers.
"""

import csv
import gzip
import io
import itertools
import math
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitnet.data.arrays import MAX_DIGITS
from digitnet.data.formats.pixels import Raw
from digitnet.data.formats.source import Source
from digitnet.errors import DatasetError, os_error_reason
from digitnet.model.probabilities import CLASSES

MAX_TEXT_BYTES = 512 * 2**20
"""Maximum size of a text. Kaggle's CSV has 77 MB."""
MAX_LINE_BYTES = 2**20
"""Maximum length of a line; no row of pixels is longer."""
MIN_PIXELS = 49
"""Minimum number of pixels of a digit. (The 16 numbers of pendigits are pen coordinates.)"""

LABEL_NAMES = ("label", "class", "digit", "target", "y")
INDEX_NAMES = ("", "id", "index", "unnamed: 0")
"""Names of columns that number the rows, such as the one that pandas writes."""
_IS_TEXT = re.compile(rb"[^\0-\x08\x0e-\x1f\x7f]*")
_COMMENT = (b"@", b"%", b"#")
"""Prefixes of comments and of the header lines of ARFF files."""

_UNREADABLE = (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError)


class Layout(NamedTuple):
    """The layout of the rows of a text.

    Attributes:
        delimiter: the separator of numbers; None for spaces.
        header: the names of the columns, if the first line has them.
        columns: the number of columns.
    """

    delimiter: str | None
    header: tuple[str, ...] | None
    columns: int


class UnlabelledError(DatasetError):
    """A text has pixels without labels, such as Kaggle's test.csv."""


def is_text(source: Source) -> bool:
    """Whether a file is text with a row of numbers for each digit."""
    return _IS_TEXT.fullmatch(source.head) is not None and find_layout(source.head) is not None


def find_layout(head: bytes) -> Layout | None:
    """Detect the layout of a text from its beginning; return None if its rows are not pixels."""
    lines = list(_rows("its beginning", io.BytesIO(head)))
    if not lines:
        return None
    first, *others = lines
    for delimiter in (",", ";", "\t", None):
        names = _fields(first, delimiter)
        following = _fields(others[0], delimiter) if others else ()
        header = not all(map(_is_number, names))
        numbers = following if header else names
        # the head may end within the second row, so the length of the first counts
        if len(names) > MIN_PIXELS and any(map(_is_number, numbers)):
            return Layout(delimiter, names if header else None, len(names))
    return None


def read_text(source: Source) -> list[Raw]:
    """Read a text file, gzipped or not.

    Raises:
        DatasetError: the file is damaged or too large, or its rows are not digits.
    """
    try:
        with source.open() as file:
            return [read_rows(str(source.path), file)]
    except _UNREADABLE as error:
        raise DatasetError(f"{source.path} cannot be read: {os_error_reason(error)}") from None


def read_rows(name: str, file: "IO[bytes] | gzip.GzipFile") -> Raw:
    """Read the rows of an open text.

    Args:
        name: the name of the text, for error messages.
        file: the open file, at its start.

    Raises:
        DatasetError: the text is too large, or its rows are not digits.
        UnlabelledError: the rows are digits without labels.
    """
    lines = _rows(name, file)
    head = list(itertools.islice(lines, 2))
    layout = find_layout(b"\n".join(head))
    if layout is None:
        raise DatasetError(f"{name} has no rows of a label and pixels: give Kaggle's CSV")
    rows = [line.decode("latin-1") for line in (head[1:] if layout.header else head)]
    if not rows:
        raise DatasetError(f"{name} has a header but no digits")
    kept = _without_index(layout)
    if not (_is_square(len(kept) - 1) or _is_square(len(kept) - CLASSES)):
        raise _no_digits(name, len(kept))
    every = itertools.chain(rows, (line.decode("latin-1") for line in lines))
    values = _parse(name, rows[0], every, layout)
    if values.shape[1] != layout.columns:
        raise DatasetError(
            f"{name} has {layout.columns} column names but {values.shape[1]} numbers per row"
        )
    if len(values) > MAX_DIGITS:
        raise DatasetError(f"{name} has {len(values):,} digits: at most {MAX_DIGITS:,} are read")
    names = [(layout.header or ())[column].strip().lower() for column in kept if layout.header]
    return _divide(values if len(kept) == layout.columns else values[:, kept], names)


def _rows(name: str, file: "IO[bytes] | gzip.GzipFile") -> Iterator[bytes]:
    """Yield the lines of a text, within the limits, without empty lines and comments."""
    total = 0
    while line := file.readline(MAX_LINE_BYTES + 1):
        total += len(line)
        if len(line) > MAX_LINE_BYTES or total > MAX_TEXT_BYTES:
            most = MAX_TEXT_BYTES if total > MAX_TEXT_BYTES else MAX_LINE_BYTES
            raise DatasetError(f"{name} or a line of it is longer than {most:,} bytes: give a .npz")
        line = line.removeprefix(b"\xef\xbb\xbf").strip(b" \r\n")
        if line and not line.startswith(_COMMENT):
            yield line


def _parse(name: str, first: str, lines: Iterator[str], layout: Layout) -> NDArray[np.generic]:
    """Parse rows to (N, columns): int32 if the first row has only integers, else float32."""
    fields = _fields(first.encode("latin-1"), layout.delimiter)
    dtype = np.int32 if all(map(_is_integer, fields)) else np.float32
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # NumPy only warns when it reads a float as an integer
            values: NDArray[np.generic] = np.loadtxt(
                lines, dtype, comments=None, delimiter=layout.delimiter, ndmin=2, quotechar='"'
            )
    except (ValueError, DeprecationWarning, OverflowError) as error:
        reason = os_error_reason(error)
        raise DatasetError(
            f"{name} has a row that is not a label with its pixels: {reason}"
        ) from None
    return values


def _without_index(layout: Layout) -> list[int]:
    """Return the columns, without those that number the rows."""
    names = layout.header or range(layout.columns)
    return [
        number for number, name in enumerate(names) if str(name).strip().lower() not in INDEX_NAMES
    ]


def _divide(values: NDArray[np.generic], names: list[str]) -> Raw:
    """Separate the labels from the pixels."""
    if not _is_square(values.shape[1] - 1):
        return Raw(values[:, :-CLASSES], values[:, -CLASSES:])
    label = next((names.index(each) for each in LABEL_NAMES if each in names), None)
    if label is None:
        label = _find_label(values)
    pixels = values[:, 1:] if label == 0 else np.delete(values, label, axis=1)
    return Raw(pixels, values[:, label])


def _find_label(values: NDArray[np.generic]) -> int:
    """Find the column of labels: the first or the last, whichever has more distinct digits.

    The other one is a corner of the images, which is mostly empty.
    """
    best, most = 0, 0
    for column in (0, values.shape[1] - 1):
        kinds = np.unique(values[:, column])
        if len(kinds) > most and np.isin(kinds, np.arange(CLASSES)).all():
            best, most = column, len(kinds)
    return best


def _no_digits(name: str, columns: int) -> DatasetError:
    if _is_square(columns):
        return UnlabelledError(
            f"{name} has {columns} pixels in a row and no label: give the file with labels, such "
            "as Kaggle's train.csv"
        )
    return DatasetError(
        f"{name} has {columns} numbers in a row: expected a label and the pixels of a square "
        "image, such as 1 and 784"
    )


def _is_square(count: int) -> bool:
    return count >= MIN_PIXELS and math.isqrt(count) ** 2 == count


def _fields(line: bytes, delimiter: str | None) -> tuple[str, ...]:
    text = line.decode("latin-1")
    if delimiter is None:
        return tuple(text.split())
    return tuple(next(csv.reader(text.splitlines(), delimiter=delimiter), ()))


def _is_integer(field: str) -> bool:
    return re.fullmatch(r"\s*[-+]?[0-9]+\s*", field) is not None


def _is_number(field: str) -> bool:
    return re.fullmatch(r"\s*[-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?\s*", field) is not None
