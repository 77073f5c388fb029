"""Files and folders that are there whole after a power cut, or as they were before.

A rename is atomic, but a disk may keep it before the content it names. So the content is forced to
the disk first (fsync), then the name (fsync of the folder).
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
"""Linux's renameat2(2) and macOS's renamex_np(2)."""

_UNSUPPORTED_ERRNOS = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP)


PART_PREFIX, PART_SUFFIX = ".digitnet-", ".part"
PART = re.compile(rf"{re.escape(PART_PREFIX)}[\w-]+{re.escape(PART_SUFFIX)}")
"""The names of files and folders that are not whole yet. Only a killed program leaves one."""


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file beside its place, force it to the disk, and put it in place; a link is followed.

    Raises:
        OSError: the file system refuses; what was there before is unchanged.
    """
    path = Path(os.path.realpath(path))
    with _written_beside(path, data) as scratch:
        scratch.replace(path)
    fsync(path.parent)


def write_new(path: Path, data: bytes) -> None:
    """Write a file where none is: whole or not at all, and never over another.

    Raises:
        FileExistsError: the path already exists.
        OSError: the file system refuses.
    """
    with _written_beside(path, data) as scratch:
        try:
            os.link(scratch, path)
        except FileExistsError:
            raise
        except OSError:  # a file system without links, as of a memory card: take the name first
            path.open("xb").close()
            scratch.replace(path)
    fsync(path.parent)


@contextlib.contextmanager
def _written_beside(path: Path, data: bytes) -> Iterator[Path]:
    """A temporary file in the same folder with the data, synced to disk, and finally removed."""
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
    """A temporary name in the same folder, to be moved to `path` when complete.

    It has a number of its own: a killed program may have left a file, and so may one in a
    container, where every program has the same process number.
    """
    return path.with_name(f"{PART_PREFIX}{os.getpid()}-{os.urandom(4).hex()}{PART_SUFFIX}")


def fsync(path: Path) -> None:
    """Force a file, or the names in a folder, to the disk.

    Raises:
        OSError: a file cannot be synced. Some systems cannot sync folders; that is ignored.
    """
    folder = path.is_dir()
    try:
        descriptor = os.open(path, os.O_RDONLY if folder else os.O_RDWR)
    except OSError:
        if folder:  # Windows opens none
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
    """Let two paths of one file system change places, so that neither is missing at any moment.

    Returns:
        Whether it was done. False: this system or file system cannot; nothing was changed.

    Raises:
        OSError: the file system refuses.
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
