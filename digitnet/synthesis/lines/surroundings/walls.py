"""Printed or ruled lines around writing: walls of cells, boxes, combs, rules."""

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from digitnet.synthesis.characters.pens import Picture
from digitnet.synthesis.lines.chance import pick
from digitnet.synthesis.lines.writing.glyphs import draw_strokes
from digitnet.synthesis.lines.writing.layout import Writing

Point = tuple[float, float]
"""x and y, in pixels of the canvas."""


@dataclass(frozen=True)
class Area:
    """The area of writing on a canvas, in pixels; on an empty canvas, where writing would be.

    Attributes:
        left: left edge.
        top: top edge.
        right: right edge.
        bottom: bottom edge.
        height: height of a digit.
    """

    left: float
    top: float
    right: float
    bottom: float
    height: float


class Ruler:
    """Draws lines in the same tint, thickness, tilt and tremor.

    Args:
        canvas: uint8 (height, width), white ink on black; changed in place.
        thickness: thickness of the lines, in pixels.
        rng: random generator.
    """

    def __init__(self, canvas: Picture, thickness: float, rng: np.random.Generator) -> None:
        self.canvas, self.rng = canvas, rng
        self.pen = max(1, round(thickness))
        self.level = 255 if rng.random() < 0.65 else int(rng.integers(90, 256))
        self.wobble = 0.02 * canvas.shape[0] if rng.random() < 0.2 else 0.0
        self.edge = cv2.LINE_AA if rng.random() < 0.8 else cv2.LINE_8
        self.tilt = float(rng.normal(0, 0.012))

    def line(self, start: Point, end: Point) -> None:
        """Draw a line."""
        points = np.array([start, end], np.float64)
        if self.wobble:
            steps = np.linspace(0, 1, 9)[:, None]
            points = points[0] * (1 - steps) + points[1] * steps
            points += cv2.GaussianBlur(self.rng.normal(0, 2 * self.wobble, (9, 2)), (1, 5), 1.0)
        draw_strokes(self.canvas, [points], (0.0, 0.0), self.pen, self.edge, self.level)

    def level_line(self, row: float, start: float = 0.0, end: float | None = None) -> None:
        """Draw a line along a row, with the tilt of this ruler."""
        end = self.canvas.shape[1] if end is None else end
        self.line((start, row + self.tilt * start), (end, row + self.tilt * end))

    def upright_line(self, column: float, start: float = 0.0, end: float | None = None) -> None:
        """Draw a line along a column, with the tilt of this ruler."""
        end = self.canvas.shape[0] if end is None else end
        self.line((column - self.tilt * start, start), (column - self.tilt * end, end))

    def box(self, left: float, top: float, right: float, bottom: float) -> None:
        """Draw the four sides of a box."""
        for row in (top, bottom):
            self.level_line(row, left, right)
        for column in (left, right):
            self.upright_line(column, top, bottom)


def line_thickness(height: float, rng: np.random.Generator) -> float:
    """Choose the thickness of rules and boxes, in pixels: mostly 2 to 10 % of a digit's height."""
    return height * (rng.uniform(0.02, 0.10) if rng.random() < 0.85 else rng.uniform(0.1, 0.16))


def draw_cell(canvas: Picture, area: Area, rng: np.random.Generator) -> None:
    """Draw some or all walls of a cell, some of them only in part.

    A wall is 0 to 25 % of the side away from the edge, and its thickness is 1 to 10 % of the
    shorter side. Walls may touch the writing, but do not cross it.
    """
    height, width = canvas.shape
    ruler = Ruler(canvas, min(canvas.shape) * _wall_share(rng), rng)
    ruler.tilt = float(rng.normal(0, 0.02))
    sides = np.ones(4, bool) if rng.random() < 0.4 else rng.random(4) < 0.5
    sides[rng.integers(4)] = True
    reach = 0.25 if rng.random() < 0.5 else 0.06
    # the centre of a wall may be slightly outside, so that only half of it is visible
    inset = rng.uniform(-0.01, reach, 4) * (width, height, width, height)
    room = np.array([area.left, area.top, width - area.right, height - area.bottom])
    inset = np.minimum(inset, room + 0.03 * area.height - ruler.pen / 2)
    left, top, right, bottom = inset * (1, 1, -1, -1) + (0, 0, width, height)
    ends = (0.0, 0.0, float(width), float(height))
    if sides.all() and right - left < 0.8 * (bottom - top):  # a narrow box would be an angular 0
        left, right = min(left, 0.06 * width), max(right, 0.94 * width)
        top, bottom = min(top, 0.06 * height), max(bottom, 0.94 * height)
    closed = bool(sides.all()) and rng.random() < 0.5
    if closed:  # walls end where they meet
        ends = (left, top, right, bottom)
    for side, (row_or_column, upright) in enumerate(
        ((left, True), (top, False), (right, True), (bottom, False))
    ):
        if not sides[side] or inset[side] < -ruler.pen / 2:
            continue
        start, end = (ends[1], ends[3]) if upright else (ends[0], ends[2])
        if not closed and rng.random() < 0.3:  # only a part of the wall, from the image's edge
            cut = rng.uniform(0.2, 0.7) * (end - start)
            start, end = (start + cut, end) if rng.random() < 0.5 else (start, end - cut)
        draw = ruler.upright_line if upright else ruler.level_line
        draw(float(row_or_column), start, end)


