"""Training images that do not show exactly one digit, so that the network learns to reject them.

A network trained only on digits takes everything for a digit. So it also learns from letters,
signs, scribbles, textures and crops of scenes, labelled "no digit" (outlier exposure, Hendrycks et
al. 2019), and from numbers whose digits touch, labelled "two" or "more". All of them pass through
the same preprocessing as a user's image.
"""

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.model.targets import MORE, NO_DIGIT, TWO
from digitnet.synthesis.characters.alphabets import FOREIGN_SCRIPTS, LATIN
from digitnet.synthesis.characters.fonts import Face, choose_face
from digitnet.synthesis.characters.letters import draw_letter
from digitnet.synthesis.characters.pens import (
    CANVAS,
    Picture,
    draw_character,
    draw_lines,
    print_text,
)
from digitnet.synthesis.characters.signs import draw_sign
from digitnet.synthesis.figures import draw_figure
from digitnet.synthesis.scenes import make_scene
from digitnet.vision import find_digits
from digitnet.vision.normalize import normalize

LATIN_SHARE = 0.45
"""Share of Latin letters among printed ones; the others are of any script that a font has."""

MIN_WIDTH_PX = 9
"""Crops of a scene must be wider than this, of 28 pixels: narrow ones might pass for a 1."""


def make_outliers(
    digits: Picture, count: int, faces: Sequence[Face], rng: np.random.Generator
) -> tuple[Picture, NDArray[np.uint8]]:
    """Draw images of no digit, and of several digits.

    Args:
        digits: uint8 (N, 28, 28), training digits, for touching digits and fragments.
        count: number of images.
        faces: fonts to draw letters and numbers with.
        rng: random generator.

    Returns:
        uint8 (count, 28, 28), white ink on black, and their labels, uint8 (count,): `NO_DIGIT`,
        `TWO` or `MORE`.
    """
    with_letters = [face for face in faces if face.letters]
    with_digits = [face for face in faces if face.digits]
    kinds: list[Callable[[], Picture]] = [
        lambda: letter(with_letters, rng),
        lambda: word(with_letters, rng),
        lambda: draw_character(LATIN[rng.integers(len(LATIN))], rng),
        lambda: draw_letter(rng),
        lambda: draw_sign(rng),
        lambda: scribble(rng),
        lambda: hatching(rng),
        lambda: texture(rng),
        lambda: blob(rng),
        lambda: draw_figure(rng),
        lambda: fragment(digits, rng),
        lambda: run_together(digits, 2, rng),
        lambda: run_together(digits, 3, rng),
        lambda: number(with_digits, 2, rng),
        lambda: number(with_digits, 3, rng),
    ]
    chances = [0.27, 0.05, 0.04, 0.09, 0.11, 0.07, 0.03, 0.05, 0.05, 0.03]
    chances += [0.05, 0.08, 0.02, 0.05, 0.01]
    from_scenes = round(0.15 * count)
    chosen = rng.choice(len(kinds), count - from_scenes, p=chances)
    pictures = [normalize(kinds[kind]()) for kind in chosen]
    labels = np.full(count, NO_DIGIT, np.uint8)
    labels[: len(chosen)] = np.array([NO_DIGIT] * 11 + [TWO, MORE] * 2, np.uint8)[chosen]
    while len(pictures) < count:
        found = [region.digit for region in find_digits(make_scene(rng))]
        wide = [
            digit for digit in found if np.ptp(np.flatnonzero(digit.max(axis=0))) > MIN_WIDTH_PX
        ]
        pictures += wide[:8]
    return np.stack(pictures[:count]), labels


def letter(faces: Sequence[Face], rng: np.random.Generator) -> Picture:
    """Draw a letter or sign in a font."""
    foreign = foreign_letter(faces, rng) if rng.random() >= LATIN_SHARE else None
    if foreign is not None:
        return foreign
    character = LATIN[rng.integers(len(LATIN))]
    having = [face for face in faces if character in face.letters]
    return print_text(choose_face(having, rng), character, rng)


def foreign_letter(faces: Sequence[Face], rng: np.random.Generator) -> Picture | None:
    """Draw a non-Latin letter, all scripts equally likely; None if no font has one."""
    scripts = [*FOREIGN_SCRIPTS.values()]
    for number in rng.permutation(len(scripts)):
        character = scripts[number][rng.integers(len(scripts[number]))]
        if having := [face for face in faces if character in face.letters]:
            return print_text(choose_face(having, rng), character, rng)
    return None


