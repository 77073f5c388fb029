"""Ink maps: the amount of ink at each pixel of a grayscale image, for any paper, light and pen.

Three questions are answered in turn: is the ink darker or lighter than the paper, and how wide
are its strokes; how bright is the paper around each pixel; and from which contrast on is something
ink rather than noise.
"""

import functools
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

# Maximum side in pixels of the image for measuring strokes; hairlines stay visible.
COARSE_SIDE = 160

# Maximum stroke width as a part of the longer side; wider are a desk, a shadow, another sheet.
MAX_STROKE_WIDTH = 0.4

# Paper varies slowly: its brightness is estimated in squares of about this side in pixels.
CLOSING_SIDE = 24

# A light border speaks for dark ink, a dark one for light ink; an even border is mostly paper.
BORDER_VOTE = 1.2
EVEN_BORDER_VOTE = 1.6

# Minimum contrast of ink in gray levels, and in standard deviations of the noise.
MIN_CONTRAST = 8.0
MIN_SIGMAS = 4.0

# Noise of more than this part of the ink's contrast is smoothed away before anything is decided.
HIGH_NOISE = 0.04

# Usual maximum stroke width on the coarse image, in pixels.
TYPICAL_LEVELS = 15

LEVELS = np.arange(256)

# In images up to this size an even border is paper: nobody photographs a table in 64 pixels.
SMALL_SIDE = 64


@dataclass(frozen=True)
class Strokes:
    """The strokes of an image.

    Attributes:
        dark: Dark ink on lighter paper; else light ink on darker paper.
        width: An upper estimate of the strokes' width in pixels.
    """

    dark: bool
    width: int


