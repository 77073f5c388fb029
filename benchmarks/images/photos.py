"""Simulated photos of MNIST digits: in bad light, on printed paper, written with bad pens.

Each function takes a digit (28 x 28, white ink on black), a severity and a random generator, and
returns the bytes of an image file. `benchmarks/robustness.py` has a table of these functions.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.images.canvas import (
    SIDE,
    Cover,
    Picture,
    Random,
    either,
    jpeg,
    paint,
    place,
    png,
    sheet,
    strokes,
)


def jpeg_blocks(digit: Picture, quality: int, rng: Random) -> bytes:
    """Draw a small JPEG with the given quality."""
    return jpeg(paint(sheet(digit, rng, side=100), *either(rng)), quality)


def noise(digit: Picture, deviation: float, rng: Random) -> bytes:
    """Add Gaussian noise with the given standard deviation in gray levels."""
    image = paint(sheet(digit, rng), *either(rng))
    return png(image + deviation * rng.standard_normal(image.shape, np.float32))


def salt_and_pepper(digit: Picture, share: float, rng: Random) -> bytes:
    """Turn the given share of all pixels black or white."""
    image = paint(sheet(digit, rng), *either(rng))
    struck = rng.random(image.shape, np.float32) < share
    return png(np.where(struck, 255 * rng.integers(0, 2, image.shape), image))


def blur(digit: Picture, part: float, rng: Random) -> bytes:
    """Blur the image; the standard deviation is relative to the digit's height."""
    image = paint(sheet(digit, rng), *either(rng))
    return png(cv2.GaussianBlur(image, (0, 0), part * 0.55 * SIDE))


def low_contrast(digit: Picture, contrast: float, rng: Random) -> bytes:
    """Draw dark ink on gray with the given contrast, and noise of a twelfth of it."""
    paper = rng.uniform(120, 220)
    image = paint(sheet(digit, rng), paper - contrast, paper)
    return png(image + contrast / 12 * rng.standard_normal(image.shape, np.float32))


