"""Random distortions of training digits, as other hands, pens and cameras would produce them.

A batch is distorted as one image: its digits are stacked vertically, with blank rows between them.
So most of the work takes a handful of NumPy and OpenCV calls per batch instead of per digit, a
small share of the cost of a training step.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.synthesis.clutter import clutter
from digitnet.vision.normalize import SIDE

_ROWS = SIDE + 2  # a blank row above and below separates neighbours
_CENTER = (SIDE - 1) / 2

COARSE_SIDES_PX = 6, 14
"""Range of the size to which a digit's 20-pixel box is reduced, in pixels."""

GAPS, HOLES = 3, 12
"""Maximum number of gaps, or of holes, in a digit."""

_FIXED_POINT_BITS = 4
_FIXED_POINT_ONE = 2**_FIXED_POINT_BITS  # OpenCV places lines and circles in sixteenths of a pixel

CHUNK_SIZE = 1000
"""Maximum number of digits stacked in one image: OpenCV's remap allows 32,767 rows."""


@dataclass(frozen=True)
class Distortion:
    """The strength of distortions: standard deviations of normal draws, or probabilities (0-1).

    Attributes:
        rotation: standard deviation in degrees.
        shear: standard deviation of the slant, the horizontal shift per pixel of height.
        scale: standard deviation of the logarithm of the size.
        aspect: standard deviation of the logarithm of the aspect ratio, width by height.
        shift: standard deviation of the shift in each direction, in pixels.
        elastic: standard deviation of elastic displacements (Simard et al. 2003) on a 4 x 4
            lattice, in pixels.
        pen: probability that the stroke is redrawn thicker, thinner, softer or harder.
        marker: probability of a felt-tip stroke, a pixel wider on each side.
        coarse: probability that the digit is reduced to `COARSE_SIDES_PX` pixels and enlarged.
        broken: probability of gaps or holes in the strokes.
        smudge: probability that the paper is smudged.
        clutter: probability of clutter (see `digitnet.synthesis.clutter`).
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
    clutter: float = 0.17


_LATTICE = 4
"""Side of the lattice of elastic displacements."""


def _elastic_basis() -> NDArray[np.float32]:
    """Return smooth interpolation weights, (SIDE, _LATTICE); each row sums to 1."""
    knots = np.linspace(0, SIDE - 1, _LATTICE)
    spread = knots[1] - knots[0]
    weights = np.exp(-0.5 * ((np.arange(SIDE)[:, None] - knots) / (0.6 * spread)) ** 2)
    basis: NDArray[np.float32] = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return basis


_BASIS = _elastic_basis()
_LINE = np.arange(SIDE, dtype=np.float32) - np.float32(_CENTER)
_TERMS = np.column_stack([_BASIS, _LINE, np.ones_like(_LINE)])
"""Basis functions of displacement maps, (SIDE, _LATTICE + 2): bumps, a linear term, a constant."""


def distort(
    digits: NDArray[np.uint8], rng: np.random.Generator, distortion: Distortion = Distortion()
) -> NDArray[np.uint8]:
    """Distort each digit of a batch in its own way.

    Args:
        digits: uint8 (N, 28, 28), white ink on black.
        rng: random generator; the same state gives the same images.
        distortion: strength of the distortions.

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
        # the dilation reaches no farther than the blank rows, which are cleared again
        cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
        thick = cv2.dilate(tall[wide].reshape(-1, SIDE), cross).reshape(-1, _ROWS, SIDE)
        thick[:, [0, -1]] = 0
        tall[wide] = thick
    map_x, map_y = _maps(count, rng, distortion)
    # each digit samples from its own rows only; past its edge are its own blank rows
    np.clip(map_y, 0, _ROWS - 1, out=map_y)
    map_y += (np.arange(count, dtype=np.float32) * _ROWS)[:, None, None]
    warped = np.empty((count, SIDE * SIDE), np.uint8)  # OpenCV is faster with long rows
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
    """Return the x and y at which each pixel samples its digit of `_ROWS` rows.

    Both are float32 (count, SIDE, SIDE).
    """
    draw = rng.standard_normal((6, count), np.float32)
    angle = np.float32(np.deg2rad(distortion.rotation)) * draw[0]
    shear = distortion.shear * draw[1]
    scale = np.exp(distortion.scale * draw[2])
    stretch = np.exp(distortion.aspect * draw[3] / 2)
    cosine, sine = np.cos(angle), np.sin(angle)
    # rotation x shear x scale, applied to offsets from the centre of the image
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
    """Redraw strokes with another pen: blur, then map brightness through a linear ramp.

    A ramp that starts low widens strokes; one that starts high thins them and breaks faint ones. A
    steep ramp gives the hard edges of a mouse drawing, a gentle one the edges of a blurred photo.
    """
    chosen = np.flatnonzero(rng.random(len(digits)) < chance)
    if not chosen.size:
        return
    # relative to full ink; the start is above 0, so that paper stays black
    start = rng.uniform(0.02, 0.3, (len(chosen), 1)).astype(np.float32) * 255
    width = rng.uniform(0.15, 0.5, (len(chosen), 1)).astype(np.float32)
    # side by side, with blank columns between
    wide = np.zeros((SIDE, len(chosen), SIDE + 2), np.uint8)
    wide[:, :, 1:-1] = digits[chosen].transpose(1, 0, 2)
    blurred = cv2.GaussianBlur(wide.reshape(SIDE, -1), (5, 5), 0.8).reshape(wide.shape)
    redrawn = np.clip((blurred[:, :, 1:-1] - start) / width, 0, 255).astype(np.uint8)
    digits[chosen] = redrawn.transpose(1, 0, 2)


