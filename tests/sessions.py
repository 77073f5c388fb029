"""Sessions and examples in Markdown files, run and compared with what they show.

A fenced `console` block is a session: each line that starts with `$ ` is run in a shell, and what
it prints is compared with the lines below it, where a line `...` stands for lines left out.
A session that cannot run here is preceded by the line `<!-- session: not run (reason) -->`.
A fenced `pycon` block is an example that doctest runs, in a folder that looks like the checkout.
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
    """A fenced block of a Markdown file: its language, lines and place."""

    language: str
    lines: tuple[str, ...]
    number: int
    before: str

    def __str__(self) -> str:
        return f"line {self.number}"


@dataclass(frozen=True)
class Step:
    """One command of a session and what it prints."""

    command: str
    output: tuple[str, ...]


def fenced_blocks(text: str) -> list[Block]:
    """The fenced blocks of a Markdown text, each with the last line of text before it."""
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
    """The commands of a session; one that ends in a backslash goes on in the next line."""
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
    """The sessions of a Markdown text that are run."""
    return [
        block
        for block in fenced_blocks(text)
        if block.language == "console" and not NOT_RUN.fullmatch(block.before)
    ]


def examples(text: str) -> list[Block]:
    """The Python examples of a Markdown text."""
    return [block for block in fenced_blocks(text) if block.language in ("python", "pycon")]


def workplace(folder: Path) -> dict[str, str]:
    """Make `folder` look like the checkout, and return an environment that has `digitnet`."""
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
    """A regular expression for what a command prints."""
    return "".join("(?:.*\n)*" if line == "..." else re.escape(line) + "\n" for line in expected)


def check_session(block: Block, folder: Path) -> None:
    """Run a session in an empty folder, and compare what it prints with what it shows."""
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
    """Run the Python examples of a file one after the other, as one session at the prompt."""
    runner, names = doctest.DocTestRunner(), {"__name__": "__main__"}
    for block in examples(path.read_text("utf-8")):
        text = "\n".join(block.lines) + "\n"
        parsed = doctest.DocTestParser().get_doctest(
            text, names, str(block), str(path), block.number
        )
        assert runner.run(parsed, clear_globs=False).failed == 0, block
        names = parsed.globs
