"""Pictures of no digit, for the network to be unsure about.

A network that has seen nothing but digits calls everything a digit. Here it also sees letters,
scribbles, textures and digits that ran into each other, with the answer "each digit is as likely as
the next" (outlier exposure, Hendrycks et al. 2019). All of them come through the same `normalize`
as a user's image.
"""

from collections.abc import Callable

import cv2
import numpy as np

from digitnet.learning.pens import CANVAS, FONTS, Picture, draw_text
from digitnet.vision.normalize import normalize

LETTERS = "ACEFHJKMNPRTUVWXadefhkmnprwx@#&%$=*~"
"""Characters that no hand writes like a digit: B, D, G, I, L, O, Q, S, Y, Z and more lack."""


def make_outliers(digits: Picture, count: int, rng: np.random.Generator) -> Picture:
    """Draw pictures of no digit.

    Args:
        digits: uint8 (N, 28, 28), training digits for the pictures of digits that ran together.
        count: how many pictures.
        rng: where the randomness comes from.

    Returns:
        uint8 (count, 28, 28), white ink on black.
    """
    kinds: list[Callable[[], Picture]] = [
        lambda: letter(rng),
        lambda: scribble(rng),
        lambda: texture(rng),
        lambda: blob(rng),
        lambda: run_together(digits, rng),
    ]
    chosen = rng.choice(len(kinds), count, p=[0.3, 0.15, 0.1, 0.1, 0.35])
    return np.stack([normalize(kinds[kind]()) for kind in chosen])


def letter(rng: np.random.Generator) -> Picture:
    """A letter or sign, slanted and stretched."""
    text = LETTERS[rng.integers(len(LETTERS))]
    return draw_text(text, FONTS[rng.integers(len(FONTS))], rng)


def scribble(rng: np.random.Generator) -> Picture:
    """A pen that wanders about: a smooth curve with many turns."""
    canvas = np.zeros((CANVAS, CANVAS), np.uint8)
    turns = int(rng.integers(9, 22))
    knots = rng.uniform(8, CANVAS - 8, (turns, 2))
    steps = np.linspace(0, turns - 1, 12 * turns)
    path = np.column_stack([np.interp(steps, np.arange(turns), knots[:, k]) for k in (0, 1)])
    smooth = cv2.GaussianBlur(path, (1, 25), 5, borderType=cv2.BORDER_REPLICATE)
    points = np.round(smooth * 16).astype(np.int32)
    thickness = int(rng.integers(2, 7))
    cv2.polylines(canvas, [points], False, 255, thickness, cv2.LINE_AA, shift=4)
    return canvas


def texture(rng: np.random.Generator) -> Picture:
    """Noise of a random grain, some cut to black and white, some stretched to stripes."""
    grain = rng.uniform(0.5, 8, 2)
    noise = rng.standard_normal((CANVAS, CANVAS))
    smooth = cv2.GaussianBlur(noise, (0, 0), grain[0], sigmaY=grain[1])
    smooth = (smooth - smooth.mean()) / (smooth.std() + 1e-9)
    steepness = np.exp(rng.uniform(np.log(40), np.log(1000)))
    gray: Picture = np.clip((smooth - rng.uniform(-0.5, 1)) * steepness, 0, 255).astype(np.uint8)
    return gray


def blob(rng: np.random.Generator) -> Picture:
    """A few filled shapes: a spot, a smudge, a corner of something."""
    canvas = np.zeros((CANVAS, CANVAS), np.uint8)
    for _ in range(rng.integers(3, 6)):
        corners = rng.normal(CANVAS / 2, CANVAS / 6, 2) + rng.normal(0, CANVAS / 5, (7, 2))
        hull = cv2.convexHull(corners.astype(np.int32))
        sides = cv2.minAreaRect(hull)[1]
        if max(sides) > 2 * min(sides):
            continue  # it might pass for a thick 1
        cv2.fillConvexPoly(canvas, hull, 255, cv2.LINE_AA)
    return canvas


def run_together(digits: Picture, rng: np.random.Generator) -> Picture:
    """Two or three digits side by side that touch or nearly do."""
    count = int(rng.choice([2, 3], p=[0.8, 0.2]))
    strips = []
    for digit in digits[rng.integers(len(digits), size=count)]:
        columns = np.flatnonzero(digit.max(axis=0))
        strips.append(digit[:, columns[0] : columns[-1] + 1] if len(columns) else digit)
    canvas = np.zeros((36, sum(strip.shape[1] for strip in strips) + 8), np.uint8)
    left = 0
    for strip in strips:
        top = int(rng.integers(0, 9))
        part = canvas[top : top + 28, left : left + strip.shape[1]]
        np.maximum(part, strip, out=part)
        left = max(0, left + strip.shape[1] - int(rng.integers(-1, 5)))
    return canvas
