"""Escaped names stay on one line, cannot control a terminal, and can be decoded."""

import os
import sys
import unicodedata

import pytest

from digitnet.files.escape import escape_controls, escape_field, escape_for_terminal

VISIBLE_FORMATS = (
    *range(0x600, 0x606),
    *(0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD),
    *range(0x13430, 0x13440),
)
"""Visible characters of category Cf: Arabic number signs, joiners of Egyptian quadrats, etc."""


def test_control_characters_are_escaped() -> None:
    assert escape_controls("\x1b]0;\x07\x9b\r") == r"\x1b]0;\x07\x9b\r"


def test_every_invisible_or_control_character_is_escaped() -> None:
    invisible = [
        chr(code)
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code)) in ("Cc", "Cf", "Zl", "Zp")
        and code not in VISIBLE_FORMATS
    ]
    assert [character for character in invisible if character in escape_controls(character)] == []


@pytest.mark.parametrize(
    ("name", "escaped"),
    [
        ("photo\u202egnp.exe", r"photo\u202egnp.exe"),
        ("seven\u200b.png", r"seven\u200b.png"),
        ("tag\U000e0041.png", r"tag\U000e0041.png"),
    ],
)
def test_characters_that_reorder_or_hide_text_are_escaped(name: str, escaped: str) -> None:
    assert escape_controls(name) == escaped


def test_letters_of_all_scripts_are_unchanged() -> None:
    name = "ü ß 七 سبعة ७ ☃ 🖊\ufe0f.png"
    assert escape_controls(name) == escape_for_terminal(name) == name


def test_a_byte_that_is_not_utf_8_is_escaped_for_a_terminal() -> None:
    """0x9B begins a control sequence on some terminals."""
    name = b"\x9b31m.png".decode("utf-8", "surrogateescape")
    assert escape_for_terminal(name) == r"\udc9b31m.png"
    assert escape_controls(name) == name


def test_a_field_with_backslashes_can_be_decoded() -> None:
    name = "tab\t, \\t and \u202e"
    field = escape_field(name, separator="/")
    assert field == r"tab\t, \\t and \u202e"
    assert field.encode().decode("unicode_escape") == name


def test_a_windows_path_separator_is_not_escaped() -> None:
    assert escape_field(r"C:\images\seven.png", separator="\\") == r"C:\images\seven.png"


def test_the_default_separator_is_that_of_the_system() -> None:
    assert escape_field("a\\b") == escape_field("a\\b", separator=os.sep)
