"""Predictions as text, CSV and JSON Lines, and files that appear whole or not at all.

Whatever a file is called, its line can be taken apart again:

- text: control and invisible characters in a name are written as escapes, a backslash is doubled
  (not on Windows, where it separates folders).
- CSV: RFC 4180. In a file or pipe a name is written as it is; on a terminal, which it might
  control, as in text. A relative name that a spreadsheet would take for a formula gets `./` in
  front, which is the same file. Fields in which it might see further separators are quoted.
- JSON Lines: plain ASCII with JSON's own escapes.

A name that is not valid UTF-8 keeps its bytes in text and CSV, unless they go to a terminal; in
JSON each such byte is a lone surrogate, from which Python's `os.fsencode` makes the byte again.
"""

import contextlib
import csv
import errno
import io
import json
import os
import re
import stat
from enum import StrEnum
from pathlib import Path

from digitnet import durable
from digitnet.errors import ImageError, OutputError, why
from digitnet.escape import escape_controls, escape_field, escape_for_terminal
from digitnet.interruption import Interruption
from digitnet.prediction import Prediction

CSV_FIELDS = ("path", "digits", "confidence", "error")

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", *"\uff1d\uff0b\uff0d\uff20")
"""A spreadsheet may run a cell that begins so (OWASP, CSV injection); the last ones where East
Asian letters are written."""

_SEPARATOR = re.compile(r"[;\t|]")
"""What some spreadsheets take for the end of a field, unless it is quoted."""

_OPENED = re.compile(r"(?:/dev/std(in|out|err)|/(?:dev|proc/self)/fd/([0-9]{1,9}))")
"""Names of file descriptors."""

LONGEST_LINE = 2**18
"""Bytes in which the first of earlier answers ends: a path has at most 4,096, each escaped."""

_ANSWERS = re.compile(
    rb"path,digits,confidence,error\r?\n"
    rb'|\{"path": "'
    rb"|[^\t\r\n]+\t[^\t\r\n]*\t(?:[01]\.[0-9]{4})?\r?\n"
)
"""How a file of answers begins: as CSV, JSON Lines or text."""


class Format(StrEnum):
    """What the answers look like."""

    TEXT = "text"
    CSV = "csv"
    JSONL = "jsonl"


def encode(line: str) -> bytes:
    """Bring a line to bytes: UTF-8, and a name that is not valid UTF-8 as it was."""
    return line.encode("utf-8", "surrogateescape")


def format_header(format: Format) -> str:
    """What stands before the first answer: CSV's field names, else nothing."""
    return _csv_row(CSV_FIELDS) if format is Format.CSV else ""


def format_answer(
    format: Format, path: str, answer: Prediction | ImageError, *, terminal: bool = False
) -> str:
    """Write one answer with its end of line.

    Args:
        format: what it shall look like.
        path: the image, as the user named it.
        answer: what was read, or why nothing was.
        terminal: it goes to a terminal, which nothing in the path may control.

    Returns:
        One line; in text "" for an image that could not be read: its line belongs on stderr.
    """
    if format is Format.CSV:
        return _format_csv(path, answer, terminal)
    if format is Format.JSONL:
        return _format_jsonl(path, answer)
    return _format_text(path, answer, terminal)


def reason(path: str, error: ImageError) -> str:
    """Tell why an image could not be read, without its path: that is a field of its own."""
    return escape_controls(str(error)).removeprefix(f"{escape_controls(path)}: ")


def _format_text(path: str, answer: Prediction | ImageError, terminal: bool) -> str:
    if isinstance(answer, ImageError):
        return ""
    field = escape_field(path)
    if terminal:
        field = escape_for_terminal(field)
    return f"{field}\t{answer.digits}\t{_four_decimals(answer.confidence)}\n"


def _format_csv(path: str, answer: Prediction | ImageError, terminal: bool) -> str:
    # "-" is standard input, and no formula.
    safe_path = f"./{path}" if path.startswith(FORMULA_STARTS) and path != "-" else path
    if terminal:
        safe_path = escape_for_terminal(safe_path)
    if isinstance(answer, ImageError):
        return _csv_row((safe_path, "", "", reason(path, answer)))
    return _csv_row((safe_path, answer.digits, _four_decimals(answer.confidence), ""))


def _format_jsonl(path: str, answer: Prediction | ImageError) -> str:
    if isinstance(answer, ImageError):
        unread: dict[str, object] = {"digits": None, "confidence": None, "boxes": []}
        record = unread | {"error": reason(path, answer)}
    else:
        record = answer.to_dict() | {"error": None}
    return json.dumps({"path": path, **record}) + "\n"


def _four_decimals(confidence: float | None) -> str:
    return "" if confidence is None else f"{confidence:.4f}"


def _csv_row(fields: tuple[str, ...]) -> str:
    buffer = io.StringIO()
    risky = _SEPARATOR.search("".join(fields)) is not None
    csv.writer(buffer, quoting=csv.QUOTE_ALL if risky else csv.QUOTE_MINIMAL).writerow(fields)
    return buffer.getvalue()


def check_replaceable(path: Path) -> None:
    """See that answers may be written to a path: no user's file is lost.

    It may where nothing lies there, an empty file, or earlier answers. A link is followed. What is
    open already, and a device or a pipe, is written to and not replaced.

    Raises:
        OutputError: a file of something else lies there, or it cannot be read.
    """
    if _OPENED.fullmatch(os.path.abspath(path)) or not path.is_file():
        return
    try:
        with path.open("rb") as file:
            begin = file.read(LONGEST_LINE)
    except OSError as error:
        raise OutputError(
            f"{escape_controls(str(path))} cannot be read, to see what would be replaced: "
            f"{why(error)}; give another --output"
        ) from None
    if begin and not _ANSWERS.match(begin):
        raise OutputError(
            f"{escape_controls(str(path))} holds no answers, so it is not replaced: move it away, "
            "or give another --output"
        )


class OutputFile:
    """A file that appears whole or not at all: written beside its place, then renamed.

    A file that lies there is replaced and a link is followed; a device or pipe is written directly,
    and so is what is open already, as `/dev/stdout`.
    As a context manager it appears when the block ends well, and is forgotten otherwise.

    Args:
        path: where it shall appear.

    Raises:
        OutputError: it cannot be written: now, while it is written, or when it is put in place.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._target = Path(os.path.realpath(path))
        self._scratch: Path | None = durable.beside(self._target)
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
                # What cannot be flushed has been told already, or nobody wants it.
                with contextlib.suppress(OSError):
                    self._file.close()
                if self._scratch:
                    with contextlib.suppress(OSError):
                        self._scratch.unlink(missing_ok=True)

    @property
    def is_terminal(self) -> bool:
        """Whether a terminal shows what is written, as with `/dev/tty`."""
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
            durable.sync(self._target.parent)

    def _refused(self, error: OSError) -> OutputError:
        return OutputError(
            f"{escape_controls(str(self._path))} cannot be written: "
            f"{why(error)}; give another --output"
        )
