"""Photographs and scans of writing: ink, paper, background print, lighting, camera effects.

Everything is done at the reader's size, 32 rows, at which a line has only a few thousand pixels.
"""

import math
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.synthesis.characters.pens import Picture
from digitnet.synthesis.lines.chance import pick
from digitnet.synthesis.lines.shares import Shares

Field = NDArray[np.float32]
"""float32 (height, width), usually 0 to 1."""

_TILE = 64, 480
_TILES = 48
"""Height and width of a background pattern in pixels, and number of patterns."""


def photograph(
    ink: Picture, clutter: Picture, shares: Shares, severity: float, rng: np.random.Generator
) -> Picture:
    """Photograph ink and clutter on random paper, under random light, with a random camera.

    Args:
        ink: the writing, uint8 (height, width), white ink on black.
        clutter: the surroundings, of the same shape, possibly in another tint.
        shares: how often paper is plain and ink is light.
        severity: strength of the degradation: 1 for full, 0 for plain ink on plain paper.
        rng: random generator.

    Returns:
        uint8 (height, width), gray; dark ink on light paper or the reverse.
    """
    plain = rng.random() < shares.pristine or severity == 0
    paper = rng.uniform(0.7, 1) if plain or rng.random() < 0.6 else rng.uniform(0.35, 0.9)
    dark = rng.uniform(0.7, 1) if plain or rng.random() < 0.55 else rng.uniform(0.25, 0.9)
    cover = ink * np.float32(dark / 255)
    tint = dark if rng.random() < 0.6 else rng.uniform(0.2, 1)  # of the same pen, or of another one
    other = clutter * np.float32(tint / 255)
    light = rng.random() < shares.light_ink
    if plain:
        gray = np.float32(paper) * (1 - np.maximum(cover, other))
        return _to_pixels(1 - gray if light else gray)
    gray = np.full(ink.shape, paper, np.float32)
    gray = _print_background(gray, severity, rng)
    if rng.random() < 0.05 * severity:
        gray *= 1 - rng.uniform(0.04, 0.16) * _show_through(ink)
    gray *= 1 - np.maximum(_degrade_ink(cover, severity, rng), other)
    gray = _light_unevenly(gray, severity, rng)
    if light:
        gray = 1 - gray
    return _add_camera_effects(gray, severity, rng)


def _print_background(gray: Field, severity: float, rng: np.random.Generator) -> Field:
    """Print a security pattern or stripes on some of the papers, under the ink."""
    kind = rng.random()
    if kind < 0.18:
        return gray * (1 - np.float32(rng.uniform(0.03, 0.35) * severity) * _pattern(gray, rng))
    if kind < 0.23:  # stripes of a copier, or the shadow of a blind
        axis, period = int(rng.integers(2)), int(rng.integers(2, 12))
        places = np.arange(gray.shape[axis]) % period < max(1, period * rng.uniform(0.2, 0.6))
        stripes = places.astype(np.float32) * np.float32(rng.uniform(0.05, 0.4) * severity)
        return gray * (1 - (stripes[:, None] if axis == 0 else stripes[None, :]))
    return gray


def _degrade_ink(cover: Field, severity: float, rng: np.random.Generator) -> Field:
    """Degrade some of the ink: faint as from a dry pen, grainy, or lost along lines of a scan."""
    if rng.random() < 0.15 * severity:
        cover = cover * np.clip(1 + 0.35 * _smooth(cover.shape, 4, rng), 0.3, 1)
    if rng.random() < 0.10 * severity:
        grain = cv2.blur(_noise(cover.shape, rng), (2, 2)) * np.float32(rng.uniform(0.3, 1.0))
        cover = cover * np.clip(1 + grain, 0.15, 1)
    if rng.random() < 0.05 * severity:  # broken strokes
        cover = cover.copy()
        for _ in range(int(rng.integers(1, 4))):
            if rng.random() < 0.5:
                cover[int(rng.integers(cover.shape[0]))] *= 0.2
            else:
                cover[:, int(rng.integers(cover.shape[1]))] *= 0.2
    return cover


