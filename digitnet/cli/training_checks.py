"""Checks that `digitnet train` makes before any work is done."""

import importlib.util
import itertools
import os
import re
from pathlib import Path

import typer

from digitnet.errors import DigitnetError
from digitnet.training.options import MAX_LAYERS


def check_tensorflow() -> None:
    """Check that TensorFlow is installed, without importing it.

    Raises:
        DigitnetError: TensorFlow is not installed.
    """
    if importlib.util.find_spec("tensorflow") is None:
        raise DigitnetError(
            "training needs TensorFlow, which digitnet-light does not include: uninstall "
            "digitnet-light, then install digitnet"
        )


def parse_hidden(text: str) -> tuple[int, ...]:
    """Parse the layer sizes of `--hidden`: `128,128`.

    Raises:
        typer.BadParameter: the value has another form, or the network has too many layers or
            weights.
    """
    if not re.fullmatch(r" *[1-9][0-9]{0,8} *(, *[1-9][0-9]{0,8} *)*", text):
        raise typer.BadParameter(
            f"{text!r} is not a list of layer sizes: give positive whole numbers, like 128,128",
            param_hint="'--hidden'",
        )
    from digitnet.model.bundle import MAX_WEIGHTS
    from digitnet.model.targets import COLUMNS
    from digitnet.vision.normalize import SIDE

    sizes = tuple(int(size) for size in text.split(","))
    if len(sizes) > MAX_LAYERS:
        raise typer.BadParameter(
            f"{len(sizes)} layers given: at most {MAX_LAYERS} are supported",
            param_hint="'--hidden'",
        )
    weights = sum(a * b for a, b in itertools.pairwise((SIDE**2, *sizes, COLUMNS)))
    if weights > MAX_WEIGHTS:
        raise typer.BadParameter(
            f"{text!r} results in {weights:,} weights: at most {MAX_WEIGHTS:,} fit in a model; "
            "give smaller layers",
            param_hint="'--hidden'",
        )
    return sizes


def check_figure(path: Path) -> None:
    """Check, before the training, that the figure can be written after it.

    Raises:
        typer.BadParameter: the format is not supported, or the path is not writable.
        OutputError: the figure would overwrite a user's file.
    """
    from digitnet.plots import check_replaceable, writable_suffixes

    if path.suffix.lower() not in writable_suffixes():
        raise typer.BadParameter(
            f"{path} is not a supported figure format: give a file like curves.png",
            param_hint="'--plot'",
        )
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise typer.BadParameter(
            f"cannot write a figure to {path}: give a file in a writable folder",
            param_hint="'--plot'",
        )
    check_replaceable(path)
