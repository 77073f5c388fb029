"""Draws lines as the reader saw them, with its output for each column below.

A strip is a line, or a part of one that is too wide for the figure. It shows the decoded symbols,
the image of the line, and a heat map of the probabilities in each column.
"""

import math
from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure
from matplotlib.patches import Rectangle

from digitnet.model.symbols import BLANK, GAP, OTHER, SYMBOLS
from digitnet.plots.boxes import colour_of
from digitnet.plots.figure import NEUTRAL_COLOUR
from digitnet.reading.ctc import Reading
from digitnet.reading.prediction import Box
from digitnet.reading.read_lines import LineReading
from digitnet.vision.line_image import INK, LINE_HEIGHT, PAPER
from digitnet.vision.text_line import COLUMN_PX

MIN_WIDTH_PX, MAX_WIDTH_PX = 240, 384
"""Line pixels across the figure, fewer for short lines; lines wider than the maximum are cut."""

MAX_STRIPS, MAX_PX = 48, 18 * MAX_WIDTH_PX
"""Maximum number of strips drawn, and of their pixels in total: cells of a table are small."""

MIN_PROBABILITY = 0.05
"""Symbols below this probability in every column have no row in the heat map."""

MARGIN, RIGHT = 0.6, 0.1
"""Space beside a strip, in inches; its line number and the symbol names are on the left."""
ABOVE, BELOW = 0.22, 0.15
"""Space above a strip, for the decoded symbols, and below its heat map, in inches."""
ROW_HEIGHT = 0.14
"""Height of a row of the heat map, in inches."""
CAPTION = 0.3
"""Height of the caption above all strips, in inches."""

NAMES = {GAP: "gap", OTHER: "other", ".": "point", ",": "comma"}
"""Names in the heat map for symbols that are hard to see."""

VISIBLE_GAP = "\u2423"
"""Shown above the image for a gap: the open box."""


class Strip(NamedTuple):
    """A part of a line.

    Attributes:
        number: index of its line, from 0 at the top.
        line: the reading of the line.
        boxes: a box for each digit and mark of the line; none if the line is not in the answer.
        start: its first column in the reader's output.
        end: the column after its last.
    """

    number: int
    line: LineReading
    boxes: Sequence[Box]
    start: int
    end: int

    @property
    def pixels(self) -> int:
        """Its width in pixels of the line."""
        return COLUMN_PX * (self.end - self.start)

    @property
    def symbols(self) -> list[int]:
        """The symbols that are probable in some column, and have a row in the heat map."""
        most = self.line.columns[self.start : self.end, :BLANK].max(axis=0)
        return np.flatnonzero(most >= min(MIN_PROBABILITY, float(most.max()))).tolist()


def cut_strips(lines: Sequence[LineReading], boxes: Sequence[Box]) -> tuple[list[Strip], int]:
    """Cut lines into strips that fit into a figure.

    Args:
        lines: the readings of the lines, in reading order.
        boxes: the boxes of the prediction: one for each digit and mark of the lines with digits.

    Returns:
        The strips to draw, and the number of all strips.
    """
    columns = MAX_WIDTH_PX // COLUMN_PX
    answers = iter(boxes)
    strips = []
    for number, line in enumerate(lines):
        count = sum(map(_has_box, line.symbols)) if line.digits else 0
        own = list(islice(answers, count))
        for start in range(0, len(line.columns), columns):
            end = min(start + columns, len(line.columns))
            strips.append(Strip(number, line, own, start, end))
    pixels = np.cumsum([strip.pixels for strip in strips])
    drawn = int(np.searchsorted(pixels, MAX_PX, side="right"))
    return strips[: min(drawn, MAX_STRIPS)], len(strips)


def _has_box(reading: Reading) -> bool:
    """Whether a symbol is a digit or a mark, rather than a gap or other writing."""
    return SYMBOLS[reading.symbol] not in (GAP, OTHER)


def height_of(strips: Sequence[Strip], width: float) -> float:
    """Return the height of strips and their caption in a figure of this width, in inches."""
    scale = _scale(strips, width)
    return CAPTION + sum(_height(row, scale) for row in _rows(strips, scale, width))


def draw_strips(figure: SubFigure, strips: Sequence[Strip], caption: str, width: float) -> None:
    """Draw strips side by side while there is room, then below each other.

    Args:
        figure: an empty subfigure of the height given by `height_of`.
        strips: at least one.
        caption: the text above them.
        width: the width of the figure, in inches.
    """
    height, scale = height_of(strips, width), _scale(strips, width)
    figure.text(0.5, 1, caption, ha="center", va="top", fontsize="medium")
    top = height - CAPTION
    for row in _rows(strips, scale, width):
        left, bottom = MARGIN, top - ABOVE - LINE_HEIGHT * scale
        for strip in row:
            across, down = strip.pixels * scale, ROW_HEIGHT * len(strip.symbols)
            sides = left / width, across / width
            line: Axes = figure.add_axes(
                (sides[0], bottom / height, sides[1], LINE_HEIGHT * scale / height)
            )
            heat: Axes = figure.add_axes(
                (sides[0], (bottom - down) / height, sides[1], down / height)
            )
            _draw_line(line, strip)
            _draw_symbols(line, strip, scale)
            _draw_probabilities(heat, strip)
            left += across + MARGIN
        top -= _height(row, scale)


