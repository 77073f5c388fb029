"""Saves labelled drawings as a data set for `digitnet train --from cnn`.

    FOLDER/3/3-20261126-203000-1a2b3c4d5e6f7081.png

No file is overwritten: the name of a drawing contains its time and its hash. Saving a drawing again
adds no file. Saving it again with another label moves it to the folder of that digit.
"""

import contextlib
import os
import time
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.data.label_table import TABLE
from digitnet.errors import OutputError, os_error_reason
from digitnet.files.atomic import write_atomically
from digitnet.model.bundle import digest
from digitnet.vision import find_digits

TIME = "%Y%m%d-%H%M%S"

NAME_DIGITS = 16
"""Number of hexadecimal digits of a drawing's SHA-256 in its file name."""


def save_drawing(folder: Path, gray: NDArray[np.uint8], digit: int) -> tuple[Path, int]:
    """Save a drawing with its label. Not thread-safe.

    Args:
        folder: the folder of the data set, created if it is missing.
        gray: (H, W) uint8, 0 dark .. 255 light.
        digit: the label, 0-9.

    Returns:
        The file, and the number of drawings of this digit.

    Raises:
        OutputError: the drawing is empty, `folder` is a data set with a table of labels, or the
            drawing cannot be written.
    """
    if not find_digits(gray, single=True):
        raise OutputError("the drawing is empty: draw a digit first")
    if os.path.lexists(folder / TABLE):
        raise OutputError(
            f"{folder} is a data set with a {TABLE}, so drawings cannot be added: give another "
            "--output"
        )
    data = cv2.imencode(".png", gray)[1].tobytes()
    place = folder / str(digit)
    name = digest(data)[:NAME_DIGITS]
    try:
        place.mkdir(parents=True, exist_ok=True)
        known = sorted(folder.glob(f"[0-9]/[0-9]-*-{name}.png"))
        right = [path for path in known if path.parent == place]
        path = right[0] if right else place / f"{digit}-{time.strftime(TIME)}-{name}.png"
        if not right:
            write_atomically(path, data)
        for wrong in known:
            if wrong.parent != place:
                wrong.unlink(missing_ok=True)  # another server may have moved it
    except OSError as error:
        raise OutputError(
            f"the drawing cannot be saved in {place}: {os_error_reason(error)}; give another "
            "--output"
        ) from None
    return path, _count(place)


def count_drawings(folder: Path) -> list[int]:
    """Count the drawings of each digit."""
    return [_count(folder / str(digit)) for digit in range(10)]


def _count(place: Path) -> int:
    with contextlib.suppress(OSError):
        return sum(entry.name.endswith(".png") for entry in os.scandir(place))
    return 0
