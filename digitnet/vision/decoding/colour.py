"""A decoded image of any depth and any channels -> gray, with the ink kept visible.

What people see as ink must differ from the paper in gray too: yellow on white hardly does in
luminance, red on a green of equal luminance does not at all, and a transparent drawing has no
paper until one is put under it.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

# ITU-R BT.601 luma of a BGR pixel, as cv2.cvtColor weighs it.
LUMA = np.array([0.114, 0.587, 0.299])

# Colours are sampled on a grid of about this many pixels a side: enough to separate ink and paper.
SAMPLE_SIDE = 512

# Another projection than luminance is worth its noise only where it shows the ink so much better.
COLOUR_GAIN = 1.6

# Composited at once: floats of all rows would take sixteen times the memory of the image.
COMPOSITED_ROWS = 256


def to_gray(image: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Reduce a decoded image to 8-bit gray.

    Args:
        image: (H, W) or (H, W, 1-4) in OpenCV's channel order (BGR, BGRA), any integer or float
            depth. An alpha channel is composited on a background that the visible part contrasts
            with.

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

    Unsigned 8 and 16 bits keep their full range (65535 becomes 255). Others have no agreed
    range: they are spread from their smallest value, or 0, to their largest, or 0.
    """
    if image.dtype == np.uint8:
        return image.view(np.uint8)
    if image.dtype == np.uint16:
        # the high byte differs from a 257th by less than one step
        return np.right_shift(image.view(np.uint16), 8).astype(np.uint8)
    with np.errstate(invalid="ignore"):  # a file may contain NaN
        values = np.clip(image.astype(np.float64), -1e300, 1e300)  # no difference is infinite
    finite = np.isfinite(image)
    if not finite.all():
        values = np.where(finite, values, values[finite].min() if finite.any() else 0)
    low, high = float(values.min(initial=0)), float(values.max(initial=0))
    if high <= low:
        return np.zeros(image.shape, np.uint8)
    return np.asarray(np.rint((values - low) / (high - low) * 255), np.uint8)


def ink_axis(colour: NDArray[np.uint8]) -> NDArray[np.float64] | None:
    """Find the direction of colour that shows the ink best.

    Ink is what differs from its surroundings over short distances; light, shadow and table differ
    over long ones. So the colour differences between near neighbours are collected, and their
    first principal axis (Pearson 1901) is the direction in which ink leaves paper.

    Args:
        colour: (H, W, 3) BGR, of any size.

    Returns:
        (3,) weights of B, G and R whose magnitudes add up to 1; None if luminance is as good.
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
    axis = axis / np.abs(axis).sum()  # so that the projection keeps the range of 0..255
    if axis @ spread @ axis <= COLOUR_GAIN**2 * (LUMA @ spread @ LUMA):
        return None
    return np.asarray(axis if axis @ LUMA >= 0 else -axis, np.float64)


def _project(colour: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W, 3) BGR -> (H, W): luminance, or the direction of colour that shows the ink best."""
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

    Where the visible part is a drawing (one shade) the paper takes the other end of the scale.
    Where it is a picture with ink of its own, the paper continues that picture's paper.
    """
    if alpha.min(initial=255) == 255:
        return gray
    most = int(alpha.max())
    if most == 0:
        return np.full_like(gray, 255)
    visible = gray[alpha >= (most + 1) // 2]  # ink may be half transparent everywhere
    dark, middle, light = (float(v) for v in np.percentile(visible, (2, 50, 98)))
    paper = middle if light - dark > 96 else (0.0 if middle > 127 else 255.0)
    composited = np.empty_like(gray)
    for top in range(0, len(gray), COMPOSITED_ROWS):
        rows = slice(top, top + COMPOSITED_ROWS)
        weight = alpha[rows].astype(np.float32) / 255
        composited[rows] = np.rint(gray[rows] * weight + paper * (1 - weight))
    return composited
