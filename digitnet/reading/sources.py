"""Named images -> answers by name: a page of a file that has several is `scan.pdf#2`.

`digitnet predict` and the jobs of `digitnet.distributed` answer through this, so that they say the
same of the same file.
"""

import contextlib
from collections import deque
from collections.abc import Generator, Iterator
from typing import NamedTuple

from digitnet.errors import ImageError
from digitnet.reading.prediction import Prediction
from digitnet.reading.recognizer import Recognizer
from digitnet.vision import GridSize, Limits
from digitnet.vision.decoding.pages import Page, find_pages


class Source(NamedTuple):
    """An image to read: its name, and the path, the bytes, or the error.

    A page of a file that has several is called `scan.pdf#2`.
    """

    name: str
    image: str | bytes | Page | ImageError


def page_sources(
    sources: Iterator[Source], limits: Limits, wanted: range | None
) -> Iterator[Source]:
    """Put the pages of a file that has several in its place.

    Args:
        sources: images and files of several pages.
        limits: how large they may be.
        wanted: the pages to read, from 1; None for all.
    """
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
    recognizer: Recognizer,
    sources: Iterator[Source],
    single: bool,
    grid: GridSize | None,
    jobs: int | None,
) -> Generator[tuple[Source, Prediction | ImageError], None, None]:
    """Answer each source, in order."""
    # Images taken but not yet answered: bounded by the read-ahead.
    started: deque[Source] = deque()

    def images() -> Iterator[str | bytes | Page | ImageError]:
        for source in sources:
            started.append(source)
            yield source.image

    answers = recognizer.predict_many(
        images(), single=single, grid=grid, jobs=jobs, return_exceptions=True
    )
    with contextlib.closing(answers):
        for answer in answers:
            yield started.popleft(), name_option(answer)


def name_option(answer: Prediction | ImageError) -> Prediction | ImageError:
    """Name the option that raises the limit, which vision does not know."""
    if isinstance(answer, ImageError) and str(answer).endswith("raise the limit"):
        return ImageError(f"{answer} with --max-pixels")
    return answer
