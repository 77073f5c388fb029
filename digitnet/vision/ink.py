"""Ink maps: the amount of ink at each pixel of a grayscale image, for any paper, light and pen.

Four steps: smooth the noise; determine the polarity and the stroke width; estimate the brightness
of the paper around each pixel; find the contrast that separates ink from noise.
"""

import functools
import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.vision.even_border import even_border

COARSE_SIDE = 160
"""Maximum side in pixels of the coarse image for measuring strokes. Hairlines stay visible."""

MAX_STROKE_WIDTH = 0.4
"""Maximum stroke width, relative to the longer side. A desk, a shadow or another sheet is wider."""

CLOSING_SIDE = 24
"""Paper brightness varies slowly, so it is estimated on an image reduced until the closing's kernel
is about this many pixels wide."""

BORDER_VOTE = 1.2
EVEN_BORDER_VOTE = 1.6
"""Weights of the border as evidence: a light border suggests dark ink, a dark one light ink. An
even border counts more, as it is usually paper."""

MIN_CONTRAST = 8.0
MIN_SIGMAS = 4.0
"""Minimum contrast of ink in gray levels, and in standard deviations of the noise."""

HIGH_NOISE = 0.07
"""Noise above this fraction of the contrast is smoothed down to it first."""

MAX_SMOOTHING_PX = 3.0
"""Maximum standard deviation of the Gaussian that smooths noise."""

TYPICAL_STROKE_PX = 15
"""Usual maximum stroke width on the coarse image, in pixels."""

_NOISE_DIVISOR = 2 * math.pi**0.5
"""How a Gaussian with a standard deviation of one pixel divides that of independent noise."""

LEVELS = np.arange(256)
"""All gray levels."""


@dataclass(frozen=True)
class Strokes:
    """The strokes of an image.

    Attributes:
        dark: whether the ink is darker than the paper.
        width: upper estimate of the stroke width in pixels.
    """

    dark: bool
    width: int