def _scale(strips: Sequence[Strip], width: float) -> float:
    """Return the size of a line pixel in the figure, in inches."""
    together = sum(strip.pixels for strip in strips)
    return (width - MARGIN - RIGHT) / min(max(together, MIN_WIDTH_PX), MAX_WIDTH_PX)


def _rows(strips: Sequence[Strip], scale: float, width: float) -> list[list[Strip]]:
    """Group the strips that are drawn side by side."""
    rows: list[list[Strip]] = []
    right = math.inf
    for strip in strips:
        right += MARGIN + strip.pixels * scale
        if right > width:
            rows.append([])
            right = MARGIN + strip.pixels * scale
        rows[-1].append(strip)
    return rows


def _height(row: Sequence[Strip], scale: float) -> float:
    """Return the height of strips side by side, with the space around them, in inches."""
    symbols = max(len(strip.symbols) for strip in row)
    return ABOVE + LINE_HEIGHT * scale + ROW_HEIGHT * symbols + BELOW


def _draw_line(axes: Axes, strip: Strip) -> None:
    """Draw the image; strong ink is black, and anything lighter than the paper is white."""
    shown = slice(COLUMN_PX * strip.start, COLUMN_PX * strip.end)
    image = strip.line.line.image[:, shown]
    left, right = shown.start, shown.start + image.shape[1]
    axes.imshow(
        image,
        cmap="gray_r",
        vmin=PAPER - (INK - PAPER) / 4,
        vmax=INK,
        extent=(left, right, LINE_HEIGHT, 0),
        aspect="auto",
    )
    axes.set(xticks=[], yticks=[], xlim=(left, shown.stop))
    axes.set_facecolor("0.8")  # like paper, for the last pixel of an odd width
    axes.set_ylabel(str(strip.number + 1), rotation=0, ha="right", va="center")


def _draw_symbols(axes: Axes, strip: Strip, scale: float) -> None:
    """Write the decoded symbols above the image: those of the answer, gaps and other writing."""
    answers = iter(strip.boxes)
    middles = [float(reading.start + reading.end) for reading in strip.line.symbols]
    rooms = np.diff(middles, prepend=-np.inf, append=np.inf)
    for number, (reading, middle) in enumerate(zip(strip.line.symbols, middles, strict=True)):
        symbol = SYMBOLS[reading.symbol]
        box = next(answers, None) if _has_box(reading) else None
        if not strip.start <= middle / 2 < strip.end:
            continue
        room = 72 * scale * min(rooms[number], rooms[number + 1])
        label = symbol.replace(GAP, VISIBLE_GAP) if box is None else box.symbol
        size = min(11.0, max(5.0, 0.8 * room))
        colour = NEUTRAL_COLOUR if box is None else colour_of(box)
        axes.annotate(
            label,
            (middle, 0),
            xytext=(0, 2),
            textcoords="offset points",
            ha="center",
            va="bottom",
            color=colour,
            fontsize=size,
            fontweight="bold",
            parse_math=False,
        )


def _draw_probabilities(axes: Axes, strip: Strip) -> None:
    """Draw the heat map, with a frame around each run of columns that became a symbol."""
    symbols = strip.symbols
    probabilities = strip.line.columns[strip.start : strip.end, symbols].T
    left, right = COLUMN_PX * strip.start, COLUMN_PX * strip.end
    axes.imshow(
        probabilities,
        cmap="Blues",
        vmin=0,
        vmax=1,
        extent=(left, right, len(symbols), 0),
        aspect="auto",
        interpolation="nearest",
    )
    for reading in strip.line.symbols:
        if reading.symbol in symbols:
            place = (COLUMN_PX * reading.start, symbols.index(reading.symbol))
            width = COLUMN_PX * (reading.end - reading.start)
            axes.add_patch(Rectangle(place, width, 1, fill=False, linewidth=0.8))
    axes.set(xticks=[], yticks=np.arange(len(symbols)) + 0.5, xlim=(left, right))
    names = [NAMES.get(SYMBOLS[symbol], SYMBOLS[symbol]) for symbol in symbols]
    axes.set_yticklabels(names, fontsize=7)
    axes.tick_params(length=0, pad=2)
