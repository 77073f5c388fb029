"""Finds the writing in an image: digits, lines, or the cells of a table."""

from collections.abc import Callable
from typing import NamedTuple

from digitnet.errors import ImageError
from digitnet.interruption import Interruption
from digitnet.vision import GridSize, Layout, Limits, Region, find_digits, find_grid, find_lines
from digitnet.vision.decoding.sources import Source, about, to_gray_image
from digitnet.vision.find import normal_digit
from digitnet.vision.tables import MAX_CELLS
from digitnet.vision.walls import MAX_WALLS

Detected = list[Region] | Layout
"""What was found in an image: single digits, or a layout of lines or cells."""


class ReadingMode(NamedTuple):
    """How images are read.

    Attributes:
        by_lines: whether there is a reader; otherwise each connected component is a digit.
        single: whether to treat the whole image as one digit.
        grid: the size of the table in the image; None if no table was requested.
    """

    by_lines: bool
    single: bool = False
    grid: GridSize | None = None


def checked_mode(mode: ReadingMode) -> ReadingMode:
    """Return `mode`, after checking that images can be read in this mode.

    Raises:
        ValueError: the size of the table is out of range, or tables cannot be read in it.
    """
    if mode.grid is None:
        return mode
    if mode.single or not mode.by_lines:
        raise ValueError("a table needs a reader: leave out --single and --reader none")
    if mode.grid == "auto":
        return mode
    rows, columns = mode.grid
    most = MAX_WALLS - 1
    if not (0 < rows <= most and 0 < columns <= most and rows * columns <= MAX_CELLS):
        raise ValueError(
            f"a table of {rows} x {columns} cells: give ROWSxCOLUMNS, like 9x9, of at most "
            f"{MAX_CELLS:,} cells and {most} a side, or auto"
        )
    return mode


def find_writing(
    source: Source, mode: ReadingMode, limits: Limits, notify: Callable[[str], None]
) -> Detected:
    """Find the writing in an image.

    Args:
        source: the image.
        mode: how to read it.
        limits: how large it may be.
        notify: receives one line, beginning with the path, about content that is not read.

    Returns:
        The layout of its lines or cells. Without a reader, with `single`, or for an image in
        MNIST's format: the digits. No digits for an empty image.

    Raises:
        ImageError: the image cannot be read, or has no such table. The message begins with the
            path.
    """
    with Interruption():
        gray = to_gray_image(source, limits, notify)
        if mode.grid and gray.size:
            try:
                return find_grid(gray, mode.grid)
            except ImageError as error:
                raise ImageError(about(source, str(error))) from None
        if not mode.by_lines or mode.single or not gray.size:
            return find_digits(gray, single=mode.single)
        normal = normal_digit(gray)
        layout = [normal] if normal else find_lines(gray)
    if isinstance(layout, Layout) and layout.left_out:
        more = f"{layout.left_out:,} rows over the limit for one image"
        notify(about(source, f"{more}, so no digit is recognized; split the image"))
    return layout
