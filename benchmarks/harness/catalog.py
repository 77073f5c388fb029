"""The benchmarks by name: their docstrings, modules and option parsers."""

import argparse
import ast
import importlib
from pathlib import Path
from types import ModuleType

PACKAGE = Path(__file__).resolve().parent.parent

NAMES = tuple(sorted(path.stem for path in PACKAGE.glob("[!_]*.py")))


def docstring(name: str) -> str:
    """Return the docstring of a benchmark without importing it."""
    tree = ast.parse((PACKAGE / f"{name}.py").read_text("utf-8"))
    return ast.get_docstring(tree) or ""


def headline(name: str) -> tuple[str, str]:
    """Return the title of a benchmark and what it measures, from its docstring's first line.

    Raises:
        ValueError: if the first line is not `TITLE: WHAT IT MEASURES.`
    """
    title, colon, measures = docstring(name).partition("\n")[0].partition(": ")
    if not (colon and measures.endswith((".", "?"))):
        raise ValueError(f"benchmarks/{name}.py must begin with a line 'TITLE: WHAT IT MEASURES.'")
    return title, measures


def targets(name: str) -> dict[str, str]:
    """Return the targets of a benchmark, `TARGETS`, without importing it; none if it has none.

    Returns:
        The targets as `harness.targets.missed` takes them, by the name of a figure.
    """
    for statement in ast.parse((PACKAGE / f"{name}.py").read_text("utf-8")).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "TARGETS":
            found: dict[str, str] = ast.literal_eval(statement.value)
            return found
    return {}


def load(name: str) -> ModuleType:
    """Import a benchmark."""
    return importlib.import_module(f"benchmarks.{name}")


def parser(name: str) -> argparse.ArgumentParser:
    """Return the parser of a benchmark's options, including `--record`."""
    parser = argparse.ArgumentParser(
        prog=f"python -m benchmarks {name}",
        description=docstring(name),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    load(name).add_options(parser)
    parser.add_argument(
        "--record", action="store_true", help="save the result in benchmarks/records, for the docs"
    )
    return parser
