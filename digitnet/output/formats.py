"""Predictions as text, CSV, JSON Lines, or by a template.

Whatever a file is called, its line can be taken apart again:

- text: control and invisible characters in a name are written as escapes, a backslash is doubled
  (not on Windows, where it separates folders).
- CSV: RFC 4180. In a file or pipe a name is written as it is; on a terminal, which it might
  control, as in text. A relative name that a spreadsheet would take for a formula gets `./` in
  front, which is the same file. Fields in which it might see further separators are quoted. An
  answer with marks stands as it was read: `=12+3` may be shown as 15, but calls nothing.
- A template: as text, where the template separates the fields.
- JSON Lines: plain ASCII with JSON's own escapes.

A name that is not valid UTF-8 keeps its bytes in text and CSV, unless they go to a terminal; in
JSON each such byte is a lone surrogate, from which Python's `os.fsencode` makes the byte again.
"""

import csv
import io
import json
import re
from enum import StrEnum
from typing import Any

from digitnet.errors import ImageError
from digitnet.files.escape import escape_controls, escape_field, escape_for_terminal
from digitnet.output.template import Template
from digitnet.reading.prediction import Prediction

DIGITS_FIELDS = ("path", "digits", "confidence", "error")
TEXT_FIELDS = ("path", "text", "confidence", "error")
"""CSV's header, without marks and with them."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", *"\uff1d\uff0b\uff0d\uff20")
"""A spreadsheet may run a cell that begins so (OWASP, CSV injection); the last ones where East
Asian letters are written."""

_SEPARATOR = re.compile(r"[;\t|]")
"""What some spreadsheets take for the end of a field, unless it is quoted."""


class Format(StrEnum):
    """What the answers look like."""

    TEXT = "text"
    CSV = "csv"
    JSONL = "jsonl"


def encode(line: str) -> bytes:
    """Bring a line to bytes: UTF-8, and a name that is not valid UTF-8 as it was."""
    return line.encode("utf-8", "surrogateescape")


def parse_format(text: str) -> Format | Template:
    """Tell a format by its name, or read a template.

    Raises:
        ValueError: it is neither.
    """
    return Format(text) if text in [*Format] else Template(text)


def format_header(format: Format | Template, *, marks: bool = False) -> str:
    """What stands before the first answer: CSV's field names, else nothing."""
    fields = TEXT_FIELDS if marks else DIGITS_FIELDS
    return csv_row(fields) if format is Format.CSV else ""


def format_answer(
    format: Format | Template,
    path: str,
    answer: Prediction | ImageError,
    *,
    marks: bool = False,
    terminal: bool = False,
) -> str:
    """Write one answer with its end of line.

    Args:
        format: what it shall look like.
        path: the image, as the user named it.
        answer: what was read, or why nothing was.
        marks: text and CSV have the answer with its marks and gaps; JSON has both.
        terminal: it goes to a terminal, which nothing in the path may control.

    Returns:
        One line; in text and by a template "" for an image that could not be read: its line
        belongs on stderr.
    """
    if format is Format.CSV:
        return _format_csv(path, answer, marks, terminal)
    if format is Format.JSONL:
        return json.dumps(answer_record(path, answer)) + "\n"
    if isinstance(answer, ImageError):
        return ""
    field = path_in_text(path, terminal=terminal)
    if isinstance(format, Template):
        return f"{format.fill(field, answer)}\n"
    read = answer.text if marks else answer.digits
    return f"{field}\t{read}\t{four_decimals(answer.confidence)}\n"


def answer_record(path: str, answer: Prediction | ImageError) -> dict[str, Any]:
    """What a line of JSON Lines holds: an image that could not be read has its error alone."""
    if isinstance(answer, ImageError):
        unread = dict.fromkeys(("digits", "text", "raw", "confidence"))
        return {"path": path, **unread, "boxes": [], "error": reason(path, answer)}
    return {"path": path, **answer.to_dict(), "error": None}


def reason(path: str, error: ImageError) -> str:
    """Tell why an image could not be read, without its path: that is a field of its own."""
    return escape_controls(str(error)).removeprefix(f"{escape_controls(path)}: ")


def path_in_text(path: str, *, terminal: bool) -> str:
    """A path as a field of text."""
    field = escape_field(path)
    return escape_for_terminal(field) if terminal else field


def path_in_csv(path: str, *, terminal: bool) -> str:
    """A path as a field of CSV that no spreadsheet takes for a formula."""
    # "-" is standard input, and no formula.
    safe_path = f"./{path}" if path.startswith(FORMULA_STARTS) and path != "-" else path
    return escape_for_terminal(safe_path) if terminal else safe_path


def _format_csv(path: str, answer: Prediction | ImageError, marks: bool, terminal: bool) -> str:
    safe_path = path_in_csv(path, terminal=terminal)
    if isinstance(answer, ImageError):
        return csv_row((safe_path, "", "", reason(path, answer)))
    read = answer.text if marks else answer.digits
    return csv_row((safe_path, read, four_decimals(answer.confidence), ""))


def four_decimals(confidence: float | None) -> str:
    """A probability as a field; "" for None."""
    return "" if confidence is None else f"{confidence:.4f}"


def csv_row(fields: tuple[str, ...]) -> str:
    """A line of CSV (RFC 4180)."""
    buffer = io.StringIO()
    risky = _SEPARATOR.search("".join(fields)) is not None
    csv.writer(buffer, quoting=csv.QUOTE_ALL if risky else csv.QUOTE_MINIMAL).writerow(fields)
    return buffer.getvalue()
