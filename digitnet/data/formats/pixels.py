"""Arrays of any common shape and range -> grayscale images, white ink on black, and labels 0-9.

Shapes and dtypes are checked before arrays are read (`check_claims`), values afterwards.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitnet.data.arrays import MAX_DIGITS, ArraySpec
from digitnet.errors import DatasetError
from digitnet.files.escape import escape_controls
from digitnet.model.probabilities import CLASSES
from digitnet.vision import Limits
from digitnet.vision.decoding.limits import MAX_SIDE

CHANNEL_WEIGHTS = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in gray (ITU-R BT.601), the same as OpenCV's."""

RANGES = ((0, 1), (0, 16), (0, 255), (0, 65535))
"""Common ranges of gray levels: floats and bits, scikit-learn's digits, bytes, 16 bits. A data
set is scaled by the smallest range that contains all its levels."""

LIGHT_BORDER = 160
"""Images with a higher average level at their borders show dark ink on light paper."""

CHUNK = 4096
"""Number of images converted at a time."""

Remark = Callable[[str], None]
"""Receives a phrase about the data."""


class Raw(NamedTuple):
    """Images and labels as stored in a file.

    Attributes:
        images: any shape and type that `check_claims` accepts.
        labels: one for each image, in any form that `as_labels` accepts.
        official: whether they are an official test set.
    """

    images: NDArray[Any]
    labels: NDArray[Any]
    official: bool = False


