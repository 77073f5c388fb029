"""A page of a PDF -> gray pixels, by PDFium, which the extra `pdf` brings (pypdfium2).

A scanned page is an image that fills it: it is rendered at the resolution of that image, so that it
is read as the image alone would be. Other pages are rendered at 200 dots an inch.
"""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitnet.errors import ImageError, os_error_reason
from digitnet.vision.decoding.colour import to_gray
from digitnet.vision.decoding.headers import Header
from digitnet.vision.decoding.limits import Limits, check_size

POINTS_PER_INCH = 72

RESOLUTION = 200
"""Resolution in dpi of pages that are not scans: pen strokes have four to eight pixels."""

MIN_SHARE = 0.5
"""An image whose longer side has such a share of the page's is a scan of it."""

FORM_LEVELS = 15
"""Maximum depth of nested forms searched for images, as in PDFium."""

_DEVIATION = 1e-6
"""A page is rendered smaller by so much: PDFium's numbers are floats, and it rounds pixels up."""

_PASSWORD, _UNKNOWN_SECURITY = 4, 5
"""Error codes of PDFium (fpdfview.h)."""

_one_at_a_time = threading.Lock()
"""PDFium may be used by one thread at a time."""


def count_pages(data: bytes) -> int:
    """Count the pages of a PDF.

    Raises:
        ImageError: pypdfium2 is not installed, or the PDF is encrypted or damaged.
    """
    with _opened(data) as document:
        return len(document)


def render_page(data: bytes, number: int, limits: Limits) -> NDArray[np.uint8]:
    """Render a page, with its annotations and form fields.

    Args:
        data: The PDF.
        number: Of the page, from 1.
        limits: How large the page, and each image on it, may be in pixels.

    Returns:
        (H, W) gray, 0 dark .. 255 light.

    Raises:
        ImageError: The page is too large, damaged or missing, or as of `count_pages`.
    """
    with _opened(data) as document:
        document.init_forms()
        try:
            page = document[number - 1]
            rendered = page.render(scale=_scale(page, limits) * (1 - _DEVIATION))
        except (_pdfium().PdfiumError, IndexError) as error:
            raise ImageError(f"a damaged page of a PDF: {os_error_reason(error)}") from None
        with contextlib.closing(rendered):  # by PDFium, too, so before another thread may use it
            return to_gray(rendered.to_numpy())


def _scale(page: Any, limits: Limits) -> float:
    """Pixels a point: the resolution of the page's scan, or the usual one.

    Raises:
        ImageError: The page or an image on it is too large.
    """
    width, height = page.get_size()
    scale = RESOLUTION / POINTS_PER_INCH
    scanned = 0.0
    images = (_pdfium().raw.FPDF_PAGEOBJ_IMAGE,)
    for image in page.get_objects(filter=images, max_depth=FORM_LEVELS):
        pixels = image.get_px_size()
        check_size(Header("PDF's image", *pixels), limits)
        left, bottom, right, top = image.get_bounds()
        side = max(right - left, top - bottom)
        if side >= MIN_SHARE * max(width, height):
            scanned = max(scanned, max(pixels) / side)
    # A letterhead may be finer than any page needs.
    if scanned and width * height * scanned**2 <= limits.pixels:
        scale = scanned
    check_size(Header("PDF page", round(width * scale), round(height * scale)), limits)
    return scale


@contextlib.contextmanager
def _opened(data: bytes) -> Iterator[Any]:
    """Have a PDF and PDFium for oneself.

    Raises:
        ImageError: pypdfium2 is not installed, or the PDF is encrypted or damaged.
    """
    pdfium = _pdfium()
    with _one_at_a_time:
        try:
            document = pdfium.PdfDocument(data)
        except pdfium.PdfiumError as error:
            if error.err_code in (_PASSWORD, _UNKNOWN_SECURITY):
                raise ImageError(
                    "an encrypted PDF, which needs a password: save it without one"
                ) from None
            raise ImageError("a damaged PDF: copy, download or save it again") from None
        try:
            yield document
        finally:
            document.close()


def _pdfium() -> Any:
    try:
        import pypdfium2
    except ImportError:
        raise ImageError(
            "a PDF, which needs pypdfium2: pip install 'digitnet[pdf]', or save its pages as images"
        ) from None
    return pypdfium2