def ink_map(gray: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Separate ink from paper.

    Args:
        gray: (H, W) image, 0 dark .. 255 light, any polarity.

    Returns:
        (H, W) ink map, 0 paper .. 255 full ink; about 128 at stroke edges. All 0 if blank.
    """
    if min(gray.shape) == 0:
        return np.zeros(gray.shape, np.uint8)
    even = even_border(gray)
    if even is not None:
        return stretch(even, 0.0)
    smooth, noise = smooth_noise(gray)
    strokes = measure_strokes(smooth)
    dark = smooth if strokes.dark else cv2.bitwise_not(smooth).view(np.uint8)
    return stretch(depth_of_ink(dark, strokes.width), noise)


def smooth_noise(gray: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], float]:
    """Smooth an image as far as its noise and contrast require.

    Args:
        gray: (H, W) image.

    Returns:
        The image, and the standard deviation of the noise in it, in gray levels.
    """
    noise = noise_level(gray)
    lightly = cv2.GaussianBlur(gray, (0, 0), 1.0)
    darkest, lightest, _, _ = cv2.minMaxLoc(lightly)
    contrast = max(lightest - darkest - 2 * MIN_SIGMAS * noise / _NOISE_DIVISOR, 1.0)
    divisor = min(noise / (HIGH_NOISE * contrast), MAX_SMOOTHING_PX * _NOISE_DIVISOR)
    if divisor <= 1:
        return gray, noise
    smooth = cv2.GaussianBlur(gray, (0, 0), divisor / _NOISE_DIVISOR)
    return smooth.view(np.uint8), noise / divisor


def measure_strokes(gray: NDArray[np.uint8]) -> Strokes:
    """Measure the polarity and width of strokes by granulometry (Matheron 1975; Serra 1982).

    A closing fills dark strokes narrower than its square kernel, an opening removes light ones.
    With the right polarity, whole strokes respond, even to a small kernel. With the wrong polarity,
    only loops and gaps between strokes do. So the ink has the polarity whose responses have longer
    outlines at smaller kernels, unless they cover most of the image.

    Args:
        gray: (H, W) image, 0 dark .. 255 light.

    Returns:
        The polarity, and the side of the smallest kernel to which most strokes respond.
    """
    factor = -(-max(gray.shape) // COARSE_SIDE)
    darkest, lightest = pool(gray, factor, darkest=True), pool(gray, factor, darkest=False)
    widest = MAX_STROKE_WIDTH * max(darkest.shape)
    sides = [3]
    while sides[-1] < widest:
        sides.append(round(sides[-1] * 1.6) // 2 * 2 + 1)
    # In a shadow, ink and paper differ less, but by the same fraction of the paper's brightness.
    least = _min_brightness(float(lightest.max()))
    holes, peaks = [], []
    for side in sides:
        hole = _top_hat(darkest, cv2.MORPH_BLACKHAT, side)
        holes.append(_relative(hole, cv2.add(darkest, hole), least))
        peaks.append(_relative(_top_hat(lightest, cv2.MORPH_TOPHAT, side), lightest, least))
    # Texture and noise respond too, but weakly: only responses near the strongest count.
    level = 0.5 * max(float(holes[-1].max()), float(peaks[-1].max()))
    dark_strokes, light_strokes = _response(holes, sides, level), _response(peaks, sides, level)
    dark = dark_strokes.evidence * _paper_at_border(gray) >= light_strokes.evidence
    return Strokes(dark, (dark_strokes if dark else light_strokes).width * factor)


def depth_of_ink(dark: NDArray[np.uint8], width: int) -> NDArray[np.uint8]:
    """Measure how much darker than the paper around it each pixel is.

    A closing wider than the strokes removes them and leaves the paper with its lighting. The
    difference is divided by the paper's brightness, because both are smaller in a shadow.

    Args:
        dark: (H, W), ink darker than paper.
        width: maximum stroke width in pixels.

    Returns:
        (H, W), 0 paper .. 255 black ink.
    """
    side = 3 * width
    factor = max(1, side // CLOSING_SIDE)
    light = pool(dark, factor, darkest=False)
    side = side // factor | 1
    # A strip of desk along the border continues outside the image, so it is wider than any stroke.
    padded = cv2.copyMakeBorder(light, side, side, side, side, cv2.BORDER_REPLICATE)
    grown = cv2.dilate(padded, np.ones((side, side), np.uint8))
    # Pooling widened the light blocks at the edge of a shadow; a larger erosion undoes this.
    back = side if factor == 1 else side + 4
    closed = cv2.erode(grown, np.ones((back, back), np.uint8))[side:-side, side:-side]
    paper = closed if factor == 1 else _enlarge(closed, factor, dark.shape)
    return _relative(
        cv2.subtract(paper, dark), paper, _min_brightness(float(np.percentile(paper[::4, ::4], 90)))
    )


def _min_brightness(light: float) -> int:
    """Return the lowest brightness assumed for paper, given that of well-lit paper.

    A lower divisor would amplify small differences in deep shadow or on a dark desk.
    """
    return round(max(32.0, 0.5 * light))


def _relative(
    difference: cv2.typing.MatLike, bright: cv2.typing.MatLike, least: int
) -> NDArray[np.uint8]:
    """Divide differences by the brighter side, scaled to 0..255."""
    return cv2.divide(difference, cv2.max(bright, np.full_like(bright, least)), scale=255).view(
        np.uint8
    )


def _enlarge(blocks: cv2.typing.MatLike, factor: int, shape: tuple[int, ...]) -> cv2.typing.MatLike:
    """Enlarge a pooled image to its original shape, by bilinear interpolation."""
    height, width = (side * factor for side in blocks.shape)
    return cv2.resize(blocks, (width, height))[: shape[0], : shape[1]]


def noise_level(gray: NDArray[np.uint8]) -> float:
    """Estimate the standard deviation of the noise, after Immerkaer (1996) but robustly.

    Immerkaer's mask ignores linear slopes. The weakest fifth of its responses is always on paper.

    Args:
        gray: (H, W) image.

    Returns:
        The standard deviation in gray levels; 0 if a side is shorter than three pixels.
    """
    height, width = (min(side, 512) for side in gray.shape)
    if min(height, width) < 3:
        return 0.0
    top, left = (gray.shape[0] - height) // 2, (gray.shape[1] - width) // 2
    part = gray[top : top + height, left : left + width].astype(np.int16)
    part = 2 * part[1:-1] - part[:-2] - part[2:]
    part = 2 * part[:, 1:-1] - part[:, :-2] - part[:, 2:]
    fifth = float(np.percentile(np.abs(part), 20))
    # A fifth of a normal distribution lies within 0.2533 standard deviations; the mask's gain is 6.
    return fifth / (0.2533 * 6)


def stretch(depth: NDArray[np.uint8], noise: float) -> NDArray[np.uint8]:
    """Stretch the contrast of ink to 0..255, with stroke edges near 128.

    Args:
        depth: (H, W), how much darker than the paper each pixel is, 0 to 255.
        noise: standard deviation of the noise.

    Returns:
        (H, W) ink map; all 0 if nothing exceeds the noise.
    """
    # The closing follows the lightest noise, so noisy paper is darker than it everywhere.
    paper = _quantile(depth, 0.4) if noise > 0 else 0.0
    floor = round(paper + max(MIN_CONTRAST, MIN_SIGMAS * noise))
    inked = depth[depth >= floor]
    if inked.size == 0:
        return np.zeros_like(depth)
    # Otsu's threshold (1979) separates faint from full ink.
    threshold = cv2.threshold(inked, 0, 255, cv2.THRESH_OTSU)[0]
    strong = inked[inked > threshold]
    full = threshold
    if strong.size:
        place = int(0.95 * (strong.size - 1))
        strong.partition(place)
        full = float(strong[place])
    levels = _levels(paper, full, floor if noise > 0 else 0)
    return cv2.LUT(depth, levels).view(np.uint8)


@functools.lru_cache(maxsize=256)  # many digits share a table
def _levels(paper: float, full: float, floor: int) -> NDArray[np.uint8]:
    """Make a lookup table for depths from 0 to 255: paper 0, half ink 128, full ink 255.

    Depths below `floor` become 0.
    """
    levels = np.interp(LEVELS, (paper, (paper + full) / 2, full), (0.0, 128.0, 255.0))
    levels[:floor] = 0.0
    return levels.astype(np.uint8)


def _quantile(depth: NDArray[np.uint8], share: float) -> float:
    """Return a quantile of an image, by its histogram: many times faster than sorting."""
    histogram = cv2.calcHist([depth], [0], None, [256], [0, 256])
    return float(np.searchsorted(np.cumsum(histogram), share * depth.size))


def pool(gray: NDArray[np.uint8], factor: int, *, darkest: bool) -> NDArray[np.uint8]:
    """Reduce an image to the darkest, or the lightest, pixel of each block.

    Unlike averaging, this keeps the full contrast of a stroke one pixel wide.

    Args:
        gray: (H, W) image.
        factor: side of a block in pixels.
        darkest: whether to keep the darkest pixel of a block; else the lightest.

    Returns:
        (ceil(H / factor), ceil(W / factor)).
    """
    if factor == 1:
        return gray
    extreme, operation, border = (
        (np.minimum, cv2.erode, 255) if darkest else (np.maximum, cv2.dilate, 0)
    )
    # NumPy reduces the rows of each block. OpenCV would filter at every pixel, many times slower.
    whole = len(gray) // factor * factor
    rows = extreme.reduce(gray[:whole].reshape(-1, factor, gray.shape[1]), axis=1)
    if whole < len(gray):
        rows = np.vstack((rows, extreme.reduce(gray[whole:], axis=0, keepdims=True)))
    # Anchored at its first pixel, the kernel covers one block at every `factor`-th column.
    kernel = np.ones((1, factor), np.uint8)
    pooled = operation(
        rows, kernel, anchor=(0, 0), borderType=cv2.BORDER_CONSTANT, borderValue=border
    )
    return np.ascontiguousarray(pooled[:, ::factor]).view(np.uint8)


def _top_hat(gray: NDArray[np.uint8], operation: int, side: int) -> NDArray[np.uint8]:
    # Anything that touches the border is assumed to continue outside the image.
    padded = cv2.copyMakeBorder(gray, side, side, side, side, cv2.BORDER_REPLICATE)
    answer = cv2.morphologyEx(padded, operation, np.ones((side, side), np.uint8))
    return answer[side:-side, side:-side].view(np.uint8)


@dataclass(frozen=True)
class _Response:
    """Response of one polarity: the evidence that it is ink, and the stroke width in pixels."""

    evidence: float
    width: int


def _response(hats: list[NDArray[np.uint8]], sides: list[int], level: float) -> _Response:
    """Combine the top-hats of one polarity, by kernels of growing side.

    Long outlines and narrow strokes are evidence of ink: a digit on a sheet has a shorter outline
    than the sheet on a desk, but responds to a much smaller kernel. Whatever covers most of the
    image is paper, even if it looks like narrow, long strokes, as between printed dots.
    """
    outlines, areas = [], []
    for hat in hats:
        mask = cv2.threshold(hat, level, 1, cv2.THRESH_BINARY)[1]
        down = cv2.norm(mask[1:], mask[:-1], cv2.NORM_L1)
        across = cv2.norm(mask[:, 1:], mask[:, :-1], cv2.NORM_L1)
        outlines.append(down + across)
        areas.append(cv2.countNonZero(mask))
    # A sharp shadow responds too, but only to kernels much wider than the strokes.
    best = max(range(len(sides)), key=lambda place: outlines[place] / sides[place] ** 0.5)
    like = [place for place in range(len(sides)) if sides[place] <= 3 * sides[best]]
    longest = max(outlines[place] for place in like)
    side = next(sides[place] for place in like if outlines[place] >= 0.9 * longest)
    # Fine lines may outweigh wider strokes.
    wide = max(3 * sides[best], TYPICAL_STROKE_PX)
    like = [place for place in range(len(sides)) if sides[place] <= wide]
    largest = max(areas[place] for place in like)
    whole = next(place for place in like if areas[place] >= 0.95 * largest)
    uncovered = 1 - areas[whole] / hats[whole].size
    return _Response(min(1.0, 2 * uncovered) * longest / side**1.5, sides[whole])


def _paper_at_border(gray: NDArray[np.uint8]) -> float:
    """Weigh the border as evidence of dark ink on light paper: a factor, above 1 if it is.

    The evidence is weak: a desk may surround the sheet, and a digit may fill the frame.
    """
    border = np.concatenate((gray[0], gray[-1], gray[:, 0], gray[:, -1]))
    low, high, _, _ = cv2.minMaxLoc(gray)
    darkest, middle, lightest = (float(level) for level in np.percentile(border, (5, 50, 95)))
    light = (middle - low) / max(high - low, 1.0)
    says = float(BORDER_VOTE ** (4 * light - 2))
    if lightest - darkest < 0.1 * (high - low):
        says *= EVEN_BORDER_VOTE if light > 0.5 else 1 / EVEN_BORDER_VOTE
    return says
