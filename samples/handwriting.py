"""Synthetic handwriting: numbers as pen strokes, for the images in `samples/`.

A digit is a few strokes through a few points, in one of several shapes. The strokes vary each time:
they miss the points slightly, tremble, slant, round corners, overshoot, are broader where the pen
is slow, and taper as it lifts. `draw_number` writes a number; `lay_ink` draws its strokes on a
canvas.

    >>> import numpy as np
    >>> strokes = draw_number("2041", np.random.default_rng(1), Style(slant=0.2))
    >>> ink = lay_ink(strokes, shape=(120, 300), height=80, origin=(20, 20))
    >>> ink.shape, ink.dtype
    ((120, 300), dtype('float32'))
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

Stroke = NDArray[np.float64]
"""(N, 3): x to the right, y downwards and stroke width, relative to the height of a digit."""

Shape = tuple[str, ...]
"""One string per stroke: points `x,y` on a grid where a digit is 100 high; `/` marks a corner."""

DIGITS: Mapping[str, tuple[Shape, ...]] = {
    "0": (
        ("36,3 14,14 3,48 12,86 32,97 52,82 59,46 48,12 30,2 20,9",),
        ("28,2 8,26 6,64 24,96 46,80 52,40 40,8 27,3",),
        ("48,10 30,2 8,20 2,56 18,94 44,92 60,54 54,18 44,6",),
    ),
    "1": (
        ("30,2 28,50 26,98",),
        ("13,31 22,19 33,2 / 33,48 31,99",),
        ("15,22 32,3 / 32,50 31,97", "12,97 34,96 54,97"),
    ),
    "2": (
        ("6,24 14,7 32,2 50,14 48,38 28,68 5,96 / 30,94 60,95",),
        ("8,22 22,4 42,4 52,20 44,50 22,82 8,93 3,84 13,77 32,90 60,92",),
        ("10,16 30,2 50,12 50,32 32,60 4,97 / 24,90 42,95 62,88",),
    ),
    "3": (
        ("7,14 26,2 46,10 46,32 22,46 / 46,52 54,74 40,94 18,98 2,86",),
        ("6,5 28,6 51,4 / 24,41 / 48,50 54,76 36,96 14,97 3,88",),
        ("8,10 28,2 48,14 42,38 24,46 28,50 50,58 52,82 30,98 4,90",),
    ),
    "4": (
        ("16,3 10,32 3,60 / 30,59 62,56", "45,24 44,60 40,99"),
        ("42,2 22,32 2,64 / 30,65 63,62", "43,3 43,50 42,99"),
        ("44,99 46,50 47,2 / 24,36 2,65 / 30,66 64,63",),
    ),
    "5": (
        ("15,5 13,24 10,45 / 30,37 52,50 53,76 34,97 4,90", "15,5 34,6 56,3"),
        ("54,4 34,5 16,6 / 10,43 / 32,36 53,52 52,80 28,98 3,89",),
        ("15,4 9,42 / 28,36 50,44 55,68 40,94 16,97 2,86", "14,6 36,4 58,5"),
    ),
    "6": (
        ("44,2 20,24 5,58 9,87 28,98 48,86 49,66 32,55 14,64 7,78",),
        ("36,1 14,38 4,74 16,96 40,95 50,76 38,58 18,64 7,80",),
        ("50,8 36,2 14,26 4,62 14,94 36,97 50,80 42,60 22,58 6,74",),
    ),
    "7": (
        ("4,8 30,7 56,5 / 40,42 25,98",),
        ("5,7 30,8 56,5 / 40,44 27,99", "18,51 34,50 52,47"),
        ("5,20 7,6 / 32,9 58,5 / 38,48 32,98",),
    ),
    "8": (
        ("47,15 30,2 11,14 16,34 40,54 52,78 32,98 8,84 13,62 40,40 51,18 42,7",),
        ("30,46 10,28 28,3 48,22 30,47 6,72 30,98 54,74 31,47",),
        ("50,8 26,3 12,22 32,46 50,68 40,95 12,92 8,72 34,46 52,22 48,8",),
    ),
    "9": (
        ("49,17 30,3 8,20 10,42 28,51 46,34 50,13 / 47,52 40,98",),
        ("50,18 32,3 9,18 12,44 36,46 50,16 / 53,54 42,90 22,98 8,91",),
        ("48,12 28,4 8,24 16,46 38,42 50,10 / 50,56 49,99",),
    ),
}
"""Common shapes of each digit."""

SAMPLES_PER_HEIGHT = 160
"""Points of a stroke per height of a digit; curves stay smooth up to 1,000 pixels high."""


@dataclass(frozen=True)
class Style:
    """Parameters of a handwriting. Lengths are relative to the height of a digit."""

    width: float = 0.07  # stroke width
    slant: float = 0.08  # to the right per height upwards
    breadth: float = 1.0  # factor on the width of the shapes above
    wobble: float = 0.022  # deviation from the points of a shape
    tremor: float = 0.004  # deviation along the stroke
    pressure: float = 0.3  # how much the stroke width varies with speed
    taper: float = 0.35  # how much thinner a stroke ends
    overshoot: float = 0.03  # how far a stroke runs past its end
    gap: float = 0.3  # between two digits
    unevenness: float = 0.035  # of the digits' sizes and vertical positions
    rise: float = 0.0  # of the baseline per height to the right
    shapes: Mapping[str, int] = field(default_factory=dict)  # shape by digit; others are random


def draw_number(
    text: str,
    rng: np.random.Generator,
    style: Style | None = None,
    alphabet: Mapping[str, tuple[Shape, ...]] = DIGITS,
) -> list[Stroke]:
    """Write one line of digits.

    Args:
        text: digits of `alphabet`; a space leaves a gap of about a digit's width.
        rng: draws the variation; the same state gives the same strokes.
        style: handwriting parameters; None for the defaults.
        alphabet: possible shapes of each character.

    Returns:
        Strokes in writing order. The upper left corner of the first digit is near (0, 0), its
        baseline near y = 1. Digits do not touch.
    """
    style = style or Style()
    # A person uses one shape of a digit throughout, so it is chosen once per number.
    chosen = {
        character: style.shapes.get(character, int(rng.integers(len(alphabet[character]))))
        for character in sorted(set(text) - {" "})
    }
    strokes: list[Stroke] = []
    right = 0.0
    for character in text:
        if character == " ":
            right += 0.55
            continue
        digit = _draw_digit(alphabet[character][chosen[character]], rng, style)
        left = min(float((stroke[:, 0] - stroke[:, 2] / 2).min()) for stroke in digit)
        for stroke in digit:
            stroke[:, 0] += right - left
        right = max(float((stroke[:, 0] + stroke[:, 2] / 2).max()) for stroke in digit)
        right += style.gap * rng.uniform(0.75, 1.3)
        strokes += digit
    for stroke in strokes:  # slanted last, so that gaps slant along with the digits
        stroke[:, 0] += style.slant * (1 - stroke[:, 1])
        stroke[:, 1] -= style.rise * stroke[:, 0]
    return strokes


def lay_ink(
    strokes: list[Stroke], shape: tuple[int, int], height: float, origin: tuple[float, float]
) -> NDArray[np.float32]:
    """Draw strokes on an empty canvas.

    Args:
        strokes: from `draw_number`.
        shape: rows and columns of the canvas.
        height: height of a digit in pixels.
        origin: x and y, in pixels, of the strokes' (0, 0).

    Returns:
        (H, W) float32 ink coverage, 0 to 1, antialiased.
    """
    fineness = 4  # supersampling factor
    canvas = np.zeros((shape[0] * fineness, shape[1] * fineness), np.uint8)
    for stroke in strokes:
        points = np.rint((stroke[:, :2] * height + origin) * fineness).astype(int).tolist()
        widths = np.maximum(1, np.rint(stroke[:, 2] * height * fineness)).astype(int).tolist()
        for start, end, width in zip(points, points[1:], widths[1:], strict=False):
            cv2.line(canvas, start, end, 255, width)
    smooth = cv2.resize(canvas, shape[::-1], interpolation=cv2.INTER_AREA)
    return np.divide(smooth, 255, dtype=np.float32)


def extent(strokes: list[Stroke]) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of the strokes' ink, relative to the height of a digit."""
    every = np.concatenate(strokes)
    low = every[:, :2] - every[:, 2:] / 2
    high = every[:, :2] + every[:, 2:] / 2
    return (*low.min(axis=0).tolist(), *high.max(axis=0).tolist())


