"""What `digitnet train` refuses before any work is done."""

import importlib.util
import itertools
import os
import re
from collections.abc import Sequence
from pathlib import Path

import typer

from digitnet.errors import BundleError, DigitnetError, OutputError
from digitnet.training.options import MAX_LAYERS, TrainingOptions


def check_tensorflow() -> None:
    """See that TensorFlow is installed, without importing it.

    Raises:
        DigitnetError: it is not.
    """
    if importlib.util.find_spec("tensorflow") is None:
        raise DigitnetError(
            "training needs TensorFlow, which digitnet-light leaves out: uninstall digitnet-light, "
            "then install digitnet"
        )


def parse_hidden(text: str) -> tuple[int, ...]:
    """The layer sizes of `--hidden`: `128,128`.

    Raises:
        typer.BadParameter: it is something else, or makes a network that no model file can hold.
    """
    if not re.fullmatch(r" *[1-9][0-9]{0,8} *(, *[1-9][0-9]{0,8} *)*", text):
        raise typer.BadParameter(
            f"{text!r} is no list of layer sizes: give whole numbers from 1, like 128,128",
            param_hint="'--hidden'",
        )
    from digitnet.model.bundle import MAX_WEIGHTS
    from digitnet.model.targets import COLUMNS
    from digitnet.vision.normalize import SIDE

    sizes = tuple(int(size) for size in text.split(","))
    if len(sizes) > MAX_LAYERS:
        raise typer.BadParameter(
            f"it has {len(sizes)} layers: give at most {MAX_LAYERS}", param_hint="'--hidden'"
        )
    weights = sum(a * b for a, b in itertools.pairwise((SIDE**2, *sizes, COLUMNS)))
    if weights > MAX_WEIGHTS:
        raise typer.BadParameter(
            f"{text!r} makes {weights:,} weights: at most {MAX_WEIGHTS:,} fit into a model; "
            "give smaller layers",
            param_hint="'--hidden'",
        )
    return sizes


def divide_datasets(given: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Tell the data set of images from files of pen strokes.

    Returns:
        The one data set of images, and the files.

    Raises:
        typer.BadParameter: there is not exactly one.
    """
    strokes = tuple(name for name in given if is_pen_strokes(name))
    images = [name for name in given if name not in strokes]
    if len(images) != 1:
        received = f"{len(images)} ({', '.join(images)})" if images else "none"
        raise typer.BadParameter(
            f"expected one data set of images, received {received}: give one, like mnist",
            param_hint="'--dataset'",
        )
    return images[0], strokes


def check_strokes(strokes: Sequence[str], *, augment: bool, start: str | None) -> None:
    """See that a classifier can learn from pen strokes.

    Raises:
        typer.BadParameter: it is trained without drawn pictures, or a trained model is trained on.
    """
    if strokes and (start is not None or not augment):
        option, reason = "it", "a model that is trained on keeps those it has"
        if start is None:
            option, reason = "it or --no-augment", "they are drawn anew in each epoch"
        raise typer.BadParameter(
            f"{strokes[0]} holds pen strokes: leave out {option}; {reason}",
            param_hint="'--dataset'",
        )


def is_pen_strokes(name: str) -> bool:
    """Whether a data set is a file of pen strokes; what is missing is none."""
    if name in ("mnist", "digits") or not os.path.isfile(name):
        return False
    from digitnet.data.pen_strokes import holds_pen_strokes

    return holds_pen_strokes(Path(name))


def check_sources(chosen: TrainingOptions) -> None:
    """See that what an interrupted training learns from is there; no option may replace it.

    Raises:
        OutputError: a path of its options leads to nothing.
    """
    from digitnet.model import bundle

    paths = (chosen.dataset, chosen.fonts, *chosen.strokes)
    missing = [path for path in paths if path and not os.path.exists(path)]
    if chosen.start:
        try:
            bundle.find(chosen.start)
        except BundleError:
            missing.append(chosen.start)
    for path in missing:
        if path not in ("mnist", "digits"):
            raise OutputError(
                f"the interrupted training learns from {path!r}, which is not there: run --resume "
                "in the folder in which it began, or bring it back"
            )


def check_figure(path: Path) -> None:
    """See before the training that the curves can be drawn after it.

    Raises:
        typer.BadParameter: it is no kind of picture, or no file can be written there.
        OutputError: a user's file lies there.
    """
    from digitnet.plots import check_replaceable, writable_suffixes

    if path.suffix.lower() not in writable_suffixes():
        raise typer.BadParameter(
            f"{path} is no kind of picture that can be drawn: give a file like curves.png",
            param_hint="'--plot'",
        )
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise typer.BadParameter(
            f"no picture can be written at {path}: give a file in a folder that can be written",
            param_hint="'--plot'",
        )
    check_replaceable(path)