def show_through(digit: Picture, strength: float, rng: Random) -> bytes:
    """Let writing on the back show through: mirrored, blurred and faint."""
    back = np.zeros((SIDE, SIDE), np.float32)
    other = np.ascontiguousarray(strokes(digit, 0.45 * SIDE)[:, ::-1])
    for _ in range(3):
        top, left = rng.integers(-SIDE // 4, SIDE, 2)
        back = np.maximum(back, place(other, back.shape, int(top), int(left)))
    cover = np.maximum(sheet(digit, rng), strength * cv2.GaussianBlur(back, (0, 0), 2.5))
    return jpeg(paint(np.asarray(cover, np.float32)))


def half_plane(shape: tuple[int, int], rng: Random, away: float) -> NDArray[np.float32]:
    """Return each pixel's signed distance from a random line.

    Args:
        shape: rows and columns.
        rng: draws the direction.
        away: distance of the line from the centre, relative to the longer side.
    """
    angle = rng.uniform(0, 2 * np.pi)
    rows, columns = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    return np.asarray(
        (rows - shape[0] / 2) * np.sin(angle)
        + (columns - shape[1] / 2) * np.cos(angle)
        - away * max(shape),
        np.float32,
    )


def shadow(digit: Picture, kind: tuple[float, float], rng: Random) -> bytes:
    """Put a part of the page in shadow; `kind` is its light and the width of its edge in pixels."""
    light, soft = kind
    image = paint(sheet(digit, rng))
    share = np.clip(half_plane(image.shape, rng, rng.uniform(-0.2, 0.2)) / soft + 0.5, 0, 1)
    return jpeg(image * (1 - (1 - light) * share))


def vignette(digit: Picture, corner: float, rng: Random) -> bytes:
    """Darken the corners to the given share of the light."""
    image = paint(sheet(digit, rng))
    away = np.linspace(-1, 1, SIDE) ** 2
    return jpeg(image * (1 - (1 - corner) * (away[:, None] + away) / 2))


def colour_cast(digit: Picture, tint: tuple[float, float, float], rng: Random) -> bytes:
    """Multiply the three channels by the given factors, in random order."""
    image = paint(sheet(digit, rng))[:, :, None] * rng.permutation(tint)
    return jpeg(image)


def table(digit: Picture, kind: tuple[int, float, float], rng: Random) -> bytes:
    """Show edges of the sheet on a desk; `kind` is their number and the desk's level and grain."""
    edges, level, grain = kind
    image = paint(sheet(digit, rng, 0.4))
    rows, columns = np.mgrid[:SIDE, :SIDE] / SIDE - 0.5
    turn, first = rng.normal(0, 0.07), rng.integers(4)
    for number in range(edges):
        angle = turn + (first + number) * np.pi / 2
        out = rows * np.sin(angle) + columns * np.cos(angle) > rng.uniform(0.36, 0.45)
        wood = level + grain * cv2.GaussianBlur(
            rng.standard_normal((SIDE, SIDE)), (0, 0), 6, sigmaY=1
        )
        image = np.where(out, wood, image)
    return jpeg(cv2.GaussianBlur(image.astype(np.float32), (0, 0), 0.8))


def ruled(digit: Picture, contrast: float, rng: Random) -> bytes:
    """Draw a digit on ruled paper; the contrast of the lines is relative to that of the ink."""
    return _on_printed(digit, contrast, _lines(rng), rng)


def squared(digit: Picture, contrast: float, rng: Random) -> bytes:
    """Draw a digit on squared paper: like `ruled`, with lines in both directions."""
    printed = _lines(rng)
    return _on_printed(digit, contrast, np.maximum(printed, printed.T), rng)


def dotted(digit: Picture, contrast: float, rng: Random) -> bytes:
    """Draw a digit on dotted paper, with dots where the lines of squared paper cross."""
    printed = _lines(rng, 4)
    dots = cv2.GaussianBlur(np.minimum(printed, printed.T), (0, 0), 0.7)
    return _on_printed(digit, contrast, np.asarray(dots, np.float32), rng)


def _lines(rng: Random, width: int = 0) -> Cover:
    """Draw slightly sloped lines across the whole image, 8 to 18 % of its side apart."""
    canvas = np.zeros((SIDE, SIDE), np.uint8)
    pitch, rise = SIDE * rng.uniform(0.08, 0.18), SIDE * rng.normal(0, 0.012)
    width = width or int(rng.integers(1, 3))
    for row in np.arange(rng.uniform(-pitch, 0), SIDE + pitch, pitch):
        ends = (-9 * 16, round(16 * row)), ((SIDE + 9) * 16, round(16 * (row + rise)))
        cv2.line(canvas, *ends, 255, width, cv2.LINE_AA, shift=4)
    return np.asarray(canvas / np.float32(255), np.float32)


def _on_printed(digit: Picture, contrast: float, printed: Cover, rng: Random) -> bytes:
    cover = np.maximum(sheet(digit, rng, 0.5), contrast * printed)
    return jpeg(paint(cover, *either(rng)), 92)


def box(digit: Picture, kind: tuple[float, float], rng: Random) -> bytes:
    """Draw a box around the digit; contrast relative to the ink, gap relative to the height."""
    contrast, gap = kind
    return _framed(digit, contrast, gap, rng, beyond=0)


def table_cell(digit: Picture, kind: tuple[float, float], rng: Random) -> bytes:
    """Draw a digit in a table cell: like `box`, but the lines extend to the edges."""
    contrast, gap = kind
    return _framed(digit, contrast, gap, rng, beyond=SIDE)


def _framed(digit: Picture, contrast: float, gap: float, rng: Random, beyond: int) -> bytes:
    cover = sheet(digit, rng, 0.45)
    left, top, width, height = cv2.boundingRect((cover > 0.1).astype(np.uint8))
    room = gap * height * rng.uniform(0.8, 1.2, 4)
    # a cell is never narrower than two thirds of the digit's height
    room[:2] += max(0.0, (0.67 * height - width) / 2)
    first, last = round(left - room[0]), round(left + width + room[1])
    upper, lower = round(top - room[2]), round(top + height + room[3])
    canvas = np.zeros(cover.shape, np.uint8)
    pen_width = int(rng.integers(1, 4))
    for row in (upper, lower):
        cv2.line(canvas, (first - beyond, row), (last + beyond, row), 255, pen_width)
    for column in (first, last):
        cv2.line(canvas, (column, upper - beyond), (column, lower + beyond), 255, pen_width)
    printed = contrast * np.asarray(canvas / np.float32(255), np.float32)
    return jpeg(paint(np.maximum(cover, printed), *either(rng)), 92)


def broken(digit: Picture, kind: tuple[int, float], rng: Random) -> bytes:
    """Cut strokes this many times; the width of a cut is relative to the digit's height."""
    count, width = kind
    cover = sheet(digit, rng)
    rows, columns = np.nonzero(cover > 0.9)
    for cut in rng.integers(rows.size, size=count):
        centre = np.array([columns[cut], rows[cut]])
        angle, reach = rng.uniform(0, np.pi), 0.13 * SIDE
        along = reach * np.array([np.cos(angle), np.sin(angle)])
        one, other = (np.rint(centre + sign * along).astype(int).tolist() for sign in (-1, 1))
        cv2.line(cover, one, other, 0.0, max(1, round(width * 0.55 * SIDE)), cv2.LINE_AA)
    return png(paint(cover, *either(rng)))


def holes(digit: Picture, kind: tuple[int, float], rng: Random) -> bytes:
    """Make this many holes in strokes; the largest radius is relative to the digit's height."""
    count, radius = kind
    cover = sheet(digit, rng)
    rows, columns = np.nonzero(cover > 0.5)
    for spot in rng.integers(rows.size, size=count):
        size = max(1, round(radius * 0.55 * SIDE * rng.uniform(0.5, 1)))
        cv2.circle(cover, (int(columns[spot]), int(rows[spot])), size, 0.0, -1, cv2.LINE_AA)
    return png(paint(cover, *either(rng)))
