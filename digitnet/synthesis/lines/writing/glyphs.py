"""Glyphs: single characters at their final size, with silhouettes, ready to draw on a line."""

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.synthesis.characters.pens import Picture, Stroke

BINS = 32
"""Number of bins of a silhouette, from 1.5 digit heights above the baseline to 0.5 below it."""

SUBPIXEL_BITS = 4
"""Fractional bits of OpenCV's coordinates: sixteenths of a pixel."""

# OpenCV draws almost nothing for shorter antialiased lines
_DOT = np.array([(-0.75, 0.0), (0.75, 0.0)])

Silhouette = NDArray[np.float64]
"""float64 (BINS,), x in pixels from the glyph's left edge; infinite in rows without ink."""


@dataclass(frozen=True)
class Glyph:
    """A character as strokes or as a mask.

    Positions are in pixels. y is 0 on the baseline and increases downwards.

    Attributes:
        width: width of the character, without that of the pen.
        top: y of the highest point, negative above the baseline.
        bottom: y of the lowest point.
        left: where the ink begins in each bin of rows; infinite without ink.
        right: where the ink ends in each bin of rows; minus infinite without ink.
        strokes: lines to draw; empty for a mask.
        mask: uint8 (height, width), white ink on black; None for strokes.
        ghost: lines to draw faintly: the unlit segments of a display.
    """

    width: float
    top: float
    bottom: float
    left: Silhouette
    right: Silhouette
    strokes: list[Stroke] = field(default_factory=list)
    mask: Picture | None = None
    ghost: list[Stroke] = field(default_factory=list)

    def draw(
        self, canvas: Picture, x: float, baseline: float, pen: int, edge: int, level: int = 255
    ) -> None:
        """Draw the character onto a canvas.

        Args:
            canvas: uint8 (height, width), white ink on black; changed in place.
            x: column of the left edge.
            baseline: row of the baseline.
            pen: width of the pen in pixels; ignored for a mask.
            edge: OpenCV line type; ignored for a mask.
            level: ink level, 0-255.
        """
        if self.ghost:
            draw_strokes(canvas, self.ghost, (x, baseline), pen, edge, level // 6)
        if self.mask is None:
            draw_strokes(canvas, self.strokes, (x, baseline), pen, edge, level)
            return
        height, width = self.mask.shape
        left, top = round(x), round(baseline + self.top)
        part = canvas[max(top, 0) : max(top + height, 0), max(left, 0) : max(left + width, 0)]
        if not part.size:
            return
        row, column = max(-top, 0), max(-left, 0)
        mask = self.mask[row : row + part.shape[0], column : column + part.shape[1]]
        if level != 255:
            mask = cv2.convertScaleAbs(mask, alpha=level / 255).view(np.uint8)
        np.maximum(part, mask, out=part)


def draw_strokes(
    canvas: Picture,
    strokes: list[Stroke],
    offset: tuple[float, float],
    pen: int,
    edge: int,
    level: int,
) -> None:
    """Draw strokes, shifted by an offset, onto a canvas (changed in place)."""
    lines = [_to_fixed_point(stroke + offset) for stroke in strokes]
    cv2.polylines(canvas, lines, False, level, pen, edge, shift=SUBPIXEL_BITS)


def _to_fixed_point(stroke: Stroke) -> NDArray[np.int32]:
    """Convert a stroke to OpenCV's fixed-point coordinates.

    A dot becomes a short line, so that it is visible even with the thinnest pen.
    """
    if len(stroke) <= 3 and np.ptp(stroke, axis=0).max() < 1:
        stroke = stroke[0] + _DOT
    fixed: NDArray[np.int32] = np.round(stroke * 2**SUBPIXEL_BITS).astype(np.int32)
    return fixed


def stroke_glyph(strokes: list[Stroke], height: float, ghost: list[Stroke] | None = None) -> Glyph:
    """Make a glyph of strokes.

    Args:
        strokes: in pixels, y relative to the baseline; they are shifted so that x starts at 0.
        height: height of the line's digits, in pixels.
        ghost: lines to draw faintly, relative to the same origin.
    """
    points = np.concatenate(strokes)
    start = float(points[:, 0].min())
    strokes = [stroke - (start, 0.0) for stroke in strokes]
    dense = np.concatenate([_dense(stroke, height / BINS * 1.5) for stroke in strokes])
    bins = _bins(dense[:, 1], height)
    left, right = np.full(BINS, np.inf), np.full(BINS, -np.inf)
    np.minimum.at(left, bins, dense[:, 0])
    np.maximum.at(right, bins, dense[:, 0])
    return Glyph(
        float(points[:, 0].max()) - start,
        float(points[:, 1].min()),
        float(points[:, 1].max()),
        left,
        right,
        strokes,
        ghost=[stroke - (start, 0.0) for stroke in ghost or []],
    )


def mask_glyph(mask: Picture, bottom: float, height: float) -> Glyph:
    """Make a glyph of pixels.

    Args:
        mask: uint8 (rows, columns), white ink on black, cropped to the ink.
        bottom: bottom edge of the mask, in pixels below the baseline.
        height: height of the line's digits, in pixels.
    """
    rows, columns = mask.shape
    ink = mask > 100
    inked = ink.any(axis=1)
    first = np.where(inked, ink.argmax(axis=1), np.inf)
    last = np.where(inked, columns - ink[:, ::-1].argmax(axis=1), -np.inf)
    bins = _bins(np.arange(rows) + bottom - rows, height)
    left, right = np.full(BINS, np.inf), np.full(BINS, -np.inf)
    np.minimum.at(left, bins, first)
    np.maximum.at(right, bins, last)
    return Glyph(float(columns), bottom - rows, bottom, left, right, mask=mask)


def distance(before: Silhouette, glyph: Glyph) -> float:
    """Return the x at which a glyph's ink touches a silhouette; -inf if it never does.

    Neighbouring bins are compared too, so that strokes do not slip past each other within a bin.

    Args:
        before: right silhouette of the glyphs before it.
        glyph: glyph that is moved towards them.
    """
    left = glyph.left
    return float(
        max(np.max(before - left), np.max(before[1:] - left[:-1]), np.max(before[:-1] - left[1:]))
    )


def _bins(y: NDArray[np.float64], height: float) -> NDArray[np.int64]:
    """Return the bin of each y, in pixels relative to the baseline."""
    bins: NDArray[np.int64] = ((y / height + 1.5) * (BINS / 2)).astype(np.int64)
    return np.clip(bins, 0, BINS - 1)


def _dense(stroke: Stroke, step: float) -> Stroke:
    """Resample a stroke so that its points are at most about `step` pixels apart."""
    if len(stroke) < 2:
        return stroke
    length = float(np.abs(np.diff(stroke, axis=0)).sum())
    count = int(length / step) + 2
    if count <= len(stroke):
        return stroke
    steps, places = np.linspace(0, len(stroke) - 1, count), np.arange(len(stroke))
    return np.column_stack([np.interp(steps, places, stroke[:, axis]) for axis in (0, 1)])
