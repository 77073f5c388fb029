"""Limits on image size, checked before memory is allocated."""

from dataclasses import dataclass

from digitnet.errors import ImageError
from digitnet.vision.decoding.headers import Header

MAX_SIDE = 65_535
"""Maximum side in pixels. Common formats do not allow longer ones."""

MAX_SCANS = 100
"""Maximum number of scans of a JPEG. Progressive ones usually have about ten. A scan may take only
a few bytes, but as much time as a whole image."""


@dataclass(frozen=True)
class Limits:
    """Limits on the size of an image.

    They bound memory and time: rejecting an image takes at most 300 MiB, and an accepted image is
    decoded in a second or two.

    Attributes:
        pixels: width times height. The default of 50 million is enough for phone cameras, and takes
            200 MB. Pixels that need more than 4 bytes in a decoder count more: twice for 16 bits
            with alpha, three to four times for JPEG 2000 and AVIF.
        bytes: the size of the file.
    """

    pixels: int = 50_000_000
    bytes: int = 50 * 2**20

    @classmethod
    def for_pixels(cls, pixels: int | None) -> "Limits":
        """Return limits with another number of pixels. The limit on bytes grows in proportion."""
        if pixels is None:
            return cls()
        return cls(pixels, max(cls.bytes, cls.bytes * pixels // cls.pixels))


DEFAULT_LIMITS = Limits()


def check_bytes(count: int, limits: Limits) -> None:
    """Reject a file with too many bytes.

    Raises:
        ImageError: the file exceeds the limit.
    """
    if count > limits.bytes:
        raise ImageError(
            f"too large: {count:,} bytes (limit: {limits.bytes:,}); reduce it, or raise the limit"
        )


def check_size(header: Header, limits: Limits) -> None:
    """Reject an image whose header is damaged, or declares too many pixels or scans.

    Raises:
        ImageError: the image is rejected.
    """
    if header.width <= 0 or header.height <= 0:
        raise ImageError(f"a {header.format} with a damaged or truncated header; save it again")
    size = f"{header.width} x {header.height} pixels"
    if max(header.width, header.height) > MAX_SIDE:
        raise ImageError(f"too large: {size} (maximum side: {MAX_SIDE:,}); split it")
    if header.scans > MAX_SCANS:
        raise ImageError(
            f"a {header.format} with {header.scans:,} scans (limit: {MAX_SCANS}); save it again"
        )
    if header.width * header.height * max(4, header.pixel_bytes) > 4 * limits.pixels:
        heavy = f" at {header.pixel_bytes} bytes each" if header.pixel_bytes > 4 else ""
        raise ImageError(
            f"too large: {size}{heavy} (limit: {limits.pixels:,} pixels"
            f"{' at 4 bytes each' if heavy else ''}); reduce it, or raise the limit"
        )
