"""What all figures have in common: colours, resolution, and how they are saved.

Each figure names digitnet in its metadata. Only a file with that mark is ever replaced by another.
"""

import contextlib
import gzip
import io
import logging
import math
import os
import warnings
from os import PathLike
from pathlib import Path
from typing import Any

import PIL.Image
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from digitnet.errors import OutputError, os_error_reason
from digitnet.files import atomic
from digitnet.files.escape import escape_controls

SURE_COLOUR = "#0072B2"
UNSURE_COLOUR = "#D55E00"
MARK_COLOUR = "#009E73"
NEUTRAL_COLOUR = "#8C8C8C"

RESOLUTION_DPI = 150
"""Pixels an inch: sharp on a slide."""

MARK = "drawn by digitnet"
"""Written to the metadata of every figure."""

_NO_METADATA = {".raw", ".rgba"}
_IN_METADATA = {
    ".png": "Software",
    ".pdf": "Creator",
    ".svg": "Creator",
    ".svgz": "Creator",
    ".ps": "Creator",
    ".eps": "Creator",
}
_IN_PILLOW = {".gif": "comment", ".jpg": "comment", ".jpeg": "comment"}
_EXIF_SOFTWARE = 0x0131
"""The metadata key of the mark, by suffix; for others (TIFF, WebP, AVIF), EXIF's `Software`."""

# Matplotlib logs its own affairs (fonts, caches) on stderr; they do not concern users.
logging.getLogger("matplotlib").setLevel(logging.ERROR)


def new_figure(width: float, height: float) -> Figure:
    """Make an empty white figure of this size in inches."""
    figure = Figure((width, height), RESOLUTION_DPI, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def writable_suffixes() -> frozenset[str]:
    """The suffixes of files that a figure can be saved as: `.png`, `.pdf`, `.svg`, ..."""
    names = {*FigureCanvasAgg.get_supported_filetypes()} - {"pgf"}  # which needs LaTeX
    return frozenset(f".{name}" for name in names) - _NO_METADATA


def save_figure(figure: Figure, path: str | PathLike[str]) -> None:
    """Write a figure, whole or not at all; the suffix says as what.

    Raises:
        OutputError: it cannot be written, or another file exists there that is not a figure by
            digitnet.
    """
    check_replaceable(path)
    target, picture = Path(path), io.BytesIO()
    suffix = target.suffix.lower()
    try:
        with warnings.catch_warnings():
            # A title may have letters that Matplotlib's font lacks; they are drawn as boxes.
            warnings.filterwarnings("ignore", message="Glyph .* missing from")
            figure.savefig(picture, format=suffix[1:], **_marked(suffix))
        atomic.write_atomically(target, picture.getvalue())
    except OSError as error:
        raise OutputError(
            f"the figure {escape_controls(os.fspath(path))} cannot be written: "
            f"{os_error_reason(error)}; give another --plot"
        ) from None


def check_replaceable(path: str | PathLike[str]) -> None:
    """See that a figure may be written at a path.

    It may be written if there is nothing, an empty file, or a figure by digitnet. A link is
    followed, as `save_figure` does.

    Raises:
        OutputError: there is another file, a folder, a pipe or a device.
    """
    target = Path(path)
    if target.exists() and not (target.is_file() and _is_marked(target)):
        raise OutputError(
            f"{escape_controls(os.fspath(path))} is not a figure by digitnet, so it is not "
            "replaced: move it away, or give another --plot"
        )


def _marked(suffix: str) -> dict[str, Any]:
    """Matplotlib's arguments that write the mark into a figure."""
    if suffix in _IN_METADATA:
        return {"metadata": {_IN_METADATA[suffix]: MARK}}
    if suffix in _IN_PILLOW:
        return {"pil_kwargs": {_IN_PILLOW[suffix]: MARK.encode()}}
    exif = PIL.Image.Exif()
    exif[_EXIF_SOFTWARE] = MARK
    return {"pil_kwargs": {"exif": exif}}


def _is_marked(path: Path) -> bool:
    """Whether a file is empty or says that digitnet drew it. One that cannot be read does not."""
    with contextlib.suppress(OSError, EOFError):
        data = path.read_bytes()
        unpacked = gzip.decompress(data) if path.suffix.lower() == ".svgz" else data
        return not data or MARK.encode() in unpacked
    return False


def percent(probability: float) -> str:
    """Whole percents, rounded down: only certainty is 100%."""
    return f"{math.floor(100 * probability)}%"
