"""Sources of data sets: the first bytes of a file, the names in a folder."""

import gzip
import itertools
import os
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from io import BufferedReader
from pathlib import Path

from digitnet.errors import DatasetError, os_error_reason

HEAD_BYTES = 2**16
"""Bytes needed to detect a format: the header of Kaggle's CSV and a row."""

MAX_IMAGES = 1_000_000
"""A folder or table of more is refused: an `.npz` holds them better."""

GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Source:
    """A file or folder that may be a data set.

    Attributes:
        path: its path.
        remark: receives a phrase about the data, or about files that were not read.
        pattern: the pattern of labels in image names (`image_folders.py`), if given.
    """

    path: Path
    remark: Callable[[str], None] = lambda _: None
    pattern: str | None = None

    def within(self, path: Path) -> "Source":
        """A file or folder in this folder, with the same notes."""
        return Source(path, self.remark, self.pattern)

    @cached_property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return os.path.isdir(self.path)

    @cached_property
    def packed(self) -> bool:
        """Whether it is a gzipped file."""
        return self._raw_head.startswith(GZIP)

    @cached_property
    def head(self) -> bytes:
        """The first bytes of a file, unpacked where it is gzipped; empty where that fails."""
        if not self.packed:
            return self._raw_head
        try:
            with gzip.open(self.path) as file:
                return file.read(HEAD_BYTES)
        except (OSError, EOFError, zlib.error):
            return b""

    @cached_property
    def _raw_head(self) -> bytes:
        if not os.path.isfile(self.path):
            return b""  # a pipe would have to be waited for
        try:
            with self.path.open("rb") as file:
                return file.read(HEAD_BYTES)
        except OSError as error:
            raise DatasetError(f"{self.path} cannot be read: {os_error_reason(error)}") from None

    @cached_property
    def entries(self) -> list[tuple[str, bool]]:
        """The names in a folder, and which of them are folders."""
        return list_entries(self.path) if self.is_folder else []

    @cached_property
    def files(self) -> list[str]:
        """The names of the regular files in a folder."""
        names = [name for name, is_folder in self.entries if not is_folder]
        return [name for name in names if os.path.isfile(self.path / name)]

    @property
    def folders(self) -> list[str]:
        """The names of the folders in a folder."""
        return [name for name, is_folder in self.entries if is_folder]

    def open(self) -> "gzip.GzipFile | BufferedReader":
        """Open a file, unpacked where it is gzipped."""
        return gzip.open(self.path) if self.packed else self.path.open("rb")


def list_entries(folder: Path) -> list[tuple[str, bool]]:
    """The names in a folder in their order, without hidden ones, and which are folders.

    Raises:
        DatasetError: it cannot be read, or holds too many.
    """
    try:
        with os.scandir(folder) as scan:
            found = list(itertools.islice(scan, MAX_IMAGES + 1))
    except OSError as error:
        raise DatasetError(f"{folder} cannot be read: {os_error_reason(error)}") from None
    if len(found) > MAX_IMAGES:
        raise DatasetError(too_many(folder))
    visible = [entry.name for entry in found if not entry.name.startswith(".")]
    return [(name, os.path.isdir(folder / name)) for name in sorted(visible)]


def too_many(path: Path) -> str:
    """The message about too many images."""
    return f"{path} has more than {MAX_IMAGES:,} images: save them as one .npz"
