"""Synthetic images without digits: paper, light, textures, objects, and drawings on paper.

No code is shared with the outliers used in training (`digitnet/synthesis/outliers.py`): these
generators were written independently, draw at the size of users' images, and add paper, light,
noise and colour.
"""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.images.drawings import Ink, icon, letter, scribble, shape, words

Pixels = NDArray[np.uint8]
"""(H, W) gray or (H, W, 3) RGB."""

Maker = Callable[[np.random.Generator], Pixels]


def makers(handwriting: list[Path], print_: list[Path]) -> dict[str, Maker]:
    """Return an image generator for each kind of junk.

    Args:
        handwriting: handwriting font files, for letters and words.
        print_: print font files, for letters and words.
    """
    return {
        "blank": lambda rng: _finish(np.zeros(_shape(rng), np.float32), rng),
        "gradient": gradient,
        "lines": lambda rng: _finish(lines(_shape(rng), rng), rng),
        "texture": texture,
        "things": things,
        "scribble": lambda rng: _finish(scribble(_shape(rng), rng), rng),
        "shape": lambda rng: _finish(shape(_shape(rng), rng), rng),
        "icon": lambda rng: _finish(icon(_shape(rng), rng), rng),
        "letter, handwriting": lambda rng: _finish(letter(_shape(rng), handwriting, rng), rng),
        "letter, print": lambda rng: _finish(letter(_shape(rng), print_, rng), rng),
        "words": lambda rng: _finish(words(handwriting + print_, rng), rng),
    }


def _shape(rng: np.random.Generator) -> tuple[int, int]:
    side = int(np.exp(rng.uniform(np.log(48), np.log(480))))
    return side, round(side * rng.uniform(0.7, 1.4))


def _finish(ink: Ink, rng: np.random.Generator) -> Pixels:
    """Put ink on paper: mostly dark on light, some unevenly lit, blurred, noisy or coloured."""
    height, width = ink.shape
    light, dark = rng.uniform(170, 255), rng.uniform(0, 90)
    if rng.random() < 0.3:
        light = 255
    paper, pen = (light, dark) if rng.random() < 0.7 else (dark, light)
    image = np.full((height, width), paper, np.float32) + ink * (pen - paper)
    if rng.random() < 0.4:
        down, across = np.meshgrid(
            np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij"
        )
        slope = rng.uniform(-0.15, 0.15, 2)
        image *= 1 + slope[0] * down + slope[1] * across
    if rng.random() < 0.3:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.3, 0.008 * height + 0.5))
    if rng.random() < 0.5:
        image = image + rng.normal(0, rng.uniform(0.5, 6), image.shape)
    gray = np.clip(image, 0, 255).astype(np.uint8)
    if rng.random() < 0.6:
        return gray
    # two colours; the brighter of paper and ink stays the brighter one
    share = ((image - min(paper, pen)) / max(1.0, abs(pen - paper)))[..., None].clip(0, 1)
    dim, bright = rng.uniform(0, 110, 3), rng.uniform(185, 255, 3)
    return np.asarray(dim + share * (bright - dim), np.uint8)


def gradient(rng: np.random.Generator) -> Pixels:
    """Draw uneven light: a linear gradient, a radial one, or the edge of a shadow."""
    height, width = _shape(rng)
    down, across = np.meshgrid(np.linspace(0, 1, height), np.linspace(0, 1, width), indexing="ij")
    angle = rng.uniform(0, 2 * np.pi)
    along = np.cos(angle) * (across - 0.5) + np.sin(angle) * (down - 0.5)
    around = np.hypot(across - rng.uniform(-0.2, 1.2), down - rng.uniform(-0.2, 1.2))
    shadow = 1 / (1 + np.exp(-(along - rng.uniform(-0.3, 0.3)) * rng.uniform(4, 60)))
    field = (along, around, shadow)[rng.integers(3)]
    field = (field - field.min()) / np.ptp(field)
    low, high = sorted(rng.uniform(0, 255, 2))
    image = low + (high - low) * field + rng.normal(0, rng.choice([0, 1, 3]), field.shape)
    return np.asarray(np.clip(image, 0, 255), np.uint8)


