"""MNIST digits in many inks, file formats, positions and sizes.

Each function takes a digit (28 x 28, white ink on black), a severity and a random generator, and
returns the bytes of an image file. `benchmarks/robustness.py` has a table of these functions.
"""

import struct

import numpy as np

from benchmarks.images.canvas import (
    SIDE,
    Picture,
    Random,
    either,
    jpeg,
    paint,
    pen,
    place,
    png,
    raw_png,
    sheet,
    strokes,
    to_bytes,
)


def gray_levels(digit: Picture, levels: tuple[int, int], rng: Random) -> bytes:
    """Draw a digit with the given gray levels of ink and paper."""
    return png(paint(sheet(digit, rng), *levels))


def gray_on_gray(digit: Picture, contrast: int, rng: Random) -> bytes:
    """Draw a digit in two random gray levels with the given difference."""
    dark = int(rng.integers(0, 256 - contrast))
    levels = (dark, dark + contrast) if rng.random() < 0.5 else (dark + contrast, dark)
    return png(paint(sheet(digit, rng), *levels))


def coloured(digit: Picture, distance: float, rng: Random) -> bytes:
    """Draw a digit in two random colours with at least this Euclidean distance in BGR."""
    while True:
        ink, paper = rng.uniform(0, 255, (2, 3))
        if np.linalg.norm(ink - paper) >= distance:
            return png(paper + (ink - paper) * sheet(digit, rng)[:, :, None])


def transparent_paper(digit: Picture, opacity: float, rng: Random) -> bytes:
    """Draw a digit in a random colour, with this opacity, on transparent paper."""
    cover = sheet(digit, rng)
    image = np.empty((*cover.shape, 4))
    image[:, :, :3] = rng.uniform(0, 255, 3)
    hidden = rng.choice([0, 255])  # the colour of invisible pixels
    image[cover == 0, :3] = hidden
    image[:, :, 3] = 255 * opacity * cover
    return png(image)


def transparent_ink(digit: Picture, opacity: float, rng: Random) -> bytes:
    """Draw coloured paper whose opacity falls to the given value in the digit."""
    cover = sheet(digit, rng)
    image = np.empty((*cover.shape, 4))
    image[:, :, :3] = rng.uniform(0, 255, 3)
    image[cover == 1, :3] = rng.choice([0, 255])
    image[:, :, 3] = 255 * (1 - (1 - opacity) * cover)
    return png(image)


def one_bit(digit: Picture, side: int, rng: Random) -> bytes:
    """Draw a digit in black and white, with one bit per pixel."""
    ink = sheet(digit, rng, 0.7, side) >= 0.5
    return raw_png(np.packbits(ink ^ (rng.random() < 0.5), axis=1), side, 1, 0)


def palette(digit: Picture, colours: int, rng: Random) -> bytes:
    """Draw a digit with a palette of this many colours between paper and ink."""
    index = to_bytes(sheet(digit, rng) * (colours - 1))
    ink, paper = (255 - rng.uniform(0, 90, 3), rng.uniform(0, 90, 3))
    if rng.random() < 0.5:
        ink, paper = paper, ink
    shades = np.linspace(paper, ink, colours)
    order = rng.permutation(colours)  # a palette need not be sorted by brightness
    return raw_png(
        order[index].astype(np.uint8), SIDE, 8, 3, to_bytes(shades[order.argsort()]).tobytes()
    )


def gray_and_alpha(digit: Picture, kind: str, rng: Random) -> bytes:
    """Draw a digit as a PNG of gray and alpha, in one or the other channel."""
    cover = sheet(digit, rng)
    ink, paper = either(rng)
    gray, alpha = paint(cover, ink, paper), np.full_like(cover, 255)
    if kind == "transparent paper":
        gray, alpha = np.full_like(cover, ink), 255 * cover
    elif kind == "transparent ink":
        gray, alpha = np.full_like(cover, paper), 255 * (1 - cover)
    pairs = to_bytes(np.dstack([gray, alpha])).reshape(SIDE, -1)
    return raw_png(pairs, SIDE, 8, 4)


