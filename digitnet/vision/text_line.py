"""Crops rows of writing to straightened images, 32 pixels high, and maps them back to the image."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.vision.layout import Row
from digitnet.vision.line_image import (
    LINE_HEIGHT,
    MAX_LINE_WIDTH,
    MIN_LINE_WIDTH,
    line_image,
    normalize_line,
)

COLUMN_PX = 2
"""Width in pixels of a column of the reader's output."""

MARGIN = 0.2
"""Margin around a row, in row heights. The reader is trained with margins from 0 to 1."""

END_MARGIN = 1.0
"""Additional margin at both ends of a row, in row heights: ink there is often too faint for the ink
map."""

MIN_ROW_HEIGHT_PX = 24
"""Minimum height of a row with its margin, in pixels: lines of specks would become very long. A
digit of eight pixels is still as large in its line as in training."""

MAX_ROW_SLOPE = 0.35
"""Maximum slope of a row. Steeper components are stacked, not in a row."""

MIN_TO_STRAIGHTEN = 3
"""Minimum number of members for estimating the slope of a row."""

MIN_SPAN = 2.5
"""Minimum aspect ratio of a row for estimating its slope."""


class TextLine(NamedTuple):
    """A text line or table cell as the reader's input, and its position in the image.

    Attributes:
        image: uint8 (32, W), normalized, see `line_image`.
        to_image: float64 (2, 3), affine map from pixels (x, y) of the line to the grayscale image.
        cell: whether it is a table cell.
    """

    image: NDArray[np.uint8]
    to_image: NDArray[np.float64]
    cell: bool = False

    @property
    def middle(self) -> tuple[float, float]:
        """Column and row of the line's centre in the grayscale image."""
        height, width = self.image.shape
        x, y = self.to_image @ (width / 2, height / 2, 1)
        return float(x), float(y)

    def box(self, start: float, end: float) -> tuple[float, float, float, float]:
        """Return the bounding box of a range of columns: left, top, right, bottom in the image."""
        (across, lean, left), (climb, down, top) = self.to_image.tolist()
        upper, lower = top + climb * start, top + climb * end
        start, end = left + across * start, left + across * end
        leaning, falling = lean * LINE_HEIGHT, down * LINE_HEIGHT
        return (
            min(start, end) + min(leaning, 0.0),
            min(upper, lower) + min(falling, 0.0),
            max(start, end) + max(leaning, 0.0),
            max(upper, lower) + max(falling, 0.0),
        )


def whole_image(gray: NDArray[np.uint8]) -> TextLine:
    """Scale the whole image to one line."""
    image = line_image(gray)
    scale = np.array([gray.shape[1] / image.shape[1], gray.shape[0] / LINE_HEIGHT])
    return TextLine(image, np.column_stack([np.diag(scale), [0.0, 0.0]]))


def width_of(row: Row) -> int:
    """Estimate the width in pixels of a row's line, as if the row were horizontal."""
    left, top = row.boxes[:, :2].min(axis=0)
    right, bottom = row.boxes[:, 2:].max(axis=0)
    return int(LINE_HEIGHT * ((right - left) / (bottom - top) / (1 + 2 * MARGIN) + 1))


def text_line(gray: NDArray[np.uint8], row: Row, scale: float) -> TextLine:
    """Crop a row of writing with a margin, and straighten it if it is slanted.

    Args:
        gray: (H, W), 0 dark .. 255 light.
        row: the row of writing.
        scale: width of a pixel of the row, in pixels of `gray`.
    """
    slope, first = _slope(row), float(row.boxes[0, 0])
    left, top, right, bottom = row.boxes.astype(np.float64).T
    climbed = slope * ((left + right) / 2 - first)
    upper, lower = float((top - climbed).min()), float((bottom - climbed).max())
    margin = max(MARGIN * (lower - upper) + 1, (MIN_ROW_HEIGHT_PX / scale - (lower - upper)) / 2)
    upper, lower = scale * (upper - margin), scale * (lower + margin)
    beside = END_MARGIN * (lower - upper) / (1 + 2 * MARGIN)
    begin = max(scale * (first - margin) - beside, 0.0)
    end = min(scale * (float(right.max()) + margin) + beside, float(gray.shape[1]))
    if slope == 0:
        rows = slice(max(round(upper), 0), round(lower))
        columns = slice(round(begin), round(end))
        cut = whole_image(gray[rows, columns])
        matrix = cut.to_image.copy()
        matrix[:, 2] += (columns.start, rows.start)
        return TextLine(cut.image, matrix)
    pixel = (lower - upper) / LINE_HEIGHT
    width = min(max(MIN_LINE_WIDTH, round((end - begin) / pixel)), MAX_LINE_WIDTH)
    rise = slope * (begin - scale * first)
    matrix = np.array([[pixel, 0.0, begin], [slope * pixel, pixel, upper + rise]])
    return TextLine(normalize_line(_warp(gray, matrix, width)), matrix)


def _slope(row: Row) -> float:
    """Estimate the slope of a row, positive downwards; 0 if it is horizontal or unknown."""
    columns, rows = row.middles
    height = float(np.quantile(row.heights, 0.75))
    span = float(row.boxes[:, 2].max() - row.boxes[0, 0])
    if len(columns) < MIN_TO_STRAIGHTEN or span < MIN_SPAN * height:
        return 0.0
    weights = row.heights**2
    offsets = columns - np.average(columns, weights=weights)
    spread = float(weights @ offsets**2)
    if not spread:  # all are above one another
        return 0.0
    slope = float((weights * offsets) @ rows) / spread
    return slope if 0.01 < abs(slope) < MAX_ROW_SLOPE else 0.0


def _warp(gray: NDArray[np.uint8], matrix: NDArray[np.float64], width: int) -> NDArray[np.uint8]:
    """Resample a line of (32, `width`), given its affine map to the image."""
    pixel = matrix[0, 0]
    factor = max(1, int(pixel))
    if factor > 1:  # averages over all pixels, as area interpolation does
        gray = cv2.blur(gray, (factor, factor)).view(np.uint8)
    return cv2.warpAffine(
        gray,
        matrix,
        (width, LINE_HEIGHT),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    ).view(np.uint8)
