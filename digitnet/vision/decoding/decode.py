"""Decodes an image file to grayscale.

Formats are detected by content, never by name. All defects of a file are detected here and reported
in one line, so the rest of vision can rely on the result.
"""

import binascii
import os
import stat
import struct
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.errors import ImageError, os_error_reason
from digitnet.vision.decoding.colour import ink_axis, to_gray
from digitnet.vision.decoding.headers import MAX_PARTS, Header, read_header
from digitnet.vision.decoding.heic import decode_heic, is_heic
from digitnet.vision.decoding.limits import DEFAULT_LIMITS, Limits, check_bytes, check_size
from digitnet.vision.decoding.pdf import count_pages, render_page

# digitnet reports a damaged image once; OpenCV would add its own lines to stderr.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


LARGE_JPEG = 1_000_000
"""Minimum pixels of a JPEG for which a reduced preview saves more time than it takes."""


def decode_image(
    source: str | os.PathLike[str] | bytes,
    limits: Limits = DEFAULT_LIMITS,
    notify: Callable[[str], None] = lambda message: None,
) -> NDArray[np.uint8]:
    """Decode an image to grayscale, and apply its EXIF orientation.

    Args:
        source: a path, or the bytes of an image file.
        limits: the limits checked before decoding.
        notify: receives one line, without the path, about content that is not read: frames of an
            animation, or pages of a TIFF or PDF, after the first.

    Returns:
        (H, W) uint8 grayscale, 0 (dark) to 255 (light). Transparency is composited, 16 bits are
        reduced to 8, and coloured ink stays visible. For an animation or a multi-page file, this is
        the first frame or page.

    Raises:
        ImageError: the file is missing, a folder, not readable, empty, not an image, truncated,
            damaged, or exceeds the limits. The message is one line and does not name the path.
    """
    data = load(source, limits)
    header = read_header(data)
    if header is None and is_heic(data):
        return to_gray(decode_heic(data, limits))
    if header is None:
        raise ImageError(
            f"not an image: it begins with {_preview(data)}; supported formats are "
            "PNG, JPEG, BMP, TIFF, WebP, GIF, PNM, JPEG 2000, AVIF, HEIC and PDF"
        )
    is_pdf = header.format == "PDF"
    if (count_pages(data) if is_pdf else header.pages) > 1:
        parts = "pages" if header.format in ("TIFF", "PDF") else "frames"
        notify(f"this {header.format} has several {parts}; only the first is read")
    if is_pdf:
        return render_page(data, 1, limits)
    check_size(header, limits)
    if header.format == "PNG":
        data = _checked_png(data)
    try:
        return to_gray(turn(_decode(data, header), header.orientation))
    except MemoryError:
        raise ImageError(
            f"too large: not enough memory for {header.width} x {header.height} pixels; reduce it"
        ) from None


def load(source: str | os.PathLike[str] | bytes, limits: Limits) -> bytes:
    """Return the bytes of an image file: at least one, and no more than the limit.

    Raises:
        ImageError: the file cannot be read, is empty or is too large.
    """
    data = source if isinstance(source, bytes) else _read_file(source, limits)
    check_bytes(len(data), limits)
    if not data:
        raise ImageError("the file is empty (0 bytes); give an image")
    return data


