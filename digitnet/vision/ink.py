"""A gray image -> an ink map: how much ink lies at each pixel, whatever paper, light and pen.

Three questions are answered in turn: is the ink darker or lighter than the paper; how bright is
the paper around each pixel; and from which contrast on is something ink rather than noise.
"""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

# Ink thinner than this part of the shorter side is told from paper; what is wider is a table, a
# shadow or another sheet. Strokes of a fifth of the frame are the widest to be read.
WIDEST_STROKE = 0.28

# Polarity and paper brightness vary slowly: they are measured on an image of so many pixels a side.
COARSE_SIDE = 128

# Ink must differ from paper by so many gray levels, and by so many standard deviations of noise.
LEAST_CONTRAST = 8.0
LEAST_SIGMAS = 5.0


def ink_map(gray: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Separate ink from paper.

    Args:
        gray: (H, W) image, 0 dark .. 255 light, any polarity.

    Returns:
        (H, W), 0 paper .. 255 full ink; about 128 at the edge of a stroke. All 0 if blank.
    """
    if min(gray.shape) == 0:
        return np.zeros(gray.shape, np.uint8)
    dark = gray if ink_is_dark(gray) else 255 - gray
    depth = cv2.subtract(paper(dark), dark).view(np.uint8)
    return stretch(depth, noise_level(gray))


def ink_is_dark(gray: NDArray[np.uint8]) -> bool:
    """Tell the polarity: True for dark ink on lighter paper.

    Strokes are thin, so a morphological closing fills dark ones and an opening removes light ones
    (top-hat transforms; Serra 1982). Of the wrong polarity only loops and gaps between strokes
    answer, of the right one the strokes with all their outlines: the longer outline is the ink's.
    """
    dark_kept, light_kept = _shrink(gray, cv2.erode), _shrink(gray, cv2.dilate)
    side = _odd(WIDEST_STROKE * min(dark_kept.shape))
    outlines = 0.0
    for scale in sorted({3, _odd(side / 3), side}):
        kernel = np.ones((scale, scale), np.uint8)
        holes = cv2.morphologyEx(dark_kept, cv2.MORPH_BLACKHAT, kernel)
        peaks = cv2.morphologyEx(light_kept, cv2.MORPH_TOPHAT, kernel)
        outlines += _outline(holes) - _outline(peaks)
    return outlines >= 0


def paper(dark: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Estimate the paper's brightness at every pixel of an image with dark ink.

    A closing wider than any stroke leaves what is not a stroke: light, shadow, the table.

    Args:
        dark: (H, W), ink darker than paper.

    Returns:
        (H, W), at least as light as `dark` but for rounding.
    """
    height, width = dark.shape
    small = _shrink(dark, cv2.dilate)
    side = _odd(WIDEST_STROKE * min(small.shape))
    closed = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    smooth = cv2.blur(closed, (3, 3), borderType=cv2.BORDER_REPLICATE)
    return cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR).view(np.uint8)


def noise_level(gray: NDArray[np.uint8]) -> float:
    """Estimate the standard deviation of the noise (after Immerkaer 1996), robustly.

    The mask has no answer to constant areas and straight slopes; the median ignores strokes.
    """
    step = max(1, max(gray.shape) // 512)
    height, width = (min(side, 512) for side in gray.shape)
    top, left = (gray.shape[0] - height) // 2, (gray.shape[1] - width) // 2
    window = gray[top : top + height, left : left + width] if step > 1 else gray
    mask = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    answer = np.abs(cv2.filter2D(window, cv2.CV_16S, mask))
    return float(np.median(answer)) / (0.6745 * 6)


def stretch(depth: NDArray[np.uint8], noise: float) -> NDArray[np.uint8]:
    """Bring the contrast of ink to 0..255, with stroke edges at 128.

    Args:
        depth: (H, W), how much darker than the paper, in gray levels.
        noise: Standard deviation of the noise, in gray levels.

    Returns:
        (H, W) ink map; all 0 if nothing stands out of the noise.
    """
    floor = max(LEAST_CONTRAST, LEAST_SIGMAS * noise)
    inked = depth[depth >= floor]
    if inked.size == 0:
        return np.zeros_like(depth)
    histogram = np.bincount(inked, minlength=256).astype(np.float64)
    threshold = max(_otsu(histogram), floor)
    full = float(inked[inked > threshold].mean()) if (inked > threshold).any() else threshold * 2
    # Twice the threshold would put an edge at 128; never less than what full ink is.
    scale = 128 / max(threshold, full / 2)
    table = np.clip(np.arange(256) * scale, 0, 255)
    return cv2.LUT(depth, table.astype(np.uint8)).view(np.uint8)


def _otsu(histogram: NDArray[np.float64]) -> float:
    """Otsu 1979: the level that splits a histogram into the two most distinct classes."""
    levels = np.arange(histogram.size)
    below = np.cumsum(histogram)
    above = below[-1] - below
    moment = np.cumsum(histogram * levels)
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = moment / below - (moment[-1] - moment) / above
    variance = np.where((below > 0) & (above > 0), below * above * distance**2, 0)
    return float(levels[variance.argmax()]) if variance.any() else 0.0


def _shrink(gray: NDArray[np.uint8], pool: Callable[..., cv2.typing.MatLike]) -> NDArray[np.uint8]:
    """Reduce to about COARSE_SIDE; of each block the darkest (erode) or lightest (dilate) stays."""
    factor = -(-max(gray.shape) // COARSE_SIDE)
    if factor == 1:
        return gray
    pooled = pool(gray, np.ones((factor, factor), np.uint8))
    offset = min(factor // 2, min(gray.shape) - 1)
    return np.ascontiguousarray(pooled[offset::factor, offset::factor])


def _outline(response: cv2.typing.MatLike) -> float:
    """The total variation of a response: length of its outlines times their height."""
    values = response.astype(np.int16)
    return float(np.abs(np.diff(values, axis=0)).sum() + np.abs(np.diff(values, axis=1)).sum())


def _odd(size: float) -> int:
    return max(3, int(size) // 2 * 2 + 1)
