"""Names and messages that stay on their line, whatever a file is called.

A file's name may hold a newline, a tab, or a sequence that recolours the terminal.
"""

_NAMED = {"\t": r"\t", "\n": r"\n", "\r": r"\r"}
_CONTROLS = [*range(0x20), *range(0x7F, 0xA0)]
_LINE_SEPARATORS = (0x2028, 0x2029)

_ESCAPES = (
    {code: rf"\x{code:02x}" for code in _CONTROLS}
    | {code: rf"\u{code:04x}" for code in _LINE_SEPARATORS}
    | {ord(character): escape for character, escape in _NAMED.items()}
)


def escape_controls(text: str) -> str:
    r"""Write control characters and line separators as Python's escapes.

    >>> print(escape_controls("two\nlines"))
    two\nlines
    """
    return text.translate(_ESCAPES)


def escape_field(text: str) -> str:
    r"""Like `escape_controls`, and a backslash is doubled, so that the text can be read back.

    >>> print(escape_field("tab\there, backslash\\there"))
    tab\there, backslash\\there
    """
    return escape_controls(text.replace("\\", r"\\"))
