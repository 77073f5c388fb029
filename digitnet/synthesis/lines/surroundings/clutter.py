"""Clutter around writing: crossing lines, stamps, stains, specks, other rows."""

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.synthesis.characters.pens import Picture
from digitnet.synthesis.lines.chance import weighted
from digitnet.synthesis.lines.surroundings.walls import (
    Area,
    Ruler,
    draw_box,
    draw_cell,
    draw_rule,
    draw_ruling,
)
from digitnet.synthesis.lines.writing.glyphs import draw_strokes
from digitnet.synthesis.lines.writing.hands import Hand
from digitnet.synthesis.lines.writing.text import digits

MAX_ROW_REACH = 0.3
"""Maximum visible part of a digit's height in another row: too little to recognize the digit."""
MAX_COLUMN_REACH = 0.28
"""The same for the width of digits cut off by the left or right edge."""

_COUNTS = ((0, 0.42), (1, 0.42), (2, 0.13), (3, 0.03))
"""Numbers of clutter elements, with their probabilities."""


def draw_clutter(canvas: Picture, area: Area, rng: np.random.Generator) -> None:
    """Draw zero to three elements of clutter.

    Args:
        canvas: uint8 (height, width), white ink on black; changed in place.
        area: the area of the writing.
        rng: random generator.
    """
    for _ in range(weighted(_COUNTS, rng)):
        weighted(_KINDS, rng)(canvas, area, rng)


def draw_clutter_on_blank(canvas: Picture, area: Area, rng: np.random.Generator) -> None:
    """Draw zero to three elements of clutter where nothing is written.

    None of them passes for a 0, a 1 or a dash.

    Args:
        canvas: uint8 (height, width), white ink on black; changed in place.
        area: where writing would be.
        rng: random generator.
    """
    for _ in range(weighted(_COUNTS, rng)):
        weighted(_KINDS_OF_NOTHING, rng)(canvas, area, rng)


def draw_neighbour_rows(
    canvas: Picture, hand: Hand, area: Area, pen: int, rng: np.random.Generator
) -> None:
    """Draw rows of writing above or below that extend into the image."""
    for above in (True, False):
        room = area.top if above else canvas.shape[0] - area.bottom
        reach = min(rng.uniform(0.03, MAX_ROW_REACH), room / area.height - 0.02) * area.height
        if reach < 1 or rng.random() < 0.4:
            continue
        x = rng.uniform(-0.5, 0.8) * area.height
        for character in digits(int(rng.integers(1, 8)), rng):
            glyph = hand.glyph(character, area.height, rng)
            baseline = reach - glyph.bottom if above else canvas.shape[0] - reach - glyph.top
            glyph.draw(canvas, x, baseline, pen, cv2.LINE_AA)
            x += glyph.width + rng.uniform(0.05, 0.4) * area.height
            if x > canvas.shape[1]:
                break


def draw_neighbour_columns(
    canvas: Picture, hand: Hand, area: Area, pen: int, rng: np.random.Generator
) -> None:
    """Draw characters cut off by the left or right edge of the image."""
    for before in (True, False):
        room = area.left if before else canvas.shape[1] - area.right
        glyph = hand.glyph(digits(1, rng), area.height, rng)
        reach = min(rng.uniform(0.05, MAX_COLUMN_REACH) * glyph.width, room - 0.1 * area.height)
        # a 1 cut lengthwise would still be a 1
        if reach < 1 or glyph.width < 0.35 * area.height or rng.random() < 0.4:
            continue
        x = reach - glyph.width if before else canvas.shape[1] - reach
        glyph.draw(canvas, x, area.bottom - glyph.bottom, pen, cv2.LINE_AA)


def _crossing(canvas: Picture, area: Area, rng: np.random.Generator) -> None:
    """Draw one to three lines across the image, but no steep ones, which would be 1s."""
    height, width = canvas.shape
    ruler = Ruler(canvas, rng.uniform(0.015, 0.06) * area.height, rng)
    for _ in range(int(rng.integers(1, 4))):
        rows = rng.uniform(-0.2, 1.2, 2) * height
        if width < 1.2 * height:
            rows[1] = rows[0] + rng.normal(0, 0.4) * width
        ruler.line((0.0, float(rows[0])), (float(width), float(rows[1])))


def _zigzag(canvas: Picture, area: Area, rng: np.random.Generator) -> None:
    """Draw a zigzag or a dashed line across the image."""
    height, width = canvas.shape
    ruler = Ruler(canvas, rng.uniform(0.015, 0.05) * area.height, rng)
    middle, reach = rng.uniform(0.1, 0.9) * height, rng.uniform(0.03, 0.25) * area.height
    step = rng.uniform(0.1, 0.5) * area.height
    columns = np.arange(-step, width + step, step)
    rows = middle + np.where(np.arange(len(columns)) % 2, reach, -reach)
    points = np.column_stack([columns, rows + rng.normal(0, 0.1 * reach, len(columns))])
    if rng.random() < 0.3:
        lines = [np.array([(x, middle), (x + 0.4 * step, middle)]) for x in columns]
    else:
        lines = [points]
    draw_strokes(canvas, lines, (0.0, 0.0), ruler.pen, ruler.edge, ruler.level)


