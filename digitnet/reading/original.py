"""Keeps the source of a prediction's image, so that it can be shown."""

import os
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitnet.errors import ImageError
from digitnet.vision import Limits
from digitnet.vision.decoding.pages import Page
from digitnet.vision.decoding.sources import Source, to_gray_image


class Original(NamedTuple):
    """The source of an image.

    Attributes:
        source: its path, bytes, pixels or page.
        limits: the limits that it was read with.
    """

    source: Source
    limits: Limits

    @classmethod
    def of(cls, source: Source, limits: Limits) -> "Original":
        """Keep the source of an image. A page keeps its file and number, but no decoder."""
        return cls(source._replace(frames=None) if isinstance(source, Page) else source, limits)

    @property
    def is_path(self) -> bool:
        """Whether only a path is kept, rather than bytes or pixels."""
        file = self.source.source if isinstance(self.source, Page) else self.source
        return isinstance(file, str | os.PathLike)

    def decode(self) -> NDArray[np.uint8] | None:
        """Return (H, W) uint8, 0 (dark) to 255 (light), or None if it can no longer be read."""
        try:
            return to_gray_image(self.source, self.limits, lambda message: None)
        except ImageError:
            return None