def draw_comb(canvas: Picture, area: Area, writing: Writing, rng: np.random.Generator) -> None:
    """Draw the boxes around characters: table cells, a comb, or separate boxes."""
    pitch = writing.pitch or area.height
    ruler = Ruler(canvas, line_thickness(area.height, rng), rng)
    ruler.tilt = 0.0
    top = area.top - rng.uniform(0.03, 0.35) * area.height
    bottom = area.bottom + rng.uniform(-0.02, 0.3) * area.height
    lefts = [area.left + box for box in writing.boxes]
    edges = [*lefts, lefts[-1] + pitch]
    for _ in range(int(rng.integers(0, 3))):  # empty boxes beside the writing
        edges = [edges[0] - pitch, *edges] if rng.random() < 0.5 else [*edges, edges[-1] + pitch]
    kind = rng.integers(3)
    if kind == 2:
        space = rng.uniform(0.03, 0.1) * pitch
        for left, right in pairwise(edges):
            ruler.box(left + space, top, right - space, bottom)
        return
    start = bottom - rng.uniform(0.15, 0.5) * area.height if kind == 1 else top
    for edge in edges:
        ruler.upright_line(edge, start, bottom)
    ruler.level_line(bottom, edges[0], edges[-1])
    if kind == 0 and rng.random() < 0.85:
        ruler.level_line(top, edges[0], edges[-1])


def draw_rule(canvas: Picture, area: Area, rng: np.random.Generator) -> None:
    """Draw a rule near the bottom of the writing or through its feet, some double or dotted."""
    ruler = Ruler(canvas, line_thickness(area.height, rng), rng)
    below = rng.uniform(-0.2, 0.06) if rng.random() < 0.5 else rng.normal(0.02, 0.12)
    row = area.bottom + below * area.height
    start, end = 0.0, float(canvas.shape[1])
    if rng.random() < 0.6:
        start = area.left - rng.uniform(0, 0.4) * area.height
        end = area.right + rng.uniform(0, 0.4) * area.height
    if rng.random() < 0.15:
        dots = np.arange(start, end, max(3.0, 2.5 * ruler.pen))
        for dot in dots:
            ruler.line((dot, row), (dot + 0.3, row))
        return
    ruler.level_line(row, start, end)
    if rng.random() < 0.15:
        ruler.level_line(row + rng.uniform(0.08, 0.2) * area.height, start, end)


def draw_ruling(canvas: Picture, area: Area, rng: np.random.Generator) -> None:
    """Draw the lines or squares of ruled paper, or the close pale lines of a form field."""
    ruler = Ruler(canvas, 0.03 * area.height, rng)
    step = rng.uniform(0.25, 1.6) * area.height
    ruler.level = int(rng.integers(50, 170 if step < 0.5 * area.height else 256))
    for row in np.arange(rng.uniform(-step, 0), canvas.shape[0], step):
        ruler.level_line(float(row))
    if rng.random() < 0.4:
        for column in np.arange(rng.uniform(-step, 0), canvas.shape[1], step):
            ruler.upright_line(float(column))


def draw_box(canvas: Picture, area: Area, rng: np.random.Generator) -> None:
    """Draw a box or an ellipse around the writing, or a frame at the edge of the image.

    The upper and lower sides of some boxes cross the heads or feet of digits.
    """
    ruler = Ruler(canvas, line_thickness(area.height, rng), rng)
    space = rng.uniform(0.0, 0.4, 4) * area.height + ruler.pen / 2
    if rng.random() < 0.4:
        space[1 + 2 * int(rng.integers(2))] = -rng.uniform(0, 0.12) * area.height
    left, top = area.left - space[0], area.top - space[1]
    right, bottom = area.right + space[2], area.bottom + space[3]
    kind = pick(("box", "box", "double", "ellipse", "frame"), rng)
    if kind == "ellipse":
        middle = round((left + right) / 2), round((top + bottom) / 2)
        axes = round(0.75 * (right - left)), round(0.75 * (bottom - top))
        cv2.ellipse(canvas, middle, axes, 0, 0, 360, ruler.level, ruler.pen, ruler.edge)
        return
    if kind == "frame":
        height, width = canvas.shape
        inset = rng.uniform(0, 0.04) * height
        left, top, right, bottom = inset, inset, width - 1 - inset, height - 1 - inset
    ruler.box(left, top, right, bottom)
    if kind == "double":
        more = 2.5 * ruler.pen
        ruler.box(left - more, top - more, right + more, bottom + more)


def _wall_share(rng: np.random.Generator) -> float:
    """Choose the thickness of walls, relative to the cell's shorter side; most are thin."""
    return float(rng.uniform(0.01, 0.04) if rng.random() < 0.7 else rng.uniform(0.04, 0.10))
