"""Decodes HEIC photos with libheif, which the extra `heic` installs (pi-heif)."""

import struct

import numpy as np
from numpy.typing import NDArray

from digitnet.errors import ImageError
from digitnet.vision.decoding.avif import find_sizes
from digitnet.vision.decoding.headers import Header
from digitnet.vision.decoding.limits import Limits, check_size

_BRANDS = tuple(b"ftyp" + brand for brand in (b"heic", b"heix", b"heim", b"mif1", b"msf1"))
"""Signatures of phone photos, after a length of 4 bytes (ISO 23008-12, annex B)."""


def is_heic(data: bytes) -> bool:
    """Whether a file has the signature of a HEIC."""
    return data[4:12] in _BRANDS


def decode_heic(data: bytes, limits: Limits) -> NDArray[np.generic]:
    """Decode the first image, and apply its orientation.

    Args:
        data: the whole file.
        limits: see `decode_image`. The largest size in the file counts.

    Returns:
        (H, W, 3 or 4), 8 bits, in OpenCV's channel order.

    Raises:
        ImageError: pi-heif is not installed, or the photo is damaged or too large.
    """
    try:
        import pi_heif
    except ImportError:
        raise ImageError(
            "HEIC images need pi-heif: pip install pi-heif, or save it as JPEG or PNG"
        ) from None
    try:
        width, height = max(find_sizes(data), key=lambda size: size[0] * size[1])
        check_size(Header("HEIC", width, height, pixel_bytes=8), limits)
        return np.array(pi_heif.open_heif(data, bgr_mode=True))
    except (struct.error, IndexError, ValueError, RuntimeError, EOFError, SyntaxError):
        raise ImageError("a damaged HEIC image: copy or download it again") from None