def sixteen_bit(digit: Picture, bits: int, rng: Random) -> bytes:
    """Draw a digit with this many bits of depth, as of a camera, stored in 16 bits."""
    image = paint(sheet(digit, rng), *either(rng)) * ((2**bits - 1) / 255)
    return png(np.rint(image).astype(np.uint16))


def exif_turned(digit: Picture, turned: tuple[int, tuple[int, ...]], rng: Random) -> bytes:
    """Draw a JPEG with a side in pixels and one of several EXIF orientations."""
    side, orientations = turned
    image = paint(sheet(digit, rng, side=side))
    orientation = int(rng.choice(orientations))
    stored = {
        1: image,
        2: image[:, ::-1],
        3: image[::-1, ::-1],
        4: image[::-1],
        5: image.T,
        6: np.rot90(image, 1),
        7: image[::-1, ::-1].T,
        8: np.rot90(image, -1),
    }[orientation]
    data = jpeg(np.ascontiguousarray(stored))
    block = b"Exif\0\0II*\0" + struct.pack("<IHHHIHxxI", 8, 1, 274, 3, 1, orientation, 0)
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + data[2:]


# Position and size


def sized(digit: Picture, side: int, rng: Random) -> bytes:
    """Draw a square image with this side in pixels: PNG below 1000, JPEG above."""
    image = paint(sheet(digit, rng, 0.85 if side < 28 else 0.6, side), *either(rng))
    return png(image) if side < 1000 else jpeg(image)


def off_centre(digit: Picture, part_and_margin: tuple[float, float], rng: Random) -> bytes:
    """Draw a digit in a corner; its height and margin are relative to the side."""
    part, margin = part_and_margin
    ink = strokes(digit, part * SIDE)
    top, left = (
        round(margin * SIDE if rng.random() < 0.5 else (1 - margin) * SIDE - length)
        for length in ink.shape
    )
    return png(paint(place(ink, (SIDE, SIDE), top, left), *either(rng)))


def at_border(digit: Picture, part_and_cut: tuple[float, float], rng: Random) -> bytes:
    """Draw a digit cut off at one border; height is relative to the side, cut to the digit."""
    part, cut = part_and_cut
    ink = strokes(digit, part * SIDE)
    axis, far = rng.integers(2, size=2)
    beyond = round(cut * ink.shape[axis])
    at = [round((SIDE - length) * rng.uniform(0.2, 0.8)) for length in ink.shape]
    at[axis] = SIDE - ink.shape[axis] + beyond if far else -beyond
    return png(paint(place(ink, (SIDE, SIDE), *at), *either(rng)))


def cropped(digit: Picture, margin: float, rng: Random) -> bytes:
    """Crop the image to the digit's bounding box plus a margin relative to its longer side."""
    ink = strokes(digit, 0.8 * SIDE)
    edge = round(margin * max(ink.shape))
    shape = (ink.shape[0] + 2 * edge, ink.shape[1] + 2 * edge)
    return png(paint(place(ink, shape, edge, edge), *either(rng)))


def small_part(digit: Picture, part_and_side: tuple[float, int], rng: Random) -> bytes:
    """Draw a digit at a random position; `part` is its height relative to the side."""
    part, side = part_and_side
    ink = strokes(digit, part * side)
    at = [round((side - length) * rng.uniform(0.05, 0.95)) for length in ink.shape]
    return png(paint(place(ink, (side, side), *at), *either(rng)))


def hair(digit: Picture, side_and_width: tuple[int, int], rng: Random) -> bytes:
    """Draw a digit with a thin pen; side and pen width are in pixels."""
    side, width = side_and_width
    return png(paint(pen(digit, (side, side), 0.6 * side, width, 1), *either(rng)))


def thick(digit: Picture, part: float, rng: Random) -> bytes:
    """Draw a digit with a thick pen, its width relative to the side, and with wide shapes."""
    cover = pen(digit, (SIDE, SIDE), 0.95 * SIDE, round(part * SIDE), 1.25)
    return png(paint(cover, *either(rng)))