class Pictures(NamedTuple):
    """Grayscale images and their labels.

    Attributes:
        images: uint8 (N, H, W), white ink (255) on black (0).
        labels: int64 (N,), 0-9.
        official: whether they are an official test set.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    official: bool = False


class Arrangement(NamedTuple):
    """How to transpose and then reshape an array to (N, H, W) or (N, H, W, 3)."""

    axes: tuple[int, ...]
    shape: tuple[int, ...]


def check_claims(name: str, images: ArraySpec, labels: ArraySpec) -> Arrangement:
    """Check the shapes and dtypes of images and labels.

    Returns:
        How to arrange the array of images.

    Raises:
        DatasetError: they are not images with one label each, or are too large or too many.
    """
    (shape, dtype), (label_shape, label_type) = images, labels
    counts = _counts(label_shape) if label_type.kind in "biufSU" else []
    arranged = [found for count in counts if (found := _arrange(shape, count))]
    if dtype.kind not in "biuf" or len(shape) < 2 or 0 in shape[1:] or len(shape) > 4:
        raise _no_images(name, shape, dtype)
    if not counts or (not arranged and shape[0] not in counts):
        raise DatasetError(
            f"{name} has labels of shape {label_shape} and type {label_type} for {shape[0]:,} "
            "images: expected one digit or one row of ten for each"
        )
    if not arranged:
        raise _no_images(name, shape, dtype)
    count, height, width = arranged[0].shape[:3]
    if height * width > Limits().pixels or max(height, width) > MAX_SIDE:
        raise DatasetError(f"{name} has images of {width} x {height} pixels: too large")
    if count > MAX_DIGITS:
        raise DatasetError(f"{name} has {count:,} digits: at most {MAX_DIGITS:,} are read")
    if not count:
        raise DatasetError(
            f"{name} has no digits: give a data set with at least two digits of each class"
        )
    return arranged[0]


def as_labels(name: str, labels: NDArray[Any]) -> NDArray[np.int64]:
    """Convert labels of any common type to int64 (N,).

    Args:
        name: the data set, for the error message.
        labels: digits as integers, floats or text, (N,), (N, 1) or (1, N); or one-hot, (N, 10) or
            (10, N).

    Raises:
        DatasetError: a label is not a digit.
    """
    if labels.ndim == 2 and 1 not in labels.shape:
        rows = labels if labels.shape[1] == CLASSES else labels.T
        if not ((rows == 0) | (rows == 1)).all() or not (rows.sum(axis=1) == 1).all():
            raise DatasetError(
                f"{name} has labels of shape {labels.shape} that are not one-hot: each row must "
                "have a single 1"
            )
        digits: NDArray[np.int64] = rows.argmax(axis=1).astype(np.int64)
        return digits
    flat = labels.ravel()
    if flat.dtype.kind in "SU":
        texts = np.char.strip(flat.astype(np.str_) if flat.dtype.kind == "U" else _decoded(flat))
        wrong = ~np.isin(texts, [str(digit) for digit in range(CLASSES)])
        if wrong.any():
            shown = escape_controls(str(texts[wrong][0]))[:20]
            raise DatasetError(f"{name} has the label {shown!r}: labels are the digits 0 to 9")
        return texts.astype(np.int64)
    outside = flat[~np.isin(flat, np.arange(CLASSES))]
    if len(outside):
        raise DatasetError(f"{name} has the label {outside[0]}: labels are the digits 0 to 9")
    return flat.astype(np.int64)


def as_pictures(name: str, raw: Raw, remark: Remark) -> Pictures:
    """Convert the images and labels of a file to a common form.

    Args:
        name: the data set, for error messages.
        raw: the arrays of the file. Their shapes and dtypes are checked here, too.
        remark: receives a phrase about levels and polarity.

    Raises:
        DatasetError: the arrays are not images of digits with labels.
    """
    images = raw.images
    found = check_claims(name, (images.shape, images.dtype), (raw.labels.shape, raw.labels.dtype))
    labels = as_labels(name, raw.labels)
    gray = _as_bytes(name, images.transpose(found.axes).reshape(found.shape), remark)
    if has_light_paper(gray):
        remark("dark ink on light paper, inverted")
        gray = 255 - gray
    return Pictures(gray, labels, raw.official)


def has_light_paper(gray: NDArray[np.uint8]) -> bool:
    """Whether most images (N, H, W) have light borders."""
    border = np.concatenate(
        [gray[:, [0, -1]].reshape(len(gray), -1), gray[:, 1:-1, [0, -1]].reshape(len(gray), -1)],
        axis=1,
    )
    return bool(np.mean(border.mean(axis=1) > LIGHT_BORDER) > 0.5)


def _as_bytes(name: str, images: NDArray[Any], remark: Remark) -> NDArray[np.uint8]:
    """Convert images (N, H, W) or (N, H, W, 3) of any range to gray levels 0-255."""
    low, high = float(images.min()), float(images.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        raise DatasetError(
            f"{name} has pixels that are not finite numbers: replace NaN and infinity"
        )
    fits = [ends for ends in RANGES if ends[0] <= low and high <= ends[1]]
    if fits:
        low, high = fits[0]
    elif -1 <= low < -0.9 and high <= 1:
        low, high = -1, 1
    else:
        remark(f"gray levels {low:.4g} to {high:.4g} scaled to black and white")
    if images.dtype == np.uint8 and (low, high) == (0, 255) and images.ndim == 3:
        return images
    gray = np.empty(images.shape[:3], np.uint8)
    for start in range(0, len(images), CHUNK):
        levels = images[start : start + CHUNK].astype(np.float32)
        if levels.ndim == 4:
            levels = levels @ np.array(CHANNEL_WEIGHTS, np.float32)
        levels = (levels - low) * np.float32(255 / (high - low))
        gray[start : start + CHUNK] = np.rint(levels).clip(0, 255)
    return gray


def _arrange(shape: tuple[int, ...], count: int) -> Arrangement | None:
    """Find the arrangement of an array with this number of images; None if it does not fit."""
    last = len(shape) - 1
    if shape[0] == count:
        axes = [*range(last + 1)]
    elif shape[last] == count:  # MATLAB's order
        axes = [last, *range(last)]
    else:
        return None
    sides = [shape[axis] for axis in axes[1:]]
    if len(sides) == 1:
        side = math.isqrt(sides[0])
        return Arrangement((*axes,), (count, side, side)) if side * side == sides[0] else None
    if len(sides) == 3:
        if sides[2] not in (1, 3):  # channels first
            axes = [axes[0], axes[2], axes[3], axes[1]]
            sides = [*sides[1:], sides[0]]
        if sides[2] not in (1, 3):
            return None
        sides = sides[: 2 + (sides[2] == 3)]
    return Arrangement((*axes,), (count, *sides))


def _counts(labels: tuple[int, ...]) -> list[int]:
    """Return the possible numbers of digits, given the shape of their labels."""
    if len(labels) == 1:
        return [labels[0]]
    if len(labels) != 2:
        return []
    if 1 in labels:
        return [max(labels) if 0 not in labels else 0]
    return [other for other, ten in (labels, labels[::-1]) if ten == CLASSES]


def _decoded(texts: NDArray[Any]) -> NDArray[np.str_]:
    return np.char.decode(texts, "latin-1")


def _no_images(name: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> DatasetError:
    return DatasetError(
        f"{name} has images of shape {shape} and type {dtype}: expected numbers of shape "
        "(N, height, width), (N, height, width, 1 or 3) or (N, height x width)"
    )
