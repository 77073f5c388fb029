"""Drawing functions of `tests/regressions`: pages, digits in pen strokes, and image files.

They share no code with other drawing code, so that changes elsewhere do not change the images.
"""

import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""(H, W) gray, (H, W, 3) BGR or (H, W, 4) BGRA."""

Draw = Callable[[], Pixels | bytes]
"""Draws an image, or returns the bytes of its file."""

Shade = int | tuple[int, ...]
"""Gray, or a value for each channel."""

STROKES = {
    "0": "40 12 04 06 18 39 68 76 73 61 40",
    "1": "40 39",
    "2": "12 30 60 73 55 19 19 79",
    "3": "11 40 70 73 44 44 75 77 49 08",
    "4": "20 06 06 76|50 59",
    "5": "10 10 14 43 75 77 49 08|10 70",
    "6": "50 13 06 28 58 76 55 15",
    "7": "00 70 70 29",
    "8": "60 20 13 44 76 59 19 06 44 73 60",
    "9": "71 40 02 15 55 72 71 71 69",
    "barred 0": "40 12 04 06 18 39 68 76 73 61 40|70 09",
    "flagged 1": "14 50 50 49",
    "A": "09 40 40 89|25 65",
    "H": "00 09|60 69|04 64",
    "+": "40 48|04 84",
    "arrow": "04 94|61 94 94 67",
}
"""Strokes, separated by |, through points with x and y from 0 to 9; a repeated point is a
corner."""


@dataclass(frozen=True)
class Case:
    """An image file, its label ("" if no digit may be read), and how it was misread."""

    file: str
    label: str
    what_it_was: str
    draw: Draw

    def encode(self) -> bytes:
        """Return the bytes of the file."""
        drawn = self.draw()
        return drawn if isinstance(drawn, bytes) else encode(drawn, Path(self.file).suffix)


def case(cases: list[Case], file: str, label: str, what_it_was: str) -> Callable[[Draw], Draw]:
    """Register the decorated drawing function as a case."""

    def add(draw: Draw) -> Draw:
        cases.append(Case(file, label, what_it_was, draw))
        return draw

    return add


def page(height: int, width: int, shade: Shade = 255) -> Pixels:
    """Return blank paper of one shade."""
    shape = (height, width) if isinstance(shade, int) else (height, width, len(shade))
    return np.full(shape, shade, np.uint8)


def write(
    paper: Pixels,
    text: Sequence[str],
    left: int = 24,
    top: int = 24,
    height: int = 60,
    *,
    pen: int = 6,
    ink: Shade = 0,
    gap: float = 0.35,
    edge: int = cv2.LINE_AA,
) -> Pixels:
    """Write characters of `STROKES` on a page, `gap` heights apart, and return it."""
    unit = height / 9
    x = float(left)
    for character in text:
        strokes = [_points(stroke) * unit for stroke in STROKES[character].split("|")]
        start = min(stroke[:, 0].min() for stroke in strokes)
        for stroke in strokes:
            placed = _smooth(stroke) + np.array([x - start, top])
            fixed = np.rint(placed * 16).astype(np.int32)
            cv2.polylines(paper, [fixed], False, ink, pen, edge, shift=4)
        x += max(stroke[:, 0].max() for stroke in strokes) - start + gap * height
    return paper


def _points(stroke: str) -> NDArray[np.float64]:
    return np.array([[int(point[0]) * 0.85, int(point[1])] for point in stroke.split()], np.float64)


def _smooth(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cut corners three times (Chaikin)."""
    for _ in range(3):
        near, far = 0.75 * points[:-1] + 0.25 * points[1:], 0.25 * points[:-1] + 0.75 * points[1:]
        cut = np.stack([near, far], axis=1).reshape(-1, 2)
        points = np.concatenate([points[:1], cut, points[-1:]])
    return points


def encode(image: Pixels, extension: str) -> bytes:
    """Encode an image and return the bytes of the file."""
    options = {".png": [cv2.IMWRITE_PNG_COMPRESSION, 9], ".jpg": [cv2.IMWRITE_JPEG_QUALITY, 84]}
    return cv2.imencode(extension, image, options.get(extension, []))[1].tobytes()


def turned_behind_the_pixels(png: bytes, orientation: int) -> bytes:
    """Insert an EXIF orientation between the pixels and the end of a PNG."""
    entry = struct.pack("<HHIHxx", 274, 3, 1, orientation)
    content = b"eXIf" + b"II*\0" + struct.pack("<IH", 8, 1) + entry + bytes(4)
    chunk = struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))
    return png[:-12] + chunk + png[-12:]
