"""Makes a line or a cell of writing as the reader sees it, and says where each symbol is."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.model.symbols import DIGITS, GAP, OTHER, SYMBOLS, spell, symbol_of
from digitnet.synthesis.lines.chance import log_uniform, weighted
from digitnet.synthesis.lines.clutter import (
    draw_clutter,
    draw_clutter_of_nothing,
    draw_neighbour_columns,
    draw_neighbour_rows,
)
from digitnet.synthesis.lines.drawing import Drawing, PlacedSymbol
from digitnet.synthesis.lines.glyphs import draw_strokes
from digitnet.synthesis.lines.hands import Hand
from digitnet.synthesis.lines.layout import (
    Writing,
    choose_digit,
    ink_extent,
    is_drawn_in_boxes,
    pen_width,
    strike,
    write_line,
)
from digitnet.synthesis.lines.others import draw_page, draw_thing, make_scene_strip
from digitnet.synthesis.lines.paper import photograph
from digitnet.synthesis.lines.print_hands import make_hand
from digitnet.synthesis.lines.shares import Shares
from digitnet.synthesis.lines.sources import Sources
from digitnet.synthesis.lines.text import (
    digits,
    make_lone_other,
    make_text,
    natural_word,
    sentence,
)
from digitnet.synthesis.lines.walls import Area, draw_cell, draw_comb
from digitnet.synthesis.lines.warp import warp
from digitnet.synthesis.pens import Picture
from digitnet.vision.line_image import LINE_HEIGHT, LINE_WIDTHS, MIN_LINE_WIDTH

HEIGHT = LINE_HEIGHT
"""Rows of a line."""
MIN_WIDTH, MAX_WIDTH = MIN_LINE_WIDTH, LINE_WIDTHS[-1]
"""Columns of a line. Longer ones are squeezed by a third at most, or lose their end."""
MAX_SQUEEZE = 1.5

SMALLEST_DIGIT = 9
"""Pixels that a digit is high at least on the canvas where it is drawn."""

CUT = 0.06
"""The chance that an edge cuts the writing, but no mark or 1: nothing would be left of them."""
MAX_CUT = 0.1
"""How much of it, in heights of a digit: what is left is still that digit."""

MIN_CONTRAST = 28.0
"""Gray levels between a symbol's ink and what is around it, at least: people see less badly."""
MIN_CORRELATION = 0.55
"""Of a symbol's pixels with its ink, at least: below it noise or clutter hides what it is."""

APART = 1000
"""So many drawings wait for their second photograph."""

SEVERITIES = (1.0, 0.5)
"""How much happens to a line at first, and once more where a symbol was not legible."""


@dataclass(frozen=True)
class Line:
    """A picture of a line or cell of writing.

    Attributes:
        gray: uint8 (32, W), 8 to 384 columns, of either polarity.
        symbols: what is written, from left to right in the order of the text. A gap's place is the
            paper between two numbers, any other symbol's is over its ink.
    """

    gray: NDArray[np.uint8]
    symbols: tuple[PlacedSymbol, ...]

    @property
    def text(self) -> str:
        """What is written, in the characters of `SYMBOLS`."""
        return spell(placed.symbol for placed in self.symbols)


DEFAULT_SHARES = Shares()
PRINT = Shares(mnist=0, pen=0, drawn=0, display=0)


def make_line(sources: Sources, rng: np.random.Generator, shares: Shares = DEFAULT_SHARES) -> Line:
    """Make a line: nothing, one character in a cell or on a canvas, or a number with marks.

    Every symbol is legible: where paper or clutter hide one, the line is photographed again on
    better paper, at last on plain paper without clutter.

    Args:
        sources: where its characters come from.
        rng: where the randomness comes from; the same state makes the same line.
        shares: how often each kind is made.
    """
    if rng.random() < shares.scene:
        return _make_scene(rng)
    return _photographed(_draw(sources, shares, rng), shares, rng)


def make_lines(sources: Sources, rng: np.random.Generator) -> Iterator[Line]:
    """Lines without end, as `make_line` makes them.

    Each drawing is bent and photographed twice, `APART` lines and more from each other: to draw
    takes most of the time.
    """
    kept: list[Drawing] = []
    while True:
        if rng.random() < DEFAULT_SHARES.scene:
            yield _make_scene(rng)
            continue
        if len(kept) > APART:
            drawing = kept.pop(int(rng.integers(len(kept))))
        else:
            drawing = _draw(sources, DEFAULT_SHARES, rng)
            kept.append(drawing)
        yield _photographed(drawing, DEFAULT_SHARES, rng)


