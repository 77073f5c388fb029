"""Random distortions of training digits: what other hands, pens and cameras would have made.

A batch is distorted as one picture (its digits above each other, blank rows between), so that the
work is a handful of NumPy and OpenCV calls a batch and not a digit: a small share of what the
network's step costs.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.synthesis.clutter import clutter
from digitnet.vision.normalize import SIDE

_ROWS = SIDE + 2  # a blank row above and below keeps neighbours apart
_CENTER = (SIDE - 1) / 2

COARSE_SIDES_PX = 6, 14
"""The fewest and the most pixels of the side of a coarse picture's 20-pixel box."""

GAPS, HOLES = 3, 12
"""Maximum number of breaks in a digit."""

_FIXED_POINT_BITS = 4
_FIXED_POINT_ONE = (
    2**_FIXED_POINT_BITS
)  # of a pixel, in which OpenCV's lines and circles are placed

CHUNK_SIZE = 1000
"""Maximum number of digits in one image: OpenCV's remap allows 32,767 rows."""


@dataclass(frozen=True)
class Distortion:
    """How much digits vary: standard deviations of normal draws, but where it says otherwise.

    Attributes:
        rotation: degrees.
        shear: horizontal shift in pixels a pixel of height: the slant of the hand.
        scale: logarithm of the size.
        aspect: logarithm of width by height.
        shift: pixels, each way.
        elastic: pixels of smooth displacement (Simard et al. 2003), on a 4 x 4 lattice.
        pen: the chance (0-1) that the stroke is redrawn thicker, thinner, softer or harder.
        marker: the chance (0-1) that it is a felt-tip stroke, a pixel wider on each side.
        coarse: the chance (0-1) that it was only `COARSE_SIDES_PX` pixels high, and was enlarged.
        broken: the chance (0-1) that the pen left gaps or holes in its strokes.
        smudge: the chance (0-1) that the paper is not clean.
        clutter: the chance (0-1) that something lies over it (see `clutter`).
    """

    rotation: float = 9.0
    shear: float = 0.16
    scale: float = 0.09
    aspect: float = 0.08
    shift: float = 0.8
    elastic: float = 0.6
    pen: float = 0.5
    marker: float = 0.1
    coarse: float = 0.06
    broken: float = 0.12
    smudge: float = 0.1
    clutter: float = 0.12


def _elastic_basis(lattice: int = 4) -> NDArray[np.float32]:
    """Smooth interpolation weights (SIDE rows, lattice columns), each row sums to 1."""
    knots = np.linspace(0, SIDE - 1, lattice)
    spread = knots[1] - knots[0]
    weights = np.exp(-0.5 * ((np.arange(SIDE)[:, None] - knots) / (0.6 * spread)) ** 2)
    basis: NDArray[np.float32] = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return basis


_BASIS = _elastic_basis()
_LATTICE = _BASIS.shape[1]


_LINE = np.arange(SIDE, dtype=np.float32) - np.float32(_CENTER)
_TERMS = np.column_stack([_BASIS, _LINE, np.ones_like(_LINE)])
"""Basis functions of displacement maps: waves, a straight line and 1, (SIDE, lattice + 2)."""


