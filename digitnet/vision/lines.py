"""Ruled lines, squares, table cells and boxes are erased from the ink, the digits on them kept.

A line is thin across, and long and nearly straight along. Where a stroke crosses it, the ink is
not thin there, and stays. So a digit that stands on a line, or touches its box, keeps its shape.
"""

import itertools
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.vision.drop import is_frame
from digitnet.vision.rungs import erase_rungs

# A line is at most so thick, as a part of the longer side of the image; strokes that fill an image
# are thicker, so the bar of a tightly cropped 7 is no line.
MAX_LINE_THICKNESS = 0.022

# The sides of a box are at most so thick, as a part of the box.
MAX_SIDE_THICKNESS = 0.05

# A line goes through the image, or along a side of a box, at least for this part.
MIN_SPAN = 0.85

# From straight to a curved page's last: a line climbs and bends by no more than this part of its
# length.
STEEPEST = 0.12

# What is left beside a line is a digit from this part of its length on, less is crumbs.
MIN_REST = 0.1

# In smaller images a line cannot be told from a stroke.
MIN_SIDE = 48

# No page has more lines in a direction; a texture may, and is no page.
MAX_LINES = 60

# So much that is hollow is looked at, and more only if it is a frame at first glance: most digits
# are hollow too. More than the second number is no page.
MAX_HOLLOW = 200
MAX_FRAMES = 1000

# Ink that is so many times as thick as the line it lies on is a stroke that runs along it.
THICKER = 1.6

# So many lines in a direction are printed paper.
MIN_PATTERN = 3

# A line is followed from a piece of at least this part of its length.
MIN_PIECE = 0.06


@dataclass(frozen=True)
class Line:
    """A line: how far down (or right) its middle is, and its pixels."""

    place: float
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]


def erase_lines(ink: NDArray[np.uint8], level: int) -> NDArray[np.uint8]:
    """Erase lines that cross the image and boxes that are drawn around digits.

    Args:
        ink: (H, W), 0 paper .. 255 full ink.
        level: From so much ink on a pixel is ink.

    Returns:
        (H, W) the ink map without lines; the one given where there are none.
    """
    if min(ink.shape) < MIN_SIDE:
        return ink
    mask = (ink >= level).view(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8, ltype=cv2.CV_32S)
    erased = np.zeros_like(mask)
    thickness = max(3, round(MAX_LINE_THICKNESS * max(ink.shape))) + 1
    count = 0
    for numbers in _suspects(labels, stats):
        part, left, top = _cut_out(labels, stats, numbers)
        # A box is drawn with a thinner pen than its size allows to a line through the image.
        own = min(thickness, max(3, round(MAX_SIDE_THICKNESS * max(part.shape))))
        for line in _lines_of(part, ink.shape, own):
            erased[top + line.rows, left + line.columns] = 1
            count += 1
    if not count:
        return ink
    kept = erase(ink, mask, erased)
    # Where nothing else is, one upright line may be a 1, and one box a 0.
    owners = np.unique(labels[erased > 0])
    if owners.size == 1 and count <= 4:
        width, height = stats[owners[0], 2:4]
        _, _, rest, _ = cv2.connectedComponentsWithStats((kept >= level).view(np.uint8))
        if width < 2 * height and rest[1:, 3].max(initial=0) < MIN_REST * height:
            return ink
    return erase_rungs(kept, erased, level) if count >= MIN_PATTERN else kept


