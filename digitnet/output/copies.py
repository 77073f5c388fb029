"""`--copy-unsure`: copies images into a folder for a person to review."""

import contextlib
import itertools
import os
from pathlib import Path
from typing import TYPE_CHECKING

from digitnet.errors import OutputError, os_error_reason
from digitnet.files.atomic import write_new
from digitnet.files.escape import escape_controls

if TYPE_CHECKING:
    from digitnet.vision import Limits
    from digitnet.vision.decoding.pages import Page

MAX_STEM, MAX_SUFFIX = 60, 10
"""Limits in characters: file systems allow 255 bytes a name; no image suffix is longer."""


class Copies:
    """Copies images into a folder. Existing files are never replaced.

    An image keeps its name; another one of the same name gets a number, `3-2.png`. An image that
    was already copied is not copied again. A page of a file becomes a PNG, `scan-2.png`.

    Args:
        folder: the target folder; created if missing.
        limits: how large an image may be.

    Raises:
        OutputError: the folder cannot be created.
    """

    def __init__(self, folder: Path, limits: "Limits") -> None:
        self._folder = folder
        self._limits = limits
        self._next: dict[str, int] = {}
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._refused("created", error) from None

    def add(self, name: str, image: "str | bytes | Page") -> None:
        """Copy an image.

        Args:
            name: the name given by the user.
            image: its path, bytes or page.

        Raises:
            ImageError: the image can no longer be read.
            OutputError: the copy cannot be written.
        """
        suffix, data = self._content(image)
        stem = stem_of(name, image)
        key = (stem + suffix).casefold()
        for number in itertools.count(self._next.get(key, 1)):
            path = self._folder / f"{stem}{f'-{number}' if number > 1 else ''}{suffix}"
            self._next[key] = number + 1
            try:
                with contextlib.suppress(FileExistsError):
                    write_new(path, data)
                    return
                if path.is_file() and path.read_bytes() == data:
                    return
            except OSError as error:
                raise self._refused("written to", error) from None

    def _content(self, image: "str | bytes | Page") -> tuple[str, bytes]:
        """Return the suffix and the content of the copy."""
        from digitnet.vision.decoding.decode import load
        from digitnet.vision.decoding.headers import read_header
        from digitnet.vision.decoding.pages import decode_to_png

        if isinstance(image, str):
            suffix = os.path.splitext(image)[1]
            return suffix if len(suffix) <= MAX_SUFFIX else "", load(image, self._limits)
        if isinstance(image, bytes):
            header = read_header(image)
            return f".{header.format.split()[0].lower()}" if header else "", image
        return ".png", decode_to_png(image, self._limits)

    def _refused(self, what: str, error: OSError) -> OutputError:
        return OutputError(
            f"the folder {escape_controls(str(self._folder))} cannot be {what}: "
            f"{os_error_reason(error)}; give another --copy-unsure"
        )


def stem_of(name: str, image: "str | bytes | Page") -> str:
    """Return a file name, without suffix, for an image: `scan-2` for `scan.pdf#2`."""
    page = "" if isinstance(image, str | bytes) else f"-{image.number}"
    name = name.rpartition("#")[0] if page else name
    stem = "stdin" if name == "-" else Path(name).stem[:MAX_STEM]
    return f"{stem}{page}"