def _light_unevenly(gray: Field, severity: float, rng: np.random.Generator) -> Field:
    """Light paper and ink unevenly: gradients, shadows, dark corners and edges."""
    height, width = gray.shape
    if rng.random() < 0.3:
        much = np.float32(rng.uniform(0.03, 0.22) * severity)
        gray = gray * np.clip(1 + much * _smooth(gray.shape, 3, rng), 0.35, 1.5)
    if rng.random() < 0.06:  # vignette
        gray = gray * (1 - np.float32(rng.uniform(0.2, 0.7) * severity) * _vignette(gray.shape))
    if rng.random() < 0.08 * severity:  # the edge of a shadow
        angle, soft = rng.uniform(0, 2 * np.pi), rng.uniform(0.5, 8)
        across = np.arange(width, dtype=np.float32) - np.float32(rng.uniform(0, width))
        down = np.arange(height, dtype=np.float32) - np.float32(rng.uniform(0, height))
        side = (math.cos(angle) * across[None, :] + math.sin(angle) * down[:, None]) / soft
        shadow = np.clip(side + 0.5, 0, 1).astype(np.float32)
        gray = gray * (1 - np.float32(rng.uniform(0.1, 0.5)) * shadow)
    if rng.random() < 0.05 * severity:
        gray = _dark_edge(gray, rng)
    if rng.random() < 0.05 * severity:
        gray = _dark_corner(gray, rng)
    return gray


def _dark_edge(gray: Field, rng: np.random.Generator) -> Field:
    """Darken one side, as by a dark table or the gutter of a book."""
    height, width = gray.shape
    upright = rng.random() < 0.5
    side = width if upright else height
    deep = max(1, round(rng.uniform(0.01, 0.12) * min(side, 2 * height)))
    dark = np.zeros((height, width), np.float32)
    if upright:
        dark[:, :deep] = 1
    else:
        dark[:deep] = 1
    if rng.random() < 0.5:
        dark = dark[::-1, ::-1]
    soft = cv2.blur(np.ascontiguousarray(dark), (2, 2)).view(np.float32)
    return gray * (1 - soft * np.float32(rng.uniform(0.5, 0.95)))


def _dark_corner(gray: Field, rng: np.random.Generator) -> Field:
    """Darken a corner that is in shadow or beyond the edge of the paper."""
    height, width = gray.shape
    reach = rng.uniform(0.1, 0.5, 2) * (min(width, 2 * height), height)
    corner = np.array([(0, 0), (reach[0], 0), (0, reach[1])]) * 16
    dark = np.zeros((height, width), np.float32)
    cv2.fillConvexPoly(dark, corner.astype(np.int32), 1.0, cv2.LINE_AA, 4)
    flip = int(rng.integers(-1, 3))  # 2: unchanged
    dark = dark if flip == 2 else np.asarray(cv2.flip(dark, flip), np.float32)
    if rng.random() < 0.5:
        dark = np.asarray(cv2.blur(dark, (7, 7)), np.float32)
    return gray * (1 - dark * np.float32(rng.uniform(0.4, 0.95)))


def _add_camera_effects(gray: Field, severity: float, rng: np.random.Generator) -> Picture:
    """Add camera or scanner effects: low contrast, blur, noise, salt and pepper, JPEG."""
    if rng.random() < 0.15 * severity:  # low contrast
        low = rng.uniform(0, 0.6)
        gray = np.float32(low) + gray * np.float32(rng.uniform(0.25, 1 - low))
    if rng.random() < 0.3:
        much = rng.uniform(0.3, 0.5 + 0.7 * severity)
        gray = cv2.GaussianBlur(gray, (0, 0), much).view(np.float32)
    if rng.random() < 0.4:
        noise = np.float32(rng.uniform(0.004, 0.06) * severity)
        gray = gray + noise * _grain(gray.shape, rng)
    pixels = _to_pixels(gray)
    if rng.random() < 0.05 * severity:  # salt and pepper
        dots = rng.random(pixels.shape, np.float32)
        share = rng.uniform(0.005, 0.06)
        if rng.random() < 0.7:
            pixels[dots < share] = 0
        if rng.random() < 0.7:
            pixels[dots > 1 - share] = 255
    if rng.random() < 0.2:
        quality = int(rng.integers(round(70 - 50 * severity), 85))
        packed = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        pixels = np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE), np.uint8)
    return pixels