def lines(shape: tuple[int, int], rng: np.random.Generator) -> Ink:
    """Draw ruled, squared or dotted paper, slightly rotated."""
    height, width = shape
    ink = np.zeros(shape, np.float32)
    spacing = max(8.0, rng.uniform(0.05, 0.25) * height)
    thickness = max(1, round(spacing * rng.uniform(0.02, 0.06)))
    strength = float(rng.uniform(0.3, 1))
    kind, start = rng.integers(3), rng.uniform(0, spacing)
    for y in np.arange(start, height, spacing):
        if kind == 2:
            for x in np.arange(start, width, spacing):
                cv2.circle(ink, (int(x), int(y)), thickness, strength, -1, cv2.LINE_AA)
        else:
            cv2.line(ink, (0, int(y)), (width, int(y)), strength, thickness)
    if kind == 1:
        for x in np.arange(start, width, spacing):
            cv2.line(ink, (int(x), 0), (int(x), height), strength, thickness)
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), rng.normal(0, 1), 1)
    turned = cv2.warpAffine(ink, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return turned.view(np.float32)


def texture(rng: np.random.Generator) -> Pixels:
    """Draw clouds, stripes, checks, weave, wood, bricks or speckle."""
    height, width = _shape(rng)
    down, across = np.mgrid[0:height, 0:width].astype(np.float32)
    angle, period = rng.uniform(0, np.pi), rng.uniform(5, 40)
    along = (np.cos(angle) * across + np.sin(angle) * down) * 2 * np.pi / period
    beside = (np.cos(angle) * down - np.sin(angle) * across) * 2 * np.pi / period
    noise = np.zeros((height, width))
    for grain in (1.0, 2.0, 4.0, 8.0)[: rng.integers(1, 5)]:
        noise += grain * cv2.GaussianBlur(rng.standard_normal(noise.shape), (0, 0), grain)
    noise /= noise.std()
    rings = np.hypot(across - width * rng.uniform(-1, 2), 4 * (down - height * rng.uniform(-1, 2)))
    row = np.floor(down / period)
    mortar = (down % period < 0.12 * period) | (
        (across + period * (row % 2)) % (2 * period) < 0.12 * period
    )
    field = (
        noise,
        np.sin(along),
        np.sign(np.sin(along) * np.sin(beside)),
        np.sin(along) + np.sin(beside),
        np.sin(rings / period + 0.6 * noise),
        np.where(mortar, 1.0, -1.0),
        (noise > rng.uniform(0.5, 2)) * 2.0,
    )[rng.integers(7)]
    field = field + rng.uniform(0, 0.4) * noise
    middle, contrast = rng.uniform(60, 200), rng.uniform(8, 60)
    return np.asarray(np.clip(middle + contrast * field, 0, 255), np.uint8)


def things(rng: np.random.Generator) -> Pixels:
    """Draw a rough photo of objects: shaded shapes with shadows on a table, out of focus."""
    height, width = _shape(rng)
    down, across = np.meshgrid(np.linspace(0, 1, height), np.linspace(0, 1, width), indexing="ij")
    image: NDArray[np.floating] = rng.uniform(60, 220) * (1 + rng.uniform(-0.3, 0.3) * down)
    for _ in range(rng.integers(2, 7)):
        size = rng.uniform(0.1, 0.35)
        middle, stretch = rng.uniform(0.15, 0.85, 2), rng.uniform(0.6, 1.6)
        x, y = (across - middle[0]) / size * stretch, (down - middle[1]) / size
        power = rng.choice([1.0, 2.0, 6.0])  # a diamond, an ellipse, a box with round corners
        inside = np.abs(x) ** power + np.abs(y) ** power < 1
        shadow = np.abs(x - 0.3) ** power + np.abs(y - 0.3) ** power < 1.1
        image = np.where(shadow, 0.7 * image, image)
        shade = rng.uniform(20, 240) * (1 - rng.uniform(0.1, 0.5) * (x + y) / 2)
        image = np.where(inside, shade, image)
    blurred = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.5, 0.02 * height + 0.5))
    image = blurred + rng.normal(0, rng.uniform(0, 5), image.shape)
    return np.asarray(np.clip(image, 0, 255), np.uint8)
