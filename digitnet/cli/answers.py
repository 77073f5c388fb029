"""Images as `predict` is given them -> their answers, in order, while more of them come."""

import contextlib
import itertools
import os
from collections import deque
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

from digitnet.errors import ImageError, os_error_reason
from digitnet.files.escape import escape_controls

if TYPE_CHECKING:
    from digitnet.cli.paths import Source
    from digitnet.reading.prediction import Prediction
    from digitnet.reading.recognizer import Recognizer
    from digitnet.vision import GridSize, Limits
    from digitnet.vision.decoding.pages import Page

STDIN = 0


def open_list(path: str) -> int:
    """Open a list of paths; `-` is standard input.

    Raises:
        ImageError: it cannot be opened, or is a folder.
    """
    if path == "-":
        return STDIN
    if os.path.isdir(path):
        raise ImageError(
            f"{escape_controls(path)} is a folder, no list of paths: leave out --files-from to "
            "read the images in it"
        )
    try:
        return os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise ImageError(
            f"{escape_controls(path)}: the list of paths cannot be opened: {os_error_reason(error)}"
        ) from None


def limits_of(max_pixels: int | None) -> "Limits":
    """The limits with another number of pixels, and as many more bytes if it is larger."""
    from digitnet.vision import Limits

    usual = Limits()
    if max_pixels is None:
        return usual
    return Limits(max_pixels, max(usual.bytes, usual.bytes * max_pixels // usual.pixels))


def find_sources(
    names: list[str], paths: int | None, separator: bytes, recursive: bool, limits: "Limits"
) -> Iterator["Source"]:
    """What is named on the command line, and after it what is in the list."""
    from digitnet.cli.paths import listed_sources, named_sources

    named = named_sources(names, recursive=recursive, limit=limits.bytes)
    if paths is None:
        return named
    return itertools.chain(named, listed_sources(paths, separator, recursive=recursive))


def page_sources(
    sources: Iterator["Source"], limits: "Limits", wanted: range | None
) -> Iterator["Source"]:
    """Put the pages of a file that has several in its place.

    Args:
        sources: images and files of several pages.
        limits: how large they may be.
        wanted: the pages to read, from 1; None for all.
    """
    from digitnet.cli.paths import Source
    from digitnet.vision.decoding.pages import Page, find_pages

    for source in sources:
        if isinstance(source.image, ImageError | Page):
            yield source
            continue
        try:
            pages = find_pages(source.image, limits, wanted)
        except ImageError as error:
            yield Source(source.name, error)
            continue
        for page in pages:
            yield Source(f"{source.name}#{page.number}", page)
        if not pages:
            yield source


def answer_all(
    recognizer: "Recognizer",
    sources: Iterator["Source"],
    single: bool,
    grid: "GridSize | None",
    jobs: int | None,
) -> Generator[tuple["Source", "Prediction | ImageError"], None, None]:
    """Answer each source, in order."""
    # What the recognizer has taken and not yet answered: bounded, as it reads ahead so far only.
    started: deque[Source] = deque()

    def images() -> Iterator["str | bytes | Page | ImageError"]:
        for source in sources:
            started.append(source)
            yield source.image

    answers = recognizer.predict_many(
        images(), single=single, grid=grid, jobs=jobs, return_exceptions=True
    )
    with contextlib.closing(answers):
        for answer in answers:
            yield started.popleft(), _with_option(answer)


def with_lengths(
    answers: Iterator[tuple["Source", "Prediction | ImageError"]], lengths: range
) -> Iterator[tuple["Source", "Prediction | ImageError"]]:
    """Take the names off an answer that has another number of digits."""
    for source, answer in answers:
        yield source, answer if isinstance(answer, ImageError) else answer.of_length(lengths)


def answer_alone(
    recognizer: "Recognizer", source: "Source", single: bool, grid: "GridSize | None"
) -> Generator[tuple["Source", "Prediction | ImageError"], None, None]:
    """Answer one source; a large image may be read by all cores."""
    try:
        if isinstance(source.image, ImageError):
            raise source.image
        yield source, recognizer.predict(source.image, single=single, grid=grid)
    except ImageError as error:
        yield source, _with_option(error)


def _with_option(answer: "Prediction | ImageError") -> "Prediction | ImageError":
    """Name the option that raises the limit, which vision does not know."""
    if isinstance(answer, ImageError) and str(answer).endswith("raise the limit"):
        return ImageError(f"{answer} with --max-pixels")
    return answer
