"""Helpers of `predict`: find the images, check answer lengths, and read a single image."""

import itertools
import os
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

from digitnet.errors import ImageError, os_error_reason
from digitnet.files.escape import escape_controls

if TYPE_CHECKING:
    from digitnet.reading.prediction import Prediction
    from digitnet.reading.recognizer import Recognizer
    from digitnet.reading.sources import Source
    from digitnet.vision import GridSize, Limits

STDIN = 0
"""File descriptor of standard input."""


def open_list(path: str) -> int:
    """Open a list of paths and return its file descriptor; `-` is standard input.

    Raises:
        ImageError: the list cannot be opened, or is a folder.
    """
    if path == "-":
        return STDIN
    if os.path.isdir(path):
        raise ImageError(
            f"{escape_controls(path)} is a folder, not a list of paths: leave out --files-from to "
            "read the images in it"
        )
    try:
        return os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise ImageError(
            f"{escape_controls(path)}: the list of paths cannot be opened: {os_error_reason(error)}"
        ) from None


def find_sources(
    names: list[str], paths: int | None, separator: bytes, recursive: bool, limits: "Limits"
) -> Iterator["Source"]:
    """Find the images on the command line, then those in the list of paths.

    Args:
        names: as for `named_sources`.
        paths: file descriptor of the list of paths, or None.
        separator: as for `listed_sources`.
        recursive: also search sub-folders.
        limits: how large an image may be.

    Raises:
        ImageError: when it gets there, if the list cannot be read or is not a list of paths.
    """
    from digitnet.cli.paths import listed_sources, named_sources

    named = named_sources(names, recursive=recursive, limit=limits.bytes)
    if paths is None:
        return named
    return itertools.chain(named, listed_sources(paths, separator, recursive=recursive))


def with_lengths(
    answers: Iterator[tuple["Source", "Prediction | ImageError"]], lengths: range
) -> Iterator[tuple["Source", "Prediction | ImageError"]]:
    """Replace each digit by `?` in answers whose number of digits is not in `lengths`."""
    for source, answer in answers:
        yield source, answer if isinstance(answer, ImageError) else answer.of_length(lengths)


def answer_alone(
    recognizer: "Recognizer", source: "Source", single: bool, grid: "GridSize | None"
) -> Generator[tuple["Source", "Prediction | ImageError"], None, None]:
    """Read one source without the pipeline; a large image may use all cores.

    Raises:
        BundleError: a network cannot be run.
    """
    from digitnet.reading.sources import name_option

    try:
        if isinstance(source.image, ImageError):
            raise source.image
        yield source, recognizer.predict(source.image, single=single, grid=grid)
    except ImageError as error:
        yield source, name_option(error)
