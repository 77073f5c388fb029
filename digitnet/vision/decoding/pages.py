"""Splits a file into its pages, each a separate image.

These are the pages of a PDF or TIFF, and the frames of an animated GIF or WebP. Pages are decoded
lazily: until then, only their numbers are in memory.
"""

import os
import re
from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.errors import ImageError
from digitnet.vision.decoding.animation import Frames
from digitnet.vision.decoding.decode import decode_image, load
from digitnet.vision.decoding.headers import SNIFFED_BYTES, read_header
from digitnet.vision.decoding.limits import Limits, check_size
from digitnet.vision.decoding.pdf import count_pages, render_page
from digitnet.vision.decoding.tiff import single_page

MAX_PAGES = 10_000
"""Maximum number of pages read at once. A file of a few kilobytes can claim millions."""

_ANIMATIONS = ("GIF", "WebP")
_MULTI_PAGE = re.compile(rb"%PDF-|II\*\0|MM\0\*|GIF8[79]a|RIFF....WEBP", re.DOTALL)
"""Signatures of formats with several pages. Of other files, only the first bytes are read here."""


class Page(NamedTuple):
    """One page of a file that has several.

    Attributes:
        source: the path or the bytes of the file.
        number: the number of the page, from 1.
        frames: the shared decoder of an animation, for reading its pages in order.
    """

    source: str | os.PathLike[str] | bytes
    number: int
    frames: Frames | None = None


def find_pages(
    source: str | os.PathLike[str] | bytes, limits: Limits, wanted: range | None = None
) -> list[Page]:
    """Find the pages of a file.

    Args:
        source: a path, or the bytes of a file.
        limits: see `decode_image`.
        wanted: numbers of pages, from 1. Pages that the file does not have are skipped. None for
            all pages.

    Returns:
        The pages; none if the file has a single page, or cannot be read (`decode_image` reports
        this).

    Raises:
        ImageError: the file has none of the wanted pages, or more than `MAX_PAGES` of them; a PDF
            cannot be opened; or an animation is too large.
    """
    kind, count = _count(source, limits)
    if not count:
        return []
    wanted = wanted or range(1, count + 1)
    numbers = range(max(1, wanted.start), min(wanted.stop, count + 1))
    if not numbers:
        pages = "1 page" if count == 1 else f"{count:,} pages"
        raise ImageError(f"page {wanted.start:,} does not exist; the file has {pages}")
    if len(numbers) > MAX_PAGES:
        raise ImageError(
            f"a {kind} with {count:,} pages; the limit is {MAX_PAGES:,}: select pages with --pages"
        )
    if count == 1:
        return []
    frames = Frames(source, numbers, limits) if kind in _ANIMATIONS else None
    return [Page(source, number, frames) for number in numbers]


def decode(
    source: str | os.PathLike[str] | bytes | Page,
    limits: Limits,
    notify: Callable[[str], None] = lambda message: None,
) -> NDArray[np.uint8]:
    """Decode an image or a page: see `decode_image`.

    Raises:
        ImageError: the file or the page cannot be read, or is too large. The message does not name
            the file.
    """
    if not isinstance(source, Page):
        return decode_image(source, limits, notify)
    return _decode_page(source, limits)


def decode_to_png(page: Page, limits: Limits) -> bytes:
    """Decode a page and encode it as a PNG.

    Raises:
        ImageError: see `decode`.
    """
    return cv2.imencode(".png", decode(page, limits))[1].tobytes()


def _decode_page(page: Page, limits: Limits) -> NDArray[np.uint8]:
    if page.frames is not None:
        return page.frames.take(page.number)
    data = load(page.source, limits)
    header = read_header(data)
    if header is not None and header.format == "PDF":
        return render_page(data, page.number, limits)
    if header is not None and header.format in _ANIMATIONS and page.number <= header.pages:
        return Frames(page.source, [page.number], limits).take(page.number)
    if header is None or header.format != "TIFF" or page.number > header.pages:
        raise ImageError("the file changed while its pages were being read; try again")
    return decode_image(single_page(data, page.number), limits)


def _count(source: str | os.PathLike[str] | bytes, limits: Limits) -> tuple[str, int]:
    """Return the format of a file and its number of pages, which is 0 if it cannot be read."""
    try:
        beginning = _first_bytes(source)
        if not _MULTI_PAGE.match(beginning):
            return "image", int(read_header(beginning) is not None)
        data = load(source, limits)
    except (ImageError, OSError, ValueError):
        return "image", 0
    header = read_header(data)
    if header is not None and header.format == "PDF":
        return "PDF", count_pages(data)
    if header is None or header.pages < 2:
        return "image", 1
    if header.format in _ANIMATIONS:
        check_size(header, limits)
    return header.format, header.pages


def _first_bytes(source: str | os.PathLike[str] | bytes) -> bytes:
    if isinstance(source, bytes):
        return source[:SNIFFED_BYTES]
    if not os.path.isfile(source):  # a pipe could block
        return b""
    with open(source, "rb", buffering=0) as file:
        return file.read(SNIFFED_BYTES)
