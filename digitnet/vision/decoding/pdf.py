"""Renders PDF pages to grayscale with PDFium, which the extra `pdf` installs (pypdfium2).

A page filled by an image is a scan. It is rendered at the resolution of that image, so it is read
like the image alone. Other pages are rendered at 200 dpi.
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

RESOLUTION_DPI = 200
"""Resolution of pages that are not scans. Pen strokes are four to eight pixels wide."""

MIN_SHARE = 0.5
"""Minimum longer side of an image, relative to the page's, to be a scan of the page."""

FORM_LEVELS = 15
"""Maximum depth of nested forms that are searched for images, as in PDFium."""

_SCALE_MARGIN = 1e-6
"""Relative reduction of the scale, because PDFium's floats are inexact and it rounds sizes up."""

_PASSWORD, _UNKNOWN_SECURITY = 4, 5
"""PDFium's error codes (fpdfview.h)."""

_pdfium_lock = threading.Lock()
"""PDFium is not thread-safe."""


def count_pages(data: bytes) -> int:
    """Count the pages of a PDF.

    Raises:
        ImageError: pypdfium2 is not installed, or the PDF is encrypted or damaged.
    """
    with _open_pdf(data) as document:
        return len(document)


def render_page(data: bytes, number: int, limits: Limits) -> NDArray[np.uint8]:
    """Render a page, with its annotations and form fields.

    Args:
        data: the PDF.
        number: the number of the page, from 1.
        limits: size limits of the page and of each image on it.

    Returns:
        (H, W) gray, 0 dark .. 255 light.

    Raises:
        ImageError: the page is too large, damaged or missing; or see `count_pages`.
    """
    with _open_pdf(data) as document:
        document.init_forms()
        try:
            page = document[number - 1]
            rendered = page.render(scale=_scale(page, limits) * (1 - _SCALE_MARGIN))
        except (_pdfium().PdfiumError, IndexError) as error:
            raise ImageError(f"a damaged PDF page: {os_error_reason(error)}") from None
        with contextlib.closing(rendered):  # closing uses PDFium, so the lock must still be held
            return to_gray(rendered.to_numpy())


def _scale(page: Any, limits: Limits) -> float:
    """Return the resolution of the page's scan, or the default one, in pixels per point.

    Raises:
        ImageError: the page or an image on it is too large.
    """
    width, height = page.get_size()
    scale = RESOLUTION_DPI / POINTS_PER_INCH
    scanned = 0.0
    images = (_pdfium().raw.FPDF_PAGEOBJ_IMAGE,)
    for image in page.get_objects(filter=images, max_depth=FORM_LEVELS):
        pixels = image.get_px_size()
        check_size(Header("PDF's image", *pixels), limits)
        left, bottom, right, top = image.get_bounds()
        side = max(right - left, top - bottom)
        if side >= MIN_SHARE * max(width, height):
            scanned = max(scanned, max(pixels) / side)
    # At the resolution of a fine letterhead, the page could exceed the limits.
    if scanned and width * height * scanned**2 <= limits.pixels:
        scale = scanned
    check_size(Header("PDF page", round(width * scale), round(height * scale)), limits)
    return scale


@contextlib.contextmanager
def _open_pdf(data: bytes) -> Iterator[Any]:
    """Open a PDF with exclusive access to PDFium.

    Raises:
        ImageError: pypdfium2 is not installed, or the PDF is encrypted or damaged.
    """
    pdfium = _pdfium()
    with _pdfium_lock:
        try:
            document = pdfium.PdfDocument(data)
        except pdfium.PdfiumError as error:
            if error.err_code in (_PASSWORD, _UNKNOWN_SECURITY):
                raise ImageError("an encrypted PDF: save it without a password") from None
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
            "PDFs need pypdfium2: pip install pypdfium2, or save its pages as images"
        ) from None
    return pypdfium2
