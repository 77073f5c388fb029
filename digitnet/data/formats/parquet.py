"""Parquet files, such as Hugging Face's: a column of images, or one column for each pixel.

An image is an encoded file or a list of pixels. Parquet is read with pyarrow, which the extra
`parquet` installs.
"""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitnet.data.arrays import MAX_ARRAY_BYTES, MAX_DIGITS, UNREADABLE
from digitnet.data.formats.names import find_pairs
from digitnet.data.formats.pixels import Raw
from digitnet.data.formats.source import Source
from digitnet.data.images import as_digits
from digitnet.errors import DatasetError, ImageError, os_error_reason
from digitnet.files.escape import escape_controls
from digitnet.vision import decode_image

SIGNATURE = b"PAR1"
BATCH_ROWS = 1000
"""Number of rows that are converted at a time."""


def is_parquet(source: Source) -> bool:
    """Whether a file is Parquet."""
    return source.head.startswith(SIGNATURE) and not source.packed


def read_parquet(source: Source) -> list[Raw]:
    """Read a Parquet file.

    Raises:
        DatasetError: pyarrow is not installed, or the file is damaged, too large, or has no
            labelled images.
    """
    try:
        import pyarrow.parquet
    except ImportError:
        raise DatasetError(
            f"{source.path} is a Parquet file, which needs pyarrow: pip install pyarrow, or save "
            "it as .npz"
        ) from None
    try:
        with pyarrow.parquet.ParquetFile(str(source.path), memory_map=False) as file:
            _check_size(source, file.metadata)
            return [_read(source, file)]
    except (pyarrow.ArrowException, *UNREADABLE) as error:
        raise DatasetError(
            f"{source.path} is not a readable Parquet file: {os_error_reason(error)}"
        ) from None


def _check_size(source: Source, metadata: Any) -> None:
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    size = sum(max(0, group.total_byte_size) for group in groups)
    if metadata.num_rows > MAX_DIGITS:
        raise DatasetError(
            f"{source.path} has {metadata.num_rows:,} digits: at most {MAX_DIGITS:,} are read"
        )
    if size > MAX_ARRAY_BYTES:
        raise DatasetError(
            f"{source.path} unpacks to {size:,} bytes or more, at most {MAX_ARRAY_BYTES:,} are read"
        )
    if not metadata.num_rows:
        raise DatasetError(f"{source.path} has no digits: give a file with rows")


def _read(source: Source, file: Any) -> Raw:
    """Read the images and labels of a file."""
    names = [*file.schema_arrow.names]
    try:
        (pair,) = find_pairs(str(source.path), names)
    except (DatasetError, ValueError):
        return _read_pixel_columns(source, file, names)
    images: list[NDArray[Any]] = []
    labels: list[NDArray[Any]] = []
    total = 0
    for batch in file.iter_batches(BATCH_ROWS, columns=[pair.images, pair.labels]):
        for image in _images(source, batch.column(pair.images)):
            images.append(image)
            total += image.nbytes
            if total > MAX_ARRAY_BYTES:
                raise DatasetError(
                    f"{source.path} has images of more than {MAX_ARRAY_BYTES:,} bytes: give fewer"
                )
        labels.append(_numbers(source, batch.column(pair.labels)))
    sizes = {image.shape for image in images}
    if len(sizes) > 1:
        return Raw(as_digits(images), np.concatenate(labels))
    return Raw(np.stack(images), np.concatenate(labels))


def _images(source: Source, column: Any) -> Iterator[NDArray[Any]]:
    """Yield the images of a column of encoded files, with or without paths, or of pixel lists."""
    for value in column.to_pylist():
        content = value.get("bytes") if isinstance(value, dict) else value
        if isinstance(content, bytes):
            try:
                yield decode_image(content)
            except ImageError as error:
                reason = str(error).removesuffix(", or raise the limit")
                raise DatasetError(f"{source.path} has an unreadable image: {reason}") from None
        elif isinstance(content, list):
            yield np.array(content)
        else:
            raise DatasetError(
                f"{source.path} has an image that is not in the file itself: save the data set "
                "with its images, or as .npz"
            )


def _numbers(source: Source, column: Any) -> NDArray[Any]:
    """Convert a column of labels, which are numbers or digits as text."""
    array = np.array(column.to_pylist())
    if array.dtype.kind not in "biufU":
        raise DatasetError(
            f"{source.path} has labels of type {escape_controls(str(column.type))[:50]}: "
            "expected the digits 0 to 9, one in each row"
        )
    return array


def _read_pixel_columns(source: Source, file: Any, names: list[str]) -> Raw:
    """Read a file with one column for each pixel, and one of labels."""
    lower = [name.lower() for name in names]
    label = next((lower.index(name) for name in ("label", "class", "digit") if name in lower), None)
    pixels = len(names) - 1
    if (
        label is None
        or math.isqrt(pixels) ** 2 != pixels
        or pixels * file.metadata.num_rows > MAX_ARRAY_BYTES
    ):
        shown = escape_controls(", ".join(names))[:200]
        raise DatasetError(
            f"{source.path} has the columns {shown}: expected image and label, or label and the "
            "pixels of a square image"
        )
    images: list[NDArray[Any]] = []
    labels: list[NDArray[Any]] = []
    for batch in file.iter_batches(BATCH_ROWS):
        columns = [
            batch.column(number).to_numpy(zero_copy_only=False) for number in range(len(names))
        ]
        labels.append(_numbers(source, batch.column(label)))
        del columns[label]
        images.append(np.stack(columns, axis=1))
    return Raw(np.concatenate(images), np.concatenate(labels))