def _coarsen(digits: NDArray[np.uint8], rng: np.random.Generator, chance: float) -> None:
    """Reduce digits to a few pixels, then enlarge and sharpen them, as vision does."""
    for number in np.flatnonzero(rng.random(len(digits)) < chance):
        digit = digits[number]
        side = round(rng.uniform(*COARSE_SIDES_PX) * SIDE / 20)
        small = cv2.resize(digit, (side, side), interpolation=cv2.INTER_AREA)
        large = cv2.resize(small, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
        # GaussianBlur takes twice as long with a kernel this wide
        kernel = cv2.getGaussianKernel(2 * round(3 * SIDE / side) + 1, SIDE / side)
        blurred = cv2.sepFilter2D(large, -1, kernel, kernel)
        amount = rng.uniform(0.5, 2.5)
        digit[:] = cv2.addWeighted(large, 1 + amount, blurred, -amount, 0)


def _break(digits: NDArray[np.uint8], rng: np.random.Generator, chance: float) -> None:
    """Cut gaps or holes into strokes, as by a dry pen, a fold or a bad scan."""
    chosen = np.flatnonzero(rng.random(len(digits)) < chance)
    owners, places = np.nonzero(digits[chosen].reshape(-1, SIDE * SIDE) > 127)
    inked = np.bincount(owners, minlength=len(chosen))
    gaps = rng.random(len(chosen)) < 0.5
    counts = rng.integers(1, np.where(gaps, GAPS, HOLES) + 1) * (inked > 0)
    broken = np.repeat(np.arange(len(chosen)), counts)
    # each gap or hole is centred near a random inked pixel
    spots = places[np.searchsorted(owners, broken) + rng.integers(inked[broken])]
    middles = np.stack([spots % SIDE, spots // SIDE]) + rng.uniform(-0.5, 0.5, (2, len(spots)))
    angles, reach = rng.uniform(0, np.pi, len(spots)), rng.uniform(2, 5, len(spots))
    along = reach * np.stack([np.cos(angles), np.sin(angles)])
    for number, gap, middle, one, other, radius, width in zip(
        chosen[broken],
        gaps[broken],
        _to_fixed_point(middles.T),
        _to_fixed_point((middles - along).T),
        _to_fixed_point((middles + along).T),
        _to_fixed_point(rng.uniform(0.3, 0.9, len(spots))),
        rng.integers(1, 3, len(spots)).tolist(),
        strict=True,
    ):
        if gap:
            cv2.line(digits[number], one, other, 0, width, cv2.LINE_AA, _FIXED_POINT_BITS)
        else:
            cv2.circle(digits[number], middle, radius, 0, -1, cv2.LINE_AA, _FIXED_POINT_BITS)


def _to_fixed_point(pixels: NDArray[np.float64]) -> list[Any]:
    """Convert pixels to OpenCV's fixed-point coordinates."""
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
