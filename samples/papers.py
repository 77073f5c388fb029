"""Papers, pens and cameras for the sample images.

Colours are (red, green, blue) from 0 to 1. Pictures are (H, W, 3) float32 in that order and range.
Ink is (H, W) float32, from 0 for none to 1 for full coverage.
"""

from itertools import pairwise

import cv2
import numpy as np
from handwriting import Stroke
from numpy.typing import NDArray

Picture = NDArray[np.float32]
Ink = NDArray[np.float32]
Colour = tuple[float, float, float]

WHITE: Colour = (1.0, 1.0, 1.0)


# --- papers ------------------------------------------------------------------------------------


def plain(size: tuple[int, int], colour: Colour = WHITE) -> Picture:
    """Return the blank canvas of a drawing program; `size` is width and height."""
    return np.full((size[1], size[0], 3), colour, np.float32)


def paper(
    size: tuple[int, int], rng: np.random.Generator, colour: Colour, roughness: float = 0.012
) -> Picture:
    """Draw a sheet of paper with fibres and a cloudy texture."""
    shape = (size[1], size[0])
    fibres = 0.6 * noise(shape, rng, 1.2) + 0.4 * noise(shape, rng, 3)
    texture = fibres + 0.7 * noise(shape, rng, 60)
    return np.asarray(plain(size, colour) * (1 + roughness * texture)[..., None], np.float32)


def rule(
    sheet: Picture,
    rng: np.random.Generator,
    spacing: float,
    colour: Colour,
    *,
    first: float = 0.0,
    squared: bool = False,
    margin: float | None = None,
) -> Picture:
    """Print lines on a sheet, `spacing` apart from `first` on; vertical ones, too, if `squared`."""
    height, width = sheet.shape[:2]
    lines = np.zeros((height, width), np.uint8)
    for y in np.arange(first, height, spacing):
        _thin_line(lines, (-1.0, float(y)), (width, float(y)))
    if squared:
        for x in np.arange(spacing * rng.uniform(0.2, 0.8), width, spacing):
            _thin_line(lines, (float(x), -1.0), (float(x), height))
    ruled = blend(sheet, _cover(lines, 0.75), colour)
    if margin is not None:
        edge = np.zeros_like(lines)
        _thin_line(edge, (margin, -1.0), (margin, height))
        ruled = blend(ruled, _cover(edge, 0.7), (0.85, 0.35, 0.38))
    return ruled


def blackboard(size: tuple[int, int], rng: np.random.Generator) -> Picture:
    """Draw a blackboard with smears left by a sponge."""
    shape = (size[1], size[0])
    wiped = cv2.GaussianBlur(noise(shape, rng, 18), (0, 0), 70, sigmaY=5)
    board = plain(size, (0.17, 0.21, 0.20))
    clouds = 0.016 * wiped / wiped.std() + 0.014 * noise(shape, rng, 110)
    return np.asarray(np.clip(board + clouds[..., None], 0, 1), np.float32)


# --- tools -------------------------------------------------------------------------------------


def ballpoint(ink: Ink, rng: np.random.Generator) -> Ink:
    """Render ink as by a ballpoint pen, which skips slightly on rough paper."""
    skips = 0.95 + 0.05 * noise(ink.shape, rng, 0.6) + 0.03 * noise(ink.shape, rng, 14)
    return np.asarray(ink * np.clip(skips, 0.6, 1), np.float32)


def pencil(ink: Ink, rng: np.random.Generator) -> Ink:
    """Render ink as by a pencil: graphite covers the peaks of the paper's texture only."""
    hills = noise(ink.shape, rng, 0.55) + 0.4 * noise(ink.shape, rng, 1.6)
    stroke = cv2.GaussianBlur(ink, (0, 0), 0.6)
    return np.asarray(stroke * np.clip(0.78 + 0.15 * hills, 0.2, 1), np.float32)


def crayon(ink: Ink, rng: np.random.Generator) -> Ink:
    """Render ink as by a crayon: coarse grains of wax, with paper between them."""
    hills = noise(ink.shape, rng, 0.9) + 0.5 * noise(ink.shape, rng, 2.2)
    stroke = cv2.GaussianBlur(ink, (0, 0), 0.8)
    return np.asarray(stroke * np.clip(0.76 + 0.22 * hills, 0.15, 1), np.float32)


def felt(ink: Ink, rng: np.random.Generator) -> Ink:
    """Render ink as by a felt-tip marker: even, slightly darker at the edges."""
    inside = cv2.GaussianBlur(ink, (0, 0), 3.0)
    drying = 1.0 - 0.1 * inside + 0.012 * noise(ink.shape, rng, 5)
    return np.asarray(ink * np.clip(drying, 0, 1), np.float32)


def chalk(ink: Ink, rng: np.random.Generator) -> Ink:
    """Render ink as by chalk: crumbs on a rough board, with dust around them."""
    grain = noise(ink.shape, rng, 0.5) + 0.5 * noise(ink.shape, rng, 1.2)
    worn = cv2.GaussianBlur(ink, (0, 0), 1.4)
    crumbs = np.clip(1.2 * worn - 0.3 + 0.25 * grain * np.sqrt(worn), 0, 0.93)
    dust = 0.06 * cv2.GaussianBlur(ink, (0, 0), 7)
    return np.asarray(np.maximum(crumbs * (worn > 0.05), dust), np.float32)


