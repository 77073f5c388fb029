"""How large an image may be: checked before memory is taken for it."""

from dataclasses import dataclass

from digitnet.errors import ImageError
from digitnet.vision.decoding.headers import Header

# A longer side is no picture: formats that people use end here or before.
MAX_SIDE = 65_535

# Photos of many scans have about ten. Each costs the time of a whole picture, and a few bytes.
MAX_SCANS = 100


@dataclass(frozen=True)
class Limits:
    """How large an image may be.

    Together they bound memory and time: what is refused has taken 300 MiB at most, and what is
    within them is decoded in a second or two.

    Attributes:
        pixels: Width times height. 50 million is what a phone's camera makes at most, and takes
            200 MB. Where a decoder takes more than 4 bytes for a pixel, it counts accordingly:
            16 bits and alpha twice, JPEG 2000 and AVIF three to four times.
        bytes: Size of the file.
    """

    pixels: int = 50_000_000
    bytes: int = 50 * 2**20

    @classmethod
    def for_pixels(cls, pixels: int | None) -> "Limits":
        """The limits with another number of pixels, and as many more bytes if it is larger."""
        if pixels is None:
            return cls()
        return cls(pixels, max(cls.bytes, cls.bytes * pixels // cls.pixels))


DEFAULT_LIMITS = Limits()


def check_bytes(count: int, limits: Limits) -> None:
    """Refuse a file of too many bytes.

    Raises:
        ImageError: It has more than the limit.
    """
    if count > limits.bytes:
        raise ImageError(
            f"too large: {count:,} bytes where the limit is {limits.bytes:,}; "
            "reduce it, or raise the limit"
        )


def check_size(header: Header, limits: Limits) -> None:
    """Refuse what the header says is damaged or too large.

    Raises:
        ImageError: It is.
    """
    if header.width <= 0 or header.height <= 0:
        raise ImageError(f"a {header.format} whose header is damaged or cut off; save it again")
    size = f"{header.width} x {header.height} pixels"
    if max(header.width, header.height) > MAX_SIDE:
        raise ImageError(f"too large: {size} where a side may have {MAX_SIDE:,}; cut it")
    if header.scans > MAX_SCANS:
        raise ImageError(
            f"a {header.format} of {header.scans:,} scans where the limit is {MAX_SCANS}; "
            "save it again"
        )
    if header.width * header.height * max(4, header.pixel_bytes) > 4 * limits.pixels:
        heavy = f" of {header.pixel_bytes} bytes" if header.pixel_bytes > 4 else ""
        raise ImageError(
            f"too large: {size}{heavy} where the limit is {limits.pixels:,}"
            f"{' of 4 bytes' if heavy else ''}; reduce it, or raise the limit"
        )
