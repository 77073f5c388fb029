"""Named images -> named predictions.

`digitnet predict` and the jobs of `digitnet.distributed` share this, so that they give the same
answers for the same files.
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
    """An image to read.

    Attributes:
        name: its name in the answers; `scan.pdf#2` for page 2 of a file with several.
        image: its path, bytes or page, or the error if it cannot be read.
    """

    name: str
    image: str | bytes | Page | ImageError


def page_sources(
    sources: Iterator[Source], limits: Limits, wanted: range | None
) -> Iterator[Source]:
    """Replace each file with several pages by its pages.

    Args:
        sources: images, and files with several pages.
        limits: how large an image may be.
        wanted: the pages to read, from 1; None for all.

    Yields:
        Images and pages; an error for a file whose pages cannot be found.
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
    """Read images in parallel.

    Args:
        recognizer: the models.
        sources: the images; may be endless.
        single: treat each image as one digit.
        grid: the size of the table in each image; None if no table was requested.
        jobs: the number of threads; None for one per core.

    Yields:
        Each source with its prediction, or the error if it cannot be read, in order.

    Raises:
        ValueError: `jobs` or `grid` is not allowed.
        BundleError: a network cannot be run.
    """
    # Images that were taken but not yet answered; the read-ahead bounds their number.
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
    """Add the option that raises the limit to an error; `vision` does not know the options."""
    if isinstance(answer, ImageError) and str(answer).endswith("raise the limit"):
        return ImageError(f"{answer} with --max-pixels")
    return answer