def word(faces: Sequence[Face], rng: np.random.Generator) -> Picture:
    """Draw two to four letters in a font, joined as in small print or handwriting."""
    face = choose_face(faces, rng)
    length = int(rng.integers(2, 5))
    letters = (face.letters[place] for place in rng.integers(len(face.letters), size=length))
    picture = print_text(face, "".join(letters), rng)
    return cv2.dilate(picture, np.ones((1, int(rng.integers(1, 6))), np.uint8)).view(np.uint8)


def number(faces: Sequence[Face], count: int, rng: np.random.Generator) -> Picture:
    """Draw `count` touching digits in a font, as in bold or small print."""
    face = choose_face(faces, rng)
    digits = "".join(str(digit) for digit in rng.integers(10, size=count))
    picture = print_text(face, digits, rng)
    for reach in range(3, max(picture.shape), 2):
        ink = cv2.threshold(picture, 127, 1, cv2.THRESH_BINARY)[1]
        if cv2.connectedComponents(ink)[0] <= 2:
            break
        picture = cv2.dilate(picture, np.ones((1, reach), np.uint8)).view(np.uint8)
    return picture


def scribble(rng: np.random.Generator) -> Picture:
    """Draw a scribble: a smooth curve with many turns."""
    turns = int(rng.integers(9, 22))
    knots = rng.uniform(8, CANVAS - 8, (turns, 2))
    steps = np.linspace(0, turns - 1, 12 * turns)
    path = np.column_stack([np.interp(steps, np.arange(turns), knots[:, k]) for k in (0, 1)])
    smooth = cv2.GaussianBlur(path, (1, 25), rng.uniform(1, 5), borderType=cv2.BORDER_REPLICATE)
    return draw_lines([np.asarray(smooth, np.float64)], rng)


def hatching(rng: np.random.Generator) -> Picture:
    """Draw a pen moving to and fro, or in circles, while it advances."""
    count = int(rng.integers(3, 9))
    turns = np.linspace(0, 2 * np.pi * count, 24 * count)
    onward = np.linspace(-0.35, 0.35, turns.size) * rng.uniform(0.5, 1)
    swing = rng.uniform(0.15, 0.35)
    width = swing * rng.uniform(0.0, 0.8)
    path = np.column_stack([onward + width * np.cos(turns), swing * np.sin(turns)])
    angle = rng.uniform(0, np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    wobble = cv2.GaussianBlur(rng.normal(0, 6, path.shape), (1, 31), 8)
    return draw_lines([CANVAS / 2 + CANVAS * (path @ turn) + wobble], rng)


def texture(rng: np.random.Generator) -> Picture:
    """Draw noise with a random grain, sometimes thresholded to black and white or striped."""
    grain = rng.uniform(0.5, 8, 2)
    noise = rng.standard_normal((CANVAS, CANVAS))
    smooth = cv2.GaussianBlur(noise, (0, 0), grain[0], sigmaY=grain[1])
    smooth = (smooth - smooth.mean()) / (smooth.std() + 1e-9)
    steepness = np.exp(rng.uniform(np.log(40), np.log(1000)))
    gray: Picture = np.clip((smooth - rng.uniform(-0.5, 1)) * steepness, 0, 255).astype(np.uint8)
    return gray


def blob(rng: np.random.Generator) -> Picture:
    """Draw a few filled shapes: a spot, a smudge, a corner of something."""
    canvas = np.zeros((CANVAS, CANVAS), np.uint8)
    for _ in range(rng.integers(3, 6)):
        corners = rng.normal(CANVAS / 2, CANVAS / 6, 2) + rng.normal(0, CANVAS / 5, (7, 2))
        hull = cv2.convexHull(corners.astype(np.int32))
        if rng.random() < 0.3:
            size = rng.uniform(8, 30)
            disc = corners[0], (size, size * rng.uniform(0.6, 1)), rng.uniform(0, 180)
            cv2.ellipse(canvas, disc, 255, -1, cv2.LINE_AA)
            continue
        sides = cv2.minAreaRect(hull)[1]
        if max(sides) > 2 * min(sides):
            continue  # it might pass for a thick 1
        cv2.fillConvexPoly(canvas, hull, 255, cv2.LINE_AA)
    return canvas


def run_together(digits: Picture, count: int, rng: np.random.Generator) -> Picture:
    """Place `count` digits side by side so that they touch, or nearly touch."""
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


def fragment(digits: Picture, rng: np.random.Generator) -> Picture:
    """Draw a digit with a part of its neighbour: two touching digits, cut in the wrong place."""
    pair = run_together(digits, 2, rng)
    columns = np.flatnonzero(pair.max(axis=0))
    if not columns.size:
        return pair
    width = np.ptp(columns) + 1
    cut = columns[0] + round(width * rng.uniform(0.6, 0.8))
    return pair[:, :cut] if rng.random() < 0.5 else pair[:, columns[-1] + columns[0] - cut :]
