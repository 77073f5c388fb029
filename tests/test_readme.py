"""The README is correct: its sessions run as shown, and its options exist."""

import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from conftest import ROOT
from sessions import Block, check_examples, check_session, fenced_blocks, sessions

README = ROOT / "README.md"
COMMANDS = ("predict", "train", "evaluate", "draw", "sheet")

OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*[a-z]")

OTHER_OPTIONS: frozenset[str] = frozenset({"--dist", "--quiet"})
"""Options in the README that belong to other programs or to every command."""


def readme() -> str:
    """Return the README, or "" if it is missing: then tests fail, but not their collection."""
    return README.read_text("utf-8") if README.is_file() else ""


@cache
def options_of(command: str) -> frozenset[str]:
    """Return the options in `digitnet COMMAND --help`; "" stands for `digitnet` itself."""
    result = subprocess.run(
        [sys.executable, "-m", "digitnet", *command.split(), "--help"],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"},
        capture_output=True,
        text=True,
        check=True,
    )
    return frozenset(OPTION.findall(result.stdout))


def test_the_readme_has_one_main_command_with_output_and_one_test_command() -> None:
    markers = [block.before for block in fenced_blocks(readme())]
    for marker in ("command: main", "output: main", "command: tests"):
        assert markers.count(f"<!-- {marker} -->") == 1, marker


def test_the_readme_has_at_most_150_lines() -> None:
    assert len(readme().splitlines()) <= 150


def test_the_readme_shows_sessions() -> None:
    assert sessions(readme())


@pytest.mark.skipif(sys.platform == "win32", reason="the sessions are those of a POSIX shell")
@pytest.mark.parametrize("block", sessions(readme()), ids=str)
def test_a_session_in_the_readme_prints_what_it_shows(block: Block, tmp_path: Path) -> None:
    check_session(block, tmp_path)


def test_the_examples_in_the_readme_print_what_they_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    check_examples(README)


def test_every_option_in_the_readme_exists() -> None:
    known = OTHER_OPTIONS.union(*(options_of(command) for command in ("", *COMMANDS)))
    assert set(OPTION.findall(readme())) <= known


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_in_the_readme_has_the_options_it_is_shown_with(command: str) -> None:
    shown = readme().replace("\\\n", " ")
    used = re.findall(rf"\bdigitnet {command}\b([^\n|`]*)", shown)
    given = {option for arguments in used for option in OPTION.findall(arguments)}
    assert given <= options_of(command) | {"--help"}
