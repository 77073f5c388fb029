"""The page's data for one image as JSON: the prediction and the intermediate results.

Arrays are encoded as base64: images as bytes, row by row; activations as signed bytes, scaled so
that the largest magnitude in a layer is 127.
"""

import base64
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.model.activations import Layer, LayerProbe
from digitnet.model.probabilities import DIGIT
from digitnet.model.symbols import SYMBOLS
from digitnet.reading.prediction import JSON_DECIMALS
from digitnet.reading.read_images import Explanation
from digitnet.reading.read_lines import LineReading
from digitnet.vision import find_digits

MAX_INK_SIDE, MAX_PICTURE_SIDE = 480, 1200
"""Maximum sides in pixels; larger images are reduced before they are sent."""

MAX_COLUMNS = 2400
"""Maximum number of columns sent: of a long text, the page shows only the first lines."""


def describe_reading(explanation: Explanation, *, picture: bool) -> dict[str, Any]:
    """Describe how an image was read.

    Args:
        explanation: the prediction and the intermediate results.
        picture: whether to include the image itself, for a page that does not have it.
    """
    gray, layout, lines, prediction = explanation
    height, width = gray.shape
    digits = [None if box.is_mark else _encode(box.seen) for box in prediction.boxes]
    return {
        "width": width,
        "height": height,
        "picture": _png(gray, MAX_PICTURE_SIDE) if picture else None,
        "ink": _png(255 - layout.ink, MAX_INK_SIDE),
        "symbols": SYMBOLS,
        "lines": [_describe_line(line) for line in _first(lines)],
        "more_lines": len(lines) - len(_first(lines)),
        "seen": digits,
        "whole": None if any(digits) else _whole(gray),
    }


def describe_layers(digit: NDArray[np.uint8], probe: LayerProbe) -> dict[str, Any]:
    """Describe the activations of a classifier's layers, and its output.

    Args:
        digit: (28, 28) uint8, white ink (255) on black (0).
        probe: the classifier.

    Returns:
        `layers`, and `probabilities` of the ten digits.
    """
    layers, answer = probe.look(digit)
    return {
        "layers": [_describe_layer(layer) for layer in layers],
        "probabilities": [round(p, JSON_DECIMALS) for p in answer[0, DIGIT].tolist()],
    }


def _whole(gray: NDArray[np.uint8]) -> str | None:
    """Encode the classifier's input for the whole image as one digit; None if there is no ink."""
    regions = find_digits(gray, single=True)
    return _encode(regions[0].digit) if regions else None


def _first(lines: Sequence[LineReading]) -> Sequence[LineReading]:
    """Return the first lines, up to `MAX_COLUMNS` columns in total, but at least one line."""
    ends = np.cumsum([len(line.columns) for line in lines])
    return lines[: max(1, int(np.searchsorted(ends, MAX_COLUMNS, side="right")))]


def _describe_line(read: LineReading) -> dict[str, Any]:
    columns = read.columns[:MAX_COLUMNS]
    image = np.ascontiguousarray(read.line.image[:, : 2 * MAX_COLUMNS])
    return {
        "width": image.shape[1],
        "image": _encode(image),
        "columns": len(columns),
        "probabilities": _encode(np.round(255 * columns).astype(np.uint8)),
        "read": [
            {"symbol": SYMBOLS[one.symbol], "start": one.start, "end": one.end}
            for one in read.symbols
        ],
    }


def _describe_layer(layer: Layer) -> dict[str, Any]:
    peak = float(np.abs(layer.values).max())
    levels = np.round(layer.values * (127 / peak if peak else 0)).astype(np.int8)
    return {
        "name": layer.name,
        "shown": str(layer.shown),
        "shape": list(layer.values.shape),
        "peak": round(peak, 3),
        "values": _encode(levels),
    }


def _encode(values: NDArray[np.uint8] | NDArray[np.int8]) -> str:
    return base64.b64encode(values.tobytes()).decode("ascii")


def _png(image: NDArray[np.uint8], most: int) -> str:
    """Encode a grayscale image as a base64 PNG, reduced to at most `most` pixels a side."""
    scale = most / max(image.shape)
    if scale < 1:
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).view(
            np.uint8
        )
    fast = [cv2.IMWRITE_PNG_COMPRESSION, 1]
    return base64.b64encode(cv2.imencode(".png", image, fast)[1].tobytes()).decode("ascii")