def _read_file(path: str | os.PathLike[str], limits: Limits) -> bytes:
    """Read a regular file of bounded size. Anything else could block, or never end."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
    except OSError as error:
        if isinstance(error, PermissionError) and os.path.isdir(path):  # raised on Windows
            raise ImageError(_FOLDER) from None
        raise ImageError(f"cannot be opened: {os_error_reason(error)}") from None
    except ValueError as error:
        raise ImageError(f"cannot be opened: {error}") from None
    try:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise ImageError(_FOLDER)
        if not stat.S_ISREG(status.st_mode):
            raise ImageError("a pipe, socket or device, not a regular file; give an image")
        check_bytes(status.st_size, limits)
        chunks, wanted = [], status.st_size
        while wanted and (chunk := os.read(descriptor, wanted)):
            chunks.append(chunk)
            wanted -= len(chunk)
        return b"".join(chunks)
    except OSError as error:
        raise ImageError(f"cannot be read: {os_error_reason(error)}") from None
    finally:
        os.close(descriptor)


_FOLDER = "a folder, not an image; give the images in it"


def _preview(data: bytes) -> str:
    """Show the first bytes in an error message: as text if printable, else in hexadecimal."""
    first = data[:12]
    if all(32 <= byte < 127 for byte in first):
        return repr(first.decode("ascii"))
    return "bytes " + first[:8].hex(" ")


def _checked_png(data: bytes) -> bytes:
    """Check the chunks of a PNG, and drop those that are not needed to decode it.

    libpng prints warnings to stderr at every log level: about damage, and about harmless oddities
    such as an unusual colour profile. So damage is detected before libpng sees it, and optional
    chunks are dropped. PNG specification, sections 5.3 and 13.2.

    Raises:
        ImageError: the PNG is truncated, or has a wrong checksum or too many chunks.
    """
    view, kept, position = memoryview(data), [memoryview(data)[:8]], 8
    for _ in range(MAX_PARTS):
        if position + 12 > len(data):
            break
        length, kind = struct.unpack_from(">I4s", data, position)
        end = position + 12 + length
        if end > len(data):
            break
        if kind in (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"):
            chunk = view[position:end]
            if binascii.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:], "big"):
                raise ImageError("a damaged PNG (wrong checksum); copy or download it again")
            kept.append(chunk)
        if kind == b"IEND":
            # copy only if chunks were dropped
            return data if sum(map(len, kept)) == len(data) else b"".join(kept)
        position = end
    else:
        raise ImageError(f"a PNG with more than {MAX_PARTS:,} chunks; save it again")
    raise ImageError("a truncated PNG; copy or download it again")


def _decode(data: bytes, header: Header) -> NDArray[np.generic]:
    """Decode with OpenCV, keeping all channels and the full depth."""
    encoded = np.frombuffer(data, np.uint8)
    try:
        image = cv2.imdecode(encoded, _flags(encoded, header))
    except cv2.error:
        image = None
    if image is None or image.size == 0:
        raise ImageError(
            f"a {header.format} of {header.width} x {header.height} pixels that cannot be decoded "
            "(damaged, truncated or an unsupported variant); save it again as PNG"
        )
    return image


def _flags(encoded: NDArray[np.uint8], header: Header) -> int:
    """Choose OpenCV's flags. A large JPEG is decoded to luminance directly if that shows the ink.

    A JPEG stores luminance separately. Decoding it at an eighth of its size takes an eighth of the
    time (libjpeg decodes fewer coefficients), and shows whether colour is needed.
    """
    if header.format == "JPEG" and header.width * header.height >= LARGE_JPEG:
        flags = cv2.IMREAD_REDUCED_COLOR_8 | cv2.IMREAD_IGNORE_ORIENTATION
        glance = cv2.imdecode(encoded, flags)
        if glance is not None and ink_axis(glance.view(np.uint8)) is None:
            return cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION
    return cv2.IMREAD_UNCHANGED


def turn(image: NDArray[np.generic], orientation: int) -> NDArray[np.generic]:
    """Apply an EXIF orientation.

    Args:
        image: (H, W) or (H, W, C).
        orientation: EXIF 2.32, tag 274; values other than 2 to 8 are ignored.
    """
    if orientation not in range(2, 9):
        return image
    if orientation in (2, 5, 7, 4):
        image = image[:, ::-1] if orientation in (2, 5, 7) else image[::-1]
    quarters = {3: 2, 5: 1, 6: 3, 7: 3, 8: 1}.get(orientation, 0)
    return np.ascontiguousarray(np.rot90(image, quarters))
