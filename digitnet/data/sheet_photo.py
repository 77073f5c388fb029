"""A photo or scan of a sheet printed by `digitnet sheet` -> images of its boxes.

The corner marks give the position and orientation of the sheet; their homography rectifies it.
Paper is never quite flat, so each box is then located by its own walls. A box with much fainter ink
than most counts as empty: the ink is noise, a shadow, or erased writing.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.data.sheet_layout import (
    BOX_SIDE,
    FRAME,
    MARK_DICTIONARY,
    MARK_PLACES,
    MARK_SIDE,
    boxes,
)
from digitnet.errors import ImageError
from digitnet.vision.ink import depth_of_ink

MAX_WORKING_SIDE = 3200
"""Maximum side of a photo in pixels; larger ones are reduced. A sheet that fills the photo then has
10 pixels per millimetre."""

MIN_PX_PER_MM = 2.5
"""Minimum resolution of a sheet in pixels per millimetre. (A scan at 75 dpi has 3.)"""

PX_PER_MM = 8
"""Resolution of the rectified page in pixels per millimetre."""

MAX_OFF_MM = 2.0
"""Maximum distance of the marks' corners from their positions on a flat sheet."""

SEARCH_MM = 2.5
"""Search range for the walls of a box; the next box is 4 mm away."""

WALL_KERNEL_MM = 1.5
"""Maximum width of a wall; shadows are wider."""

MIN_WALLS = 0.5
"""Minimum clarity of a box's walls, relative to the median box. (In photos, the lowest is 0.9.)"""
MAX_WITHOUT_WALLS = 0.1
"""Maximum fraction of boxes without visible walls. If there are more, the paper is bent; if fewer,
they are blacked out."""

INSET_MM = 0.9
"""Margin cropped from each side of a box: half a wall, and its blur."""

MAX_STROKE_MM = 2.5
"""Maximum width of a pen stroke."""

MIN_STROKE_MM = 0.5
"""Minimum width of a pen stroke. Ink is averaged over this width; the grain of noise is finer."""

DIGIT_AREA = 0.01
"""Minimum fraction of a box that a digit covers. A 1 in fine pen covers twice as much."""

MIN_DEPTH = 30
"""Minimum contrast between a digit and the paper, out of 255. Noise in a shadow reaches 23."""
MIN_OF_USUAL = 0.25
"""Minimum contrast of a digit, relative to the median digit on the sheet."""

MAX_COVER = 0.5
"""Maximum fraction of a box that a digit covers; boxes with more ink are blacked out. A digit drawn
with a marker covers a quarter."""

ADVICE = "photograph the whole sheet from above, flat, sharp and in even light"
"""Advice that applies to every photo that cannot be read."""

_SQUARE = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float64)


class NoSheetError(ImageError):
    """An image shows no corner mark."""


def shows_marks(gray: NDArray[np.uint8]) -> bool:
    """Whether an image (H, W) shows a corner mark of a sheet."""
    return bool(_find_marks(_reduce(gray)))


def cut_boxes(gray: NDArray[np.uint8]) -> list[NDArray[np.uint8] | None]:
    """Crop the boxes from a photo of a sheet, in the order of `sheet_layout.boxes`.

    Args:
        gray: (H, W), 0 dark .. 255 light, in any orientation and perspective.

    Returns:
        Upright grayscale images of the insides of the boxes, all of the same size. None for a box
        that is empty or blacked out.

    Raises:
        NoSheetError: no mark is found.
        ImageError: a mark is missing or found more than once, or the sheet is too small or bent.
    """
    work = _reduce(gray)
    marks = _find_marks(work)
    if not marks:
        raise NoSheetError(f"no corner mark of a sheet was found: {ADVICE}")
    numbers = [number for number, _ in marks]
    count = len({*numbers})
    if len(numbers) > count:
        raise ImageError("a corner mark was found more than once: photograph one sheet at a time")
    if count < len(MARK_PLACES):
        raise ImageError(f"only {count} of the sheet's 4 corner marks were found: {ADVICE}")
    page = _bring_upright(work, marks)
    places, are_seen = _find_boxes(page)
    depth = depth_of_ink(page, round(MAX_STROKE_MM * PX_PER_MM))
    are_digits = are_seen & _are_written(depth, places)
    return [
        np.ascontiguousarray(page[place]) if is_digit else None
        for place, is_digit in zip(places, are_digits, strict=True)
    ]


def _reduce(gray: NDArray[np.uint8]) -> NDArray[np.uint8]:
    scale = MAX_WORKING_SIDE / max(gray.shape)
    if scale >= 1:
        return gray
    height, width = (max(1, round(scale * side)) for side in gray.shape)
    return cv2.resize(gray, (width, height), interpolation=cv2.INTER_AREA).view(np.uint8)


def _find_marks(gray: NDArray[np.uint8]) -> list[tuple[int, NDArray[np.float64]]]:
    """Find corner marks: their IDs, and their corners, (4, 2), clockwise from the upper left."""
    parameters = cv2.aruco.DetectorParameters()
    parameters.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
    dictionary = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, MARK_DICTIONARY))
    corners, numbers, _ = cv2.aruco.ArucoDetector(dictionary, parameters).detectMarkers(gray)
    if not corners:
        return []
    return [
        (int(number), np.asarray(corner[0], np.float64))
        for number, corner in zip(numbers.ravel(), corners, strict=True)
        if number < len(MARK_PLACES)
    ]


