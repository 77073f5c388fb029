"""A prediction as HTML for notebooks: the image with boxes, and bar charts of the probabilities.

The HTML is self-contained: the image is embedded, nothing is fetched, and no script runs.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from digitnet.reading.prediction import UNSURE, Box, Prediction

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SURE, UNSURE_COLOUR, MARK = "#0072B2", "#D55E00", "#009E73"
"""The colours of `digitnet.plots`, which is not imported because it would load Matplotlib."""

MAX_WIDTH, MAX_HEIGHT = 640, 420
"""Maximum size of the image on the page, in pixels; larger images are scaled down."""
MIN_WIDTH = 120
"""Minimum width of the image on the page, in pixels; smaller images are scaled up."""
JPEG_QUALITY = 85
"""Quality (0-100) of the embedded image: a compromise between its size and visible artefacts."""

MAX_BARS = 24
"""Maximum number of digits with bars."""
BARS_WIDTH, BAR_HEIGHT = 76, 9
"""Width of a bar chart and height of each of its bars, in pixels."""


def prediction_html(prediction: Prediction) -> str:
    """Render a prediction as HTML.

    Args:
        prediction: the prediction; its `picture` is shown.

    Returns:
        HTML in which all text is escaped.
    """
    digits = [box for box in prediction.boxes if not box.is_mark]
    bars = "".join(_bars(box) for box in digits[:MAX_BARS])
    more = len(digits) - MAX_BARS
    note = f"<p>... and {more:,} more digits</p>" if more > 0 else ""
    return (
        '<div style="font-family:sans-serif;font-size:13px">'
        f'<p style="font-size:18px;margin:4px 0"><b>{_escaped(_headline(prediction))}</b></p>'
        f"{_picture(prediction)}"
        f'<div style="display:flex;flex-wrap:wrap;gap:8px;margin:6px 0">{bars}</div>{note}</div>'
    )


def _headline(prediction: Prediction) -> str:
    if prediction.confidence is None:
        return "no digit"
    return f"{prediction.text} ({prediction.confidence:.1%} confidence)"


def _escaped(text: str) -> str:
    from html import escape  # imported on demand: its table of names is slow to load

    return escape(text)


def _picture(prediction: Prediction) -> str:
    """Render the image and its boxes as SVG."""
    image = prediction.picture
    height, width = image.shape
    scale = min(MAX_WIDTH / width, MAX_HEIGHT / height, max(1.0, MIN_WIDTH / width))
    rows = groupby(prediction.boxes, key=lambda box: box.row)
    boxes = "".join(_boxes([*row], 1 / scale) for _, row in rows)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width * scale:.0f}" height="{height * scale:.0f}" '
        'style="max-width:100%;overflow:visible" role="img" '
        f'aria-label="{_escaped(_headline(prediction))}">'
        f'<image width="{width}" height="{height}" href="data:image/jpeg;base64,'
        f'{_as_jpeg(image, scale)}"/>{boxes}</svg>'
    )


def _as_jpeg(image: "NDArray[np.uint8]", scale: float) -> str:
    """Encode a gray image as JPEG in base64, at most twice as large as it is shown."""
    import base64

    import cv2

    shown: cv2.typing.MatLike = image
    smaller = min(1.0, 2 * scale)
    if smaller < 1:
        size = [max(1, round(side * smaller)) for side in reversed(image.shape)]
        shown = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    _, jpeg = cv2.imencode(".jpg", shown, (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY))
    return base64.b64encode(jpeg.tobytes()).decode("ascii")


def _boxes(row: Sequence[Box], pixel: float) -> str:
    """Render a row of boxes with their answers; `pixel` is a page pixel in image pixels."""
    return "".join(
        f'<rect x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}" fill="none" '
        f'stroke="{_colour(box)}" stroke-width="{1.5 * pixel:.3g}"/>'
        f'<text x="{box.x + box.width / 2:g}" y="{box.y - 3 * pixel:.4g}" text-anchor="middle" '
        f'font-size="{13 * pixel:.3g}" font-weight="bold" fill="{_colour(box)}">'
        f"{_escaped(box.symbol)}</text>"
        for box in row
    )


def _colour(box: Box) -> str:
    if box.symbol == UNSURE:
        return UNSURE_COLOUR
    return MARK if box.is_mark else SURE


def _bars(box: Box) -> str:
    """Render the ten probabilities of a digit as a bar chart."""
    height = BAR_HEIGHT * len(box.probabilities)
    return (
        f'<div style="text-align:center"><b style="color:{_colour(box)}">'
        f"{_escaped(box.symbol)}</b> {box.confidence:.0%}<br>"
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{BARS_WIDTH}" height="{height}" '
        f'role="img" aria-label="{_escaped(", ".join(_probabilities(box)))}">'
        f"{''.join(_rows(box))}</svg></div>"
    )


def _probabilities(box: Box) -> Iterator[str]:
    return (f"{digit}: {share:.1%}" for digit, share in enumerate(box.probabilities))


def _rows(box: Box) -> Iterator[str]:
    left = 10
    for digit, share in enumerate(box.probabilities):
        top = digit * BAR_HEIGHT
        colour = _colour(box) if str(digit) == box.raw else "#8C8C8C"
        yield (
            f'<text x="0" y="{top + BAR_HEIGHT - 1}" font-size="{BAR_HEIGHT}" '
            f'fill="currentColor">{digit}</text>'
            f'<rect x="{left}" y="{top + 1}" width="{share * (BARS_WIDTH - left):.1f}" '
            f'height="{BAR_HEIGHT - 2}" fill="{colour}"/>'
        )
