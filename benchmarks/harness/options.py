"""Command-line options shared by benchmarks, and the command that reproduces a run."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

OFFICIAL, VALIDATION = "official", "validation"

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "digitnet")

COMMON: dict[str, dict[str, Any]] = {
    "model": {"metavar": "NAME", "help": "a model's name or folder (default: %(default)s)"},
    "reader": {
        "metavar": "NAME",
        "help": "a reader's name or folder, or none to classify connected components "
        "(default: %(default)s)",
    },
    "part": {
        "choices": (OFFICIAL, VALIDATION),
        "help": "MNIST's official test set, for a report (default), or the validation set of the "
        "split that the shipped models were trained with, for development",
    },
    "limit": {"type": int, "metavar": "N", "help": "only N of each (default: %(default)s)"},
    "runs": {"type": int, "metavar": "N", "help": "runs per program (default: %(default)s)"},
    "seed": {"type": int, "metavar": "N", "help": "random seed (default: %(default)s)"},
    "fonts": {
        "type": Path,
        "metavar": "FOLDER",
        "help": "use all fonts in this folder instead of npm's",
    },
    "pictures": {
        "type": Path,
        "nargs": "+",
        "metavar": "FOLDER",
        "help": "pictures with a labels.csv (columns kind, file, label)",
    },
    "output": {"type": Path, "metavar": "FOLDER", "help": "draw the plots into this folder"},
    "save": {"type": Path, "metavar": "FOLDER", "help": "save misread images"},
    "cache": {
        "type": Path,
        "metavar": "FOLDER",
        "help": "where downloads are kept (default: %(default)s)",
    },
}

WITHOUT_EFFECT = {"cache", "output", "record", "save"}
"""Options that do not affect the results."""


def add(parser: argparse.ArgumentParser, **defaults: object) -> None:
    """Add common options, each with a default."""
    for name, default in defaults.items():
        parser.add_argument(f"--{name}", default=default, **COMMON[name])


def add_drawn(parser: argparse.ArgumentParser, limit: int | None) -> None:
    """Add the options of a benchmark that draws its images from MNIST digits."""
    add(parser, model="cnn", reader="reader", part=OFFICIAL, limit=limit, seed=0, save=None)


def arguments(parser: argparse.ArgumentParser, options: argparse.Namespace) -> list[str]:
    """Return command-line arguments for the options that differ from their defaults."""
    words = []
    for name, value in vars(options).items():
        if value == parser.get_default(name):
            continue
        words.append("--" + name.replace("_", "-"))
        if value is not True:
            values = (
                value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
            )
            words += map(str, values)
    return words


def command(name: str, parser: argparse.ArgumentParser, options: argparse.Namespace) -> str:
    """Return the command that reproduces a run; paths are reduced to their last part."""
    effective = argparse.Namespace(
        **{
            key: without_folders(value)
            for key, value in vars(options).items()
            if key not in WITHOUT_EFFECT
        }
    )
    return " ".join(["python -m benchmarks", name, *arguments(parser, effective)])


def without_folders(value: Any) -> Any:
    """Replace a path, or each path in a list, by its last part; return other values unchanged."""
    if isinstance(value, Path):
        return value.name
    if isinstance(value, list | tuple):
        return [without_folders(one) for one in value]
    return value
