"""Converts image sources, whatever the user passes, to grayscale.

Open files and Pillow images are read immediately, in the given order. So a generator may close each
one before it yields the next.
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
    PillowImage = Any  # Pillow is optional


class BinaryFile(Protocol):
    """An open binary file, or anything else with a `read` method that returns bytes."""

    def read(self, size: int, /) -> bytes:
        """Read up to `size` bytes: fewer at the end, or if no more are available yet."""


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
"""A path; the bytes of an image file, or a file opened in binary mode; a Pillow image; a page of a
file (`digitnet.vision.decoding.pages`); or an array of pixels: (H, W) or (H, W, 1) gray, (H, W, 3)
RGB or (H, W, 4) RGBA. Pixels are bool (True is light), integers from 0 to 255 or 65535, or floats
from 0 to 1 or 255. The maximum determines the range."""

Source: TypeAlias = str | os.PathLike[str] | bytes | NDArray[Any] | Page
"""An image after `take`: it does not depend on an open file."""

_ROUNDING = 0.5 / 255
"""Tolerance for computed floats from 0 to 1."""

_MIN_LIGHT = 8
"""Floats from 0 to 255 must have a maximum of at least this. Below it, the range is ambiguous."""

_KINDS = "a path, bytes, a file opened in binary mode, a NumPy array or a Pillow image"
_PIXELS = (
    "expected (H, W) gray, (H, W, 3) RGB or (H, W, 4) RGBA of bool, integers (0-255 or 0-65535) or "
    "floats (0-1 or 0-255)"
)

_EXIF_ORIENTATION = 274
_AS_ARRAYS = ("1", "L", "I", "F", "RGB", "RGBA", "I;16", "I;16L", "I;16B", "I;16N")
"""Pillow modes whose arrays `to_gray_pixels` accepts."""


def take(image: object, limits: Limits) -> Source:
    """Convert an image to a source, reading open files and Pillow images.

    Args:
        image: an `Image`, or anything else.
        limits: size limits of an image.

    Raises:
        ImageError: a file or Pillow image cannot be read, or is too large.
        TypeError: `image` is not of a supported type.
    """
    if isinstance(image, str | os.PathLike | bytes | np.ndarray | Page):
        return image
    if isinstance(image, bytearray | memoryview):
        return bytes(image)
    if _is_pillow_image(image):
        return _take_pillow_image(image, limits)
    if isinstance(image, io.TextIOBase):
        raise TypeError("the file is open in text mode: open it in binary mode, 'rb'")
    read: Callable[[int], bytes] | None = getattr(image, "read", None)
    if read is not None:
        return _read(read, limits)
    raise TypeError(f"expected an image ({_KINDS}), received {type(image).__name__}")


def take_each(
    images: Iterable[Image | ImageError], limits: Limits
) -> Generator[Source | ImageError, None, None]:
    """Convert images one by one. A failed image yields its error instead.

    Raises:
        TypeError: an item is not of a supported type.
    """
    for image in images:
        try:
            yield image if isinstance(image, ImageError) else take(image, limits)
        except ImageError as error:
            yield error


def take_pages(image: object, limits: Limits, wanted: range | None) -> list[Source]:
    """Convert each page of an image to a source; an image with one page is a single source.

    Args:
        image: see `take`.
        limits: see `take`.
        wanted: see `find_pages`.

    Raises:
        ImageError: see `take` and `find_pages`. The message begins with the path, if any.
        TypeError: `image` is not of a supported type.
    """
    source = take(image, limits)
    if isinstance(source, np.ndarray | Page):
        return [source]
    try:
        return [*find_pages(source, limits, wanted)] or [source]
    except ImageError as error:
        raise ImageError(about(source, str(error))) from None


def check_several(images: Iterable[object]) -> None:
    """Reject a single image where several are expected.

    Raises:
        TypeError: `images` is a single image.
    """
    one = isinstance(images, str | os.PathLike | bytes | bytearray | memoryview)
    if isinstance(images, np.ndarray):
        one = images.ndim < 3 or (images.ndim == 3 and images.shape[2] in (1, 3, 4))
    if one or _is_pillow_image(images) or hasattr(images, "read"):
        raise TypeError(
            f"expected a list of images, received a single {type(images).__name__}: pass a list, "
            "or call predict"
        )


def to_gray_image(
    source: Source, limits: Limits, notify: Callable[[str], None]
) -> NDArray[np.uint8]:
    """Decode a source to grayscale.

    Args:
        source: the result of `take`.
        limits: the limits checked before decoding.
        notify: see `decode_image`, but its lines begin with the path, if there is one.

    Returns:
        (H, W) uint8 grayscale, 0 (dark) to 255 (light).

    Raises:
        ImageError: the source cannot be read, or is not an image. The message begins with the path,
            if there is one.
    """
    if isinstance(source, np.ndarray):
        return to_gray_pixels(source)
    try:
        return decode(source, limits, lambda message: notify(about(source, message)))
    except ImageError as error:
        raise ImageError(about(source, str(error))) from None


def about(source: Source, message: str) -> str:
    """Prefix a message with the image's path, if any; for a page, as in `scan.pdf#2`."""
    file, number = source, ""
    if isinstance(source, Page):
        file, number = source.source, f"#{source.number}"
    if isinstance(file, str | os.PathLike):
        return f"{escape_controls(os.fsdecode(file))}{number}: {message}"
    return message


def to_gray_pixels(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """Convert a user's array to grayscale by the same rules as a file.

    Args:
        pixels: see `Image`.

    Returns:
        (H, W) gray, 0 dark .. 255 light.

    Raises:
        ImageError: the array has an unsupported shape, dtype or range, or no pixels.
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
        # OpenCV's channel order is blue, green, red.
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
    """Read the rest of a file, but no more than one byte beyond the limit."""
    chunks, wanted = [], limits.bytes + 1
    try:
        while wanted > 0 and (chunk := read(wanted)):
            chunks.append(bytes(chunk))
            wanted -= len(chunk)
    except (OSError, ValueError) as error:  # ValueError: the file is closed
        raise ImageError(f"cannot be read: {os_error_reason(error)}") from None
    if not chunks:
        raise ImageError(
            "the file is empty (0 bytes), or its position is at the end: call seek(0) first"
        )
    return b"".join(chunks)


def _is_pillow_image(image: object) -> TypeGuard[PillowImage]:
    """Whether `image` is a Pillow image. If it is, Pillow is imported already."""
    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(image, module.Image)


def _take_pillow_image(image: PillowImage, limits: Limits) -> NDArray[Any]:
    """Return the pixels of a Pillow image, with its EXIF orientation applied."""
    check_size(Header("Pillow image", image.width, image.height), limits)
    try:
        image.load()
        orientation = image.getexif().get(_EXIF_ORIENTATION, 1)
        if image.mode not in _AS_ARRAYS:
            image = image.convert("RGBA" if image.has_transparency_data else "RGB")
        return turn(np.asarray(image), orientation)
    except Exception as error:  # Pillow's decoders raise many types of exceptions
        raise ImageError(f"the Pillow image cannot be read: {os_error_reason(error)}") from None
