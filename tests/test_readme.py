"""The README keeps its word: its sessions run, its options, links and pictures exist.

A fenced `console` block is a session: each line that starts with `$ ` is run in a shell, and what
it prints is compared with the lines below it, where a line `...` stands for lines left out.
A session that cannot run here is preceded by the line `<!-- session: not run (reason) -->`.
"""

import doctest
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from conftest import PATIENCE

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
COMMANDS = ("predict", "train", "evaluate", "draw", "sheet")

NOT_RUN = re.compile(r"<!-- session: not run \(.+\) -->")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*[a-z]")
LINK = re.compile(r"\]\(([^)\s]+)[^)]*\)|<(?:img|a|source) [^>]*?(?:src|href|srcset)=\"([^\"]+)\"")

END_OF_OUTPUT = "=== end of output ==="

OTHER_OPTIONS: frozenset[str] = frozenset(
    {"--help", "--dist", "--quiet", "--silent", "--data-binary"}
)
"""Options that the README names and that belong to other programs, or to every command."""


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


def readme() -> str:
    """The README, or nothing: its absence is one failure, not an error of the collection."""
    return README.read_text("utf-8") if README.is_file() else ""


def blocks_of(*languages: str) -> list[Block]:
    """The README's fenced blocks in some languages."""
    return [block for block in fenced_blocks(readme()) if block.language in languages]


def sessions() -> list[Block]:
    """The README's sessions that are run."""
    return [block for block in blocks_of("console") if not NOT_RUN.fullmatch(block.before)]


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


@cache
def options_of(command: str) -> frozenset[str]:
    """The options that `digitnet COMMAND --help` shows; "" is `digitnet` itself."""
    result = subprocess.run(
        [sys.executable, "-m", "digitnet", *command.split(), "--help"],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"},
        capture_output=True,
        text=True,
        check=True,
    )
    return frozenset(OPTION.findall(result.stdout))


def documents() -> list[Path]:
    """The Markdown files that people read."""
    folders = (".", "benchmarks", "docs", "models", "samples")
    return sorted(path for folder in folders for path in (ROOT / folder).glob("*.md"))


def anchors(text: str) -> set[str]:
    """The names under which a Markdown file's headings can be linked to."""
    headings = re.findall(r"^#+ +(.+?) *$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def without_code(text: str) -> str:
    """A Markdown text without its fenced blocks and code spans."""
    return re.sub(r"`[^`\n]+`", "", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))


def test_the_readme_has_the_two_commands_and_what_the_first_prints() -> None:
    markers = [block.before for block in fenced_blocks(readme())]
    for marker in ("command: main", "output: main", "command: tests"):
        assert markers.count(f"<!-- {marker} -->") == 1, marker


def test_the_readme_shows_sessions() -> None:
    assert sessions()


@pytest.mark.skipif(sys.platform == "win32", reason="the sessions are those of a POSIX shell")
@pytest.mark.parametrize("block", sessions(), ids=str)
def test_a_session_of_the_readme_prints_what_it_shows(block: Block, tmp_path: Path) -> None:
    session = steps(block)
    mark = f"{{ status=$?; echo '{END_OF_OUTPUT}'; (exit $status); }}"
    result = subprocess.run(
        ["bash", "-c", "\n".join(f"{step.command}\n{mark}" for step in session)],
        cwd=tmp_path,
        env=workplace(tmp_path),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
    )
    printed = result.stdout.split(f"{END_OF_OUTPUT}\n")[:-1]
    assert len(printed) == len(session), result.stdout
    for step, output in zip(session, printed, strict=True):
        if not re.fullmatch(as_pattern(step.output), output):
            assert output == "\n".join(step.output) + "\n", f"$ {step.command}"


@pytest.mark.parametrize("block", blocks_of("python", "pycon"), ids=str)
def test_an_example_of_the_readme_gives_what_it_shows(
    block: Block, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    text = "\n".join(block.lines) + "\n"
    example = doctest.DocTestParser().get_doctest(text, {}, str(block), str(README), block.number)
    assert doctest.DocTestRunner().run(example).failed == 0


def test_every_option_in_the_readme_exists() -> None:
    known = OTHER_OPTIONS.union(*(options_of(command) for command in ("", *COMMANDS)))
    assert set(OPTION.findall(readme())) <= known


@pytest.mark.parametrize("command", COMMANDS)
def test_every_shown_command_has_the_options_that_it_is_given(command: str) -> None:
    shown = readme().replace("\\\n", " ")
    used = re.findall(rf"\bdigitnet {command}\b([^\n|`]*)", shown)
    given = {option for arguments in used for option in OPTION.findall(arguments)}
    assert given <= options_of(command) | {"--help"}


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_and_picture_leads_somewhere(path: Path) -> None:
    text = path.read_text("utf-8")
    for match in LINK.finditer(without_code(text)):
        target, _, anchor = (match[1] or match[2]).partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        file = path.parent / target if target else path
        assert file.exists(), f"{path.name} links to {target}"
        if anchor and file.suffix == ".md":
            assert anchor in anchors(file.read_text("utf-8")), f"{path.name} links to #{anchor}"
