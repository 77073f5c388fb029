"""Images that the reader must not read: drawings, foreign letters, and pages from too far away.

An image of several rows, or of small writing, contains digits, but not as one line of legible size.
Its label is `OTHER`: such images are read again, row by row.
"""

from collections.abc import Callable

import cv2
import numpy as np

from digitnet.model.symbols import OTHER, SYMBOLS
from digitnet.synthesis.characters.pens import CANVAS, Picture, draw_lines
from digitnet.synthesis.characters.signs import draw_sign
from digitnet.synthesis.figures import draw_figure
from digitnet.synthesis.lines.chance import log_uniform, weighted
from digitnet.synthesis.lines.drawing import Drawing, PlacedSymbol
from digitnet.synthesis.lines.writing.hands import Hand
from digitnet.synthesis.lines.writing.layout import Writing, pen_width, write_line
from digitnet.synthesis.lines.writing.text import make_text
from digitnet.synthesis.outliers import blob, foreign_letter, hatching, scribble, texture
from digitnet.synthesis.scenes import draw_round_objects, make_scene

MAX_ASPECT = 4.0
"""Maximum aspect ratio of a drawing that fills the height of its image, like a row of coils."""

MAX_IN_ROW = 5
"""Maximum number of drawings of one kind side by side, such as letters of a foreign script."""

_SYMBOL = SYMBOLS.index(OTHER)
_INK = 64


def draw_thing(hand: Hand, rng: np.random.Generator) -> Drawing:
    """Draw one or several signs, scribbles, shapes, figures or foreign letters on a canvas."""
    kinds: tuple[tuple[Callable[[], Picture], float], ...] = (
        (lambda: draw_sign(rng), 0.2),
        (lambda: _printed_letter(hand, rng), 0.2),
        (lambda: scribble(rng), 0.1),
        (lambda: _shape(rng), 0.1),
        (lambda: _spiral(rng), 0.05),
        (lambda: _lattice(rng), 0.05),
        (lambda: blob(rng), 0.05),
        (lambda: hatching(rng), 0.1),
        (lambda: draw_figure(rng), 0.15),
    )
    kind = weighted(kinds, rng)
    count = 1 if rng.random() < 0.7 else int(rng.integers(2, MAX_IN_ROW + 1))
    rows = log_uniform(24, 90 if count == 1 else 60, rng)
    parts = [_scaled(_inked(kind), rows, rng) for _ in range(count)]
    spaces = rng.uniform(0.05, 0.4, count) * rows * (count > 1)
    width = sum(part.shape[1] for part in parts) + round(spaces.sum()) + count
    tall = max(part.shape[0] for part in parts)
    # one alone is about in the middle of a canvas
    columns = max(rows * log_uniform(0.7, 1.5, rng), width + 4)
    ink = np.zeros((round(max(rows, tall + 2)), round(columns)), np.uint8)
    x = rng.uniform(0.2, 0.8) * (ink.shape[1] - width)
    symbols = []
    for part, space in zip(parts, spaces, strict=True):
        left, top = round(x), int(rng.uniform(0.2, 0.8) * (ink.shape[0] - part.shape[0]))
        ink[top : top + part.shape[0], left : left + part.shape[1]] = part
        symbols.append(PlacedSymbol(_SYMBOL, left, left + part.shape[1]))
        x += part.shape[1] + space
    return Drawing(ink, np.zeros_like(ink), symbols)


def _inked(kind: Callable[[], Picture]) -> Picture:
    """Draw until there is ink (a blob may be empty), and crop to it."""
    while not (picture := kind()).max() > _INK:
        pass
    left, top, width, height = cv2.boundingRect((picture > _INK).view(np.uint8))
    return picture[top : top + height, left : left + width]


def _scaled(picture: Picture, rows: float, rng: np.random.Generator) -> Picture:
    """Scale a drawing to a part of the height of its image."""
    height, width = picture.shape
    longest = max(height, width) if rng.random() < 0.5 else max(height, width / MAX_ASPECT)
    scale = rng.uniform(0.4, 0.95) * rows / longest
    size = max(2, round(scale * width)), max(2, round(scale * height))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA).view(np.uint8)


def draw_page(hand: Hand, rng: np.random.Generator) -> Drawing:
    """Draw two to six rows of writing, or one that is small in the image."""
    height = rng.uniform(9, 16)
    rows = int(rng.integers(1, 7))
    pen = pen_width(height, rng)
    writings = [_short(hand, height, pen, rng) for _ in range(rows)]
    pitch = rng.uniform(1.2, 2.5) * height
    extent = rows * pitch
    if rows == 1:
        extent = height * rng.uniform(5.5, 12)
    width = max(writing.width for writing in writings)
    columns = round(max(width + 2 * height, extent * log_uniform(0.6, 1.8, rng)))
    ink = np.zeros((round(extent + height), columns), np.uint8)
    start = rng.uniform(0, 1) * (columns - width - height) + height / 2
    first, last = float(columns), 0.0
    for number, writing in enumerate(writings):
        left = min(max(start + rng.normal(0, 0.5) * height, 0.0), columns - writing.width)
        baseline = (number + 1) * pitch if rows > 1 else rng.uniform(0.3, 0.9) * extent
        for one in writing.placed:
            if one.glyph is not None:
                at = left + one.left, baseline + one.drop
                one.glyph.draw(ink, *at, writing.pen, writing.edge)
        first, last = min(first, left), max(last, left + writing.width)
    symbol = PlacedSymbol(_SYMBOL, first, last)
    return Drawing(ink, np.zeros_like(ink), [symbol])


