"""What all figures have in common: colours, resolution, and how they are saved."""

import io
import logging
import math
import os
import warnings
from os import PathLike
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from digitnet import durable
from digitnet.errors import OutputError, why
from digitnet.escape import escape_controls

SURE_COLOUR = "#0072B2"
UNSURE_COLOUR = "#D55E00"
QUIET_COLOUR = "#8C8C8C"

RESOLUTION = 150
"""Pixels an inch: sharp on a slide."""

# Matplotlib tells its own affairs (fonts, caches) on stderr; they are nothing to our users.
logging.getLogger("matplotlib").setLevel(logging.ERROR)


def new_figure(width: float, height: float) -> Figure:
    """Make an empty white figure of so many inches."""
    figure = Figure((width, height), RESOLUTION, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def writable_suffixes() -> frozenset[str]:
    """The suffixes of files that a figure can be saved as: `.png`, `.pdf`, `.svg`, ..."""
    names = {*FigureCanvasAgg.get_supported_filetypes()} - {"pgf"}  # which needs LaTeX
    return frozenset(f".{name}" for name in names)


def save_figure(figure: Figure, path: str | PathLike[str]) -> None:
    """Write a figure, whole or not at all; the suffix says as what.

    Raises:
        OutputError: it cannot be written.
    """
    target, picture = Path(path), io.BytesIO()
    try:
        with warnings.catch_warnings():
            # A title may have letters that Matplotlib's font lacks; boxes stand for them.
            warnings.filterwarnings("ignore", message="Glyph .* missing from")
            figure.savefig(picture, format=target.suffix[1:].lower())
        durable.write_whole(target, picture.getvalue())
    except OSError as error:
        raise OutputError(
            f"the figure {escape_controls(os.fspath(path))} cannot be written: "
            f"{why(error)}; give another --plot"
        ) from None


def percent(probability: float) -> str:
    """Whole percents, rounded down: only certainty is 100%."""
    return f"{math.floor(100 * probability)}%"
