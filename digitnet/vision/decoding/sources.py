"""Image sources: anything a user passes -> a path, the bytes of a file, or pixels -> grayscale.

Files that are open and Pillow's images are used up at once, in the order given: whoever hands them
over one by one may close each before requesting the next.
"""

import io
import os
import sys
from collections.abc import Callable, Generator, Iterable
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeGuard

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.errors import ImageError, os_error_reason
from digitnet.files.escape import escape_controls
from digitnet.vision.decoding.colour import to_gray
from digitnet.vision.decoding.decode import turn
from digitnet.vision.decoding.headers import Header
from digitnet.vision.decoding.limits import Limits, check_size
from digitnet.vision.decoding.pages import Page, decode, find_pages

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage
else:
    PillowImage = Any  # Pillow is not imported for those who do not use it


class BinaryFile(Protocol):
    """An open file, or anything else that gives bytes."""

    def read(self, size: int, /) -> bytes:
        """This many bytes; fewer at the end, or if no more are available yet."""


Image: TypeAlias = (
    str
    | os.PathLike[str]
    | bytes
    | bytearray
    | memoryview
    | BinaryFile
    | NDArray[Any]
    | PillowImage
    | Page
)
"""A path; an image file's bytes, or the file opened in binary mode; an image of Pillow; a page of a
file (`digitnet.vision.decoding.pages`); or pixels:
(H, W) or (H, W, 1) gray, (H, W, 3) RGB or (H, W, 4) RGBA. Pixels are bool (True is light), integers
from 0 to 255 or to 65535, or floats from 0 to 1 or to 255: the maximum decides the range."""

Source: TypeAlias = str | os.PathLike[str] | bytes | NDArray[Any] | Page
"""An image that nobody else reads from."""

_ROUNDING = 0.5 / 255
"""Tolerance for computed floats from 0 to 1."""

_MIN_LIGHT = 8
"""Floats from 0 to 255 are larger somewhere; else the range is neither."""

_KINDS = "a path, bytes, a file opened in binary mode, a NumPy array or a Pillow image"
_PIXELS = (
    "expected (H, W) gray, (H, W, 3) RGB or (H, W, 4) RGBA of bool, integers (0-255 or 0-65535) or "
    "floats (0-1 or 0-255)"
)

_EXIF_ORIENTATION = 274
_AS_ARRAYS = ("1", "L", "I", "F", "RGB", "RGBA", "I;16", "I;16L", "I;16B", "I;16N")
"""Modes of Pillow whose arrays are pixels as `to_pixels` takes them."""


def take(image: object, limits: Limits) -> Source:
    """Read what can be read once only.

    Args:
        image: an `Image`, or anything else.
        limits: how large an image may be.

    Raises:
        ImageError: a file or an image of Pillow cannot be read, or is too large.
        TypeError: it is not an image of any supported type.
    """
    if isinstance(image, str | os.PathLike | bytes | np.ndarray | Page):
        return image
    if isinstance(image, bytearray | memoryview):
        return bytes(image)
    if _is_pillows(image):
        return _take_pillows(image, limits)
    if isinstance(image, io.TextIOBase):
        raise TypeError("the file is open in text mode: open it in binary mode, 'rb'")
    read: Callable[[int], bytes] | None = getattr(image, "read", None)
    if read is not None:
        return _read(read, limits)
    raise TypeError(f"an image is {_KINDS}, not {type(image).__name__}")


def take_each(
    images: Iterable[Image | ImageError], limits: Limits
) -> Generator[Source | ImageError, None, None]:
    """Take one image after the other; an error comes in the place of its image.

    Raises:
        TypeError: an item is not an image of any supported type.
    """
    for image in images:
        try:
            yield image if isinstance(image, ImageError) else take(image, limits)
        except ImageError as error:
            yield error


def take_pages(image: object, limits: Limits, wanted: range | None) -> list[Source]:
    """Take each page of an image; the image itself where it has one page.

    Args:
        image: as of `take`.
        limits: as of `take`.
        wanted: as of `find_pages`.

    Raises:
        ImageError: as of `take` and `find_pages`. The message begins with the path, if any.
        TypeError: it is not an image of any supported type.
    """
    source = take(image, limits)
    if isinstance(source, np.ndarray | Page):
        return [source]
    try:
        return [*find_pages(source, limits, wanted)] or [source]
    except ImageError as error:
        raise ImageError(about(source, str(error))) from None


def check_several(images: Iterable[object]) -> None:
    """Check that several images are given, not one.

    Raises:
        TypeError: it is one.
    """
    one = isinstance(images, str | os.PathLike | bytes | bytearray | memoryview)
    if isinstance(images, np.ndarray):
        one = images.ndim < 3 or (images.ndim == 3 and images.shape[2] in (1, 3, 4))
    if one or _is_pillows(images) or hasattr(images, "read"):
        raise TypeError(
            f"expected several images, received one of type {type(images).__name__}: give "
            "several, as a list, "
            "or call predict"
        )


