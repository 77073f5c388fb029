"""Escapes names and messages, so that they stay on one line and cannot control a terminal.

A file name may contain a newline, a tab, an escape sequence that changes the terminal's colours, a
character that reverses the direction of the text (`photo<U+202E>gnp.exe`), or invisible characters.
"""

import os
import re
from collections.abc import Sequence

_SHORT_ESCAPES = {"\t": r"\t", "\n": r"\n", "\r": r"\r"}
_CONTROLS = [*range(0x20), *range(0x7F, 0xA0)]
_INVISIBLE = [
    *(0xAD, 0x61C, 0x180E),  # soft hyphen, Arabic letter mark, Mongolian vowel separator
    *range(0x200B, 0x2010),  # zero-width characters, directional marks
    *range(0x2028, 0x202F),  # line separators, directional embeddings and overrides
    *range(0x2060, 0x2070),  # invisible operators, directional isolates
    *(0xFEFF, *range(0xFFF9, 0xFFFC)),  # byte order mark, interlinear annotations
    *range(0x1BCA0, 0x1BCA4),  # shorthand format controls
    *range(0x1D173, 0x1D17B),  # musical notation controls
    *range(0xE0000, 0xE0080),  # tags
]
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def _escape(code: int) -> str:
    if code < 0x100:
        return rf"\x{code:02x}"
    return rf"\u{code:04x}" if code < 0x10000 else rf"\U{code:08x}"


_ESCAPES = {code: _escape(code) for code in [*_CONTROLS, *_INVISIBLE]} | {
    ord(character): escape for character, escape in _SHORT_ESCAPES.items()
}


def escape_controls(text: str) -> str:
    r"""Replace control characters and invisible characters by Python's escapes.

    >>> print(escape_controls("two\nlines"))
    two\nlines
    """
    return text.translate(_ESCAPES)


def escape_field(text: str, separator: str = os.sep) -> str:
    r"""Like `escape_controls`, but also double backslashes, so that the text can be unescaped.

    If the separator of folders is a backslash, as on Windows, it is kept: file names there contain
    neither backslashes nor control characters below 0x20.

    >>> print(escape_field("tab\there, backslash\\there", separator="/"))
    tab\there, backslash\\there
    """
    return escape_controls(text if separator == "\\" else text.replace("\\", r"\\"))


def escape_for_terminal(text: str) -> str:
    r"""Like `escape_controls`, but also escape bytes that are not UTF-8: lone surrogates in Python.

    >>> print(escape_for_terminal("\x1b[31m and \udc9b31m"))
    \x1b[31m and \udc9b31m
    """
    return _LONE_SURROGATE.sub(lambda match: _escape(ord(match[0])), escape_controls(text))


MAX_NAMED = 20
"""Maximum number of names in a message; the rest are only counted."""


def join_names(names: Sequence[str], most: int = MAX_NAMED, total: int | None = None) -> str:
    """Join names in one line. If there are many, list the first and count the rest.

    Args:
        names: at least one name.
        most: the maximum number of names to list.
        total: the total number, if `names` holds only the first of them.

    >>> join_names(["09/", "10/", "a.png"])
    '09/, 10/ and a.png'
    >>> join_names(["09/", "10/", "a.png"], most=1)
    '09/ and 2 more'
    """
    shown = [escape_controls(name) for name in names[:most]]
    more = (total or len(names)) - len(shown)
    if more:
        shown.append(f"{more:,} more")
    *others, last = shown
    return f"{', '.join(others)} and {last}" if others else last