def _make_scene(rng: np.random.Generator) -> Line:
    """A piece of a photo without writing."""
    return Line(_scaled(make_scene_strip(rng)), ())


def _draw(sources: Sources, shares: Shares, rng: np.random.Generator) -> Drawing:
    """Nothing, one character in a cell or on a canvas, or a number with marks."""
    hand = make_hand(sources, shares, rng)
    kinds: tuple[tuple[Callable[[], Drawing], float], ...] = (
        (lambda: _draw_empty(hand, shares, rng), shares.empty),
        (lambda: _draw_cell(digits(1, rng), hand, shares, rng), shares.single),
        (lambda: _draw_cell(make_lone_other(rng), hand, shares, rng), shares.lone_other),
        (lambda: draw_thing(hand, rng), shares.thing),
        (lambda: draw_page(hand, rng), shares.page),
        (lambda: _draw_print(sources, shares, rng), shares.print_words),
        (lambda: _draw_text(make_text(rng), hand, shares, rng), shares.text),
    )
    return weighted(kinds, rng)()


def _draw_empty(hand: Hand, shares: Shares, rng: np.random.Generator) -> Drawing:
    """Nothing, in a cell or on a line, with all that may be around."""
    height = log_uniform(20, 90, rng)
    aspect = log_uniform(0.5, 1.8, rng) if rng.random() < 0.6 else log_uniform(1, 8, rng)
    ink = np.zeros((round(height), max(MIN_WIDTH, round(height * aspect))), np.uint8)
    # where writing would stand
    rows, columns = ink.shape
    size = rng.uniform(0.3, 0.6) * rows
    top, left = rng.uniform(0.2, 0.4) * rows, rng.uniform(0.25, 0.45) * columns
    area = Area(left, top, columns - left, top + size, size)
    clutter = np.zeros_like(ink)
    _surround(ink, clutter, hand, area, max(1, round(0.08 * size)), True, shares, rng)
    return Drawing(ink, clutter, [])


def _draw_cell(character: str, hand: Hand, shares: Shares, rng: np.random.Generator) -> Drawing:
    """One character in a cell or on a canvas, of which it takes 25 to 100 % of the height."""
    # a mark is smaller than a digit: beside one as small it would be a speck
    share = rng.uniform(0.25 if character in DIGITS else 0.45, 1.0)
    rows = max(log_uniform(20, 90, rng), SMALLEST_DIGIT / share)
    height = share * rows
    writing = write_line(character, hand, height, _pen(height, rows, rng), rng)
    top, bottom = ink_extent(writing)
    margin = 2 * rng.uniform(0, 0.06) * rows + writing.pen
    if rng.random() < CUT and character in DIGITS and writing.width > 0.4 * height:
        margin = -2 * rng.uniform(0, MAX_CUT) * height
    rows = max(rows, bottom - top + margin)
    columns = max(rows * log_uniform(0.4, 1.7, rng), writing.width + margin)
    # most stand near the middle, some at an edge
    across, down = rng.uniform(0, 1, 2) if rng.random() < 0.3 else rng.uniform(0.3, 0.7, 2)
    left = margin / 2 + across * (columns - margin - writing.width)
    baseline = margin / 2 + down * (rows - margin - (bottom - top)) - top
    shape = round(rows), round(columns)
    return _drawn(writing, shape, left, baseline, hand, True, shares, rng)


def _draw_print(sources: Sources, shares: Shares, rng: np.random.Generator) -> Drawing:
    """Printed words: there are more of them on paper than of any hand's."""
    hand = make_hand(sources, PRINT, rng)
    text = sentence(rng) if rng.random() < 0.7 else natural_word(rng)
    return _draw_text(text, hand, shares, rng)


