"""Simulated photos of number tables: sudokus and mark sheets, in perspective, on curved paper."""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.images.canvas import Cover, Picture, Random, jpeg, paint, to_bytes
from benchmarks.images.photos import half_plane
from benchmarks.images.writing import (
    Digits,
    Hand,
    lay,
    level,
    moved,
    on_its_own,
    random_number,
    write_digit,
)

KINDS = ("sudoku", "mark sheet")
VIEWS = ("straight", "in perspective", "bent")
WALLS = ("thin", "thick", "broken", "doubled")

FILLED = {"sudoku": 0.35, "mark sheet": 0.85}
"""Share of cells with a number."""

TURN_DEGREES = 12.0
"""Maximum rotation of a table in perspective."""
KEYSTONE = 0.06
"""Maximum shift of each corner, relative to the side; with rotation, walls slant by up to 15°."""

BEND = 0.012
"""Amplitude of curved paper, relative to the longer side."""

Points = NDArray[np.float64]
"""(..., 2): x and y."""


class Drawn(NamedTuple):
    """An image of a table.

    Attributes:
        image: (H, W) uint8 gray.
        corners: (rows, columns, 4, 2) float64: the corners of each cell, clockwise from the upper
            left, x and y in pixels, on the centre lines of its walls.
        numbers: the number in each cell; an empty string if there is none.
        above: the number above the table, or an empty string.
    """

    image: Picture
    corners: Points
    numbers: list[list[str]]
    above: str

    @property
    def label(self) -> str:
        """The expected answer: the digits of each table row, rows joined by a space."""
        rows = [self.above, *("".join(row) for row in self.numbers)]
        return " ".join(row for row in rows if row)


class Sheet(NamedTuple):
    """A table before the camera: walls at `across` (x) and `down` (y), in pixels."""

    cover: Cover
    across: NDArray[np.float64]
    down: NDArray[np.float64]


def draw_table(kind: str, view: str, walls: str, digits: Digits, rng: Random) -> Drawn:
    """Draw a table.

    Args:
        kind: one of `KINDS`. A sudoku has 9 x 9 cells, a third of them with a digit; a mark sheet
            has 5 to 20 rows of 3 to 6 cells with numbers of one to three digits.
        view: one of `VIEWS`.
        walls: one of `WALLS`.
        digits: digits to write with.
        rng: draws everything else.
    """
    rows, columns = (9, 9) if kind == "sudoku" else (rng.integers(5, 21), rng.integers(3, 7))
    height = float(np.exp(rng.uniform(np.log(28), np.log(80))))
    height = min(height, 1000 / rows)
    width = height * (rng.uniform(0.95, 1.05) if kind == "sudoku" else rng.uniform(2.2, 3.5))
    above = random_number(rng, 3, 6) if rng.random() < 0.3 else ""
    sheet = blank_sheet(int(rows), int(columns), height, width, bool(above), rng)
    ink = np.zeros_like(sheet.cover)
    numbers = [["" for _ in range(columns)] for _ in range(rows)]
    hand = Hand(1.0, slant=rng.normal(0.05, 0.1), gaps=(0.02, 0.3))
    for row in range(rows):
        for column in range(columns):
            if rng.random() < FILLED[kind]:
                number = random_number(rng, 1, 1 if kind == "sudoku" else 3)
                numbers[row][column] = number
                room = (*sheet.across[column : column + 2], *sheet.down[row : row + 2])
                write_number(ink, number, room, hand, digits, rng)
    if above:
        room = (*sheet.across[[0, -1]], sheet.down[0] - 1.7 * height, sheet.down[0] - 0.5 * height)
        write_number(ink, above, room, hand, digits, rng)
    draw_walls(sheet, kind, walls, height, rng)
    printed = sheet.cover * rng.uniform(0.5, 1)
    cover, corners = seen_by_camera(np.maximum(printed, 0.95 * ink), corners_of(sheet), view, rng)
    return Drawn(photographed(cover, rng), corners, numbers, above)


