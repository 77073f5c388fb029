"""A file or folder that may be a data set: its first bytes, or the names in it."""

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
"""Number of bytes read to detect a format: enough for the header and a row of Kaggle's CSV."""

MAX_IMAGES = 1_000_000
"""Maximum number of images in a folder or table. Larger data sets are better stored as `.npz`."""

GZIP = b"\x1f\x8b"
"""First bytes of a gzipped file."""


@dataclass(frozen=True)
class Source:
    """A file or folder that may be a data set.

    Its properties raise a `DatasetError` if the file or folder cannot be read.

    Attributes:
        path: the path of the file or folder.
        remark: receives a phrase about the data, or about files that were not read.
        pattern: the pattern of image names, such as `{label}_*`, if given (`image_folders.py`).
    """

    path: Path
    remark: Callable[[str], None] = lambda _: None
    pattern: str | None = None

    def within(self, path: Path) -> "Source":
        """Return a file or folder in this folder, with the same `remark` and `pattern`."""
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
        """The first bytes of a file, decompressed if it is gzipped; empty if that fails."""
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
            return b""  # opening a pipe would block
        try:
            with self.path.open("rb") as file:
                return file.read(HEAD_BYTES)
        except OSError as error:
            raise DatasetError(f"{self.path} cannot be read: {os_error_reason(error)}") from None

    @cached_property
    def entries(self) -> list[tuple[str, bool]]:
        """The names in a folder, and whether each is a folder."""
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
        """Open a file, decompressing it if it is gzipped.

        Raises:
            OSError: the file cannot be opened.
        """
        return gzip.open(self.path) if self.packed else self.path.open("rb")


def list_entries(folder: Path) -> list[tuple[str, bool]]:
    """List the names in a folder, sorted and without hidden ones, and whether each is a folder.

    Raises:
        DatasetError: the folder cannot be read or has too many entries.
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
    """Return the error message about too many images."""
    return f"{path} has more than {MAX_IMAGES:,} images: save them as one .npz"