def _draw_text(text: str, hand: Hand, shares: Shares, rng: np.random.Generator) -> Drawing:
    """A text with margins: narrow as layout cuts lines, or wide."""
    height = log_uniform(16, 44, rng)
    if rng.random() < 0.75:
        margins = rng.uniform(0, 0.35, 4)
    else:
        margins = rng.uniform(0, 1, 4) * rng.uniform(0.5, 1.0)
    if rng.random() < 0.15:  # an empty stretch before or behind it
        margins[2 * int(rng.integers(2))] += rng.uniform(0, 3)
    pen = _pen(height, height * (1 + margins[1] + margins[3]), rng)
    writing = write_line(text, hand, height, pen, rng)
    margins = margins * height + pen / 2 + 1
    if rng.random() < CUT:
        margins[1] = -rng.uniform(0, MAX_CUT) * height
    top, bottom = ink_extent(writing)
    rows = bottom - top + margins[1] + margins[3]
    columns = writing.width + margins[0] + margins[2]
    if columns * HEIGHT / rows > MAX_WIDTH * MAX_SQUEEZE:
        return _draw_text(text[: max(1, len(text) * 2 // 3)].strip(), hand, shares, rng)
    shape = round(rows), round(columns)
    return _drawn(writing, shape, margins[0], margins[1] - top, hand, False, shares, rng)


def _pen(height: float, rows: float, rng: np.random.Generator) -> int:
    """The width of a pen; one that is fine enough for digits that will be small in 32 rows."""
    pen = pen_width(height, rng)
    return max(1, min(pen, round(0.12 * height))) if height / rows < 0.4 else pen


def _drawn(
    writing: Writing,
    shape: tuple[int, int],
    left: float,
    baseline: float,
    hand: Hand,
    single: bool,
    shares: Shares,
    rng: np.random.Generator,
) -> Drawing:
    """Draw writing and what is around it onto a canvas, its left edge and baseline given."""
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
        level = int(rng.uniform(110, 200)) if place == faint else 255
        symbol = symbol_of(one.character)
        one.glyph.draw(ink, start, baseline + one.drop, writing.pen, writing.edge, level)
        half = half if one.glyph.mask is None else 0.0
        symbols.append(PlacedSymbol(symbol, start - half, left + one.right + half))
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
    """Draw what is around writing, in the tint of its ink or another one (changed in place)."""
    draw = draw_clutter if ink.any() else draw_clutter_of_nothing
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


def _scaled(gray: Picture) -> Picture:
    """A gray picture at the height of a line."""
    columns = min(max(round(gray.shape[1] * HEIGHT / gray.shape[0]), MIN_WIDTH), MAX_WIDTH)
    return cv2.resize(gray, (columns, HEIGHT), interpolation=cv2.INTER_AREA).view(np.uint8)


def _photographed(drawn: Drawing, shares: Shares, rng: np.random.Generator) -> Line:
    """A drawing at the reader's size, on paper on which each of its symbols is legible."""
    if rng.random() < shares.warped:
        drawn = warp(drawn, rng)
    rows, columns = drawn.ink.shape
    width = columns * HEIGHT / rows * float(np.exp(rng.normal(0, 0.08)))
    shape = round(min(max(width, MIN_WIDTH), MAX_WIDTH)), HEIGHT
    way = cv2.INTER_AREA if rows > HEIGHT else cv2.INTER_LINEAR
    if rows <= HEIGHT and columns <= shape[0] and rng.random() < 0.15:
        way = cv2.INTER_NEAREST  # it would lose thin strokes where it makes a picture smaller
    ink, clutter = (
        cv2.resize(canvas, shape, interpolation=way).view(np.uint8)
        for canvas in (drawn.ink, drawn.clutter)
    )
    scale = shape[0] / columns
    symbols = tuple(
        PlacedSymbol(symbol, max(left * scale, 0.0), min(right * scale, float(shape[0])))
        for symbol, left, right in drawn.symbols
    )
    for severity in SEVERITIES:
        gray = photograph(ink, clutter, shares, severity, rng)
        if _legible(gray, ink, symbols):
            return Line(gray, symbols)
    return Line(photograph(ink, np.zeros_like(ink), shares, 0.0, rng), symbols)


def _legible(gray: Picture, ink: Picture, symbols: tuple[PlacedSymbol, ...]) -> bool:
    """Whether a person can see each symbol: its ink stands out from what is around it.

    Args:
        gray: uint8 (32, W), the photograph.
        ink: uint8 (32, W), the writing alone, white on black.
        symbols: where it is.
    """
    signs = set()
    for symbol, left, right in symbols:
        if SYMBOLS[symbol] == GAP:
            continue
        peak = float(ink[:, int(left) : math.ceil(right)].max())
        columns = slice(max(int(left) - 1, 0), int(right) + 2)
        own = ink[:, columns].astype(np.float32)
        own -= own.mean()
        seen = gray[:, columns].astype(np.float32)
        seen -= seen.mean()
        common, power = float(np.vdot(own, seen)), float(np.vdot(own, own))
        if power == 0 or abs(common) / power * peak < MIN_CONTRAST:
            return False
        if abs(common) < MIN_CORRELATION * (power * float(np.vdot(seen, seen))) ** 0.5:
            return False
        signs.add(common > 0)
    return len(signs) < 2
