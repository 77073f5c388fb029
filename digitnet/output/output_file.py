"""The answer file: it is written atomically, and replaces only an earlier answer file."""

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

_DESCRIPTOR_PATH = re.compile(r"(?:/dev/std(in|out|err)|/(?:dev|proc/self)/fd/([0-9]{1,9}))")
"""Matches the paths of open file descriptors."""

MAX_LINE = 2**18
"""Maximum length of an answer in bytes: a path has at most 4,096, and each may be escaped."""

_ANSWERS = re.compile(
    rb"path,(?:digits|text),confidence,error\r?\n"
    rb'|\{"path": "'
    rb"|[^\t\r\n]+\t[^\t\r\n]*\t(?:[01]\.[0-9]{4})?\r?\n"
)
"""Matches the beginning of an answer file: CSV, JSON Lines or text."""


def check_replaceable(path: Path) -> None:
    """Check that answers may be written to a path, so that no other file of the user is lost.

    They may if the path does not exist, or is an empty file or an earlier answer file. Links are
    followed. Open files, devices and pipes are written to, not replaced.

    Raises:
        OutputError: another file exists there, or it cannot be read.
    """
    if _DESCRIPTOR_PATH.fullmatch(os.path.abspath(path)) or not path.is_file():
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
    """A file that is written atomically: to a temporary file beside it, which is then renamed.

    An existing file is replaced, and links are followed. A device, a pipe or an open file like
    `/dev/stdout` is written directly. As a context manager, the file appears if the block succeeds,
    and is discarded otherwise.

    Args:
        path: the path of the file.

    Raises:
        OutputError: the file cannot be opened, written, or moved into place.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._target = Path(os.path.realpath(path))
        self._scratch: Path | None = atomic.temporary_path(self._target)
        opened = _DESCRIPTOR_PATH.fullmatch(os.path.abspath(path))
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
            # Windows has only a read-only mode, and replaces no read-only file.
            if self._scratch and mode is not None and os.name == "posix":
                self._scratch.chmod(stat.S_IMODE(mode))
        except OSError as error:
            raise self._refused(error) from None

    def __enter__(self) -> "OutputFile":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        # Signals are not delayed for a pipe: if nobody reads it, they would be delayed forever.
        with Interruption() if self._scratch else contextlib.nullcontext():
            try:
                if kind is None:
                    self._file.flush()
                    self._put_in_place()
            except OSError as error:
                raise self._refused(error) from None
            finally:
                # A failed flush was already reported, or does not matter.
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
        """Append data to the file.

        Raises:
            OutputError: the file system reports an error.
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
