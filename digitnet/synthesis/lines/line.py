"""Lines and cells of writing as the reader sees them, with the position of each symbol."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from digitnet.model.symbols import DIGITS, GAP, OTHER, SYMBOLS, spell, symbol_of
from digitnet.synthesis.characters.pens import Picture
from digitnet.synthesis.lines.chance import log_uniform, weighted
from digitnet.synthesis.lines.drawing import Drawing, PlacedSymbol
from digitnet.synthesis.lines.shares import Shares
from digitnet.synthesis.lines.surroundings.clutter import (
    draw_clutter,
    draw_clutter_on_blank,
    draw_neighbour_columns,
    draw_neighbour_rows,
)
from digitnet.synthesis.lines.surroundings.others import draw_page, draw_thing, make_scene_strip
from digitnet.synthesis.lines.surroundings.photographs import scale_to_line, take_photograph
from digitnet.synthesis.lines.surroundings.walls import Area, draw_cell, draw_comb
from digitnet.synthesis.lines.writing.glyphs import draw_strokes
from digitnet.synthesis.lines.writing.hands import Hand
from digitnet.synthesis.lines.writing.layout import (
    Placed,
    Writing,
    choose_digit,
    ink_extent,
    is_drawn_in_boxes,
    pen_width,
    strike,
    write_line,
)
from digitnet.synthesis.lines.writing.print_hands import make_hand
from digitnet.synthesis.lines.writing.sources import Sources
from digitnet.synthesis.lines.writing.text import (
    digits,
    make_lone_other,
    make_text,
    natural_word,
    sentence,
)
from digitnet.synthesis.lines.writing.written import write_number
from digitnet.vision.line_image import LINE_HEIGHT, LINE_WIDTHS, MIN_LINE_WIDTH

MAX_SQUEEZE = 1.5
"""Maximum factor by which a line is squeezed to the reader's width; longer texts are shortened."""

SMALLEST_DIGIT = 9
"""Minimum height of a digit on the canvas where it is drawn, in pixels."""

TOP_CUT_PROBABILITY = 0.04
"""Probability that the upper edge cuts the writing."""
SIDE_CUT_PROBABILITY = 0.12
"""Probability that a side cuts the writing.

Single characters in cells and those at the ends of lines are spared if they are marks or 1s, as
they would vanish.
"""
MAX_TOP_CUT = 0.1
"""Maximum part cut off, in heights of a digit: the digit remains recognizable."""
SIDE_CUT = 0.05, 0.4
"""Range of the part cut off a line's first or last digit, relative to its width.

The rest is still a digit, although not always a recognizable one.
"""

REPHOTOGRAPH_POOL = 1000
"""Number of drawings waiting for their second photograph."""


@dataclass(frozen=True)
class Line:
    """An image of a line or cell of writing.

    Attributes:
        gray: uint8 (32, W), 8 to 384 columns, of either polarity.
        symbols: the symbols, from left to right in the order of the text. A gap spans the paper
            between two numbers, any other symbol its ink.
    """

    gray: NDArray[np.uint8]
    symbols: tuple[PlacedSymbol, ...]

    @property
    def text(self) -> str:
        """The text, in the characters of `SYMBOLS`."""
        return spell(placed.symbol for placed in self.symbols)


DEFAULT_SHARES = Shares()
PRINT = Shares(mnist=0, pen=0, drawn=0, display=0)
"""Only lines in fonts."""


def make_line(sources: Sources, rng: np.random.Generator, shares: Shares = DEFAULT_SHARES) -> Line:
    """Make a line: empty, one character in a cell or on a canvas, or text such as a number.

    Every symbol is legible: if paper or clutter hide one, the line is photographed again on better
    paper, finally on plain paper without clutter.

    Args:
        sources: characters to draw with.
        rng: random generator; the same state makes the same line.
        shares: how often each kind is made.
    """
    if rng.random() < shares.scene:
        return _make_scene(rng)
    return _photograph(_draw(sources, shares, rng), shares, rng)


def make_lines(sources: Sources, rng: np.random.Generator) -> Iterator[Line]:
    """Yield lines endlessly, as `make_line` makes them.

    Each drawing is photographed twice, as drawing takes most of the time. The second photograph is
    of a random drawing from a pool of about `REPHOTOGRAPH_POOL`.
    """
    kept: list[Drawing] = []
    while True:
        if rng.random() < DEFAULT_SHARES.scene:
            yield _make_scene(rng)
            continue
        if len(kept) > REPHOTOGRAPH_POOL:
            drawing = kept.pop(int(rng.integers(len(kept))))
        else:
            drawing = _draw(sources, DEFAULT_SHARES, rng)
            kept.append(drawing)
        yield _photograph(drawing, DEFAULT_SHARES, rng)


def _photograph(drawing: Drawing, shares: Shares, rng: np.random.Generator) -> Line:
    return Line(*take_photograph(drawing, shares, rng))


