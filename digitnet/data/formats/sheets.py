"""Photos and scans of sheets that were printed by `digitnet sheet` and filled in.

A source is a photo, a scan of one or more pages (PDF, TIFF), or a folder of these. The label of a
digit is printed above its box.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitnet.data.formats import refusals
from digitnet.data.formats.pixels import Raw
from digitnet.data.formats.source import Source
from digitnet.data.images import as_digits, is_image, refuse_images
from digitnet.data.sheet_layout import boxes
from digitnet.data.sheet_photo import NoSheetError, cut_boxes, shows_marks
from digitnet.errors import DatasetError, ImageError
from digitnet.files.escape import join_names
from digitnet.interruption import Interruption
from digitnet.vision.decoding.headers import read_header
from digitnet.vision.decoding.heic import is_heic
from digitnet.vision.decoding.limits import DEFAULT_LIMITS
from digitnet.vision.decoding.pages import Page, decode, find_pages

CHECKED_IMAGES = 5
"""Number of images checked to detect a folder of sheets."""

BLANK = np.full((1, 1), 255, np.uint8)
"""A blank image, used for a box without a digit."""


def is_picture(source: Source) -> bool:
    """Whether a file is an image or a PDF."""
    begins_like_one = read_header(source.head) is not None or is_heic(source.head)
    return begins_like_one and not source.packed


def read_sheet_file(source: Source) -> list[Raw]:
    """Read a photo of a sheet, or a scan of one or more.

    Raises:
        DatasetError: the file does not show complete sheets, or cannot be read.
    """
    try:
        read = list(_read_pages(source.path))
    except NoSheetError:
        raise refusals.refuse_file(source) from None
    except ImageError as error:
        raise refuse_images(source.path.parent, [(source.path.name, str(error))], 1, 1) from None
    return _gather(source, read)


def holds_sheets(source: Source) -> bool:
    """Whether one of the first images of a folder shows a corner mark of a sheet."""
    return any(_shows_sheet(source.path / name) for name in _images(source)[:CHECKED_IMAGES])


def read_sheet_folder(source: Source) -> list[Raw]:
    """Read a folder of images, each a photo of a sheet or a scan of one or more.

    Raises:
        DatasetError: an image does not show complete sheets, or cannot be read.
    """
    if source.folders:
        source.remark(f"not read: {join_names([f'{name}/' for name in source.folders])}")
    names = _images(source)
    read: list[NDArray[np.uint8]] = []
    faults: list[tuple[str, str]] = []
    for name in names:
        try:
            read += _read_pages(source.path / name)
        except ImageError as error:
            faults.append((name, str(error)))
    if faults:
        raise refuse_images(source.path, faults, len(faults), len(names))
    return _gather(source, read)


def _images(source: Source) -> list[str]:
    return [name for name in source.files if is_image(source.path / name)]


def _shows_sheet(path: Path) -> bool:
    try:
        with Interruption():
            return any(shows_marks(decode(page, DEFAULT_LIMITS)) for page in _pages(path))
    except ImageError:
        return False


def _pages(path: Path) -> Sequence[Path | Page]:
    return find_pages(path, DEFAULT_LIMITS) or [path]


def _read_pages(path: Path) -> Iterator[NDArray[np.uint8]]:
    """Read the boxes on each page of a file.

    Yields:
        The digits of a page, (boxes, 28, 28). Empty boxes are black.

    Raises:
        NoSheetError: the first page shows no mark of a sheet.
        ImageError: a page does not show a complete sheet, or cannot be read.
    """
    for number, page in enumerate(_pages(path), 1):
        try:
            with Interruption():
                found = cut_boxes(decode(page, DEFAULT_LIMITS))
        except ImageError as error:
            if number == 1:
                raise
            raise ImageError(f"page {number}: {error}") from None
        yield as_digits(BLANK if box is None else box for box in found)


def _gather(source: Source, read: list[NDArray[np.uint8]]) -> list[Raw]:
    """Collect the digits of all sheets, without empty boxes.

    Raises:
        DatasetError: all boxes are empty.
    """
    images = np.concatenate(read)
    labels = np.tile([digit for *_, digit in boxes()], len(read))
    is_written = images.any(axis=(1, 2))
    if not is_written.any():
        raise DatasetError(f"{source.path} is a sheet with empty boxes: fill it in with a dark pen")
    if empty := int(np.count_nonzero(~is_written)):
        source.remark(f"{empty:,} empty box{'es' * (empty > 1)} left out")
    return [Raw(images[is_written], labels[is_written])]
