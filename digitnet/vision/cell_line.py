"""Crops table cells to rectified images, 32 pixels high."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.vision.line_image import LINE_HEIGHT, MIN_LINE_WIDTH, normalize_line
from digitnet.vision.text_line import TextLine

MARGIN = 0.06
"""Margin around a cell, relative to its shorter side. It includes walls, as digits touch them."""


class GridCell(NamedTuple):
    """A cell of a requested table.

    Attributes:
        corners: float64 (4, 2), x and y in pixels of the grayscale image, clockwise from the upper
            left corner.
        line: the image of the cell; None if it has no ink.
    """

    corners: NDArray[np.float64]
    line: TextLine | None


def cell_line(gray: NDArray[np.uint8], corners: NDArray[np.float64]) -> TextLine:
    """Crop and rectify a cell.

    The cell is rectified by a homography (Hartley and Zisserman 2004, section 2.3). The line's map
    to the image is the affine map closest to it.

    Args:
        gray: (H, W), 0 dark .. 255 light.
        corners: float64 (4, 2), x and y in pixels of `gray`, clockwise from the upper left corner.
    """
    sides = _sides(corners)
    corners = corners - MARGIN * float(sides.min()) * np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])
    sides = _sides(corners)
    height = float(sides[1] + sides[3]) / 2
    width = max(MIN_LINE_WIDTH, round(LINE_HEIGHT * float(sides[0] + sides[2]) / 2 / height))
    part, begin, step = _part(gray, corners, max(1, int(height / LINE_HEIGHT / 2)))
    # rectified at the image's resolution first, so that every pixel counts
    fine = max(1, round(height / step.mean() / LINE_HEIGHT))
    size = (fine * width, fine * LINE_HEIGHT)
    # In OpenCV, whole coordinates are the centres of pixels.
    there = (corners - begin) / step - 0.5
    matrix = cv2.getPerspectiveTransform(
        (_square(size) - 0.5).astype(np.float32), there.astype(np.float32)
    )
    straight = cv2.warpPerspective(
        part,
        matrix,
        size,
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    small = cv2.resize(straight, (width, LINE_HEIGHT), interpolation=cv2.INTER_AREA)
    places = np.column_stack([_square((width, LINE_HEIGHT)), np.ones(4)])
    to_image = np.linalg.lstsq(places, corners, rcond=None)[0].T
    return TextLine(normalize_line(small.view(np.uint8)), np.ascontiguousarray(to_image), cell=True)


def _part(
    gray: NDArray[np.uint8], corners: NDArray[np.float64], factor: int
) -> tuple[cv2.typing.MatLike, NDArray[np.float64], NDArray[np.float64]]:
    """Crop and reduce the region of a cell; return it with its origin and its pixels' sizes."""
    end = np.array(gray.shape[::-1])
    left, top = np.floor(corners.min(axis=0)).clip(0, end - 1).astype(int).tolist()
    right, bottom = np.ceil(corners.max(axis=0)).clip((left + 1, top + 1), end).astype(int).tolist()
    part = gray[top:bottom, left:right]
    size = -(-part.shape[1] // factor), -(-part.shape[0] // factor)
    small = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    return small, np.array([left, top]), np.array(part.shape[::-1]) / size


def _sides(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the lengths of the sides, clockwise from the upper one."""
    return np.asarray(np.hypot(*(np.roll(corners, -1, axis=0) - corners).T), np.float64)


def _square(size: tuple[int, int]) -> NDArray[np.float64]:
    """Return the corners of an image of this width and height, clockwise."""
    width, height = size
    return np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