def _make_scene(rng: np.random.Generator) -> Line:
    """Make a line of a scene or texture without writing."""
    return Line(scale_to_line(make_scene_strip(rng)), ())


def _draw(sources: Sources, shares: Shares, rng: np.random.Generator) -> Drawing:
    """Draw a random kind of line, weighted by `shares`."""
    hand = make_hand(sources, shares, rng)
    written = shares.written if sources.numbers else 0.0
    kinds: tuple[tuple[Callable[[], Drawing], float], ...] = (
        (lambda: _draw_empty(hand, shares, rng), shares.empty),
        (lambda: _draw_cell(digits(1, rng), hand, shares, rng), shares.single),
        (lambda: _draw_cell(make_lone_other(rng), hand, shares, rng), shares.lone_other),
        (lambda: draw_thing(hand, rng), shares.thing),
        (lambda: draw_page(hand, rng), shares.page),
        (lambda: _draw_print(sources, shares, rng), shares.print_words),
        (lambda: _draw_text(make_text(rng), hand, shares, rng), shares.text),
        (lambda: _draw_written(sources, hand, shares, rng), written),
    )
    return weighted(kinds, rng)()


def _draw_empty(hand: Hand, shares: Shares, rng: np.random.Generator) -> Drawing:
    """Draw an empty cell or line, with random surroundings."""
    height = log_uniform(20, 90, rng)
    aspect = log_uniform(0.5, 1.8, rng) if rng.random() < 0.6 else log_uniform(1, 8, rng)
    ink = np.zeros((round(height), max(MIN_LINE_WIDTH, round(height * aspect))), np.uint8)
    # where writing would be
    rows, columns = ink.shape
    size = rng.uniform(0.3, 0.6) * rows
    top, left = rng.uniform(0.2, 0.4) * rows, rng.uniform(0.25, 0.45) * columns
    area = Area(left, top, columns - left, top + size, size)
    clutter = np.zeros_like(ink)
    _surround(ink, clutter, hand, area, max(1, round(0.08 * size)), True, shares, rng)
    return Drawing(ink, clutter, [])


def _draw_cell(character: str, hand: Hand, shares: Shares, rng: np.random.Generator) -> Drawing:
    """Draw one character in a cell or on a canvas: a digit at 25 to 100 % of its height."""
    # marks are smaller than digits: at a small scale they would be specks
    share = rng.uniform(0.25 if character in DIGITS else 0.45, 1.0)
    rows = max(log_uniform(20, 90, rng), SMALLEST_DIGIT / share)
    height = share * rows
    writing = write_line(character, hand, height, _pen(height, rows, rng), rng)
    top, bottom = ink_extent(writing)
    margin = 2 * rng.uniform(0, 0.06) * rows + writing.pen
    if rng.random() < TOP_CUT_PROBABILITY and character in DIGITS and writing.width > 0.4 * height:
        margin = -2 * rng.uniform(0, MAX_TOP_CUT) * height
    rows = max(rows, bottom - top + margin)
    columns = max(rows * log_uniform(0.4, 1.7, rng), writing.width + margin)
    # most characters are near the centre, some at an edge
    across, down = rng.uniform(0, 1, 2) if rng.random() < 0.3 else rng.uniform(0.3, 0.7, 2)
    left = margin / 2 + across * (columns - margin - writing.width)
    baseline = margin / 2 + down * (rows - margin - (bottom - top)) - top
    shape = round(rows), round(columns)
    return _render(writing, shape, left, baseline, hand, True, shares, rng)


def _draw_print(sources: Sources, shares: Shares, rng: np.random.Generator) -> Drawing:
    """Draw printed words, which are more frequent on paper than handwritten ones."""
    hand = make_hand(sources, PRINT, rng)
    text = sentence(rng) if rng.random() < 0.7 else natural_word(rng)
    return _draw_text(text, hand, shares, rng)


