"""The sheet of `digitnet sheet`: boxes to write digits into, between four corner marks."""

import io
from pathlib import Path

import cv2
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from digitnet.data.sheet_layout import (
    BOX_SIDE,
    FRAME,
    MARK_DICTIONARY,
    MARK_PLACES,
    MARK_SIDE,
    PAPER_SIZES,
    Paper,
    boxes,
)
from digitnet.errors import OutputError, os_error_reason
from digitnet.files import atomic
from digitnet.files.escape import escape_controls

SUFFIXES = (".pdf", ".png")
"""The formats that a sheet can be written in."""

PRINT_DPI = 300
"""Resolution of a PNG, in pixels per inch."""

MM_PER_INCH = 25.4
POINTS_PER_MM = 72 / MM_PER_INCH

MARK_PIXELS = 140
"""Side of the image of a mark: 20 pixels per module, so that smoothed edges stay narrow."""

WALL_MM = 0.3
WALL_COLOUR = "0.5"
"""Gray level of the walls: dark enough to be detected, paler than handwriting."""

LABEL_MM = 4.0
LABEL_GAP_MM = 1.0
LABEL_COLOUR = "0.6"
"""Size of the digit above a box, its distance from the box, and its gray level."""

TEXT_MM = 3.2
"""Font size of the instructions."""
ABOVE = (
    "In each box, write the digit printed above it, with a dark pen,\n"
    "in your usual handwriting, inside the frame.\n"
    "Empty or blacked-out boxes are skipped."
)
BELOW = (
    "Photograph or scan the whole sheet, including the four corner marks:\n"
    "flat, sharp and evenly lit. Then:\n"
    "digitnet train --from cnn --dataset PHOTO"
)


def sheet_figure(paper: Paper) -> Figure:
    """Draw an empty sheet at its true size."""
    width, height = PAPER_SIZES[paper]
    figure = Figure((width / MM_PER_INCH, height / MM_PER_INCH), PRINT_DPI, facecolor="white")
    FigureCanvasAgg(figure)
    left, top = (width - FRAME[0]) / 2, (height - FRAME[1]) / 2
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    dictionary = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, MARK_DICTIONARY))
    for number, (x, y) in enumerate(MARK_PLACES):
        mark = cv2.aruco.generateImageMarker(dictionary, number, MARK_PIXELS)
        extent = (x, x + MARK_SIDE, y + MARK_SIDE, y)
        axes.imshow(mark, cmap="gray", extent=extent, interpolation="none")
    for x, y, digit in boxes():
        axes.add_patch(
            Rectangle(
                (x, y),
                BOX_SIDE,
                BOX_SIDE,
                fill=False,
                edgecolor=WALL_COLOUR,
                linewidth=WALL_MM * POINTS_PER_MM,
            )
        )
        axes.text(
            x + BOX_SIDE / 2,
            y - LABEL_GAP_MM,
            str(digit),
            color=LABEL_COLOUR,
            fontsize=LABEL_MM * POINTS_PER_MM,
            ha="center",
            va="baseline",
        )
    for text, y in ((ABOVE, MARK_SIDE / 2), (BELOW, FRAME[1] - MARK_SIDE / 2)):
        size = TEXT_MM * POINTS_PER_MM
        axes.text(FRAME[0] / 2, y, text, fontsize=size, ha="center", va="center")
    axes.set_xlim(-left, width - left)
    axes.set_ylim(height - top, -top)
    axes.set_aspect("auto")
    return figure


def write_sheet(paper: Paper, path: Path) -> None:
    """Write an empty sheet as PDF or PNG, depending on the suffix.

    An existing file is not replaced: it may be a sheet that was filled in on a tablet.

    Raises:
        OutputError: the path exists, or the file cannot be written.
    """
    picture = io.BytesIO()
    sheet_figure(paper).savefig(picture, format=path.suffix.lower()[1:])
    name = escape_controls(str(path))
    try:
        atomic.write_new(path, picture.getvalue())
    except FileExistsError:
        raise OutputError(
            f"{name} already exists and may be filled in: move it away, or give another name"
        ) from None
    except OSError as error:
        raise OutputError(
            f"the sheet {name} cannot be written: {os_error_reason(error)}; give another name"
        ) from None
