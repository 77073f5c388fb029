"""Clutter over legible digits: specks, stripes, lines, spatter, fog, blur, darkness.

A network trained only on clean digits rejects cluttered ones, or misreads them. Vision removes much
of the clutter from users' images, but `evaluate` measures data sets as they are. The kinds are
those that hurt most in MNIST-C (Mu and Gilmer 2019) and on users' images; the implementation is our
own.
"""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.synthesis.lines.writing.glyphs import draw_strokes
from digitnet.vision.normalize import SIDE

Digits = NDArray[np.uint8]
"""uint8 (N, 28, 28), white ink on black; changed in place."""

_PENS = ((1, cv2.LINE_8), (1, cv2.LINE_AA), (2, cv2.LINE_AA))
"""Widths of lines in pixels, and their OpenCV line types."""

_ROWS, _COLUMNS = np.mgrid[:SIDE, :SIDE].astype(np.float32)


def clutter(digits: Digits, rng: np.random.Generator, chance: float) -> None:
    """Add clutter of one random kind to some of the images, drawn anew for each.

    Args:
        digits: uint8 (N, 28, 28), white ink on black; changed in place.
        rng: random generator.
        chance: probability that an image is cluttered, 0-1.
    """
    chosen = np.flatnonzero(rng.random(len(digits)) < chance)
    kinds = rng.choice(len(KINDS), len(chosen), p=_CHANCES)
    for number, lay in enumerate(KINDS):
        own = chosen[kinds == number]
        if own.size:
            pictures = digits[own]
            lay(pictures, rng)
            digits[own] = pictures


def salt_and_pepper(digits: Digits, rng: np.random.Generator) -> None:
    """Set 2 to 15 % of the pixels to white or black at random."""
    share = rng.uniform(0.02, 0.15, (len(digits), 1, 1)).astype(np.float32)
    drawn = rng.random(digits.shape, np.float32)
    digits[drawn < share / 2] = 255
    digits[drawn > 1 - share / 2] = 0


def noise(digits: Digits, rng: np.random.Generator) -> None:
    """Add Gaussian noise with a standard deviation of 10 to 60 gray levels."""
    strength = rng.uniform(10, 60, (len(digits), 1, 1)).astype(np.float32)
    _set(digits, digits + strength * rng.standard_normal(digits.shape, np.float32))


def stripes(digits: Digits, rng: np.random.Generator) -> None:
    """Draw parallel stripes 4 to 12 pixels apart: gray on the paper, or fading the ink."""
    across = _across(len(digits), rng)
    period = rng.uniform(4, 12, (len(digits), 1, 1)).astype(np.float32)
    level = rng.uniform(30, 120, (len(digits), 1, 1)).astype(np.float32)
    wave = (across / period + rng.random((len(digits), 1, 1), np.float32)) % 1 < 0.4
    brighter = rng.random((len(digits), 1, 1)) < 0.7
    _set(digits, np.where(brighter, np.maximum(digits, level * wave), digits - level * wave))


def bands(digits: Digits, rng: np.random.Generator) -> None:
    """Invert ink and paper in one straight band, 3 to 7 pixels wide."""
    across = _across(len(digits), rng)
    middle = rng.uniform(-14, 14, (len(digits), 1, 1))
    inside = np.abs(across - middle) < rng.uniform(1.5, 3.5, (len(digits), 1, 1))
    digits[inside] = 255 - digits[inside]


def lines(digits: Digits, rng: np.random.Generator) -> None:
    """Draw one to three straight lines from edge to edge."""
    for digit in digits:
        for _ in range(rng.integers(1, 4)):
            start, end = _ends(rng)
            _draw(digit, [np.stack([start, end])], rng)


def zigzag(digits: Digits, rng: np.random.Generator) -> None:
    """Draw a zigzag or a dotted line from edge to edge."""
    for digit in digits:
        start, end = _ends(rng)
        points = start + np.linspace(0, 1, int(rng.integers(6, 14)))[:, None] * (end - start)
        if rng.random() < 0.4:
            _draw(digit, [np.stack([point, point]) for point in points], rng)
            continue
        aside = (end - start)[::-1] * (1, -1) / np.hypot(*(end - start))
        points[1::2] += aside * rng.uniform(2, 7)
        _draw(digit, [points], rng)


