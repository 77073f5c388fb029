"""The file that answers go to.

It appears whole or not at all, and replaces earlier answers only.
"""

import contextlib
import errno
import os
import re
import stat
from pathlib import Path

from digitnet.errors import OutputError, os_error_reason
from digitnet.files import atomic
from digitnet.files.escape import escape_controls
from digitnet.interruption import Interruption

_OPENED = re.compile(r"(?:/dev/std(in|out|err)|/(?:dev|proc/self)/fd/([0-9]{1,9}))")
"""Names of file descriptors."""

MAX_LINE = 2**18
"""Bytes in which the first of earlier answers ends: a path has at most 4,096, each escaped."""

_ANSWERS = re.compile(
    rb"path,(?:digits|text),confidence,error\r?\n"
    rb'|\{"path": "'
    rb"|[^\t\r\n]+\t[^\t\r\n]*\t(?:[01]\.[0-9]{4})?\r?\n"
)
"""How a file of answers begins: as CSV, JSON Lines or text."""


def check_replaceable(path: Path) -> None:
    """See that answers may be written to a path: no user's file is lost.

    It may where nothing lies there, an empty file, or earlier answers. A link is followed. What is
    open already, and a device or a pipe, is written to and not replaced.

    Raises:
        OutputError: another file exists there, or it cannot be read.
    """
    if _OPENED.fullmatch(os.path.abspath(path)) or not path.is_file():
        return
    try:
        with path.open("rb") as file:
            begin = file.read(MAX_LINE)
    except OSError as error:
        raise OutputError(
            f"{escape_controls(str(path))} exists and cannot be read: "
            f"{os_error_reason(error)}; give another --output"
        ) from None
    if begin and not _ANSWERS.match(begin):
        raise OutputError(
            f"{escape_controls(str(path))} is not an answer file, so it is not replaced: move it "
            "away, or give another --output"
        )


class OutputFile:
    """A file that appears whole or not at all: written beside its place, then renamed.

    An existing file is replaced and a link is followed; a device, a pipe or an open file like
    `/dev/stdout` is written directly. As a context manager it appears when the block ends well, and
    is forgotten otherwise.

    Args:
        path: the path of the file.

    Raises:
        OutputError: it cannot be written: now, while it is written, or when it is put in place.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._target = Path(os.path.realpath(path))
        self._scratch: Path | None = atomic.temporary_path(self._target)
        opened = _OPENED.fullmatch(os.path.abspath(path))
        try:
            if opened:
                self._scratch = None
                number = int(opened[2] or {"in": 0, "out": 1, "err": 2}[opened[1]])
                self._file = os.fdopen(os.dup(number), "wb")
                return
            mode = self._target.stat().st_mode if self._target.exists() else None
            if mode is not None and stat.S_ISDIR(mode):
                raise IsADirectoryError(errno.EISDIR, "it is a folder")
            if mode is not None and not stat.S_ISREG(mode):
                self._scratch = None
            self._file = (self._scratch or self._target).open("xb" if self._scratch else "wb")
            # (Windows knows read-only alone, and replaces no file that is)
            if self._scratch and mode is not None and os.name == "posix":
                self._scratch.chmod(stat.S_IMODE(mode))
        except OSError as error:
            raise self._refused(error) from None

    def __enter__(self) -> "OutputFile":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        # (a pipe that nobody reads would hold a signal back without end)
        with Interruption() if self._scratch else contextlib.nullcontext():
            try:
                if kind is None:
                    self._file.flush()
                    self._put_in_place()
            except OSError as error:
                raise self._refused(error) from None
            finally:
                # An error of flushing was already reported, or does not matter.
                with contextlib.suppress(OSError):
                    self._file.close()
                if self._scratch:
                    with contextlib.suppress(OSError):
                        self._scratch.unlink(missing_ok=True)

    @property
    def is_terminal(self) -> bool:
        """Whether the output is a terminal, as with `/dev/tty`."""
        return self._file.isatty()

    def write(self, data: bytes) -> None:
        """Add to the file.

        Raises:
            OutputError: the file system refuses.
        """
        try:
            self._file.write(data)
        except OSError as error:
            raise self._refused(error) from None

    def _put_in_place(self) -> None:
        if self._scratch:
            os.fsync(self._file.fileno())
            self._file.close()
            self._scratch.replace(self._target)
            atomic.fsync(self._target.parent)

    def _refused(self, error: OSError) -> OutputError:
        return OutputError(
            f"{escape_controls(str(self._path))} cannot be written: "
            f"{os_error_reason(error)}; give another --output"
        )