def _draw_text(text: str, hand: Hand, shares: Shares, rng: np.random.Generator) -> Drawing:
    """Draw a text, shortened if it is too wide."""
    drawn = _draw_line(partial(write_line, text, hand, rng=rng), hand, shares, rng)
    return drawn or _draw_text(text[: max(1, len(text) * 2 // 3)].strip(), hand, shares, rng)


def _draw_written(
    sources: Sources, hand: Hand, shares: Shares, rng: np.random.Generator
) -> Drawing:
    """Draw a number as a person wrote it."""
    assert sources.numbers is not None  # otherwise its weight is 0
    write = partial(write_number, sources.numbers, hand, rng=rng)
    while (drawn := _draw_line(write, hand, shares, rng)) is None:
        pass
    return drawn


def _draw_line(
    write: Callable[[float, int], Writing], hand: Hand, shares: Shares, rng: np.random.Generator
) -> Drawing | None:
    """Draw writing with margins; None if the result is too wide.

    Margins are narrow, as layout analysis crops lines, or wide.

    Args:
        write: writes a text, given the height of digits and the width of the pen, in pixels.
        hand: the hand that writes neighbouring rows and columns.
        shares: see `make_line`.
        rng: random generator.
    """
    height = log_uniform(16, 44, rng)
    if rng.random() < 0.75:
        margins = rng.uniform(0, 0.35, 4)
    else:
        margins = rng.uniform(0, 1, 4) * rng.uniform(0.5, 1.0)
    if rng.random() < 0.15:  # an empty stretch before or after it
        margins[2 * int(rng.integers(2))] += rng.uniform(0, 3)
    pen = _pen(height, height * (1 + margins[1] + margins[3]), rng)
    writing = write(height, pen)
    margins = margins * height + pen / 2 + 1
    if rng.random() < TOP_CUT_PROBABILITY:
        margins[1] = -rng.uniform(0, MAX_TOP_CUT) * height
    elif rng.random() < SIDE_CUT_PROBABILITY and len(writing.placed) > 1:
        side = int(rng.integers(2))
        margins[2 * side] = -_cut_off(writing.placed[-side], height, rng) or margins[2 * side]
    top, bottom = ink_extent(writing)
    rows = bottom - top + margins[1] + margins[3]
    columns = writing.width + margins[0] + margins[2]
    if columns * LINE_HEIGHT / rows > LINE_WIDTHS[-1] * MAX_SQUEEZE:
        return None
    shape = round(rows), round(columns)
    return _render(writing, shape, margins[0], margins[1] - top, hand, False, shares, rng)


def _cut_off(outer: Placed, height: float, rng: np.random.Generator) -> float:
    """Return how many pixels to cut off a line's first or last character; 0 for a 1 or a mark."""
    if outer.glyph is None or outer.character not in DIGITS or outer.glyph.width < 0.35 * height:
        return 0.0
    return rng.uniform(*SIDE_CUT) * outer.glyph.width


def _pen(height: float, rows: float, rng: np.random.Generator) -> int:
    """Choose a pen width in pixels, fine enough if digits will be small in 32 rows."""
    pen = pen_width(height, rng)
    return max(1, min(pen, round(0.12 * height))) if height / rows < 0.4 else pen


def _render(
    writing: Writing,
    shape: tuple[int, int],
    left: float,
    baseline: float,
    hand: Hand,
    single: bool,
    shares: Shares,
    rng: np.random.Generator,
) -> Drawing:
    """Draw writing at a given left edge and baseline, and its surroundings."""
    ink, clutter = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
    named = sum(one.character in DIGITS for one in writing.placed)
    faint = int(rng.integers(len(writing.placed))) if rng.random() < shares.faint else -1
    struck = choose_digit(writing, rng) if named > 1 and rng.random() < shares.struck else -1
    symbols = []
    for place, one in enumerate(writing.placed):
        start, half = left + one.left, writing.pen / 2
        if one.glyph is None:
            symbols.append(PlacedSymbol(SYMBOLS.index(GAP), start + half, left + one.right - half))
            continue
        level = int(rng.uniform(50, 200)) if place == faint else 255
        one.glyph.draw(ink, start, baseline + one.drop, writing.pen, writing.edge, level)
        half = half if one.glyph.mask is None else 0.0
        symbols += [
            PlacedSymbol(symbol_of(character), start - half, left + one.right + half)
            for character in one.character
        ]
        if place == struck:
            lines = strike(one.glyph, writing.height, rng)
            at = start, baseline + one.drop
            draw_strokes(ink, lines, at, writing.pen, writing.edge, 255)
            symbols[-1] = symbols[-1]._replace(symbol=SYMBOLS.index(OTHER))
    top, bottom = ink_extent(writing)
    area = Area(left, baseline + top, left + writing.width, baseline + bottom, writing.height)
    if is_drawn_in_boxes(writing, rng):
        draw_comb(clutter, area, writing, rng)
    else:
        _surround(ink, clutter, hand, area, writing.pen, single, shares, rng)
    return Drawing(ink, clutter, symbols)


def _surround(
    ink: Picture,
    clutter: Picture,
    hand: Hand,
    area: Area,
    pen: int,
    single: bool,
    shares: Shares,
    rng: np.random.Generator,
) -> None:
    """Draw the surroundings of writing, in place.

    They go onto `ink` if they have its tint, otherwise onto `clutter`.
    """
    draw = draw_clutter if ink.any() else draw_clutter_on_blank
    if single and rng.random() < shares.walls:
        draw_cell(clutter, area, rng)
        if rng.random() < 0.3:
            draw(clutter, area, rng)
    elif rng.random() < 0.8:
        draw(clutter, area, rng)
    if rng.random() < 0.12:
        draw_neighbour_rows(ink if rng.random() < 0.7 else clutter, hand, area, pen, rng)
    if rng.random() < 0.08:
        draw_neighbour_columns(ink if rng.random() < 0.7 else clutter, hand, area, pen, rng)