def mouse(
    strokes: list[Stroke],
    shape: tuple[int, int],
    height: float,
    origin: tuple[float, float],
    brush: int,
    rng: np.random.Generator,
) -> Ink:
    """Draw strokes as with a mouse and a hard round brush in a drawing program.

    The mouse reports only some positions, in whole pixels. Between them, the program draws straight
    lines without antialiasing.
    """
    canvas = np.zeros(shape, np.uint8)
    for stroke in strokes:
        speed = 0.045 * len(stroke) ** 0.5
        steps = np.cumsum(rng.uniform(2, 10, size=len(stroke)) * speed).astype(int)
        reports = np.unique([0, *steps[steps < len(stroke)], len(stroke) - 1])
        where = np.rint(stroke[reports, :2] * height + origin).astype(int).tolist()
        for start, end in pairwise(where):
            cv2.line(canvas, start, end, 255, brush, cv2.LINE_8)
    return _cover(canvas)


def blend(sheet: Picture, ink: Ink, colour: Colour) -> Picture:
    """Blend ink of a colour over a sheet."""
    cover = ink[..., None]
    return np.asarray(sheet * (1 - cover) + np.asarray(colour, np.float32) * cover, np.float32)


# --- cameras -----------------------------------------------------------------------------------


def photograph(
    scene: Picture,
    rng: np.random.Generator,
    *,
    tilt: float = 0.03,
    uneven: float = 0.15,
    shadow: float = 0.0,
    vignette: float = 0.0,
    blur: float = 0.8,
    grain: float = 0.012,
    warmth: float = 0.02,
) -> Picture:
    """Simulate a photo taken at a slight angle, with uneven light and a small lens.

    Args:
        scene: the picture to photograph.
        rng: draws camera position, direction of the light and sensor noise.
        tilt: maximum shift of the corners, relative to the frame.
        uneven: how much darker the side away from the light is.
        shadow: darkness of the phone's shadow.
        vignette: how much darker the corners are.
        blur: standard deviation of the blur, in pixels.
        grain: amplitude of the sensor noise.
        warmth: shift of the light from blue to red.

    Returns:
        The photo, in the size of the scene.
    """
    height, width = scene.shape[:2]
    inset = rng.uniform(0, tilt, (4, 2))
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float)
    seen = (corners + inset * (1 - 2 * corners)) * (width, height)
    frame = corners * (width, height)
    way = cv2.getPerspectiveTransform(seen.astype(np.float32), frame.astype(np.float32))
    photo = cv2.warpPerspective(scene, way, (width, height), flags=cv2.INTER_CUBIC)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    x, y = x / width - 0.5, y / height - 0.5
    angle = rng.uniform(0, 2 * np.pi)
    falling = 1 - uneven * (0.5 + x * np.cos(angle) + y * np.sin(angle))
    falling *= 1 - vignette * 2 * (x**2 + y**2)
    light = np.repeat(falling[..., None], 3, axis=2)
    if shadow:
        # Shadows are bluish, as they are lit by the sky.
        depth = shadow * np.array([1.0, 0.94, 0.86], np.float32)
        light *= 1 - _phone_shadow((height, width), rng)[..., None] * depth
    light *= np.array([1 + warmth, 1.0, 1 - 2 * warmth], np.float32)
    sharp = cv2.GaussianBlur(np.clip(photo, 0, 1) * light, (0, 0), blur)
    sensor = noise((height, width), rng, 0.6)[..., None] + 0.4 * rng.normal(size=sharp.shape)
    return np.asarray(np.clip(sharp + grain * sensor, 0, 1), np.float32)


def noise(shape: tuple[int, ...], rng: np.random.Generator, scale: float) -> Ink:
    """Return (H, W) noise with zero mean, unit variance and spots of about `scale` pixels."""
    rows, columns = (int(np.ceil(side / max(1.0, scale / 2))) + 6 for side in shape)
    small = cv2.GaussianBlur(rng.normal(size=(rows, columns)), (0, 0), min(scale, 2.0))
    if scale > 2:
        small = cv2.resize(small, shape[::-1], interpolation=cv2.INTER_CUBIC)
    return np.asarray(small[: shape[0], : shape[1]] / small.std(), np.float32)


def _phone_shadow(shape: tuple[int, int], rng: np.random.Generator) -> Ink:
    """Draw the soft shadow of a hand and phone from below: (H, W), 0 to 1."""
    height, width = shape
    left, right = rng.uniform(0.2, 0.45) * width, rng.uniform(0.85, 1.3) * width
    top = rng.uniform(0.3, 0.5) * height
    lean = rng.uniform(-0.25, 0.25) * width
    outline = [(left, height), (left + lean, top), (right + lean, top * 1.25), (right, height)]
    shadow = np.zeros(shape, np.float32)
    cv2.fillPoly(shadow, [np.array(outline).astype(np.int32)], 1.0)
    padded = cv2.copyMakeBorder(shadow, 0, 99, 0, 0, cv2.BORDER_REPLICATE)
    return np.asarray(cv2.GaussianBlur(padded, (0, 0), width / 45)[:height], np.float32)


def _cover(mask: NDArray[np.uint8], strength: float = 1.0) -> Ink:
    """Convert a mask from 0 to 255 to ink from 0 to `strength`."""
    return np.multiply(mask, strength / 255, dtype=np.float32)


def _thin_line(
    mask: NDArray[np.uint8], start: tuple[float, float], end: tuple[float, float]
) -> None:
    """Draw an antialiased line, one pixel wide, with a precision of an eighth of a pixel."""
    first, last = ((round(point[0] * 8), round(point[1] * 8)) for point in (start, end))
    cv2.line(mask, first, last, 255, 1, cv2.LINE_AA, shift=3)