def spatter(digits: Digits, rng: np.random.Generator) -> None:
    """Spatter 2 to 10 % of the image with drops of ink, or of water that removes ink."""
    fields = _smooth(digits.shape, rng.uniform(0.7, 1.5), rng)
    drops = fields > rng.uniform(1.3, 2, (len(digits), 1, 1))
    level = np.where(rng.random((len(digits), 1, 1)) < 0.7, 255, 0)
    _set(digits, np.where(drops, level, digits))


def fog(digits: Digits, rng: np.random.Generator) -> None:
    """Cover the image with uneven gray fog, 15 to 60 % opaque."""
    clouds = 0.15 * _smooth(digits.shape, 5, rng)
    thick = rng.uniform(0.15, 0.6, (len(digits), 1, 1)).astype(np.float32)
    pale = rng.uniform(0.3, 1, (len(digits), 1, 1)).astype(np.float32)
    _set(digits, (1 - thick) * digits + 255 * thick * (pale + clouds))


def blur(digits: Digits, rng: np.random.Generator) -> None:
    """Blur the image as if out of focus, or by motion along a line."""
    for digit in digits:
        if rng.random() < 0.5:
            cv2.GaussianBlur(digit, (0, 0), rng.uniform(0.8, 1.8), dst=digit)
            continue
        reach = np.ones((1, int(rng.integers(3, 8))), np.float32)
        kernel = np.pad(reach, ((3, 3), (0, 7 - reach.shape[1])))
        turn = cv2.getRotationMatrix2D((3, 3), rng.uniform(0, 180), 1)
        turned = cv2.warpAffine(kernel, turn, (7, 7))
        cv2.filter2D(digit, -1, turned / max(turned.sum(), 1), dst=digit)


def low_light(digits: Digits, rng: np.random.Generator) -> None:
    """Reduce contrast to 12 to 50 %, brighten the black paper, and add camera noise."""
    contrast = rng.uniform(0.12, 0.5, (len(digits), 1, 1)).astype(np.float32)
    base = rng.uniform(0, 60, (len(digits), 1, 1)).astype(np.float32)
    strength = rng.uniform(0, 30, (len(digits), 1, 1)).astype(np.float32) * contrast
    grain = strength * rng.standard_normal(digits.shape, np.float32)
    _set(digits, contrast * digits + base + grain)


KINDS: tuple[Callable[[Digits, np.random.Generator], None], ...] = (
    salt_and_pepper,
    noise,
    stripes,
    bands,
    lines,
    zigzag,
    spatter,
    fog,
    blur,
    low_light,
)
"""The kinds of clutter."""

_HARD = stripes, lines, zigzag
_CHANCES = [2 / 13 if kind in _HARD else 1 / 13 for kind in KINDS]
"""Probabilities of the kinds: lines that could be strokes are hardest to learn."""


def _set(digits: Digits, levels: NDArray[np.floating]) -> None:
    """Clip gray levels to 0-255 and store them in the images."""
    digits[:] = np.clip(levels, 0, 255).astype(np.uint8)


def _smooth(shape: tuple[int, ...], sigma: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return Gaussian-smoothed noise for each image, with a standard deviation of 1."""
    kernel = cv2.getGaussianKernel(2 * round(2 * sigma) + 1, sigma).astype(np.float32)
    fields = rng.standard_normal(shape, np.float32)
    for field in fields:
        cv2.sepFilter2D(field, -1, kernel, kernel, dst=field)
    fields /= fields.std(axis=(1, 2), keepdims=True)
    return fields


def _across(count: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return each pixel's signed distance from a line through the centre, at a random angle."""
    angle = rng.uniform(0, np.pi, (count, 1, 1)).astype(np.float32)
    middle = (SIDE - 1) / 2
    across: NDArray[np.float32] = np.cos(angle) * (_COLUMNS - middle)
    across += np.sin(angle) * (_ROWS - middle)
    return across


def _ends(rng: np.random.Generator) -> NDArray[np.float64]:
    """Return two points (x, y) on opposite edges."""
    ends = np.array([[-1.0, rng.uniform(2, SIDE - 3)], [float(SIDE), rng.uniform(2, SIDE - 3)]])
    return ends if rng.random() < 0.5 else ends[:, ::-1]


def _draw(digit: Digits, paths: list[NDArray[np.float64]], rng: np.random.Generator) -> None:
    """Draw lines 1 or 2 pixels wide onto an image, as bright as ink or dimmer."""
    level, (pen, edge) = int(rng.integers(100, 256)), _PENS[rng.integers(len(_PENS))]
    layer = np.zeros_like(digit)
    draw_strokes(layer, paths, (0.0, 0.0), pen, edge, level)
    np.maximum(digit, layer, out=digit)
