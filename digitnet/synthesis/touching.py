"""Training images of touching digits and of the pieces into which cuts divide them.

A part of a digit is not a digit, nor is a digit with a slice of its neighbour. A network trained
only on whole digits takes many such pieces for digits. So it also learns from the pieces that
`digitnet.synthesis.cuts` makes of touching digits: correct pieces are labelled with their digit,
wrong ones with "no digit". Whole numbers are labelled with how many digits they have, and with the
digits themselves if there are two.
"""

import itertools
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.model.probabilities import CLASSES
from digitnet.model.targets import MORE, NO_DIGIT, PAIR
from digitnet.synthesis.characters.fonts import Face
from digitnet.synthesis.characters.pens import Picture
from digitnet.synthesis.cuts import cut_out, propose_cuts
from digitnet.synthesis.outliers import letter
from digitnet.vision.components import STROKE_LEVEL
from digitnet.vision.normalize import BOX_SIDE, normalize, widths

SUPERSAMPLING = 3.0
"""Scale at which numbers are drawn, relative to MNIST's pixels."""

PIECES = 2
"""Maximum number of correct pieces, and of wrong ones, taken from one number."""

MAX_TRIES = 16
"""Maximum number of pieces considered per number."""

MIN_WHOLE_SHARE = 0.93
"""Minimum share of a digit's ink that a correct piece contains."""

MAX_FOREIGN_SHARE = 0.05
"""Maximum share of a correct piece's ink that belongs to other digits."""

MAX_BROKEN_SHARE = 0.8
"""A piece is wrong if it contains less than this share of every digit's ink."""

MIXED_SHARE = 0.15
"""A piece is also wrong if at least this share of its ink lies outside its main digit."""

WITH_ONE = 0.3
"""Share of numbers in which a digit is replaced by a 1: they can be as narrow as one digit."""

LETTER_SHARE = 0.2
"""Share of letters drawn instead of numbers: all of their pieces are wrong."""


def make_pieces(
    images: Picture,
    labels: NDArray[np.uint8],
    count: int,
    faces: Sequence[Face],
    rng: np.random.Generator,
) -> tuple[Picture, NDArray[np.uint8]]:
    """Cut touching digits in correct and in wrong places.

    Args:
        images: uint8 (N, 28, 28), training digits.
        labels: uint8 (N,), 0-9.
        count: number of pieces.
        faces: fonts to draw letters with.
        rng: random generator.

    Returns:
        uint8 (count, 28, 28) pieces, white ink on black, and their labels, uint8 (count,): 0-9,
        `NO_DIGIT`, a `PAIR` or `MORE`.
    """
    with_letters = [face for face in faces if face.letters]
    inked = np.flatnonzero(images.max(axis=(1, 2), initial=0) >= STROKE_LEVEL)
    ones = inked[labels[inked] == 1]
    pieces: list[tuple[Picture, int]] = []
    while len(pieces) < count:
        if not inked.size or rng.random() < LETTER_SHARE:
            pieces += _pieces(_letter(with_letters, rng), [NO_DIGIT], rng)
            continue
        chosen = inked[rng.integers(len(inked), size=rng.choice([2, 3], p=[0.7, 0.3]))]
        if ones.size and rng.random() < WITH_ONE:
            chosen[rng.integers(len(chosen))] = rng.choice(ones)
        layers = slide_together(list(images[chosen]), rng, SUPERSAMPLING)
        pieces += _pieces(layers, labels[chosen].tolist(), rng)
        pieces.append((normalize(layers.max(axis=0)), _label(labels[chosen].tolist())))
    pictures, answers = zip(*pieces[:count], strict=True)
    return np.stack(pictures), np.array(answers, np.uint8)


def _pieces(
    layers: Picture, labels: list[int], rng: np.random.Generator
) -> list[tuple[Picture, int]]:
    """Return a few correct and wrong pieces of a number, each with its label.

    Args:
        layers: uint8 (N, H, W), the ink of each digit.
        labels: the labels of the digits.
        rng: random generator.
    """
    ink = layers.max(axis=0)
    inks = layers.sum(axis=(1, 2), dtype=np.float64)
    cuts, stroke = propose_cuts(ink), widths(ink)[0]
    starts, ends = np.triu_indices(len(cuts), 1)
    order = np.concatenate([_best_pairs(layers, cuts, starts, ends), rng.permutation(len(starts))])
    right: list[tuple[Picture, int]] = []
    wrong: list[tuple[Picture, int]] = []
    for number in order[:MAX_TRIES]:
        if min(len(right), len(wrong)) >= PIECES:
            break
        piece = cut_out(ink, cuts[starts[number]], cuts[ends[number]], stroke)
        if piece is None:
            continue
        inside = cv2.threshold(piece, 0, 255, cv2.THRESH_BINARY)[1]
        own = np.array([cv2.sumElems(cv2.bitwise_and(layer, inside))[0] for layer in layers])
        whole = own >= MIN_WHOLE_SHARE * inks
        if whole.any() and own[~whole].sum() <= MAX_FOREIGN_SHARE * own.sum():
            right.append((piece, _label(list(itertools.compress(labels, whole)))))
        elif (own / inks).max() < MAX_BROKEN_SHARE or own.max() <= (1 - MIXED_SHARE) * own.sum():
            wrong.append((piece, NO_DIGIT))
    return [(normalize(piece), label) for piece, label in right[:PIECES] + wrong[:PIECES]]