def _draw_digit(shape: Shape, rng: np.random.Generator, style: Style) -> list[Stroke]:
    """Draw the strokes of one digit with random variation."""
    size = 1 + style.unevenness * _bounded_normal(rng)
    breadth = size * style.breadth * (1 + 2 * style.unevenness * _bounded_normal(rng))
    lean = 0.03 * _bounded_normal(rng)
    lift = style.unevenness * _bounded_normal(rng)
    strokes = []
    for notation in shape:
        path = _draw_path(notation, rng, style)
        x, y = path[:, 0] * breadth, 1 - (1 - path[:, 1]) * size
        x = x + lean * (1 - y)
        widths = style.width * _trace_widths(path, rng, style)
        strokes.append(np.column_stack([x, y + lift, widths]))
    return strokes


def _draw_path(notation: str, rng: np.random.Generator, style: Style) -> Stroke:
    """Draw the (N, 2) path of one stroke, in equal steps."""
    pieces: list[Stroke] = []
    for piece in notation.split("/"):
        points = np.array([point.split(",") for point in piece.split()], float) / 100
        points += style.wobble * rng.normal(size=points.shape).clip(-1.8, 1.8)
        if pieces:
            points = np.concatenate([pieces[-1][-1:], points])
        pieces.append(_spline(points))
    path = np.concatenate(pieces)
    ahead = path[-1] - path[-8]
    ahead /= max(float(np.hypot(*ahead)), 1e-9)
    path = np.concatenate([path, path[-1:] + ahead * abs(style.overshoot * _bounded_normal(rng))])
    path = _equal_steps(path)
    # The inertia of the hand rounds corners slightly.
    path = np.column_stack([_smooth(path[:, 0], 5), _smooth(path[:, 1], 5)])
    for axis in (0, 1):
        path[:, axis] += style.tremor * _drift(len(path), SAMPLES_PER_HEIGHT // 12, rng)
    return path


def _trace_widths(path: Stroke, rng: np.random.Generator, style: Style) -> NDArray[np.float64]:
    """Return (N,) relative stroke widths along a path: broad where it is slow, thin at its ends."""
    direction = np.gradient(path, axis=0)
    turning = np.abs(np.gradient(np.unwrap(np.arctan2(direction[:, 1], direction[:, 0]))))
    # Speed falls with the cube root of the curvature (Lacquaniti et al. 1983).
    slowness = np.cbrt(_smooth(turning, 15) * SAMPLES_PER_HEIGHT + 0.3)
    pressing = _smooth(slowness / slowness.mean(), 15) - 1
    pressing += 0.35 * _drift(len(path), SAMPLES_PER_HEIGHT // 3, rng)
    widths = 1 + style.pressure * np.clip(pressing, -0.9, 0.9)
    leaving = np.arange(len(path), 0, -1) / (0.22 * SAMPLES_PER_HEIGHT)
    entering = np.arange(1, len(path) + 1) / (0.06 * SAMPLES_PER_HEIGHT)
    widths *= 1 - style.taper * np.clip(1 - leaving, 0, 1) ** 1.5
    widths *= 1 - 0.5 * style.taper * np.clip(1 - entering, 0, 1)
    return np.asarray(widths, np.float64)


def _spline(points: Stroke) -> Stroke:
    """Interpolate (K, 2) points by a cubic Hermite spline with centripetal parametrization."""
    steps = np.sqrt(np.maximum(np.hypot(*np.diff(points, axis=0).T), 1e-6))
    knots = np.concatenate([[0.0], np.cumsum(steps)])
    slopes = np.gradient(points, knots, axis=0, edge_order=2 if len(points) > 2 else 1)
    places = np.linspace(0, knots[-1], 40 * len(points))
    piece = np.clip(np.searchsorted(knots, places, side="right") - 1, 0, len(points) - 2)
    length = steps[piece][:, None]
    t = ((places - knots[piece]) / steps[piece])[:, None]
    return np.asarray(
        (1 + 2 * t) * (1 - t) ** 2 * points[piece]
        + t * (1 - t) ** 2 * length * slopes[piece]
        + t**2 * (3 - 2 * t) * points[piece + 1]
        - t**2 * (1 - t) * length * slopes[piece + 1]
    )


def _equal_steps(path: Stroke) -> Stroke:
    """Resample a path to points at equal distances."""
    distance = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))])
    places = np.linspace(0, distance[-1], max(12, int(distance[-1] * SAMPLES_PER_HEIGHT)))
    return np.column_stack([np.interp(places, distance, path[:, axis]) for axis in (0, 1)])


def _smooth(values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """Return a moving average that keeps the ends fixed."""
    padded = np.pad(values, window // 2, mode="reflect", reflect_type="odd")
    return np.convolve(padded, np.ones(window) / window, mode="valid")


def _drift(count: int, step: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return (count,) smooth noise of about unit amplitude, which changes every `step` samples."""
    knots = rng.normal(size=count // step + 3).clip(-2, 2)
    return _smooth(np.interp(np.arange(count) / step, np.arange(len(knots)), knots), 5)


def _bounded_normal(rng: np.random.Generator) -> float:
    """Draw from a clipped normal distribution: outliers would make a digit look broken."""
    return float(np.clip(rng.normal(), -1.6, 1.6))
