"""Formats predictions as text, CSV, JSON Lines, or by a template.

Each line can be parsed, whatever its file is called:

- Text: control and invisible characters in a name are escaped, and backslashes are doubled (not on
  Windows, where they separate folders).
- CSV: RFC 4180. In a file or pipe, a name is written unchanged; on a terminal, it is escaped,
  because it might control the terminal. A relative name that a spreadsheet would take for a formula
  gets the prefix `./`, which names the same file. Fields are quoted if a spreadsheet might find
  further separators in them. An answer with marks is not changed: a spreadsheet may show `=12+3` as
  15, but it cannot run anything.
- Templates: as in text, if the template separates the fields.
- JSON Lines: plain ASCII with JSON's own escapes.

A name that is not valid UTF-8 keeps its bytes in text and CSV, except on a terminal. In JSON, each
such byte is a lone surrogate, which Python's `os.fsencode` converts back to the byte.
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
"""The CSV header without and with marks."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", *"\uff1d\uff0b\uff0d\uff20")
"""A spreadsheet may run a cell that begins with one of these (OWASP, CSV injection). The last four
are the fullwidth forms of East Asian text."""

_SEPARATOR = re.compile(r"[;\t|]")
"""Characters that end a field in some spreadsheets, unless it is quoted."""


class Format(StrEnum):
    """The format of the answers."""

    TEXT = "text"
    CSV = "csv"
    JSONL = "jsonl"


def encode(line: str) -> bytes:
    """Encode a line as UTF-8; a name that is not valid UTF-8 keeps its bytes."""
    return line.encode("utf-8", "surrogateescape")


def parse_format(text: str) -> Format | Template:
    """Return the format with this name, or parse a template.

    Raises:
        ValueError: `text` is neither.
    """
    return Format(text) if text in [*Format] else Template(text)


def format_header(format: Format | Template, *, marks: bool = False) -> str:
    """Return the header of the output: the field names of CSV; empty for other formats."""
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
    """Format one answer, with its line ending.

    Args:
        format: the output format.
        path: the image, as the user named it.
        answer: the prediction, or the error.
        marks: whether text and CSV include marks and gaps; JSON always has both forms.
        terminal: whether the output is a terminal, which nothing in the path may control.

    Returns:
        One line. For an image that could not be read, text and templates give "": its error belongs
        on stderr.
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
    """Return the fields of a JSON line; an unreadable image has only a path and an error."""
    if isinstance(answer, ImageError):
        unread = dict.fromkeys(("digits", "text", "raw", "confidence"))
        return {"path": path, **unread, "boxes": [], "error": reason(path, answer)}
    return {"path": path, **answer.to_dict(), "error": None}


def reason(path: str, error: ImageError) -> str:
    """Return why an image could not be read, without its path, which is a field of its own."""
    return escape_controls(str(error)).removeprefix(f"{escape_controls(path)}: ")


def path_in_text(path: str, *, terminal: bool) -> str:
    """Format a path as a field of text."""
    field = escape_field(path)
    return escape_for_terminal(field) if terminal else field


def path_in_csv(path: str, *, terminal: bool) -> str:
    """Format a path as a field of CSV that no spreadsheet takes for a formula."""
    # "-" is standard input, not a formula.
    safe_path = f"./{path}" if path.startswith(FORMULA_STARTS) and path != "-" else path
    return escape_for_terminal(safe_path) if terminal else safe_path


def _format_csv(path: str, answer: Prediction | ImageError, marks: bool, terminal: bool) -> str:
    safe_path = path_in_csv(path, terminal=terminal)
    if isinstance(answer, ImageError):
        return csv_row((safe_path, "", "", reason(path, answer)))
    read = answer.text if marks else answer.digits
    return csv_row((safe_path, read, four_decimals(answer.confidence), ""))


def four_decimals(confidence: float | None) -> str:
    """Format a probability with four decimals, or "" for None."""
    return "" if confidence is None else f"{confidence:.4f}"


def csv_row(fields: tuple[str, ...]) -> str:
    """Format a line of CSV (RFC 4180)."""
    buffer = io.StringIO()
    risky = _SEPARATOR.search("".join(fields)) is not None
    csv.writer(buffer, quoting=csv.QUOTE_ALL if risky else csv.QUOTE_MINIMAL).writerow(fields)
    return buffer.getvalue()
