"""A file or its bytes -> a gray image as people see it.

Formats are detected by content, never by name. All faults of an image are found here and reported
in one line; the result is an array that the rest of vision can process.
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


# From this size on, a reduced preview of a JPEG takes less time than it saves.
LARGE_JPEG = 1_000_000


def decode_image(
    source: str | os.PathLike[str] | bytes,
    limits: Limits = DEFAULT_LIMITS,
    notify: Callable[[str], None] = lambda message: None,
) -> NDArray[np.uint8]:
    """Decode an image to gray, turned as the camera was held.

    Args:
        source: A path, or the bytes of an image file.
        limits: the limits checked before decoding.
        notify: receives one line, without the path, about content that is not read:
            the frames of an animation behind the first, the pages of a TIFF or PDF.

    Returns:
        (H, W) uint8 grayscale, 0 (dark) to 255 (light): transparency composited, 16 bits reduced
        to 8, coloured ink kept visible. Of an animation or a multi-page file, the first frame.

    Raises:
        ImageError: In one line, which does not name the path: missing, a folder, no permission,
            empty, no image, cut short, damaged, or beyond the limits.
    """
    data = load(source, limits)
    header = read_header(data)
    if header is None and is_heic(data):
        return to_gray(decode_heic(data, limits))
    if header is None:
        raise ImageError(
            f"not an image: it begins with {_preview(data)}; "
            "PNG, JPEG, BMP, TIFF, WebP, GIF, PNM, JPEG 2000, AVIF, HEIC and PDF are read"
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
    """The bytes of an image file: at least one, and no more than the limit.

    Raises:
        ImageError: they cannot be read, or are none or too many.
    """
    data = source if isinstance(source, bytes) else _read_file(source, limits)
    check_bytes(len(data), limits)
    if not data:
        raise ImageError("the file is empty (0 bytes); give an image")
    return data


def _read_file(path: str | os.PathLike[str], limits: Limits) -> bytes:
    """Read a regular file of bounded size; anything else could wait or run on for ever."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
    except OSError as error:
        if isinstance(error, PermissionError) and os.path.isdir(path):  # Windows says so
            raise ImageError(_FOLDER) from None
        raise ImageError(f"cannot be opened: {os_error_reason(error)}") from None
    except ValueError as error:
        raise ImageError(f"cannot be opened: {error}") from None
    try:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise ImageError(_FOLDER)
        if not stat.S_ISREG(status.st_mode):
            raise ImageError("not a regular file but a pipe, socket or device; give an image")
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
    """The first bytes for an error message: as text where they are text, else in hexadecimal."""
    first = data[:12]
    if all(32 <= byte < 127 for byte in first):
        return repr(first.decode("ascii"))
    return "bytes " + first[:8].hex(" ")


def _checked_png(data: bytes) -> bytes:
    """Check a PNG's chunks, and keep only those that make the picture.

    libpng writes its own complaints to stderr, past every log level: about damage, and about
    harmless things as an odd colour profile. So damage is found before libpng sees it, and the
    chunks that it only comments on are left out. PNG specification, sections 5.3 and 13.2.

    Raises:
        ImageError: Cut short, or a checksum does not fit.
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
            # a copy only where something is left out
            return data if sum(map(len, kept)) == len(data) else b"".join(kept)
        position = end
    else:
        raise ImageError(f"a PNG of more than {MAX_PARTS:,} chunks; save it again")
    raise ImageError("a truncated PNG; copy or download it again")


def _decode(data: bytes, header: Header) -> NDArray[np.generic]:
    """Let OpenCV decode, all channels and the full depth kept."""
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
    """How to decode. A large JPEG is decoded to luminance at once where that shows the ink.

    A JPEG stores luminance by itself, and an eighth of its size can be had for an eighth of the
    time (libjpeg decodes fewer coefficients): enough to see whether colour is needed.
    """
    if header.format == "JPEG" and header.width * header.height >= LARGE_JPEG:
        flags = cv2.IMREAD_REDUCED_COLOR_8 | cv2.IMREAD_IGNORE_ORIENTATION
        glance = cv2.imdecode(encoded, flags)
        if glance is not None and ink_axis(glance.view(np.uint8)) is None:
            return cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION
    return cv2.IMREAD_UNCHANGED


def turn(image: NDArray[np.generic], orientation: int) -> NDArray[np.generic]:
    """Undo how the camera was held.

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