def distort(
    digits: NDArray[np.uint8], rng: np.random.Generator, distortion: Distortion = Distortion()
) -> NDArray[np.uint8]:
    """Distort each digit of a batch in its own way.

    Args:
        digits: uint8 (N, 28, 28), white ink on black.
        rng: where the randomness comes from; the same state gives the same pictures.
        distortion: how much.

    Returns:
        uint8 (N, 28, 28), a new array.
    """
    count = len(digits)
    if count > CHUNK_SIZE:
        parts = (digits[start : start + CHUNK_SIZE] for start in range(0, count, CHUNK_SIZE))
        return np.concatenate([distort(part, rng, distortion) for part in parts])
    tall = np.zeros((count, _ROWS, SIDE), np.uint8)
    tall[:, 1:-1] = digits
    wide = rng.random(count) < distortion.marker
    if wide.any():
        # a cross-shaped dilation reaches the blank rows at most; they are blanked again
        cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
        thick = cv2.dilate(tall[wide].reshape(-1, SIDE), cross).reshape(-1, _ROWS, SIDE)
        thick[:, [0, -1]] = 0
        tall[wide] = thick
    map_x, map_y = _maps(count, rng, distortion)
    # each digit samples from its own rows only: beyond them it meets its own blank ones
    np.clip(map_y, 0, _ROWS - 1, out=map_y)
    map_y += (np.arange(count, dtype=np.float32) * _ROWS)[:, None, None]
    warped = np.empty((count, SIDE * SIDE), np.uint8)  # OpenCV is faster in long rows
    cv2.remap(
        tall.reshape(-1, SIDE),
        map_x.reshape(count, -1),
        map_y.reshape(count, -1),
        cv2.INTER_LINEAR,
        dst=warped,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=0,
    )
    distorted = warped.reshape(count, SIDE, SIDE)
    _redraw(distorted, rng, distortion.pen)
    _coarsen(distorted, rng, distortion.coarse)
    _break(distorted, rng, distortion.broken)
    _smudge(distorted, rng, distortion.smudge)
    clutter(distorted, rng, distortion.clutter)
    return distorted


