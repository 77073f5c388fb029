"""Reads image files into table rows: the code that all engines share.

An engine pickles a `RowReader`, sends it to its workers, and gives each worker a part of the files.
Each worker loads the models once. The fields are those of `digitnet predict --format jsonl`. A file
that cannot be read becomes a row with its error, so that one bad file never ends a job.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

from digitnet.distributed.files import fetch_all
from digitnet.errors import ImageError
from digitnet.model.bundle import TFLITE_FILE
from digitnet.output.formats import answer_record
from digitnet.reading.recognizer import Recognizer
from digitnet.reading.sources import Source, answer_all, page_sources
from digitnet.vision import Limits
from digitnet.vision.decoding.limits import DEFAULT_LIMITS
from digitnet.vision.decoding.pages import Page

BATCH_FILES = 32
"""Number of files read at once: enough to fill the batches of the networks, but few enough that a
worker never holds more than a few hundred megabytes."""

COLUMNS = {
    "path": "string",
    "page": "int32",
    "digits": "string",
    "text": "string",
    "confidence": "float64",
    "raw": "string",
    "error": "string",
    "model": "string",
    "boxes": "string",
}
"""The columns of the rows, in order, and their Arrow types."""

Row = dict[str, Any]
"""The answer for an image or a page.

- path: the file, as it was named.
- page: the page number in a multi-page file, from 1; None for other files.
- digits, text, confidence, raw, error: as in JSON Lines, or None.
- model: the SHA-256 digests of the networks used (`model.tflite`), joined by `+`.
- boxes: JSON, as in JSON Lines.
"""

Contents = bytes | ImageError | None
"""The bytes of a file, the error if the engine could not read it, or None: the worker reads it."""


@dataclass(frozen=True)
class RowReader:
    """Reads files into rows. It can be pickled: each process loads the models on first use.

    Attributes:
        model: name or folder of a classifier; each worker needs the folder.
        reader: name or folder of a reader; None to classify each connected component alone.
        threshold: rejection threshold (0-1): less probable symbols become `?`; None for the models'
            own.
        limits: limits on the size of an image.
        jobs: number of threads per worker. Two keep one core busy: one prepares the next images
            while the other reads a batch.
    """

    model: str = "cnn"
    reader: str | None = "reader"
    threshold: float | None = None
    limits: Limits = DEFAULT_LIMITS
    jobs: int = 2

    @cached_property
    def recognizer(self) -> Recognizer:
        """The loaded models of this process.

        Raises:
            BundleError: the model does not exist or is damaged.
            ValueError: `threshold` is not from 0 to 1.
        """
        return Recognizer.load(
            self.model, self.reader, threshold=self.threshold, limits=self.limits
        )

    @cached_property
    def digest(self) -> str:
        """The digests of the networks, for the column `model`.

        Raises:
            BundleError, ValueError: as for `recognizer`.
        """
        bundles = (self.recognizer.model, self.recognizer.reader)
        return "+".join(bundle.card["files"][TFLITE_FILE] for bundle in bundles if bundle)

    def __getstate__(self) -> dict[str, Any]:
        """Return the options, without the loaded models."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def rows(self, files: Iterable[tuple[str, Contents]]) -> Iterator[Row]:
        """Read files, several in parallel.

        Args:
            files: pairs of name and content. If the content is None, the name is opened as a path
                or as a URI of object storage (`s3://`, `gs://`, ...).

        Yields:
            A row for each page of each file, in order; one row for a file that cannot be read.

        Raises:
            BundleError, ValueError: as for `recognizer`.
        """
        images = fetch_all(files, self.limits)
        sources = page_sources((Source(*pair) for pair in images), self.limits, None)
        for source, answer in answer_all(self.recognizer, sources, False, None, self.jobs):
            page = source.image.number if isinstance(source.image, Page) else None
            record = answer_record(source.name, answer)
            path = record["path"] if page is None else source.name.removesuffix(f"#{page}")
            yield {
                **record,
                "path": in_unicode(path),
                "page": page,
                "model": self.digest,
                "boxes": json.dumps(record["boxes"]),
            }


def in_unicode(path: str) -> str:
    """Make a path valid Unicode, as Arrow requires: other bytes become escapes."""
    return path.encode("utf-8", "backslashreplace").decode()


def arrow_schema() -> Any:
    """Return the columns as a `pyarrow.Schema`. The extras `ray` and `beam` install pyarrow."""
    import pyarrow

    return pyarrow.schema([(name, getattr(pyarrow, kind)()) for name, kind in COLUMNS.items()])