def make_scene_strip(rng: np.random.Generator) -> Picture:
    """Crop a strip of a scene or texture without writing, uint8 (height, width), gray."""
    scene = make_scene(rng) if rng.random() < 0.6 else texture(rng)
    if rng.random() < 0.4:
        draw_round_objects(scene, rng)
    height, width = scene.shape
    rows = round(height * log_uniform(0.15, 1.0, rng))
    top = int(rng.integers(height - rows + 1))
    columns = min(width, round(rows * log_uniform(0.6, 6, rng)))
    left = int(rng.integers(width - columns + 1))
    return scene[top : top + rows, left : left + columns]


def _short(hand: Hand, height: float, pen: int, rng: np.random.Generator) -> Writing:
    """Write a text of up to eight characters."""
    text = make_text(rng)[:8].strip() or "0"
    return write_line(text, hand, height, pen, rng)


def _shape(rng: np.random.Generator) -> Picture:
    """Draw a polygon, cross or trapezoid, filled or in outline, or a disc; a ring would be a 0."""
    canvas = np.zeros((CANVAS, CANVAS), np.uint8)
    pen = -1 if rng.random() < 0.4 else int(rng.integers(1, 6))
    turn = rng.uniform(-0.3, 0.3)
    kind = int(rng.integers(4))
    if kind == 0:
        arm = rng.uniform(0.25, 0.4)
        corners = [
            (arm, 0),
            (1 - arm, 0),
            (1 - arm, arm),
            (1, arm),
            (1, 1 - arm),
            (1 - arm, 1 - arm),
        ]
        corners += [(1 - arm, 1), (arm, 1), (arm, 1 - arm), (0, 1 - arm), (0, arm), (arm, arm)]
    elif kind == 1:
        inset = rng.uniform(0.05, 0.35, 2)
        corners = [(inset[0], 0), (1 - inset[1], 0), (1, 0.8), (0, 0.8)]
    elif kind == 2:
        count = int(rng.integers(3, 7))
        angles = np.arange(count) * 2 * np.pi / count + rng.uniform(0, 1)
        corners = list(zip(0.5 + 0.5 * np.cos(angles), 0.5 + 0.5 * np.sin(angles), strict=True))
    else:
        axes = int(CANVAS * rng.uniform(0.25, 0.42)), int(CANVAS * rng.uniform(0.25, 0.42))
        cv2.ellipse(canvas, (CANVAS // 2, CANVAS // 2), axes, 0, 0, 360, 255, -1, cv2.LINE_AA)
        return canvas
    points = np.array(corners) - 0.5
    spun = points @ np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    fixed = np.round((spun * rng.uniform(0.6, 0.9) + 0.5) * CANVAS).astype(np.int32)
    if pen < 0:
        cv2.fillPoly(canvas, [fixed], 255, cv2.LINE_AA)
    else:
        cv2.polylines(canvas, [fixed], True, 255, pen, cv2.LINE_AA)
    return canvas


def _spiral(rng: np.random.Generator) -> Picture:
    """Draw a spiral."""
    turns = np.linspace(0, 2 * np.pi * rng.uniform(2.5, 8), 240)
    radius = 0.45 * CANVAS * turns / turns[-1]
    middle = CANVAS / 2
    path = np.column_stack([middle + radius * np.cos(turns), middle + radius * np.sin(turns)])
    return draw_lines([path], rng)


def _lattice(rng: np.random.Generator) -> Picture:
    """Draw rows of dots, crosses or dashes, as in a pattern or a sieve."""
    canvas = np.zeros((CANVAS, CANVAS), np.uint8)
    pitch, size = int(rng.integers(8, 20)), int(rng.integers(1, 4))
    kind = int(rng.integers(3))
    for y in range(pitch // 2, CANVAS, pitch):
        for x in range(pitch // 2, CANVAS, pitch):
            if kind == 0:
                cv2.circle(canvas, (x, y), size, 255, -1, cv2.LINE_AA)
                continue
            cv2.line(canvas, (x - size, y), (x + size, y), 255, 1 + size // 3)
            if kind == 1:
                cv2.line(canvas, (x, y - size), (x, y + size), 255, 1 + size // 3)
    return canvas


def _printed_letter(hand: Hand, rng: np.random.Generator) -> Picture:
    """Draw a foreign letter in a font, or a sign if no font has one."""
    letter = foreign_letter(hand.sources.faces, rng)
    return draw_sign(rng) if letter is None else letter
