"""Draw MNIST digits on a canvas of any size and encode it as an image file."""

import struct
import zlib

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Cover = NDArray[np.float32]
"""(H, W) ink coverage of each pixel, 0 to 1."""

Random = np.random.Generator

SIDE = 240
"""Default side of an image in pixels."""

INK, PAPER = 45, 230
"""Default gray levels."""


def strokes(digit: Picture, height: float) -> Cover:
    """Crop a digit and resize it smoothly until its longer side is `height` pixels."""
    left, top, width, tall = cv2.boundingRect((digit >= 64).astype(np.uint8))
    part = digit[max(0, top - 2) : top + tall + 2, max(0, left - 2) : left + width + 2]
    scale = height / max(width, tall)
    if scale < 1:
        size = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
        small = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
        return np.asarray(small / np.float32(255), np.float32)
    large = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    # MNIST's edges are two pixels wide; keep them as sharp when they are enlarged.
    cover = (large.astype(np.float32) / 255 - 0.5) * max(1.0, scale / 2) + 0.5
    cover = np.clip(cover, 0, 1)
    left, top, width, tall = cv2.boundingRect((cover > 0.02).astype(np.uint8))
    return np.asarray(cover[top : top + tall, left : left + width], np.float32)


def place(ink: Cover, shape: tuple[int, int], top: int, left: int) -> Cover:
    """Put ink on an empty canvas, clipped at its edges."""
    canvas = np.zeros(shape, np.float32)
    first_row, first_column = max(0, -top), max(0, -left)
    seen = ink[first_row : max(0, shape[0] - top), first_column : max(0, shape[1] - left)]
    top, left = max(0, top), max(0, left)
    canvas[top : top + seen.shape[0], left : left + seen.shape[1]] = seen
    return canvas


def sheet(digit: Picture, rng: Random, part: float = 0.55, side: int = SIDE) -> Cover:
    """Draw a digit near the centre of a square canvas, with a height of `part` of the side."""
    ink = strokes(digit, part * side)
    top, left = (round((side - length) * rng.uniform(0.35, 0.65)) for length in ink.shape)
    return place(ink, (side, side), top, left)


def skeleton(digit: Picture) -> Picture:
    """Return the digit's skeleton at four times its size (Zhang and Suen 1984), 0 or 1."""
    large = cv2.resize(digit, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
    # Sharpen it, so that narrow loops stay open.
    sharp = cv2.addWeighted(large, 2, cv2.GaussianBlur(large, (0, 0), 4), -1, 0)
    image = np.pad((cv2.GaussianBlur(sharp, (0, 0), 1.2) > 100).astype(np.uint8), 1)
    changed = True
    while changed:
        changed = False
        for odd in (False, True):
            around = [
                np.roll(image, (-down, -right), (0, 1))
                for down, right in (
                    *((-1, 0), (-1, 1), (0, 1), (1, 1)),
                    *((1, 0), (1, -1), (0, -1), (-1, -1)),
                )
            ]
            up, right, down, left = around[0::2]
            count = np.sum(around, axis=0)
            turns = sum(
                (one == 0) & (other == 1)
                for one, other in zip(around, around[1:] + around[:1], strict=True)
            )
            corner = (up & left & (right | down)) if odd else (right & down & (up | left))
            gone = (image == 1) & (count >= 2) & (count <= 6) & (turns == 1) & (corner == 0)
            image[gone] = 0
            changed = changed or bool(gone.any())
    return image


def pen(digit: Picture, shape: tuple[int, int], height: float, width: int, wide: float) -> Cover:
    """Redraw a digit in the centre with a pen of `width` pixels, widened by the factor `wide`."""
    rows, columns = np.nonzero(skeleton(digit))
    points = np.column_stack([columns, rows]).astype(np.float64)
    near = np.abs(points[:, None] - points[None]).max(axis=2) <= 1
    weights = near / near.sum(axis=1, keepdims=True)
    for _ in range(4):  # smooth the pixel steps
        points = weights @ points
    points -= points.min(axis=0)
    scale = (height - width) / max(points.max(), 1.0)
    points *= (scale * wide, scale)
    points += (np.array(shape[::-1]) - 1 - points.max(axis=0)) / 2
    canvas = np.zeros(shape, np.uint8)
    ends = np.rint(points * 16).astype(np.int32)
    for one, other in np.argwhere(np.triu(near, 1)):
        cv2.line(canvas, ends[one], ends[other], 255, width, cv2.LINE_AA, shift=4)
    return np.asarray(canvas / np.float32(255), np.float32)


def paint(cover: Cover, ink: float = INK, paper: float = PAPER) -> NDArray[np.float32]:
    """Convert coverage to gray levels as floats, so that light and noise can still be added."""
    return np.asarray(paper + (ink - paper) * cover, np.float32)


def either(rng: Random) -> tuple[float, float]:
    """Return the default gray levels of ink and paper, in one of four cases swapped."""
    return (PAPER, INK) if rng.random() < 0.25 else (INK, PAPER)


def to_bytes(image: NDArray[np.generic]) -> Picture:
    """Round and clip numbers to 0-255."""
    return np.clip(np.rint(image.astype(np.float32)), 0, 255).astype(np.uint8)


def png(image: NDArray[np.generic]) -> bytes:
    """Encode gray, BGR or BGRA as PNG, with fast compression."""
    pixels = image.view(np.uint16) if image.dtype == np.uint16 else to_bytes(image)
    return cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()


def jpeg(image: NDArray[np.generic], quality: int = 90) -> bytes:
    """Encode gray or BGR as JPEG."""
    return cv2.imencode(".jpg", to_bytes(image), [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def raw_png(rows: Picture, width: int, depth: int, colour: int, palette: bytes = b"") -> bytes:
    """Encode packed rows as a PNG of any bit depth and colour type, which OpenCV cannot write."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        check = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", width, len(rows), depth, colour, 0, 0, 0)
    body = np.pad(rows, ((0, 0), (1, 0))).tobytes()  # filter 0 before each row
    parts = [chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(body, 1)), chunk(b"IEND", b"")]
    if palette:
        parts.insert(1, chunk(b"PLTE", palette))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)
