"""Image files -> rows of a table: the part that all engines share.

An engine pickles a `RowReader`, sends it to its workers, and gives each a part of the files. The
models are loaded there, once a worker. What cannot be read is a row with its error, so that one
bad file never ends a job; the fields are those of `digitnet predict --format jsonl`.
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
"""Number of files read at once: enough to fill the batches of the networks, few enough that a
worker never holds more than some hundred megabytes."""

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
"""The columns of the rows in their order, by Arrow's names of types."""

Row = dict[str, Any]
"""An answer.

- path: the file, as it was named.
- page: of a file that has several, from 1; None for a file of one page.
- digits, text, confidence, raw, error: as in JSON Lines, or None.
- model: the SHA-256 digests of the networks (`model.tflite`) that answered, joined by `+`.
- boxes: JSON, as in JSON Lines.
"""

Contents = bytes | ImageError | None
"""A file's bytes; or why the engine could not read them; or None, for the worker to read it."""


@dataclass(frozen=True)
class RowReader:
    """Reads files into rows. It can be pickled: each process loads the models on first use.

    Attributes:
        model: a classifier: the name of a model, or its folder, which each worker has to have.
        reader: a reader's name or folder; None for the simple way without one.
        threshold: the probability (0-1) below which a symbol is not named; None for the models'
            own.
        limits: how large an image may be.
        jobs: threads of each worker. Two keep one core busy: one prepares the next images while
            the other reads a batch.
    """

    model: str = "cnn"
    reader: str | None = "reader"
    threshold: float | None = None
    limits: Limits = DEFAULT_LIMITS
    jobs: int = 2

    @cached_property
    def recognizer(self) -> Recognizer:
        """The models of this process.

        Raises:
            BundleError: the model does not exist or is damaged.
            ValueError: `threshold` is not from 0 to 1.
        """
        return Recognizer.load(
            self.model, self.reader, threshold=self.threshold, limits=self.limits
        )

    @cached_property
    def digest(self) -> str:
        """Which networks answer: the column `model`.

        Raises:
            BundleError: as of `recognizer`.
        """
        bundles = (self.recognizer.model, self.recognizer.reader)
        return "+".join(bundle.card["files"][TFLITE_FILE] for bundle in bundles if bundle)

    def __getstate__(self) -> dict[str, Any]:
        """The options, without the models."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def rows(self, files: Iterable[tuple[str, Contents]]) -> Iterator[Row]:
        """Read files, several at a time.

        Args:
            files: each with its name and, if the engine has read it, its content. Without, it is
                opened by its name: a path, or a URI of object storage (`s3://`, `gs://`, ...).

        Yields:
            A row for each page of each file, in order; a row for a file that cannot be read.

        Raises:
            BundleError: a model is missing or damaged.
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
    """The path for Arrow: bytes that are not valid Unicode become escapes."""
    return path.encode("utf-8", "backslashreplace").decode()


def arrow_schema() -> Any:
    """The columns as a `pyarrow.Schema`; pyarrow comes with the extras `ray` and `beam`."""
    import pyarrow

    return pyarrow.schema([(name, getattr(pyarrow, kind)()) for name, kind in COLUMNS.items()])