def to_gray_image(
    source: Source, limits: Limits, notify: Callable[[str], None]
) -> NDArray[np.uint8]:
    """Decode a source.

    Args:
        source: as of `take`.
        limits: the limits checked before decoding.
        notify: as of `decode_image`, but its lines begin with the path, if there is one.

    Returns:
        (H, W) uint8 grayscale, 0 (dark) to 255 (light).

    Raises:
        ImageError: it cannot be read, or is not an image. The message begins with the path.
    """
    if isinstance(source, np.ndarray):
        return to_gray_pixels(source)
    try:
        return decode(source, limits, lambda message: notify(about(source, message)))
    except ImageError as error:
        raise ImageError(about(source, str(error))) from None


def about(source: Source, message: str) -> str:
    """Begin a message with the image's path, if it has one: of a page, `scan.pdf#2`."""
    file, number = source, ""
    if isinstance(source, Page):
        file, number = source.source, f"#{source.number}"
    if isinstance(file, str | os.PathLike):
        return f"{escape_controls(os.fsdecode(file))}{number}: {message}"
    return message


def to_gray_pixels(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """Bring a user's array to gray by the same rules as a file.

    Args:
        pixels: see `Image`.

    Returns:
        (H, W) gray, 0 dark .. 255 light.

    Raises:
        ImageError: it has another shape, type or range, or no pixel.
    """
    shape, kind = pixels.shape, f"{pixels.dtype} {pixels.shape}"
    if pixels.dtype.kind not in "buif" or not (
        len(shape) == 2 or (len(shape) == 3 and shape[2] in (1, 3, 4))
    ):
        raise ImageError(f"an array of {kind} is not an image: {_PIXELS}")
    if not pixels.size:
        raise ImageError(f"an array of {shape} has no pixels")
    levels = _to_8_bit(pixels)
    if len(shape) == 3 and shape[2] > 1:
        # OpenCV's order of channels is blue, green, red.
        order = cv2.COLOR_RGB2BGR if shape[2] == 3 else cv2.COLOR_RGBA2BGRA
        levels = cv2.cvtColor(levels, order).view(np.uint8)
    return to_gray(np.ascontiguousarray(levels))


def _to_8_bit(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype == np.bool_:
        return np.where(pixels, np.uint8(255), np.uint8(0))
    low, high = pixels.min().item(), pixels.max().item()
    if pixels.dtype.kind == "f":
        if low >= -_ROUNDING and high <= 1 + _ROUNDING:
            return np.asarray(np.rint(np.clip(pixels, 0, 1) * 255), np.uint8)
        if low >= 0 and _MIN_LIGHT <= high <= 255:
            return np.asarray(np.rint(pixels), np.uint8)
    elif low >= 0 and high <= 65535:
        return np.asarray(pixels if high <= 255 else np.right_shift(pixels, 8), np.uint8)
    raise ImageError(
        f"an array of {pixels.dtype} {pixels.shape} from {low:g} to {high:g} is not an image: "
        f"{_PIXELS}"
    )


def _read(read: Callable[[int], bytes], limits: Limits) -> bytes:
    """Read from where a file is to its end, but no more than a byte beyond the limit."""
    chunks, wanted = [], limits.bytes + 1
    try:
        while wanted > 0 and (chunk := read(wanted)):
            chunks.append(bytes(chunk))
            wanted -= len(chunk)
    except (OSError, ValueError) as error:  # ValueError: it is closed
        raise ImageError(f"cannot be read: {os_error_reason(error)}") from None
    if not chunks:
        raise ImageError(
            "the file is empty (0 bytes), or its position is at the end: call seek(0) first"
        )
    return b"".join(chunks)


def _is_pillows(image: object) -> TypeGuard[PillowImage]:
    """Whether it is an image of Pillow, which is imported already if it is."""
    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(image, module.Image)


def _take_pillows(image: PillowImage, limits: Limits) -> NDArray[Any]:
    """The pixels of an image of Pillow, turned as the camera was held."""
    check_size(Header("Pillow image", image.width, image.height), limits)
    try:
        image.load()
        orientation = image.getexif().get(_EXIF_ORIENTATION, 1)
        if image.mode not in _AS_ARRAYS:
            image = image.convert("RGBA" if image.has_transparency_data else "RGB")
        return turn(np.asarray(image), orientation)
    except Exception as error:  # of any type: its decoders raise many
        raise ImageError(f"the Pillow image cannot be read: {os_error_reason(error)}") from None
