"""A photo or scan of a sheet of `digitnet sheet` -> images of its boxes.

The corner marks give the position and orientation of the sheet; their homography rectifies it.
Paper is never quite flat, so each box is then located by its own walls. Ink as dark as most writing
on the sheet is a digit; an empty box has noise, a shadow, or erased writing.
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
"""Pixels: larger photos are reduced. A sheet that fills one has 10 pixels a millimetre then."""

MIN_PX_PER_MM = 2.5
"""With fewer, digits have too few pixels. (A scan of 75 dots an inch has 3.)"""

PX_PER_MM = 8
"""Of the upright page."""

MAX_OFF_MM = 2.0
"""Maximum distance of the marks' corners from their place on a flat sheet."""

SEARCH_MM = 2.5
"""Search range for the walls of a box; the next box is 4 mm away."""

WALL_KERNEL_MM = 1.5
"""Maximum width of a wall; shadows are wider."""

MIN_WALLS = 0.5
"""The walls of a box are seen so well as those of most boxes. (In photos, 0.9 is the least.)"""
MAX_WITHOUT_WALLS = 0.1
"""Of more boxes the walls are not seen where paper is bent; of fewer they are blacked out."""

INSET_MM = 0.9
"""Inside of its walls, so much of a box is left out: half a wall, and its blur."""

MAX_STROKE_MM = 2.5
"""No pen is wider."""

MIN_STROKE_MM = 0.5
"""Ink is averaged over so much: noise has grains that are smaller."""

DIGIT_AREA = 0.01
"""Of a box, so much is ink at least where it holds a digit: a 1 by a fine pen has twice as much."""

MIN_DEPTH = 30
"""Of 255: a digit is so much darker than paper, at least. Noise in a shadow reaches 23."""
MIN_OF_USUAL = 0.25
"""And it has this part of the depth of most digits on the sheet."""

MAX_COVER = 0.5
"""A box that is covered with more ink is blacked out. A digit by a marker covers a quarter."""

ADVICE = "photograph the whole sheet from above, flat, sharp and in even light"

_SQUARE = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float64)


class NoSheetError(ImageError):
    """An image shows no corner mark at all."""


def shows_marks(gray: NDArray[np.uint8]) -> bool:
    """Whether an image (H, W) shows a corner mark of a sheet."""
    return bool(_find_marks(_reduce(gray)))


def cut_boxes(gray: NDArray[np.uint8]) -> list[NDArray[np.uint8] | None]:
    """Crop the boxes from a photo of a sheet, in the order of `sheet_layout.boxes`.

    Args:
        gray: (H, W), 0 dark .. 255 light; turned and seen from the side as may be.

    Returns:
        Upright grayscale images of the inside of each box, all of the same size. None for a box
        that is empty or blacked out.

    Raises:
        NoSheetError: no mark is found.
        ImageError: not each of the four marks is found once, or the sheet is too small or bent.
    """
    work = _reduce(gray)
    marks = _find_marks(work)
    if not marks:
        raise NoSheetError(f"no corner mark of a sheet was found: {ADVICE}")
    numbers = [number for number, _ in marks]
    count = len({*numbers})
    if len(numbers) > count:
        raise ImageError(f"a corner mark was found more than once: {ADVICE}, one at a time")
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
    """The corner marks in an image: their numbers, and their corners clockwise from upper left."""
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
    """The frame of a sheet as seen from above, by the homography of the marks' corners.

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
    # OpenCV's places are those of the middles of pixels
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
    """Where the insides of all boxes are on an upright page, and whether their walls are seen.

    Returns:
        Rows and columns of each box, and (boxes,) bool.

    Raises:
        ImageError: many walls are not where a sheet has them.
    """
    kernel = np.ones((round(WALL_KERNEL_MM * PX_PER_MM) | 1,) * 2, np.uint8)
    paper = cv2.morphologyEx(page, cv2.MORPH_CLOSE, kernel).view(np.uint8)
    # a part of the light, as a shadow takes it from both
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
    """Find the left and the right wall of a box near their places.

    Both count, by the fainter: no digit has two strokes as long and as far apart.

    Args:
        narrow: (H, W), how much darker than its surroundings each narrow structure is, 0 to 1.
        across: the column in which the left wall should be.
        along: the row in which it should begin.
        side: of the box, in pixels.

    Returns:
        The column of the left wall, and how clearly the walls are seen, 0 to 1.
    """
    reach = round(SEARCH_MM * PX_PER_MM)
    # (the middle of the walls: their ends may be bent away)
    profile = narrow[along + reach : along + side - reach].mean(axis=0)
    smooth = np.convolve(profile, np.ones(3) / 3, "same")
    shifts = np.arange(-reach, reach + 1)
    shifts = shifts[(across + shifts >= 0) & (across + shifts + side < len(smooth))]
    clear = np.minimum(smooth[across + shifts], smooth[across + shifts + side])
    # of doubtful ones, the nearest
    best = (clear * (1 - 0.3 * abs(shifts) / reach)).argmax()
    return across + int(shifts[best]), float(clear[best])


def _are_written(depth: NDArray[np.uint8], places: list[tuple[slice, slice]]) -> NDArray[np.bool_]:
    """Which boxes hold a digit.

    Args:
        depth: (H, W), 0 paper .. 255 black ink.
        places: rows and columns of the boxes.
    """
    grain = round(MIN_STROKE_MM * PX_PER_MM)
    smooth = [cv2.blur(depth[place], (grain, grain)) for place in places]
    darkest = np.array([np.quantile(box, 1 - DIGIT_AREA) for box in smooth])
    half = zip(smooth, darkest / 2, strict=True)
    cover = np.array([np.mean(box > level) for box, level in half])
    inked = darkest >= MIN_DEPTH
    usual = float(np.median(darkest[inked])) if inked.any() else 0.0
    return np.asarray(inked & (darkest >= MIN_OF_USUAL * usual) & (cover <= MAX_COVER))
