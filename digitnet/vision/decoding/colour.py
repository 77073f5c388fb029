"""Converts a decoded image of any depth and channels to grayscale, keeping the ink visible.

Luminance is not always enough. Yellow on white has hardly any contrast in it, and red on green of
equal luminance has none. A transparent drawing has no paper until a background is added.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

LUMA = np.array([0.114, 0.587, 0.299])
"""ITU-R BT.601 luma weights of a BGR pixel, as in cv2.cvtColor."""

SAMPLE_SIDE = 512
"""Colours are sampled on a grid of about this many pixels per side: enough to tell ink from
paper."""

COLOUR_GAIN = 1.6
"""Minimum gain in contrast over luminance for using another projection, which is noisier."""

COMPOSITED_ROWS = 256
"""Rows composited at once: floats of all rows would take sixteen times the memory of the image."""


def to_gray(image: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Convert a decoded image to 8-bit grayscale.

    Args:
        image: (H, W) or (H, W, 1-4) in OpenCV's channel order (BGR, BGRA), any integer or float
            depth. An alpha channel is composited on a background that contrasts with the visible
            part.

    Returns:
        (H, W) gray, 0 dark .. 255 light.
    """
    pixels = to_8_bit(image)
    if pixels.ndim == 2:
        return pixels
    channels = pixels.shape[2]
    if channels == 1:
        return np.ascontiguousarray(pixels[:, :, 0])
    if channels == 2:
        return _composite(np.ascontiguousarray(pixels[:, :, 0]), pixels[:, :, 1])
    if channels == 3:
        return _project(pixels)
    return _composite(_project(pixels[:, :, :3]), pixels[:, :, 3])


def to_8_bit(image: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Scale any depth to 0..255.

    Unsigned 8 and 16 bits keep their full range (65535 becomes 255). Other types have no standard
    range: the smallest range that contains 0 and all values is stretched to 0..255.
    """
    if image.dtype == np.uint8:
        return image.view(np.uint8)
    if image.dtype == np.uint16:
        # The high byte differs from value / 257 by less than one level.
        return np.right_shift(image.view(np.uint16), 8).astype(np.uint8)
    with np.errstate(invalid="ignore"):  # files may contain NaN
        values = np.clip(image.astype(np.float64), -1e300, 1e300)  # keeps differences finite
    finite = np.isfinite(image)
    if not finite.all():
        values = np.where(finite, values, values[finite].min() if finite.any() else 0)
    low, high = float(values.min(initial=0)), float(values.max(initial=0))
    if high <= low:
        return np.zeros(image.shape, np.uint8)
    return np.asarray(np.rint((values - low) / (high - low) * 255), np.uint8)


def ink_axis(colour: NDArray[np.uint8]) -> NDArray[np.float64] | None:
    """Find the colour axis with the most contrast between ink and paper.

    Ink differs from its surroundings over short distances; light, shadow and desk, over long ones.
    So the axis is the first principal component (Pearson 1901) of the colour differences between
    nearby pixels.

    Args:
        colour: (H, W, 3) BGR, of any size.

    Returns:
        (3,) weights of B, G and R whose magnitudes sum to 1; None if luminance is good enough.
    """
    step = max(1, max(colour.shape[:2]) // SAMPLE_SIDE)
    sample = colour[::step, ::step]
    blue, green, red = sample[:, :, 0], sample[:, :, 1], sample[:, :, 2]
    if np.array_equal(blue, green) and np.array_equal(green, red):
        return None
    pixels = sample.astype(np.float32)
    reach = max(1, min(sample.shape[:2]) // 32)
    across = (pixels[:, reach:] - pixels[:, :-reach]).reshape(-1, 3)
    down = (pixels[reach:] - pixels[:-reach]).reshape(-1, 3)
    spread = (across.T @ across + down.T @ down).astype(np.float64)
    axis = np.linalg.eigh(spread)[1][:, -1]
    axis = axis / np.abs(axis).sum()  # keeps the projection within 0..255
    if axis @ spread @ axis <= COLOUR_GAIN**2 * (LUMA @ spread @ LUMA):
        return None
    return np.asarray(axis if axis @ LUMA >= 0 else -axis, np.float64)


def _project(colour: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Project (H, W, 3) BGR to (H, W): to luminance, or to the axis with the most ink contrast."""
    axis = ink_axis(colour)
    if axis is None:
        return _luminance(colour)
    offset = -255 * np.minimum(axis, 0).sum()
    gray = cv2.transform(colour, np.append(axis, offset)[None, :])
    return gray.reshape(colour.shape[:2]).view(np.uint8)


def _luminance(colour: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return cv2.cvtColor(np.ascontiguousarray(colour), cv2.COLOR_BGR2GRAY).view(np.uint8)


def _composite(gray: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Composite transparent pixels onto paper.

    If the visible part has one shade, as a drawing does, the paper is black or white, whichever
    contrasts more. If it is an image with ink and paper, its median level is the paper.
    """
    if alpha.min(initial=255) == 255:
        return gray
    most = int(alpha.max())
    if most == 0:
        return np.full_like(gray, 255)
    visible = gray[alpha >= (most + 1) // 2]  # all ink may be translucent
    dark, middle, light = (float(v) for v in np.percentile(visible, (2, 50, 98)))
    paper = middle if light - dark > 96 else (0.0 if middle > 127 else 255.0)
    composited = np.empty_like(gray)
    for top in range(0, len(gray), COMPOSITED_ROWS):
        rows = slice(top, top + COMPOSITED_ROWS)
        weight = alpha[rows].astype(np.float32) / 255
        composited[rows] = np.rint(gray[rows] * weight + paper * (1 - weight))
    return composited