def _show_through(ink: Picture) -> Field:
    """Return show-through from the back of the page: the front, mirrored and blurred, 0 to 1."""
    mirrored = cv2.blur(np.roll(cv2.flip(ink, 1), 5, axis=0), (3, 3))
    return mirrored.view(np.uint8) * np.float32(1 / 255)


def _grain(shape: tuple[int, ...], rng: np.random.Generator) -> Field:
    """Return noise of single pixels, with unit deviation, or of coarser grains, as if enlarged."""
    height, width = shape
    if rng.random() < 0.7:
        return _noise(shape, rng)
    coarse = _noise((height // 2, max(1, width // 2)), rng)
    return np.asarray(
        cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR), np.float32
    )


def _pattern(like: Field, rng: np.random.Generator) -> Field:
    """Return a random part of a security pattern, 0 to 1, in the shape of an image."""
    height, width = like.shape
    tile = pick(_tiles(), rng)
    row, column = rng.integers(0, (_TILE[0] - height + 1, _TILE[1] - width + 1))
    return tile[row : row + height, column : column + width]


@lru_cache(maxsize=1)
def _tiles() -> list[Field]:
    """Return background patterns as on cheques and forms, each float32 (64, 480), 0 to 1.

    The patterns are constant; each line uses a random part of a random one.
    """
    rng = np.random.default_rng(0)
    y, x = np.mgrid[: _TILE[0], : _TILE[1]].astype(np.float32)
    tiles = []
    for number in range(_TILES):
        pitch = rng.uniform(0.15, 1.4)
        waves = rng.uniform(1, 6) * np.sin(x * rng.uniform(0.02, 0.2))
        shape = (_TILE[0] // 6, _TILE[1] // 6)
        cloud = cv2.resize(rng.normal(0, 1, shape), _TILE[::-1], interpolation=cv2.INTER_CUBIC)
        ring = np.hypot(x - rng.uniform(0, _TILE[1]), y - rng.uniform(0, _TILE[0]))
        pattern = (
            np.sin(pitch * (y + waves)),
            np.sin(pitch * (x * rng.normal() + y * rng.normal())),
            np.sin(pitch * x) * np.sin(pitch * y),
            np.sin(pitch * ring),
            cloud,
            np.sin(pitch * (y + waves)) * np.sin(pitch * (y - waves)),
        )[number % 6]
        if rng.random() < 0.5:
            tiles.append((pattern > rng.uniform(0.2, 0.8)).astype(np.float32))
        else:
            tiles.append(((pattern - pattern.min()) / np.ptp(pattern)).astype(np.float32))
    return tiles


@lru_cache(maxsize=512)
def _vignette(shape: tuple[int, int]) -> Field:
    """Return the loss of light at each pixel, from 0 in the centre to 1 in the corners."""
    down, across = (np.linspace(-1, 1, side, dtype=np.float32) ** 2 / 2 for side in shape)
    return np.asarray((down[:, None] + across[None, :]) ** 2, np.float32)


def _smooth(shape: tuple[int, ...], coarse: int, rng: np.random.Generator) -> Field:
    """Return a smooth random field with a standard deviation of about 1."""
    few = rng.standard_normal((coarse, coarse), np.float32)
    field = cv2.resize(few, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    return np.asarray(field, np.float32)


def _noise(shape: tuple[int, ...], rng: np.random.Generator) -> Field:
    return rng.standard_normal(shape, np.float32)


def _to_pixels(gray: Field) -> Picture:
    """Convert 0-1 to uint8 0-255, clipped."""
    return np.clip(gray * 255, 0, 255).astype(np.uint8)