def _bring_upright(
    gray: NDArray[np.uint8], marks: list[tuple[int, NDArray[np.float64]]]
) -> NDArray[np.uint8]:
    """Rectify the frame of a sheet by the homography of the marks' corners.

    Hartley and Zisserman 2004, section 4.1.
    """
    places = np.concatenate([MARK_PLACES[number] + MARK_SIDE * _SQUARE for number, _ in marks])
    seen = np.concatenate([corners for _, corners in marks])
    matrix, _ = cv2.findHomography(seen, places)
    off = np.inf
    if matrix is not None:
        off = np.abs(cv2.perspectiveTransform(seen[None], matrix)[0] - places).max()
    if not off <= MAX_OFF_MM:
        raise ImageError(f"the corner marks do not belong to one flat sheet: {ADVICE}")
    sides = [np.hypot(*(np.roll(corners, 1, axis=0) - corners).T).min() for _, corners in marks]
    if min(sides) < MIN_PX_PER_MM * MARK_SIDE:
        raise ImageError(
            f"the sheet is too small, {min(sides) / MARK_SIDE:.1f} pixels per millimetre where "
            f"{MIN_PX_PER_MM} are needed: photograph it from closer, or scan it at 150 dpi"
        )
    scale = np.diag([PX_PER_MM, PX_PER_MM, 1.0])
    # OpenCV's coordinates are those of pixel centres
    half = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1]])
    size = round(FRAME[0] * PX_PER_MM), round(FRAME[1] * PX_PER_MM)
    to_page = half @ scale @ matrix
    page = cv2.warpPerspective(
        gray, to_page, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return page.view(np.uint8)


def _find_boxes(
    page: NDArray[np.uint8],
) -> tuple[list[tuple[slice, slice]], NDArray[np.bool_]]:
    """Locate the insides of all boxes on a rectified page.

    Returns:
        The rows and columns of each box, and (boxes,) bool, true where the walls are visible.

    Raises:
        ImageError: too many boxes have no visible walls.
    """
    kernel = np.ones((round(WALL_KERNEL_MM * PX_PER_MM) | 1,) * 2, np.uint8)
    paper = cv2.morphologyEx(page, cv2.MORPH_CLOSE, kernel).view(np.uint8)
    # relative to the paper, because a shadow darkens paper and walls alike
    narrow = np.asarray((paper - page) / np.maximum(paper, 32), np.float32)
    side, inset = round(BOX_SIDE * PX_PER_MM), round(INSET_MM * PX_PER_MM)
    places, clear = [], []
    for x, y, _ in boxes():
        across, down = round(x * PX_PER_MM), round(y * PX_PER_MM)
        left, clear_left = _find_walls(narrow, across, down, side)
        top, clear_top = _find_walls(narrow.T, down, across, side)
        rows, columns = (slice(first + inset, first + side - inset) for first in (top, left))
        places.append((rows, columns))
        clear.append(min(clear_left, clear_top))
    are_seen = np.array(clear) >= MIN_WALLS * np.median(clear)
    missing = np.count_nonzero(~are_seen)
    if missing > MAX_WITHOUT_WALLS * len(places):
        raise ImageError(f"{missing} of its boxes are out of place: {ADVICE}")
    return places, are_seen


def _find_walls(
    narrow: NDArray[np.float32], across: int, along: int, side: int
) -> tuple[int, float]:
    """Find the left and the right wall of a box near their expected positions.

    The fainter wall decides, because no digit has two strokes as long and as far apart.

    Args:
        narrow: (H, W), the darkness of narrow structures relative to their surroundings, 0 to 1.
        across: the expected column of the left wall.
        along: the expected first row of the wall.
        side: the side of the box in pixels.

    Returns:
        The column of the left wall, and the clarity of the walls, 0 to 1.
    """
    reach = round(SEARCH_MM * PX_PER_MM)
    # only the middle of the walls, because their ends may be bent
    profile = narrow[along + reach : along + side - reach].mean(axis=0)
    smooth = np.convolve(profile, np.ones(3) / 3, "same")
    shifts = np.arange(-reach, reach + 1)
    shifts = shifts[(across + shifts >= 0) & (across + shifts + side < len(smooth))]
    clear = np.minimum(smooth[across + shifts], smooth[across + shifts + side])
    # of positions that are about as clear, prefer the nearest
    best = (clear * (1 - 0.3 * abs(shifts) / reach)).argmax()
    return across + int(shifts[best]), float(clear[best])


def _are_written(depth: NDArray[np.uint8], places: list[tuple[slice, slice]]) -> NDArray[np.bool_]:
    """Return a mask of the boxes that hold a digit.

    Args:
        depth: (H, W), 0 paper .. 255 black ink.
        places: the rows and columns of the boxes.
    """
    grain = round(MIN_STROKE_MM * PX_PER_MM)
    smooth = [cv2.blur(depth[place], (grain, grain)) for place in places]
    darkest = np.array([np.quantile(box, 1 - DIGIT_AREA) for box in smooth])
    half = zip(smooth, darkest / 2, strict=True)
    cover = np.array([np.mean(box > level) for box, level in half])
    inked = darkest >= MIN_DEPTH
    usual = float(np.median(darkest[inked])) if inked.any() else 0.0
    return np.asarray(inked & (darkest >= MIN_OF_USUAL * usual) & (cover <= MAX_COVER))
