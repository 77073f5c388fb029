"""Generate a reference page for each command from the program's own options."""

import inspect
import re
from functools import cache

import typer
from typer.core import TyperGroup

from digitnet.cli import app

WITHOUT_PAGE = "help"
"""A command that only repeats the pages."""


@cache
def _program() -> TyperGroup:
    program = typer.main.get_command(app)
    assert isinstance(program, TyperGroup)
    return program


def names() -> list[str]:
    """Return the commands in the order of `digitnet --help`."""
    return [name for name in _program().commands if name != WITHOUT_PAGE]


def page(name: str) -> str:
    """Return the reference of a command in Markdown: usage, text, options, exit codes."""
    program, command = _program(), _program().commands[name]
    whole = typer.Context(program, info_name="digitnet", **program.context_settings)
    context = typer.Context(command, info_name=name, parent=whole)
    usage = " ".join(command.get_usage(context).removeprefix("Usage: ").split())
    parts = [f"# digitnet {name}", f"```text\n{usage}\n```", _text(command.help)]
    records = [parameter.get_help_record(context) for parameter in command.get_params(context)]
    rows = [f"| {_code(names)} | {_cell(text)} |" for names, text in filter(None, records)]
    parts += ["\n".join(["| argument or option | meaning |", "|---|---|", *rows])]
    parts += [_text(command.epilog)]
    return "\n\n".join(filter(None, parts)) + "\n"


def _text(text: str | None) -> str:
    return _escaped(inspect.cleandoc(text)) if text else ""


def _code(names: str) -> str:
    """Format names as code. Typer's releases differ in the brackets around choices and arguments.

    A `|` would end the cell on GitHub, even between backticks.
    """
    plain = re.sub(r"[<>\[\]]", "", names)
    return f"<code>{_escaped(plain)}</code>"


def _cell(text: str) -> str:
    return _escaped(" ".join(text.split()))


def _escaped(text: str) -> str:
    """Escape all characters with a meaning in Markdown."""
    return re.sub(r"[\\`*_{}\[\]<>#|]", lambda match: f"&#{ord(match[0])};", text)
