"""Decodes the frames of an animated GIF or WebP with Pillow, as a viewer shows them.

Each frame is stored as a change to the previous one, so frames are decoded in order.
"""

import io
import os
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.errors import ImageError, os_error_reason
from digitnet.vision.decoding.colour import to_gray
from digitnet.vision.decoding.decode import load
from digitnet.vision.decoding.limits import Limits

if TYPE_CHECKING:
    from PIL.Image import Image


class Frames:
    """Decodes the frames of one file. This class is thread-safe.

    Each requested frame is decoded once and handed over. If threads request frames in order, memory
    holds one frame per thread. A frame requested again is decoded again, with all frames before it.

    Args:
        source: a path, or the bytes of the file.
        wanted: the numbers of the frames that will be requested, from 1.
        limits: see `decode_image`. The header has been checked already.
    """

    def __init__(
        self, source: str | os.PathLike[str] | bytes, wanted: Iterable[int], limits: Limits
    ) -> None:
        self._source = source
        self._limits = limits
        self._lock = threading.Lock()
        self._wanted = set(wanted)
        self._ready: dict[int, NDArray[np.uint8]] = {}
        self._image: Image | None = None
        self._decoded = 0

    def take(self, number: int) -> NDArray[np.uint8]:
        """Decode a frame and hand it over.

        Returns:
            (H, W) gray, 0 dark .. 255 light.

        Raises:
            ImageError: the file can no longer be read, or the frame is damaged.
        """
        with self._lock:
            if number not in self._ready:
                self._wanted.add(number)
                if number <= self._decoded:
                    self._rewind()
            try:
                while number not in self._ready:
                    self._decode_next()
                return self._ready.pop(number)
            finally:
                self._wanted.discard(number)
                if not self._wanted:
                    self._rewind()

    def _rewind(self) -> None:
        self._image, self._decoded = None, 0

    def _decode_next(self) -> None:
        import PIL.Image

        try:
            if self._image is None:
                data = io.BytesIO(load(self._source, self._limits))
                self._image = PIL.Image.open(data, formats=("GIF", "WEBP"))
            self._image.seek(self._decoded)
            self._image.load()
            number = self._decoded + 1
            if number in self._wanted:
                self._ready[number] = _to_gray(self._image)
            self._decoded = number
        except ImageError:
            raise
        except Exception as error:  # Pillow's decoders raise many types of exceptions
            raise ImageError(
                f"a damaged frame: {os_error_reason(error)}; save the animation again"
            ) from None


def _to_gray(image: "Image") -> NDArray[np.uint8]:
    if image.has_transparency_data:
        pixels = cv2.cvtColor(np.asarray(image.convert("RGBA")), cv2.COLOR_RGBA2BGRA)
    else:
        pixels = cv2.cvtColor(np.asarray(image.convert("RGB")), cv2.COLOR_RGB2BGR)
    return to_gray(pixels)
