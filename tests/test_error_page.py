"""docs/errors.md lists every message that a user can see.

The messages are collected from the code: the texts of errors, usage errors and notes. `…` stands
for parts that are filled in at run time.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "errors.md"

TAKES_MESSAGE = {
    *("ImageError", "BundleError", "DatasetError", "UnlabelledError", "OutputError"),
    *("DigitnetError", "DatasetChoiceError", "NoSheetError", "RequestError", "BadParameter"),
    *("notify", "report", "refuse", "_failure", "about", "remark", "insert", "ArgumentTypeError"),
}
"""Exceptions and functions that take a message as their last positional argument."""

LOGS = {"warning"}
"""Functions of `logging` that take a message as their first argument, with `%s` for values."""

RETURNS_MESSAGE = {"interruption_message", "diagnose"}
"""Functions that return a message to their caller."""

IN_PYTHON = {"ValueError", "TypeError"}
PYTHON = ("api", "reading", "output", "training/options.py", "vision/decoding/sources.py")
"""Modules and packages that raise `IN_PYTHON` to users of the Python API."""

FILLED_IN = "…"


def messages() -> set[str]:
    """Return all messages in the code."""
    found = set()
    for path in sorted((ROOT / "digitnet").rglob("*.py")):
        place = path.relative_to(ROOT / "digitnet").as_posix()
        names = TAKES_MESSAGE | IN_PYTHON if place.startswith(PYTHON) else TAKES_MESSAGE
        found |= {
            text
            for text in messages_of(ast.parse(path.read_text("utf-8")), names)
            if re.search(r"\w", text)
        }
    return found


def messages_of(module: ast.Module, names: set[str]) -> Iterator[str]:
    """Yield the messages of a module, with its constants and functions replaced by their texts."""
    known: dict[str, ast.expr] = {}
    for statement in module.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            known[statement.targets[0].id] = statement.value
        if isinstance(statement, ast.FunctionDef):
            last = statement.body[-1]
            if isinstance(last, ast.Return) and last.value is not None:
                known[statement.name] = last.value
    for node in ast.walk(module):
        for text in (each for part in message_parts(node, names) for each in texts_of(part, known)):
            yield re.sub(f"{FILLED_IN}+", FILLED_IN, text.replace("%s", FILLED_IN))


def message_parts(node: ast.AST, names: set[str]) -> Iterator[ast.expr]:
    """Yield the expressions of a call or a function that are messages."""
    if isinstance(node, ast.Call) and node.args and name_of(node.func) in names:
        yield node.args[-1]
    if isinstance(node, ast.Call) and node.args and name_of(node.func) in LOGS:
        yield node.args[0]
    if isinstance(node, ast.FunctionDef) and node.name in RETURNS_MESSAGE:
        returns = (part for part in ast.walk(node) if isinstance(part, ast.Return))
        yield from (part.value for part in returns if part.value and has_text(part.value))


def has_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or isinstance(getattr(node, "value", None), str)


def name_of(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def texts_of(node: ast.expr, known: dict[str, ast.expr]) -> list[str]:
    """Return the text of an expression; of a conditional one, the texts of both branches."""
    if isinstance(node, ast.IfExp):
        return texts_of(node.body, known) + texts_of(node.orelse, known)
    return [text_of(node, known)]


def text_of(node: ast.expr, known: dict[str, ast.expr]) -> str:
    """Return the text of an expression, with `…` for what the code does not spell out."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(part, {}) for part in node.values)
    if isinstance(node, ast.BinOp):
        return text_of(node.left, known) + text_of(node.right, known)
    if isinstance(node, ast.Name | ast.Call):
        name = node.id if isinstance(node, ast.Name) else name_of(node.func)
        if isinstance(known.get(name), ast.Constant | ast.JoinedStr):
            return text_of(known[name], {})
    return FILLED_IN


def on_the_page() -> list[str]:
    """Return the messages on the page: the first cells of its tables."""
    return re.findall(r"^\| ``(.+?)`` \| \S", PAGE.read_text("utf-8"), re.MULTILINE)


def test_the_page_lists_every_message_and_no_other() -> None:
    known, named = messages(), {*on_the_page()}
    missing = "\n".join(f"| ``{text}`` | what to do |" for text in sorted(known - named))
    assert not missing, f"docs/errors.md lacks:\n{missing}"
    assert not named - known, "docs/errors.md names what nobody says"


def test_the_page_lists_each_message_once() -> None:
    assert len(on_the_page()) == len({*on_the_page()})
