"""Pictures that a reader must not name: drawings, foreign letters, and pages seen from too far.

A picture of several rows, or of writing that is small in it, holds digits, but not as one line of a
legible size. It is `other` writing: what a reader says so of is looked at again, row by row.
"""

from collections.abc import Callable

import cv2
import numpy as np

from digitnet.model.symbols import OTHER, SYMBOLS
from digitnet.synthesis.fonts import choose_face
from digitnet.synthesis.lines.chance import log_uniform, pick, weighted
from digitnet.synthesis.lines.drawing import Drawing, PlacedSymbol
from digitnet.synthesis.lines.hands import Hand
from digitnet.synthesis.lines.layout import Writing, pen_width, write_line
from digitnet.synthesis.lines.text import make_text
from digitnet.synthesis.outliers import CYRILLIC, GREEK, hatching, scribble
from digitnet.synthesis.pens import Picture, print_text
from digitnet.synthesis.scenes import make_scene
from digitnet.synthesis.signs import draw_sign

DIGIT_LIKE = "γζξφψΦΨ"
"""Letters that some hands write as a 3, a 4 or a 9."""
FOREIGN = "".join(letter for letter in GREEK + CYRILLIC if letter not in DIGIT_LIKE)
"""Letters that are printed where a font has them."""

_SYMBOL = SYMBOLS.index(OTHER)
_INK = 64


def draw_thing(hand: Hand, rng: np.random.Generator) -> Drawing:
    """A sign, a scribble or a letter of another alphabet on a canvas."""
    kinds: list[tuple[Callable[[], Picture], float]] = [
        (lambda: draw_sign(rng), 0.5),
        (lambda: _print_letter(hand, rng), 0.3),
        (lambda: scribble(rng), 0.15),
        (lambda: hatching(rng), 0.05),
    ]
    picture = weighted(kinds, rng)()
    left, top, width, height = cv2.boundingRect((picture > _INK).view(np.uint8))
    picture = picture[top : top + height, left : left + width]
    rows = log_uniform(24, 90, rng)
    scale = rng.uniform(0.4, 0.95) * rows / max(picture.shape)
    size = max(2, round(scale * width)), max(2, round(scale * height))
    picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).view(np.uint8)
    columns = max(rows * log_uniform(0.7, 1.5, rng), size[0] + 4)
    ink = np.zeros((round(max(rows, size[1] + 2)), round(columns)), np.uint8)
    x = int(rng.uniform(0.2, 0.8) * (ink.shape[1] - size[0]))
    y = int(rng.uniform(0.2, 0.8) * (ink.shape[0] - size[1]))
    ink[y : y + size[1], x : x + size[0]] = picture
    return Drawing(ink, np.zeros_like(ink), [PlacedSymbol(_SYMBOL, x, x + size[0])])


def draw_page(hand: Hand, rng: np.random.Generator) -> Drawing:
    """Two to six rows of writing, or one or two that are small in the picture."""
    height = rng.uniform(9, 16)
    rows = int(rng.integers(1, 7))
    pen = pen_width(height, rng)
    writings = [_short(hand, height, pen, rng) for _ in range(rows)]
    pitch = rng.uniform(1.2, 2.5) * height
    extent = rows * pitch
    if rows == 1:
        extent = height * rng.uniform(5.5, 12)
    width = max(writing.width for writing in writings)
    columns = max(width + 2 * height, extent * log_uniform(0.6, 1.8, rng))
    ink = np.zeros((round(extent + height), round(columns)), np.uint8)
    start = rng.uniform(0, 1) * (columns - width - height) + height / 2
    first, last = columns, 0.0
    for number, writing in enumerate(writings):
        left = start + rng.normal(0, 0.5) * height
        baseline = (number + 1) * pitch if rows > 1 else rng.uniform(0.3, 0.9) * extent
        for one in writing.placed:
            if one.glyph is not None:
                at = left + one.left, baseline + one.drop
                one.glyph.draw(ink, *at, writing.pen, writing.edge)
        first, last = min(first, left), max(last, left + writing.width)
    symbol = PlacedSymbol(_SYMBOL, max(first, 0.0), min(last, columns))
    return Drawing(ink, np.zeros_like(ink), [symbol])


def make_scene_strip(rng: np.random.Generator) -> Picture:
    """A piece of a scene in which nothing is written, uint8 gray of about 32 rows and more."""
    scene = make_scene(rng)
    height, width = scene.shape
    rows = round(height * log_uniform(0.15, 1.0, rng))
    top = int(rng.integers(height - rows + 1))
    columns = min(width, round(rows * log_uniform(0.6, 6, rng)))
    left = int(rng.integers(width - columns + 1))
    return scene[top : top + rows, left : left + columns]


def _short(hand: Hand, height: float, pen: int, rng: np.random.Generator) -> Writing:
    """A short text."""
    text = make_text(rng)[:8].strip() or "0"
    return write_line(text, hand, height, pen, rng)


def _print_letter(hand: Hand, rng: np.random.Generator) -> Picture:
    """A letter of another alphabet in a font, or a sign where no font has it."""
    character = pick(FOREIGN, rng)
    having = [face for face in hand.sources.faces if character in face.letters]
    return print_text(choose_face(having, rng), character, rng) if having else draw_sign(rng)
