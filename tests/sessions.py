"""Run the sessions and examples in Markdown files and compare their output.

A fenced `console` block is a session: each line that starts with `$ ` is run in a shell, and its
output is compared with the lines below, where a line `...` stands for omitted lines.
A session that cannot run here is preceded by the line `<!-- session: not run (reason) -->`.
A fenced `python` or `pycon` block is an example, which is run by doctest.
"""

import doctest
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import ROOT, TIMEOUT_S

NOT_RUN = re.compile(r"<!-- session: not run \(.+\) -->")

END_OF_OUTPUT = "=== end of output ==="


@dataclass(frozen=True)
class Block:
    """A fenced block of a Markdown file: its language, lines, line number and preceding line."""

    language: str
    lines: tuple[str, ...]
    number: int
    before: str

    def __str__(self) -> str:
        return f"line {self.number}"


@dataclass(frozen=True)
class Step:
    """One command of a session and its output."""

    command: str
    output: tuple[str, ...]


def fenced_blocks(text: str) -> list[Block]:
    """Return the fenced blocks of a Markdown text, each with the last line of text before it."""
    blocks: list[Block] = []
    lines = text.splitlines()
    before = ""
    start = None
    for number, line in enumerate(lines):
        if line.startswith("```"):
            if start is None:
                start = number
                continue
            inside = tuple(lines[start + 1 : number])
            blocks.append(Block(lines[start][3:].strip(), inside, start + 1, before))
            start = None
            before = ""
        elif start is None and line.strip():
            before = line.strip()
    return blocks


def steps(block: Block) -> list[Step]:
    """Return the commands of a session; a backslash at the end of a line continues a command."""
    found: list[tuple[list[str], list[str]]] = []
    for line in block.lines:
        if found and not found[-1][1] and found[-1][0][-1].endswith("\\"):
            found[-1][0].append(line)
        elif line.startswith("$ "):
            found.append(([line[2:]], []))
        elif found:
            found[-1][1].append(line)
        else:
            pytest.fail(f"the session at {block} does not open with a command: {line}")
    return [Step("\n".join(command), tuple(output)) for command, output in found]


def sessions(text: str) -> list[Block]:
    """Return the sessions of a Markdown text that are run."""
    return [
        block
        for block in fenced_blocks(text)
        if block.language == "console" and not NOT_RUN.fullmatch(block.before)
    ]


def examples(text: str) -> list[Block]:
    """Return the Python examples of a Markdown text."""
    return [block for block in fenced_blocks(text) if block.language in ("python", "pycon")]


def workplace(folder: Path) -> dict[str, str]:
    """Link the checkout into `folder` and return an environment in which `digitnet` runs."""
    for entry in ROOT.iterdir():
        if not entry.name.startswith("."):
            (folder / entry.name).symlink_to(entry)
    programs = folder / ".programs"
    programs.mkdir()
    program = programs / "digitnet"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m digitnet "$@"\n')
    program.chmod(0o755)
    path = os.pathsep.join([str(programs), os.environ["PATH"]])
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}


def as_pattern(expected: tuple[str, ...]) -> str:
    """Return a regular expression for the output of a command."""
    return "".join("(?:.*\n)*" if line == "..." else re.escape(line) + "\n" for line in expected)


def check_session(block: Block, folder: Path) -> None:
    """Run a session in an empty folder and compare its output."""
    session = steps(block)
    mark = f"{{ status=$?; echo '{END_OF_OUTPUT}'; (exit $status); }}"
    result = subprocess.run(
        ["bash", "-c", "\n".join(f"{step.command}\n{mark}" for step in session)],
        cwd=folder,
        env=workplace(folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT_S,
    )
    printed = result.stdout.split(f"{END_OF_OUTPUT}\n")[:-1]
    assert len(printed) == len(session), result.stdout
    for step, output in zip(session, printed, strict=True):
        if not re.fullmatch(as_pattern(step.output), output):
            assert output == "\n".join(step.output) + "\n", f"$ {step.command}"


def check_examples(path: Path) -> None:
    """Run the Python examples of a file in order, as one interactive session."""
    runner, names = doctest.DocTestRunner(), {"__name__": "__main__"}
    for block in examples(path.read_text("utf-8")):
        text = "\n".join(block.lines) + "\n"
        parsed = doctest.DocTestParser().get_doctest(
            text, names, str(block), str(path), block.number
        )
        assert runner.run(parsed, clear_globs=False).failed == 0, block
        names = parsed.globs