def _stamp(canvas: Picture, area: Area, rng: np.random.Generator) -> None:
    """Draw one or two concentric arcs of a round stamp."""
    height, width = canvas.shape
    ruler = Ruler(canvas, rng.uniform(0.02, 0.1) * area.height, rng)
    ruler.level = int(rng.integers(50, 200))
    middle = int(rng.uniform(-0.1, 1.1) * width), int(rng.uniform(-0.7, 1.7) * height)
    radius = rng.uniform(0.7, 2.5) * area.height
    start = int(rng.integers(360))
    # a complete circle inside the area would be a 0
    end = start + int(rng.uniform(40, 360 if 2 * radius > 1.3 * height else 170))
    for share in (1.0, 0.8)[: int(rng.integers(1, 3))]:
        axes = int(share * radius), int(share * radius)
        cv2.ellipse(canvas, middle, axes, 0, start, end, ruler.level, ruler.pen, cv2.LINE_AA)


def _stain(canvas: Picture, area: Area, rng: np.random.Generator) -> None:
    """Draw a pale stain, as of coffee or a finger."""
    middle = int(rng.uniform(0, 1) * canvas.shape[1]), int(rng.uniform(0, 1) * canvas.shape[0])
    axes = tuple(int(rng.uniform(0.2, 1.5) * area.height) for _ in range(2))
    blot = np.zeros_like(canvas)
    angle = int(rng.integers(180))
    cv2.ellipse(blot, middle, axes, angle, 0, 360, int(rng.integers(25, 110)), -1)
    soft = cv2.blur(blot, (max(1, int(0.2 * area.height)),) * 2).view(np.uint8)
    np.maximum(canvas, soft, out=canvas)


def _specks(canvas: Picture, area: Area, rng: np.random.Generator) -> None:
    """Draw small specks, none large enough to pass for a decimal point beside a digit."""
    height, width = canvas.shape
    for _ in range(int(rng.integers(1, 14))):
        middle = int(rng.integers(width)), int(rng.integers(height))
        radius = int(rng.uniform(0.0, 0.035) * area.height)
        cv2.circle(canvas, middle, radius, int(rng.integers(60, 200)), -1)


def _whole_rule(canvas: Picture, area: Area, rng: np.random.Generator) -> None:
    """Draw a rule from edge to edge; without writing, a shorter one would be a dash."""
    draw_rule(canvas, replace(area, left=0.0, right=float(canvas.shape[1])), rng)


def _hatching(canvas: Picture, area: Area, rng: np.random.Generator) -> None:
    """Draw close parallel lines over a part of the image, as of a blind or a shaded field."""
    height, width = canvas.shape
    ruler = Ruler(canvas, 0.02 * area.height, rng)
    ruler.level = int(rng.integers(40, 140))
    step, lean = rng.uniform(0.1, 0.35) * area.height, rng.uniform(-1.5, 1.5) * height
    start, end = np.sort(rng.uniform(-0.3, 1.3, 2)) * width
    for column in np.arange(start, end, step):
        ruler.line((float(column), 0.0), (float(column + lean), float(height)))


def _dotted_paper(canvas: Picture, area: Area, rng: np.random.Generator) -> None:
    """Draw the small dots or crosses of dotted paper."""
    step = rng.uniform(0.4, 1.6) * area.height
    columns, rows = (np.arange(rng.uniform(0, step), extent, step) for extent in canvas.shape[::-1])
    _draw_dots(canvas, columns, rows, rng.uniform(0.02, 0.08) * step, rng)


def _row_of_dots(canvas: Picture, area: Area, rng: np.random.Generator) -> None:
    """Draw a row of dots or crosses across the image, as layout finds it on dotted paper."""
    height, width = canvas.shape
    radius = rng.uniform(0.06, 0.25) * height
    columns = np.arange(rng.uniform(-1, 2) * radius, width, rng.uniform(2.5, 10) * radius)
    if len(columns) > 2:  # fewer would be decimal points
        _draw_dots(canvas, columns, np.array([rng.uniform(0.35, 0.65) * height]), radius, rng)


def _draw_dots(
    canvas: Picture,
    columns: NDArray[np.float64],
    rows: NDArray[np.float64],
    radius: float,
    rng: np.random.Generator,
) -> None:
    """Draw equal dots, diamonds or crosses at all crossings of columns and rows."""
    level, kind = int(rng.integers(70, 256)), int(rng.integers(3))
    arms = radius * np.array([[(-1, 0), (1, 0)], [(0, -1), (0, 1)]])
    pen = max(1, round(rng.uniform(0.2, 0.5) * radius))
    diamond = radius * np.array([(-1, 0), (0, -1), (1, 0), (0, 1)])
    for row in rows:
        for column in columns:
            at = np.array([column, row])
            if kind == 0:
                middle = round(float(column)), round(float(row))
                cv2.circle(canvas, middle, round(radius), level, -1, cv2.LINE_AA)
            elif kind == 1:
                corners = np.rint((at + diamond) * 16).astype(np.int32)
                cv2.fillConvexPoly(canvas, corners, level, cv2.LINE_AA, shift=4)
            else:
                draw_strokes(canvas, [*(at + arms)], (0.0, 0.0), pen, cv2.LINE_AA, level)


_Kind = Callable[[Picture, Area, np.random.Generator], None]

_KINDS: tuple[tuple[_Kind, float], ...] = (
    (draw_rule, 0.40),
    (draw_ruling, 0.12),
    (draw_box, 0.20),
    (draw_cell, 0.11),
    (_crossing, 0.09),
    (_zigzag, 0.05),
    (_stamp, 0.05),
    (_stain, 0.05),
    (_specks, 0.09),
    (_hatching, 0.04),
    (_dotted_paper, 0.03),
)

_KINDS_OF_NOTHING: tuple[tuple[_Kind, float], ...] = (
    (_whole_rule, 0.19),
    (_row_of_dots, 0.08),
    *(kind for kind in _KINDS if kind[0] not in (draw_rule, draw_box)),
)