def blank_sheet(
    rows: int, columns: int, height: float, width: float, above: bool, rng: Random
) -> Sheet:
    """Make an empty sheet with cells of about this size and margins around them."""
    margins = height * rng.uniform(0.5, 2.5, 4)
    margins[0] += 2 * height * above
    widths = np.full(columns, width)
    if columns < 9:
        widths *= rng.uniform(0.75, 1.25, columns)
    across = margins[2] + np.concatenate([[0], np.cumsum(widths)])
    down = margins[0] + height * np.arange(rows + 1)
    shape = round(down[-1] + margins[1]), round(across[-1] + margins[3])
    return Sheet(np.zeros(shape, np.float32), across, down)


def corners_of(sheet: Sheet) -> Points:
    """Return the (rows, columns, 4, 2) corners of a sheet's cells."""
    x, y = np.meshgrid(sheet.across, sheet.down)
    points = np.stack([x, y], axis=-1)
    around = points[:-1, :-1], points[:-1, 1:], points[1:, 1:], points[1:, :-1]
    return np.stack(around, axis=2)


def write_number(
    ink: Cover,
    number: str,
    room: Sequence[float],
    hand: Hand,
    digits: Digits,
    rng: Random,
) -> None:
    """Write a number into an area (left, right, top, bottom)."""
    left, right, top, bottom = room
    height = rng.uniform(0.5, 0.8) * (bottom - top)
    own = hand._replace(height=height)
    glyphs = [write_digit(picture, own, rng) for picture in digits.draw(number, rng)]
    line = on_its_own(glyphs, 0.0, moved(level, 0.0, 0.0))
    tall, wide = line.shape
    share = min(1.0, 0.95 * (right - left) / wide, 0.95 * (bottom - top) / tall)
    if share < 1:
        line = np.asarray(cv2.resize(line, None, fx=share, fy=share), np.float32)
        tall, wide = line.shape
    x = left + (right - left - wide) * rng.uniform(0.3, 0.7)
    y = top + (bottom - top - tall) * rng.uniform(0.3, 0.7)
    lay(ink, line, round(y), round(x))


def draw_walls(sheet: Sheet, kind: str, walls: str, height: float, rng: Random) -> None:
    """Draw all walls; every third wall of a sudoku is thicker."""
    canvas = np.zeros(sheet.cover.shape, np.uint8)
    thin = max(1, round(height * (rng.uniform(0.06, 0.12) if walls == "thick" else 0.02)))
    for places, others, is_level in (
        (sheet.down, sheet.across, True),
        (sheet.across, sheet.down, False),
    ):
        for number, place in enumerate(places):
            bold = kind == "sudoku" and number % 3 == 0 and walls != "doubled"
            thickness = round(1.6 * thin) if bold else thin
            shifts = (-1.5 * thin - 1, 1.5 * thin + 1) if walls == "doubled" else (0.0,)
            for shift in shifts:
                ends = np.array([[others[0], place + shift], [others[-1], place + shift]])
                _wall(canvas, ends if is_level else ends[:, ::-1], thickness, walls, height, rng)
    np.maximum(sheet.cover, canvas / np.float32(255), out=sheet.cover)


def _wall(
    canvas: Picture, ends: Points, thickness: int, walls: str, height: float, rng: Random
) -> None:
    """Draw one wall; a broken one has gaps of a tenth to a third of a cell."""
    length = float(np.abs(ends[1] - ends[0]).max())
    pieces = [(0.0, 1.0)]
    if walls == "broken":
        pieces, start = [], 0.0
        while start < length:
            end = start + height * rng.uniform(0.4, 2)
            pieces.append((start / length, min(end / length, 1.0)))
            start = end + height * rng.uniform(0.1, 0.35)
    for piece in pieces:
        points = [ends[0] + share * (ends[1] - ends[0]) for share in piece]
        start, end = np.rint(16 * np.array(points)).astype(int).tolist()
        cv2.line(canvas, start, end, 255, thickness, cv2.LINE_AA, shift=4)