def erase(
    ink: NDArray[np.uint8], mask: NDArray[np.uint8], lines: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Erase lines from the ink. Their soft edge goes with them; strokes that cross keep theirs.

    Args:
        ink: (H, W), 0 paper .. 255 full ink.
        mask: (H, W), 1 where there is ink, else 0.
        lines: (H, W), 1 where the ink is a line, else 0.
    """
    soft = cv2.dilate(lines, np.ones((5, 5), np.uint8))
    strokes = cv2.dilate(cv2.subtract(mask, lines), np.ones((3, 3), np.uint8))
    gone = cv2.max(lines, cv2.subtract(soft, strokes))
    return np.where(gone > 0, 0, ink).astype(np.uint8)


def _suspects(labels: cv2.typing.MatLike, stats: cv2.typing.MatLike) -> list[NDArray[np.intp]]:
    """Numbers of the components that may hold lines, those together that may be one pattern.

    Lines through the image are one pattern, whether they hang together or not; a box, which
    encloses others, stands for itself.
    """
    height, width = labels.shape
    spanning = (stats[:, 2] >= MIN_SPAN * width) | (stats[:, 3] >= MIN_SPAN * height)
    # A box is hollow: its ink is a small part of its area, and a digit has room in it.
    hollow = (
        (stats[:, 4] < 0.5 * stats[:, 2] * stats[:, 3])
        & (stats[:, 2] >= MIN_SIDE / 2)
        & (stats[:, 3] >= MIN_SIDE / 2)
    )
    spanning[0] = hollow[0] = False  # the paper
    if np.count_nonzero(spanning) > MAX_LINES:  # a texture, and no page
        hollow, spanning = hollow | spanning, np.zeros_like(spanning)
    boxes = np.flatnonzero(hollow & ~spanning)
    boxes = boxes[np.argsort(-stats[boxes, 4], kind="stable")]
    more = (n for n in boxes[MAX_HOLLOW:] if is_frame(_box_of(labels, stats, n) == n))
    frames = np.fromiter(itertools.islice(more, MAX_FRAMES), np.intp)
    pattern = np.flatnonzero(spanning)
    return [
        numbers
        for numbers in (pattern, *boxes[:MAX_HOLLOW, None], *frames[:, None])
        if numbers.size
    ]


def _box_of(
    labels: cv2.typing.MatLike, stats: cv2.typing.MatLike, number: int
) -> cv2.typing.MatLike:
    """The labels within the box around a component."""
    left, top, width, height = stats[number, :4]
    return labels[top : top + height, left : left + width]


def _cut_out(
    labels: cv2.typing.MatLike, stats: cv2.typing.MatLike, numbers: NDArray[np.intp]
) -> tuple[NDArray[np.uint8], int, int]:
    """The mask of some components within the box around them, and its left and top."""
    left, top = (int(stats[numbers, side].min()) for side in (0, 1))
    right = int((stats[numbers, 0] + stats[numbers, 2]).max())
    bottom = int((stats[numbers, 1] + stats[numbers, 3]).max())
    chosen = np.zeros(len(stats), np.uint8)
    chosen[numbers] = 1
    return chosen[labels[top:bottom, left:right]], left, top


def _lines_of(part: NDArray[np.uint8], image: tuple[int, ...], thickness: int) -> list[Line]:
    """The lines of a part that go through the image or are the sides of boxes."""
    height, width = part.shape
    rows = find_level_lines(part, thickness)
    turned = find_level_lines(np.ascontiguousarray(part.T), thickness)
    columns = [Line(line.place, line.columns, line.rows) for line in turned]
    if not (_are_sides(rows, height) and _are_sides(columns, width)):
        rows = rows if width >= MIN_SPAN * image[1] else []
        columns = columns if height >= MIN_SPAN * image[0] else []
    return rows + columns


def _are_sides(lines: list[Line], size: int) -> bool:
    """Whether there are lines near both ends: the sides of a box."""
    places = [line.place for line in lines]
    return bool(places) and min(places) <= 0.15 * size and max(places) >= 0.85 * size


def find_level_lines(part: NDArray[np.uint8], thickness: int) -> list[Line]:
    """The nearly horizontal lines along the whole of a component.

    Args:
        part: (H, W), 0 or 1, cut out along the component's box.
        thickness: Of the thickest line, in pixels.
    """
    width = part.shape[1]
    thin = cv2.subtract(part, _open(part, thickness + 1, 1)).view(np.uint8)
    level = _open(thin, 1, max(7, width // 64))
    # Slanted lines descend in steps, and are cut by the lines of squares that cross them.
    joined = cv2.dilate(level, np.ones((3, thickness | 1), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    pieces = np.flatnonzero(stats[1:, 2] >= max(8, MIN_PIECE * width)) + 1
    pieces = pieces[np.argsort(-stats[pieces, 2], kind="stable")][:MAX_LINES]
    if pieces.size == 0:
        return []
    rows, columns = np.nonzero(level)
    owner = labels[rows, columns]
    free = np.ones(rows.size, np.bool_)
    thin_rows, thin_columns = np.nonzero(thin)
    found: list[Line] = []
    fits: list[NDArray[np.float64]] = []

    def keep(fit: NDArray[np.float64]) -> None:
        band = _band(thin_rows, fit, thickness)
        near_rows, near_columns = thin_rows[band], thin_columns[band]
        on_it = np.abs(near_rows - fit[near_columns]) <= thickness
        # Where it is thicker than along most of its length, a stroke runs along it.
        heights = np.bincount(near_columns[on_it], minlength=width)
        usual = float(np.median(heights[heights > 0]))
        on_it &= heights[near_columns] <= THICKER * usual + 1
        fits.append(fit)
        place = float(fit[width // 2])
        found.append(Line(place, near_rows[on_it], near_columns[on_it]))

    def pixels_of(piece: int) -> NDArray[np.intp]:
        first = int(stats[piece, cv2.CC_STAT_TOP])
        last = first + int(stats[piece, cv2.CC_STAT_HEIGHT])
        start, end = np.searchsorted(rows, (first, last))
        return np.asarray(
            start + np.flatnonzero(free[start:end] & (owner[start:end] == piece)), np.intp
        )

    for piece in pieces.tolist():
        own = pixels_of(piece)
        if own.size < 3:
            continue
        fit, members = _extend(rows, columns, own, free, width, thickness)
        if _is_line(fit, part, columns[members], thickness):
            free[members] = False
            keep(fit)
    if len(found) < MIN_PATTERN:
        return found
    # On printed paper, a line that strokes hide or that leaves the image runs as the others do.
    for piece in pieces.tolist():
        own = pixels_of(piece)
        if own.size < 3:
            continue
        shifts = [float(np.median(rows[own] - fit[columns[own]])) for fit in fits]
        nearest = min(range(len(fits)), key=lambda place: abs(shifts[place]))
        fit = fits[nearest] + shifts[nearest]
        band = _band(rows, fit, thickness)
        free[band] &= np.abs(rows[band] - fit[columns[band]]) > thickness
        # At the border the ink map may have lost a part of a line.
        away = float(np.median(rows[own]))
        if min(away, len(part) - 1 - away) <= thickness or _is_inked(fit, part, thickness):
            keep(fit)
    return found


def _band(rows: NDArray[np.intp], fit: NDArray[np.float64], margin: float) -> slice:
    """Where in ascending rows those are that a line may touch."""
    first, last = np.searchsorted(rows, (fit.min() - margin, fit.max() + margin + 1))
    return slice(int(first), int(last))


def _open(mask: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """Keep what a rectangle fits into. Outside of the mask there is paper."""
    kernel = np.ones((height, width), np.uint8)
    inner = cv2.erode(mask, kernel, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    # OpenCV's own opening moves the mask by a pixel where a side of the rectangle is even.
    back = (width - 1 - width // 2, height - 1 - height // 2)
    return cv2.dilate(inner, kernel, anchor=back).view(np.uint8)


def _extend(
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
    own: NDArray[np.intp],
    free: NDArray[np.bool_],
    width: int,
    thickness: int,
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Follow a piece of a line to both sides, over the gaps that strokes leave.

    Args:
        rows: (N,) rows of the pixels of all pieces, ascending.
        columns: (N,) their columns.
        own: Places among the N of the piece to begin with.
        free: (N,) the pixels that belong to no line yet.
        width: Of the component.
        thickness: Of the thickest line.

    Returns:
        The line's height at each column, and the places of its pixels.
    """
    at = np.arange(width) / width
    members = own
    fit: NDArray[np.float64] = np.zeros(width)
    for _ in range(4):
        reach = np.ptp(columns[members]) + 1
        # A short piece tells a direction only, a long one how the page bends.
        degree = 2 if reach > 0.5 * width else 1 if reach > 4 * thickness else 0
        curve = np.polyfit(columns[members] / width, rows[members], degree)
        fit = np.asarray(np.polyval(curve, at), np.float64)
        # An extrapolation is the less certain the farther it goes.
        first, last = columns[members].min(), columns[members].max()
        band = _band(rows, fit, thickness / 2 + 1 + 0.03 * reach)
        across, along = rows[band], columns[band]
        beyond = np.maximum(np.maximum(first - along, along - last), 0)
        near = np.abs(across - fit[along]) <= thickness / 2 + 1 + 0.03 * np.minimum(beyond, reach)
        wider = band.start + np.flatnonzero(free[band] & near & (beyond <= reach))
        if np.array_equal(wider, members) or wider.size < 3:
            break
        members = wider
    return fit, members


def _is_line(
    fit: NDArray[np.float64],
    part: NDArray[np.uint8],
    columns: NDArray[np.intp],
    thickness: int,
) -> bool:
    """Whether there is ink all along a fit, and the fit is nearly straight and level."""
    width = fit.size
    if np.ptp(fit) > STEEPEST * width + 2 * thickness:
        return False
    if np.unique(columns).size < 0.4 * width:
        return False
    return _is_inked(np.clip(fit, 0, len(part) - 1), part, thickness)


def _is_inked(fit: NDArray[np.float64], part: NDArray[np.uint8], thickness: int) -> bool:
    """Whether there is ink all along a fit, as far as it lies within the image."""
    within = np.flatnonzero((fit >= 0) & (fit <= len(part) - 1))
    if within.size < MIN_PIECE * fit.size:
        return False
    around = cv2.dilate(part, np.ones((thickness | 1, 1), np.uint8))
    return bool(np.mean(around[np.rint(fit[within]).astype(np.intp), within]) >= MIN_SPAN)
