"""Photographs or scans writing: ink, paper, print on it, light, and a camera's faults.

All of it is done at the reader's size, 32 rows, where a whole line has a few thousand pixels.
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
"""Float32 (height, width), usually 0 to 1."""

_TILE = 64, 480
_TILES = 48


def photograph(
    ink: Picture, clutter: Picture, shares: Shares, severity: float, rng: np.random.Generator
) -> Picture:
    """Ink and clutter on some paper, under some light, by some camera.

    Args:
        ink: the writing, uint8 (height, width), white ink on black.
        clutter: the surroundings, of the same shape; they may have their own tint.
        shares: how often paper is plain and ink is light.
        severity: 1 for all kinds of degradation, 0 for almost none.
        rng: random generator.

    Returns:
        uint8 (height, width), gray; dark ink on light paper or the other way about.
    """
    plain = rng.random() < shares.pristine or severity == 0
    paper = rng.uniform(0.7, 1) if plain or rng.random() < 0.6 else rng.uniform(0.35, 0.9)
    dark = rng.uniform(0.7, 1) if plain or rng.random() < 0.55 else rng.uniform(0.25, 0.9)
    cover = ink * np.float32(dark / 255)
    tint = dark if rng.random() < 0.5 else rng.uniform(0.2, 1)  # of the same pen, or another one
    other = clutter * np.float32(tint / 255)
    light = rng.random() < shares.light_ink
    if plain:
        gray = np.float32(paper) * (1 - np.maximum(cover, other))
        return _to_pixels(1 - gray if light else gray)
    gray = np.full(ink.shape, paper, np.float32)
    gray = _printed(gray, severity, rng)
    if rng.random() < 0.05 * severity:
        gray *= 1 - rng.uniform(0.04, 0.16) * _show_through(ink)
    gray *= 1 - np.maximum(_uneven(cover, severity, rng), other)
    gray = _lit(gray, severity, rng)
    if light:
        gray = 1 - gray
    return _taken(gray, severity, rng)


def _printed(gray: Field, severity: float, rng: np.random.Generator) -> Field:
    """Paper with a security pattern, or stripes, under the ink."""
    kind = rng.random()
    if kind < 0.18:
        return gray * (1 - np.float32(rng.uniform(0.03, 0.35) * severity) * _pattern(gray, rng))
    if kind < 0.23:  # stripes: a copier's, a blind's shadow
        axis, period = int(rng.integers(2)), int(rng.integers(2, 12))
        places = np.arange(gray.shape[axis]) % period < max(1, period * rng.uniform(0.2, 0.6))
        stripes = places.astype(np.float32) * np.float32(rng.uniform(0.05, 0.4) * severity)
        return gray * (1 - (stripes[:, None] if axis == 0 else stripes[None, :]))
    return gray


def _uneven(cover: Field, severity: float, rng: np.random.Generator) -> Field:
    """Ink that is faint in a stretch, of a dry pen, or lost along a line of the scan."""
    if rng.random() < 0.15 * severity:
        cover = cover * np.clip(1 + 0.35 * _smooth(cover.shape, 4, rng), 0.3, 1)
    if rng.random() < 0.10 * severity:
        grain = cv2.blur(_noise(cover.shape, rng), (2, 2)) * np.float32(rng.uniform(0.3, 1.0))
        cover = cover * np.clip(1 + grain, 0.15, 1)
    if rng.random() < 0.05 * severity:  # strokes are broken
        cover = cover.copy()
        for _ in range(int(rng.integers(1, 4))):
            if rng.random() < 0.5:
                cover[int(rng.integers(cover.shape[0]))] *= 0.2
            else:
                cover[:, int(rng.integers(cover.shape[1]))] *= 0.2
    return cover


def _lit(gray: Field, severity: float, rng: np.random.Generator) -> Field:
    """Paper and ink under uneven light: a gradient, shadows, dark corners and edges."""
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
    """A dark table, or the gutter of a book, along one side."""
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
    """A corner that light does not reach, or where the paper ends."""
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


def _taken(gray: Field, severity: float, rng: np.random.Generator) -> Picture:
    """Camera or scanner effects: range, blur, noise, dots, JPEG."""
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
    """Show-through from the back of the page: here its front, mirrored and blurred."""
    mirrored = cv2.blur(np.roll(cv2.flip(ink, 1), 5, axis=0), (3, 3))
    return mirrored.view(np.uint8) * np.float32(1 / 255)


def _grain(shape: tuple[int, ...], rng: np.random.Generator) -> Field:
    """Noise of standard deviation 1, of single pixels or of larger grains, as of an enlargement."""
    height, width = shape
    if rng.random() < 0.7:
        return _noise(shape, rng)
    coarse = _noise((height // 2, max(1, width // 2)), rng)
    return np.asarray(
        cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR), np.float32
    )


def _pattern(like: Field, rng: np.random.Generator) -> Field:
    """A part of one of the security patterns, 0 to 1, of the shape of an image."""
    height, width = like.shape
    tile = pick(_tiles(), rng)
    row, column = rng.integers(0, (_TILE[0] - height + 1, _TILE[1] - width + 1))
    return tile[row : row + height, column : column + width]


@lru_cache(maxsize=1)
def _tiles() -> list[Field]:
    """Printed patterns of cheques and forms, float32 (64, 480), 0 to 1.

    They are constant; the random generator of a line chooses a pattern and a part of it.
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
    """How much less light falls on each pixel, 0 in the middle to 1 in the corners."""
    down, across = (np.linspace(-1, 1, side, dtype=np.float32) ** 2 / 2 for side in shape)
    return np.asarray((down[:, None] + across[None, :]) ** 2, np.float32)


def _smooth(shape: tuple[int, ...], coarse: int, rng: np.random.Generator) -> Field:
    """A smooth field of standard deviation about 1."""
    few = rng.standard_normal((coarse, coarse), np.float32)
    field = cv2.resize(few, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    return np.asarray(field, np.float32)


def _noise(shape: tuple[int, ...], rng: np.random.Generator) -> Field:
    return rng.standard_normal(shape, np.float32)


def _to_pixels(gray: Field) -> Picture:
    """0 to 1 -> uint8 0 to 255, clipped."""
    return np.clip(gray * 255, 0, 255).astype(np.uint8)