def seen_by_camera(cover: Cover, corners: Points, view: str, rng: Random) -> tuple[Cover, Points]:
    """Transform a sheet and the corners of its cells as seen by a camera."""
    rows, columns = cover.shape
    if view == "straight":
        return cover, corners
    if view == "bent":
        cover, corners = _bend(cover, corners, rng)
    angle = np.deg2rad(rng.uniform(-TURN_DEGREES, TURN_DEGREES))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    frame = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float64)
    there = frame @ turn + rng.uniform(-KEYSTONE, KEYSTONE, (4, 2)) * (columns, rows)
    there -= there.min(axis=0)
    width, height = np.ceil(there.max(axis=0)).astype(int).tolist()
    matrix = cv2.getPerspectiveTransform(frame.astype(np.float32), there.astype(np.float32))
    seen = cv2.warpPerspective(cover, matrix, (width, height), flags=cv2.INTER_AREA)
    return np.asarray(seen, np.float32), through(matrix, corners)


def _bend(cover: Cover, corners: Points, rng: Random) -> tuple[Cover, Points]:
    """Simulate curved paper: shift columns vertically and rows horizontally, by part of a sine."""
    rows, columns = cover.shape
    deep = BEND * rng.choice([-1, 1], 2) * rng.uniform(0.3, 1, 2) * max(rows, columns)
    phase = rng.uniform(0, np.pi, 2)

    def down(x: Points) -> Points:
        return np.asarray(deep[0] * np.sin(np.pi * x / columns + phase[0]), np.float64)

    def aside(y: Points) -> Points:
        return np.asarray(deep[1] * np.sin(np.pi * y / rows + phase[1]), np.float64)

    y, x = np.mgrid[:rows, :columns].astype(np.float64)
    source_x = x - aside(y)
    source_y = y - down(source_x)
    bent = cv2.remap(
        cover, source_x.astype(np.float32), source_y.astype(np.float32), cv2.INTER_LINEAR
    )
    lowered = corners[..., 1] + down(corners[..., 0])
    moved_corners = np.stack([corners[..., 0] + aside(lowered), lowered], axis=-1)
    return np.asarray(bent, np.float32), moved_corners


def through(matrix: cv2.typing.MatLike, points: Points) -> Points:
    """Apply a homography to points."""
    flat = points.reshape(1, -1, 2)
    return cv2.perspectiveTransform(flat, matrix).reshape(points.shape).astype(np.float64)


def photographed(cover: Cover, rng: Random) -> Picture:
    """Turn ink into a photo: gray paper with uneven light, shadow, blur, noise, JPEG artefacts."""
    paper = rng.uniform(150, 250)
    ink = paper * rng.uniform(0.1, 0.4)
    gray = paint(cover, ink, paper)
    rows, columns = gray.shape
    dark = rng.uniform(0, 0.3, 2)
    gray *= 1 - dark[0] * np.linspace(0, 1, columns, dtype=np.float32)
    gray *= 1 - dark[1] * np.linspace(0, 1, rows, dtype=np.float32)[:, None]
    if rng.random() < 0.5:
        edge = half_plane(cover.shape, rng, rng.uniform(-0.3, 0.3))
        soft = rng.uniform(0.05, 0.3) * max(cover.shape)
        gray *= 1 - rng.uniform(0.1, 0.4) * np.clip(edge / soft + 0.5, 0, 1)
    if rng.random() < 0.5:
        gray = cv2.GaussianBlur(gray, (0, 0), rng.uniform(0.4, 0.9)).astype(np.float32)
    noisy = to_bytes(gray + rng.uniform(0, 4) * rng.standard_normal(gray.shape, np.float32))
    file = np.frombuffer(jpeg(noisy, int(rng.integers(60, 95))), np.uint8)
    return np.asarray(cv2.imdecode(file, cv2.IMREAD_GRAYSCALE), np.uint8)
