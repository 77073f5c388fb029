"""The colours and the resolution of all figures, and how they are saved.

Each figure names digitnet in its metadata. Only files with that mark are ever replaced.
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
"""Resolution in pixels per inch: sharp on a slide."""

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
"""The metadata key of the mark by suffix; others (TIFF, WebP, AVIF) use EXIF's `Software`."""

# Matplotlib logs details (fonts, caches) to stderr that do not concern users.
logging.getLogger("matplotlib").setLevel(logging.ERROR)


def new_figure(width: float, height: float) -> Figure:
    """Make an empty white figure of this size in inches."""
    figure = Figure((width, height), RESOLUTION_DPI, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def writable_suffixes() -> frozenset[str]:
    """Return the suffixes of files that a figure can be saved as: `.png`, `.pdf`, `.svg`, ..."""
    names = {*FigureCanvasAgg.get_supported_filetypes()} - {"pgf"}  # PGF needs LaTeX
    return frozenset(f".{name}" for name in names) - _NO_METADATA


def save_figure(figure: Figure, path: str | PathLike[str]) -> None:
    """Save a figure atomically, in the format of the path's suffix.

    Raises:
        OutputError: the figure cannot be written, or a file that is not a figure by digitnet exists
            there.
    """
    check_replaceable(path)
    target, picture = Path(path), io.BytesIO()
    suffix = target.suffix.lower()
    try:
        with warnings.catch_warnings():
            # Characters of the title that Matplotlib's font lacks are drawn as boxes.
            warnings.filterwarnings("ignore", message="Glyph .* missing from")
            figure.savefig(picture, format=suffix[1:], **_marked(suffix))
        atomic.write_atomically(target, picture.getvalue())
    except OSError as error:
        raise OutputError(
            f"the figure {escape_controls(os.fspath(path))} cannot be written: "
            f"{os_error_reason(error)}; give another --plot"
        ) from None


def check_replaceable(path: str | PathLike[str]) -> None:
    """Check that a figure may be written to a path.

    It may if the path does not exist, or is an empty file or a figure by digitnet. Links are
    followed, as in `save_figure`.

    Raises:
        OutputError: another file, a folder, a pipe or a device exists there.
    """
    target = Path(path)
    if target.exists() and not (target.is_file() and _is_marked(target)):
        raise OutputError(
            f"{escape_controls(os.fspath(path))} is not a figure by digitnet, so it is not "
            "replaced: move it away, or give another --plot"
        )


def _marked(suffix: str) -> dict[str, Any]:
    """Return the arguments of `savefig` that write the mark into a figure."""
    if suffix in _IN_METADATA:
        return {"metadata": {_IN_METADATA[suffix]: MARK}}
    if suffix in _IN_PILLOW:
        return {"pil_kwargs": {_IN_PILLOW[suffix]: MARK.encode()}}
    exif = PIL.Image.Exif()
    exif[_EXIF_SOFTWARE] = MARK
    return {"pil_kwargs": {"exif": exif}}


def _is_marked(path: Path) -> bool:
    """Whether a file is empty or has digitnet's mark; False if it cannot be read."""
    with contextlib.suppress(OSError, EOFError):
        data = path.read_bytes()
        unpacked = gzip.decompress(data) if path.suffix.lower() == ".svgz" else data
        return not data or MARK.encode() in unpacked
    return False


def percent(probability: float) -> str:
    """Format a probability in whole percent, rounded down so that only certainty is 100%."""
    return f"{math.floor(100 * probability)}%"
