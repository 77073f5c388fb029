"""Cropped cells of tables and forms, with parts of their walls, with a digit or empty."""

from typing import NamedTuple

import cv2
import numpy as np

from benchmarks.images.canvas import Cover, Picture, Random, paint, strokes, to_bytes
from benchmarks.images.writing import lay, slanted

SMALLEST, LARGEST = 24, 200
"""Height of a cell in pixels."""

FARTHEST = 0.25
"""Maximum distance of a wall from its edge, relative to the side."""

THICKEST = 8
"""Maximum thickness of a wall in pixels; it is also at most a twelfth of the side."""

UPPER, LOWER, LEFT, RIGHT = range(4)

KINDS = ("no walls", "walls on all sides", "some walls", "parts of walls")


class Walls(NamedTuple):
    """Walls and the free area between them.

    Attributes:
        ink: ink coverage of the whole cell.
        room: top, bottom, left and right of the free area.
    """

    ink: Cover
    room: tuple[float, float, float, float]


def draw_cell(kind: str, digit: Picture | None, rng: Random) -> Picture:
    """Draw a cell.

    Args:
        kind: one of `KINDS`.
        digit: (28, 28), white ink on black; None for an empty cell.
        rng: draws everything else.
    """
    side = np.exp(rng.uniform(np.log(SMALLEST), np.log(LARGEST)))
    shape = round(side), round(side * rng.uniform(0.8, 1.25))
    walls = draw_walls(kind, shape, rng)
    cover = rng.uniform(0.35, 1) * walls.ink
    if digit is not None:
        lay(cover, *_placed(digit, walls, rng))
    paper, ink = rng.uniform(170, 255), rng.uniform(0, 90)
    if rng.random() < 0.3:
        paper, ink = ink, paper
    gray = paint(np.asarray(cover, np.float32), ink, paper)
    gray *= 1 - rng.uniform(0, 0.25) * np.linspace(0, 1, shape[1], dtype=np.float32)
    if rng.random() < 0.5:
        gray = cv2.GaussianBlur(gray, (0, 0), rng.uniform(0.4, 0.9)).astype(np.float32)
    return to_bytes(gray + rng.uniform(0, 6) * rng.standard_normal(shape, np.float32))


def draw_walls(kind: str, shape: tuple[int, int], rng: Random) -> Walls:
    """Draw the walls of a cell.

    Each is up to 25 % of the side away from its edge and 1 to 8 pixels thick. A partial wall begins
    at an edge of the image.
    """
    canvas = np.zeros(shape, np.uint8)
    rows, columns = shape
    room = [0.0, float(rows), 0.0, float(columns)]
    sides = {"no walls": 0, "walls on all sides": 4}.get(kind, int(rng.integers(1, 4)))
    chosen = rng.permutation(4)[:sides].tolist()
    away = {side: FARTHEST * rng.uniform() * rng.uniform() ** 0.5 for side in chosen}
    is_frame = sides == 4 and rng.random() < 0.5  # the walls end where they meet
    thickness = int(rng.integers(1, max(1, min(THICKEST, min(shape) // 12)) + 1))
    for side in chosen:
        length, depth = (rows, columns) if side in (LEFT, RIGHT) else (columns, rows)
        place = away[side] * depth
        first, last = 0.0, float(length)
        if is_frame:
            before, behind = (UPPER, LOWER) if side in (LEFT, RIGHT) else (LEFT, RIGHT)
            first, last = away[before] * length, (1 - away[behind]) * length
        if kind == "parts of walls":
            seen = rng.uniform(0.2, 0.9) * length
            first, last = (0.0, seen) if rng.random() < 0.5 else (length - seen, float(length))
        near = place if side in (LEFT, UPPER) else depth - 1 - place
        _line(canvas, side, near, first, last, thickness, rng)
        inner = place + thickness
        room[side] += inner if side in (LEFT, UPPER) else -inner
    top, bottom, left, right = room
    return Walls(np.asarray(canvas / np.float32(255), np.float32), (top, bottom, left, right))


def _line(
    canvas: Picture,
    side: int,
    near: float,
    first: float,
    last: float,
    thickness: int,
    rng: Random,
) -> None:
    """Draw a slightly slanted wall with flat ends, as in print."""
    askew, half = (last - first) * rng.normal(0, 0.008), (thickness - 1) / 2
    begin, end = near - askew, near + askew
    corners = np.array(
        [[begin - half, first], [begin + half, first], [end + half, last], [end - half, last]]
    )
    if side in (UPPER, LOWER):
        corners = corners[:, ::-1]
    fixed = np.rint(16 * corners).astype(np.int32)
    cv2.fillConvexPoly(canvas, fixed, 255, cv2.LINE_AA, shift=4)


def _placed(digit: Picture, walls: Walls, rng: Random) -> tuple[Cover, int, int]:
    """Scale a digit to 45 to 85 % of the room between walls; return its ink, top and left."""
    top, bottom, left, right = walls.room
    height = rng.uniform(0.45, 0.85) * min(bottom - top, right - left)
    ink = rng.uniform(0.75, 1) * slanted(strokes(digit, height), rng.normal(0.03, 0.1))
    rows, columns = ink.shape
    y = top + (bottom - top - rows) * rng.uniform(0.25, 0.75)
    x = left + (right - left - columns) * rng.uniform(0.25, 0.75)
    return ink, round(y), round(x)