def ink_map(gray: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Separate ink from paper.

    Args:
        gray: (H, W) image, 0 dark .. 255 light, any polarity.

    Returns:
        (H, W), 0 paper .. 255 full ink; about 128 at the edge of a stroke. All 0 if blank.
    """
    if min(gray.shape) == 0:
        return np.zeros(gray.shape, np.uint8)
    even = even_border(gray)
    if even is not None:
        return stretch(even, 0.0)
    strokes = measure_strokes(gray)
    dark = gray if strokes.dark else cv2.bitwise_not(gray).view(np.uint8)
    noise = noise_level(dark)
    depth = depth_of_ink(dark, strokes.width)
    if noise > HIGH_NOISE * _quantile(depth, 0.995) and strokes.width > 2:
        spread = min(max(strokes.width / 10, 0.8), 3.0)
        kernel = cv2.getGaussianKernel(2 * int(3 * spread) + 1, spread)
        dark = cv2.sepFilter2D(dark, -1, kernel, kernel).view(np.uint8)
        depth = depth_of_ink(dark, strokes.width)
        noise *= float((kernel**2).sum())  # the response of a filter to independent noise
    return stretch(depth, noise)


def measure_strokes(gray: NDArray[np.uint8]) -> Strokes:
    """Tell polarity and width of the strokes by granulometry (Matheron 1975; Serra 1982).

    A closing fills dark strokes that are narrower than its square, an opening removes light ones.
    Of the right polarity whole strokes answer, with all their outlines, and already to a small
    square; of the wrong one only loops and gaps between strokes. So the polarity with the longer
    outlines at the smaller squares is the ink's, unless it covers most of the image.

    Args:
        gray: (H, W) image, 0 dark .. 255 light.

    Returns:
        The polarity, and the smallest square that most strokes answer to.
    """
    factor = -(-max(gray.shape) // COARSE_SIDE)
    darkest, lightest = pool(gray, factor, darkest=True), pool(gray, factor, darkest=False)
    widest = MAX_STROKE_WIDTH * max(darkest.shape)
    sides = [3]
    while sides[-1] < widest:
        sides.append(round(sides[-1] * 1.6) // 2 * 2 + 1)
    # In a shadow, ink and paper differ less, but by the same part of the paper's light.
    least = _least_light(float(lightest.max()))
    holes, peaks = [], []
    for side in sides:
        hole = _top_hat(darkest, cv2.MORPH_BLACKHAT, side)
        holes.append(_relative(hole, cv2.add(darkest, hole), least))
        peaks.append(_relative(_top_hat(lightest, cv2.MORPH_TOPHAT, side), lightest, least))
    # Texture and noise respond too, but weakly: only responses near the strongest count.
    level = 0.5 * max(float(holes[-1].max()), float(peaks[-1].max()))
    dark_strokes, light_strokes = _answer(holes, sides, level), _answer(peaks, sides, level)
    dark = dark_strokes.evidence * _paper_at_border(gray) >= light_strokes.evidence
    return Strokes(dark, (dark_strokes if dark else light_strokes).width * factor)


def depth_of_ink(dark: NDArray[np.uint8], width: int) -> NDArray[np.uint8]:
    """Measure how much darker than the paper around it each pixel is.

    A closing wider than the strokes leaves the paper with light, shadow and desk. The ratio to it,
    not the difference, is what ink absorbs: in a shadow both are smaller.

    Args:
        dark: (H, W), ink darker than paper.
        width: No stroke is wider, in pixels.

    Returns:
        (H, W), 0 paper .. 255 black ink.
    """
    side = 3 * width
    factor = max(1, side // CLOSING_SIDE)
    light = pool(dark, factor, darkest=False)
    side = side // factor | 1
    # A strip of desk along the border continues beyond it, so it counts as wider than any stroke.
    padded = cv2.copyMakeBorder(light, side, side, side, side, cv2.BORDER_REPLICATE)
    grown = cv2.dilate(padded, np.ones((side, side), np.uint8))
    # Blocks at the edge of a shadow are as light as their lightest pixel: that is given back.
    back = side if factor == 1 else side + 4
    closed = cv2.erode(grown, np.ones((back, back), np.uint8))[side:-side, side:-side]
    paper = closed if factor == 1 else _enlarge(closed, factor, dark.shape)
    return _relative(
        cv2.subtract(paper, dark), paper, _least_light(float(np.percentile(paper[::4, ::4], 90)))
    )


def _least_light(light: float) -> int:
    """In so much light, paper that is darker than this is taken to be so light.

    In deep shadow, and on a dark table, a ratio to it would make much of small differences.
    """
    return round(max(32.0, 0.5 * light))


def _relative(
    difference: cv2.typing.MatLike, bright: cv2.typing.MatLike, least: int
) -> NDArray[np.uint8]:
    """Differences as parts of the brighter side, 0 to 255."""
    return cv2.divide(difference, cv2.max(bright, np.full_like(bright, least)), scale=255).view(
        np.uint8
    )


def _enlarge(blocks: cv2.typing.MatLike, factor: int, shape: tuple[int, ...]) -> cv2.typing.MatLike:
    """Undo `pool`, smoothly."""
    height, width = (side * factor for side in blocks.shape)
    return cv2.resize(blocks, (width, height))[: shape[0], : shape[1]]


def noise_level(gray: NDArray[np.uint8]) -> float:
    """Estimate the standard deviation of the noise (after Immerkaer 1996), robustly.

    The mask ignores linear slopes; its weakest fifth of responses is always on paper.

    Args:
        gray: (H, W) image.

    Returns:
        In gray levels; 0 for an image of less than three pixels a side.
    """
    height, width = (min(side, 512) for side in gray.shape)
    if min(height, width) < 3:
        return 0.0
    top, left = (gray.shape[0] - height) // 2, (gray.shape[1] - width) // 2
    part = gray[top : top + height, left : left + width].astype(np.int16)
    part = 2 * part[1:-1] - part[:-2] - part[2:]
    part = 2 * part[:, 1:-1] - part[:, :-2] - part[:, 2:]
    fifth = float(np.percentile(np.abs(part), 20))
    return fifth / (
        0.2533 * 6
    )  # a fifth of a normal distribution is within 0.2533 standard deviations


def stretch(depth: NDArray[np.uint8], noise: float) -> NDArray[np.uint8]:
    """Bring the contrast of ink to 0..255, with stroke edges near 128.

    Args:
        depth: (H, W), how much darker than the paper, 0 to 255.
        noise: Its standard deviation.

    Returns:
        (H, W) ink map; all 0 if nothing exceeds the noise.
    """
    # A closing follows the lightest noise, so noisy paper is below it everywhere.
    paper = _quantile(depth, 0.4) if noise > 0 else 0.0
    floor = round(paper + max(MIN_CONTRAST, MIN_SIGMAS * noise))
    inked = depth[depth >= floor]
    if inked.size == 0:
        return np.zeros_like(depth)
    # Otsu 1979: the level that splits values into the two most distinct classes, faint and full.
    threshold = cv2.threshold(inked, 0, 255, cv2.THRESH_OTSU)[0]
    strong = inked[inked > threshold]
    full = threshold
    if strong.size:
        place = int(0.95 * (strong.size - 1))
        strong.partition(place)
        full = float(strong[place])
    levels = _levels(paper, full, floor if noise > 0 else 0)
    return cv2.LUT(depth, levels).view(np.uint8)


@functools.lru_cache(maxsize=256)  # one digit's are often another's
def _levels(paper: float, full: float, floor: int) -> NDArray[np.uint8]:
    """Lookup table for gray levels from 0 to 255: paper 0, half of full ink 128, full ink 255.

    Levels below the floor become 0.
    """
    levels = np.interp(LEVELS, (paper, (paper + full) / 2, full), (0.0, 128.0, 255.0))
    levels[:floor] = 0.0
    return levels.astype(np.uint8)


def _quantile(depth: NDArray[np.uint8], share: float) -> float:
    """The level that so much of an image does not pass; by its histogram, many times faster."""
    histogram = cv2.calcHist([depth], [0], None, [256], [0, 256])
    return float(np.searchsorted(np.cumsum(histogram), share * depth.size))


def pool(gray: NDArray[np.uint8], factor: int, *, darkest: bool) -> NDArray[np.uint8]:
    """Reduce an image, keeping of each block the darkest pixel, or the lightest.

    Averaging would fade a stroke of one pixel to nothing; this keeps its full contrast.

    Args:
        gray: (H, W) image.
        factor: Side of a block in pixels.
        darkest: Keep the darkest pixel of a block; else the lightest.

    Returns:
        (ceil(H / factor), ceil(W / factor)).
    """
    if factor == 1:
        return gray
    extreme, operation, border = (
        (np.minimum, cv2.erode, 255) if darkest else (np.maximum, cv2.dilate, 0)
    )
    # First the rows of each block, many times as fast as OpenCV, which would do it for all pixels.
    whole = len(gray) // factor * factor
    rows = extreme.reduce(gray[:whole].reshape(-1, factor, gray.shape[1]), axis=1)
    if whole < len(gray):
        rows = np.vstack((rows, extreme.reduce(gray[whole:], axis=0, keepdims=True)))
    # Anchored at its first pixel, a row's extreme is found there.
    kernel = np.ones((1, factor), np.uint8)
    pooled = operation(
        rows, kernel, anchor=(0, 0), borderType=cv2.BORDER_CONSTANT, borderValue=border
    )
    return np.ascontiguousarray(pooled[:, ::factor]).view(np.uint8)


def even_border(gray: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """The depth of ink of a small image with an even border.

    Most images of digits in data sets and from drawing programs are of this kind, and the short
    way is many times faster.

    Args:
        gray: (H, W) image, 0 dark .. 255 light, any polarity.

    Returns:
        (H, W), 0 paper .. 255, how much each pixel differs from the paper; None if it is not such
        image.
    """
    if max(gray.shape) > SMALL_SIDE:
        return None
    low, high, _, _ = cv2.minMaxLoc(gray)
    border = np.concatenate((gray[0], gray[-1], gray[:, 0], gray[:, -1]))
    lowest, highest = (int(level) for level in cv2.minMaxLoc(border)[:2])
    if highest - lowest > 0.05 * (high - low):
        return None
    if high - highest >= lowest - low:
        return np.asarray(np.maximum(gray, highest) - highest, np.uint8) if highest else gray
    return np.asarray(lowest - np.minimum(gray, lowest), np.uint8)


def _top_hat(gray: NDArray[np.uint8], operation: int, side: int) -> NDArray[np.uint8]:
    # Anything that touches the border is assumed to continue beyond it.
    padded = cv2.copyMakeBorder(gray, side, side, side, side, cv2.BORDER_REPLICATE)
    answer = cv2.morphologyEx(padded, operation, np.ones((side, side), np.uint8))
    return answer[side:-side, side:-side].view(np.uint8)


@dataclass(frozen=True)
class _Answer:
    """The response of one polarity: the evidence that it is ink, and the stroke width."""

    evidence: float
    width: int


def _answer(hats: list[NDArray[np.uint8]], sides: list[int], level: float) -> _Answer:
    """Sum up a polarity's top-hats by squares of growing side.

    Long outlines speak for ink, and so do narrow strokes: a digit on a sheet on a table has a
    shorter outline than the sheet, but answers to a much smaller square. What covers most of the
    image is paper, though between printed dots it is as narrow as strokes, and as long.
    """
    outlines, areas = [], []
    for hat in hats:
        mask = cv2.threshold(hat, level, 1, cv2.THRESH_BINARY)[1]
        down = cv2.norm(mask[1:], mask[:-1], cv2.NORM_L1)
        across = cv2.norm(mask[:, 1:], mask[:, :-1], cv2.NORM_L1)
        outlines.append(down + across)
        areas.append(cv2.countNonZero(mask))
    # A shadow with a sharp edge answers too, but only to squares much wider than the strokes.
    best = max(range(len(sides)), key=lambda place: outlines[place] / sides[place] ** 0.5)
    like = [place for place in range(len(sides)) if sides[place] <= 3 * sides[best]]
    longest = max(outlines[place] for place in like)
    side = next(sides[place] for place in like if outlines[place] >= 0.9 * longest)
    # Fine lines may hide wider strokes.
    wide = max(3 * sides[best], TYPICAL_LEVELS)
    like = [place for place in range(len(sides)) if sides[place] <= wide]
    largest = max(areas[place] for place in like)
    whole = next(place for place in like if areas[place] >= 0.95 * largest)
    uncovered = 1 - areas[whole] / hats[whole].size
    return _Answer(min(1.0, 2 * uncovered) * longest / side**1.5, sides[whole])


def _paper_at_border(gray: NDArray[np.uint8]) -> float:
    """How far the border speaks for dark ink on light paper, as a factor.

    It is only a hint: a desk may surround the sheet, and a digit may fill the frame.
    """
    border = np.concatenate((gray[0], gray[-1], gray[:, 0], gray[:, -1]))
    low, high, _, _ = cv2.minMaxLoc(gray)
    darkest, middle, lightest = (float(level) for level in np.percentile(border, (5, 50, 95)))
    light = (middle - low) / max(high - low, 1.0)
    says = float(BORDER_VOTE ** (4 * light - 2))
    if lightest - darkest < 0.1 * (high - low):
        says *= EVEN_BORDER_VOTE if light > 0.5 else 1 / EVEN_BORDER_VOTE
    return says