def make_pairs(
    images: Picture, labels: NDArray[np.uint8], count: int, rng: np.random.Generator
) -> tuple[Picture, NDArray[np.uint8]]:
    """Push two digits together.

    Args:
        images: uint8 (N, 28, 28), training digits.
        labels: uint8 (N,), 0-9.
        count: number of pairs.
        rng: random generator.

    Returns:
        uint8 (count, 28, 28), white ink on black, and their labels, uint8 (count,), each a `PAIR`.
        Both are empty if no digit has ink.
    """
    inked = np.flatnonzero(images.max(axis=(1, 2), initial=0) >= STROKE_LEVEL)
    if not inked.size:
        return np.empty((0, *images.shape[1:]), np.uint8), np.empty(0, np.uint8)
    chosen = inked[rng.integers(len(inked), size=(count, 2))]
    pairs = [
        normalize(slide_together(list(images[two]), rng, SUPERSAMPLING).max(axis=0))
        for two in chosen
    ]
    answers = [_label(two) for two in labels[chosen].tolist()]
    return np.stack(pairs), np.array(answers, np.uint8)


def _label(digits: list[int]) -> int:
    """Return the label for an image of these digits, given from left to right."""
    if len(digits) > 2:
        return MORE
    return digits[0] if len(digits) == 1 else PAIR + CLASSES * digits[0] + digits[1]


def _best_pairs(
    layers: Picture, cuts: NDArray[np.intp], starts: NDArray[np.intp], ends: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Return the indices of pairs of cuts that enclose nearly one digit, best first."""
    height, width = layers.shape[1:]
    # the ink of each digit to the left of each pixel, then of each cut
    sums = np.zeros((len(layers), height, width + 1), np.int32)
    np.cumsum(layers, axis=2, out=sums[:, :, 1:])
    lefts = sums[:, np.arange(height), cuts].sum(axis=2)
    own = np.abs(lefts[:, ends] - lefts[:, starts]) / lefts[:, -1:]
    quality = 2 * own.max(axis=0) - own.sum(axis=0)
    best = np.argsort(-quality, kind="stable")[: 2 * PIECES]
    chosen: NDArray[np.intp] = best[quality[best] > MAX_BROKEN_SHARE]
    return chosen


def _letter(faces: Sequence[Face], rng: np.random.Generator) -> Picture:
    """Draw a letter as high as the digits, uint8 (1, H, W)."""
    drawn = letter(faces, rng)
    left, top, width, height = cv2.boundingRect(drawn)
    scale = SUPERSAMPLING * BOX_SIDE / height
    ink = drawn[top : top + height, left : left + width]
    return cv2.resize(ink, None, fx=scale, fy=scale)[None].view(np.uint8)


def slide_together(digits: list[Picture], rng: np.random.Generator, size: float) -> Picture:
    """Scale digits by 0.8 to 1.2, shift them up or down, and slide each to the left.

    A digit stops where its ink overlaps the digits before it by up to one MNIST pixel.

    Args:
        digits: each uint8 (28, 28), white ink on black.
        rng: random generator.
        size: pixels drawn per MNIST pixel.

    Returns:
        uint8 (N, H, W), the ink of each digit. The maximum over digits is the number.
    """
    height = round(size * BOX_SIDE * 1.7)
    enlarge = size * rng.uniform(0.8, 1.2, len(digits))
    strips = [_enlarged(digit, factor) for digit, factor in zip(digits, enlarge, strict=True)]
    layers = np.zeros((len(digits), height, 1 + sum(strip.shape[1] for strip in strips)), np.uint8)
    width = 1
    for layer, strip, factor in zip(layers, strips, enlarge, strict=True):
        place = (height - len(strip)) / 2 + size * BOX_SIDE * rng.uniform(-0.1, 0.1)
        top = min(max(0, round(place)), height - len(strip))
        inked = strip >= STROKE_LEVEL
        before = layers[:, top : top + len(strip), :width].max(axis=0) >= STROKE_LEVEL
        rows = before.any(axis=1) & inked.any(axis=1)
        free = before[rows, ::-1].argmax(axis=1) + inked[rows].argmax(axis=1)
        overlap = 1 + round(factor * rng.uniform())
        left = max(0, width - overlap - int(free.min(initial=width)))
        layer[top : top + len(strip), left : left + strip.shape[1]] = strip
        width = max(width, left + strip.shape[1])
    return layers[:, :, :width]


def _enlarged(digit: Picture, factor: float) -> Picture:
    """Crop a digit to its ink and scale it."""
    left, top, width, height = cv2.boundingRect(digit)
    ink = cv2.copyMakeBorder(
        digit[top : top + height, left : left + width], 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0
    )
    large = cv2.resize(ink, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    left, top, width, height = cv2.boundingRect((large >= 16).astype(np.uint8))
    return large[top : top + height, left : left + width].view(np.uint8)
