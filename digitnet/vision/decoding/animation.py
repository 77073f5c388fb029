"""The frames of an animated GIF or WebP, one after the other, as a viewer shows them.

A frame is a change of the frame before it, so frames are decoded in their order, by Pillow.
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
    """Decodes the frames of one file. Several threads may use it at once.

    Each frame that is wanted is decoded once and given away. So memory holds one frame for each
    thread, if these ask in order; a frame that is asked for again is decoded with all before it.

    Args:
        source: a path, or the bytes of the file.
        wanted: the numbers of the frames that will be asked for, from 1.
        limits: as of `decode_image`; the header has been checked.
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
        """Give a frame away.

        Returns:
            (H, W) gray, 0 dark .. 255 light.

        Raises:
            ImageError: the file cannot be read any more, or the frame is damaged.
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
        except Exception as error:  # of any kind: Pillow's decoders raise what they like
            raise ImageError(
                f"a damaged frame: {os_error_reason(error)}; save the animation again"
            ) from None


def _to_gray(image: "Image") -> NDArray[np.uint8]:
    if image.has_transparency_data:
        pixels = cv2.cvtColor(np.asarray(image.convert("RGBA")), cv2.COLOR_RGBA2BGRA)
    else:
        pixels = cv2.cvtColor(np.asarray(image.convert("RGB")), cv2.COLOR_RGB2BGR)
    return to_gray(pixels)
