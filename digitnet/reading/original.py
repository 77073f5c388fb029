"""The original image of a prediction, for showing it."""

import os
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitnet.errors import ImageError
from digitnet.vision import Limits
from digitnet.vision.decoding.pages import Page
from digitnet.vision.decoding.sources import Source, to_gray_image


class Original(NamedTuple):
    """An image as it was given, with the limits that it was read with."""

    source: Source
    limits: Limits

    @classmethod
    def of(cls, source: Source, limits: Limits) -> "Original":
        """Remember an image; of a page its file and number, without what decodes all in turn."""
        return cls(source._replace(frames=None) if isinstance(source, Page) else source, limits)

    @property
    def is_path(self) -> bool:
        """Whether only a path is kept, neither bytes nor pixels."""
        file = self.source.source if isinstance(self.source, Page) else self.source
        return isinstance(file, str | os.PathLike)

    def decode(self) -> NDArray[np.uint8] | None:
        """(H, W) uint8 gray, 0 dark .. 255 light; None where it can no longer be read."""
        try:
            return to_gray_image(self.source, self.limits, lambda message: None)
        except ImageError:
            return None
