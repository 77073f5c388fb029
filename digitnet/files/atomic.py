"""Atomic writes: after a power cut, a file or folder is either complete or as it was before.

A rename is atomic, but a disk may store it before the content of the file. So the content is synced
to disk first (fsync), then the name (fsync of the folder).
"""

import contextlib
import ctypes
import errno
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

_AT_FDCWD, _RENAME_EXCHANGE, _RENAME_SWAP = -100, 2, 2
"""Constants of Linux's renameat2(2) and macOS's renamex_np(2)."""

_UNSUPPORTED_ERRNOS = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP)


PART_PREFIX, PART_SUFFIX = ".digitnet-", ".part"
PART = re.compile(rf"{re.escape(PART_PREFIX)}[\w-]+{re.escape(PART_SUFFIX)}")
"""Names of incomplete files and folders. Only a killed program leaves one behind."""


def write_atomically(path: Path, data: bytes) -> None:
    """Write a temporary file, sync it to disk, and rename it to `path`, following links.

    Raises:
        OSError: the file cannot be written; an existing file is unchanged.
    """
    path = Path(os.path.realpath(path))
    with _written_beside(path, data) as scratch:
        scratch.replace(path)
    fsync(path.parent)


def write_new(path: Path, data: bytes) -> None:
    """Write a new file completely or not at all, and never overwrite another.

    Raises:
        FileExistsError: the path already exists.
        OSError: the file cannot be written.
    """
    with _written_beside(path, data) as scratch:
        try:
            os.link(scratch, path)
        except FileExistsError:
            raise
        except OSError:  # no hard links, e.g. on a memory card: claim the name first
            path.open("xb").close()
            scratch.replace(path)
    fsync(path.parent)


@contextlib.contextmanager
def _written_beside(path: Path, data: bytes) -> Iterator[Path]:
    """Write the data to a temporary file in the same folder, sync it, and remove it at the end."""
    scratch = temporary_path(path)
    try:
        with scratch.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield scratch
    finally:
        with contextlib.suppress(OSError):
            scratch.unlink(missing_ok=True)


def temporary_path(path: Path) -> Path:
    """Return a temporary name in the same folder, to be renamed to `path` when complete.

    It contains a random number: a killed program may have left a file, and in containers, all
    programs may have the same process ID.
    """
    return path.with_name(f"{PART_PREFIX}{os.getpid()}-{os.urandom(4).hex()}{PART_SUFFIX}")


def fsync(path: Path) -> None:
    """Sync a file, or the names in a folder, to disk.

    Raises:
        OSError: a file cannot be synced. For folders, errors are ignored: some systems cannot sync
            them.
    """
    folder = path.is_dir()
    try:
        descriptor = os.open(path, os.O_RDONLY if folder else os.O_RDWR)
    except OSError:
        if folder:  # Windows cannot open folders
            return
        raise
    try:
        os.fsync(descriptor)
    except OSError:
        if not folder:
            raise
    finally:
        os.close(descriptor)


def swap(one: Path, other: Path) -> bool:
    """Swap two paths on one file system atomically, so that neither is missing at any moment.

    Returns:
        True if the paths were swapped. False if the operating system or the file system does not
        support it; then nothing has changed.

    Raises:
        OSError: the paths cannot be swapped.
    """
    if sys.platform == "win32":
        return False
    library = ctypes.CDLL(None, use_errno=True)
    first, second = os.fsencode(one), os.fsencode(other)
    if hasattr(library, "renameat2"):
        code = library.renameat2(_AT_FDCWD, first, _AT_FDCWD, second, _RENAME_EXCHANGE)
    elif hasattr(library, "renamex_np"):
        code = library.renamex_np(first, second, _RENAME_SWAP)
    else:
        return False
    if code == 0:
        return True
    number = ctypes.get_errno()
    if number in _UNSUPPORTED_ERRNOS:
        return False
    raise OSError(number, os.strerror(number), str(one))