def _maps(
    count: int, rng: np.random.Generator, distortion: Distortion
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Where each pixel samples its digit of `_ROWS` rows: float32 (count, SIDE, SIDE), x and y."""
    draw = rng.standard_normal((6, count), np.float32)
    angle = np.float32(np.deg2rad(distortion.rotation)) * draw[0]
    shear = distortion.shear * draw[1]
    scale = np.exp(distortion.scale * draw[2])
    stretch = np.exp(distortion.aspect * draw[3] / 2)
    cosine, sine = np.cos(angle), np.sin(angle)
    # rotation x shear x scale, applied to offsets from the middle of the picture
    xx = cosine * scale * stretch
    xy = (cosine * shear - sine) * scale / stretch
    yx = sine * scale * stretch
    yy = (sine * shear + cosine) * scale / stretch
    terms = np.zeros((2, count, _LATTICE + 2, _LATTICE + 2), np.float32)
    bend = rng.standard_normal((2, count, _LATTICE, _LATTICE), np.float32)
    terms[..., :-2, :-2] = distortion.elastic * bend
    terms[..., -2, -1], terms[..., -1, -2] = (xy, yy), (xx, yx)
    terms[0, :, -1, -1] = _CENTER + distortion.shift * draw[4]
    terms[1, :, -1, -1] = _CENTER + 1 + distortion.shift * draw[5]
    map_x, map_y = _TERMS @ terms @ _TERMS.T
    return map_x, map_y


def _redraw(digits: NDArray[np.uint8], rng: np.random.Generator, chance: float) -> None:
    """Redraw strokes with another pen: blur, then a ramp from black to white in brightness.

    A ramp that starts low widens a stroke, a high one thins it and breaks it where it was faint; a
    steep ramp gives the hard edges of a mouse drawing, a gentle one those of a blurred photo.
    """
    chosen = np.flatnonzero(rng.random(len(digits)) < chance)
    if not chosen.size:
        return
    # in parts of full ink; the start is above 0, so that paper stays black
    start = rng.uniform(0.02, 0.3, (len(chosen), 1)).astype(np.float32) * 255
    width = rng.uniform(0.15, 0.5, (len(chosen), 1)).astype(np.float32)
    # side by side, with room between
    wide = np.zeros((SIDE, len(chosen), SIDE + 2), np.uint8)
    wide[:, :, 1:-1] = digits[chosen].transpose(1, 0, 2)
    blurred = cv2.GaussianBlur(wide.reshape(SIDE, -1), (5, 5), 0.8).reshape(wide.shape)
    redrawn = np.clip((blurred[:, :, 1:-1] - start) / width, 0, 255).astype(np.uint8)
    digits[chosen] = redrawn.transpose(1, 0, 2)


def _coarsen(digits: NDArray[np.uint8], rng: np.random.Generator, chance: float) -> None:
    """Reduce digits to a few pixels, and enlarge and sharpen them again, as vision does."""
    for number in np.flatnonzero(rng.random(len(digits)) < chance):
        digit = digits[number]
        side = round(rng.uniform(*COARSE_SIDES_PX) * SIDE / 20)
        small = cv2.resize(digit, (side, side), interpolation=cv2.INTER_AREA)
        large = cv2.resize(small, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
        # (OpenCV's GaussianBlur takes twice as long for so wide a kernel)
        kernel = cv2.getGaussianKernel(2 * round(3 * SIDE / side) + 1, SIDE / side)
        blurred = cv2.sepFilter2D(large, -1, kernel, kernel)
        amount = rng.uniform(0.5, 2.5)
        digit[:] = cv2.addWeighted(large, 1 + amount, blurred, -amount, 0)


def _break(digits: NDArray[np.uint8], rng: np.random.Generator, chance: float) -> None:
    """Leave gaps or holes in strokes: a dry pen, a fold, a bad scan."""
    chosen = np.flatnonzero(rng.random(len(digits)) < chance)
    owners, places = np.nonzero(digits[chosen].reshape(-1, SIDE * SIDE) > 127)
    inked = np.bincount(owners, minlength=len(chosen))
    gaps = rng.random(len(chosen)) < 0.5
    counts = rng.integers(1, np.where(gaps, GAPS, HOLES) + 1) * (inked > 0)
    broken = np.repeat(np.arange(len(chosen)), counts)
    # each gap or hole is at some inked pixel of its digit
    spots = places[np.searchsorted(owners, broken) + rng.integers(inked[broken])]
    middles = np.stack([spots % SIDE, spots // SIDE]) + rng.uniform(-0.5, 0.5, (2, len(spots)))
    angles, reach = rng.uniform(0, np.pi, len(spots)), rng.uniform(2, 5, len(spots))
    along = reach * np.stack([np.cos(angles), np.sin(angles)])
    for number, gap, middle, one, other, radius, width in zip(
        chosen[broken],
        gaps[broken],
        _in_parts(middles.T),
        _in_parts((middles - along).T),
        _in_parts((middles + along).T),
        _in_parts(rng.uniform(0.3, 0.9, len(spots))),
        rng.integers(1, 3, len(spots)).tolist(),
        strict=True,
    ):
        if gap:
            cv2.line(digits[number], one, other, 0, width, cv2.LINE_AA, _FIXED_POINT_BITS)
        else:
            cv2.circle(digits[number], middle, radius, 0, -1, cv2.LINE_AA, _FIXED_POINT_BITS)


def _in_parts(pixels: NDArray[np.float64]) -> list[Any]:
    """Places or lengths as OpenCV takes them, whole numbers of a pixel's parts."""
    return np.rint(pixels * _FIXED_POINT_ONE).astype(int).tolist()  # type: ignore[no-any-return]


def _smudge(digits: NDArray[np.uint8], rng: np.random.Generator, chance: float) -> None:
    """Add faint clouds and grains of ink to the paper, as in a bad photo."""
    chosen = np.flatnonzero(rng.random(len(digits)) < chance)
    lattice = rng.standard_normal((len(chosen), _LATTICE, _LATTICE), np.float32)
    clouds = _BASIS @ lattice @ _BASIS.T
    grains = rng.standard_normal((len(chosen), SIDE, SIDE), np.float32)
    strength = rng.uniform(0, 60, (len(chosen), 1, 1)).astype(np.float32)
    ink = digits[chosen] + strength * np.maximum(clouds + 0.3 * grains, 0)
    digits[chosen] = np.minimum(ink, 255).astype(np.uint8)
