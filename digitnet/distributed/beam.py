"""`digitnet predict` as an Apache Beam transform, for any runner.

    files | ReadDigits()

It needs `pip install 'digitnet[beam]'`. docs/clusters.md has a complete pipeline. If a worker is
lost, the runner gives its part to another and discards the answers of the lost worker.
"""

from collections.abc import Iterable, Iterator

import apache_beam as beam
from apache_beam.io.fileio import ReadableFile
from apache_beam.metrics import Metrics
from apache_beam.utils.shared import Shared

from digitnet.distributed.rows import BATCH_FILES, Contents, Row, RowReader
from digitnet.errors import ImageError, os_error_reason
from digitnet.vision.decoding.limits import check_bytes

COUNTERS = "digitnet"
"""Namespace of the metric `errors`, which counts files and pages that could not be read."""


class ReadDigits(beam.PTransform):
    """Reads files into rows, which are dictionaries (`digitnet.distributed.rows.Row`).

    The input elements are files from `apache_beam.io.fileio.ReadMatches`, or pairs of name and
    content. A file that cannot be read becomes a row with its error.

    Args:
        reader: the options of the prediction; None for the defaults of `digitnet predict`.
    """

    def __init__(self, reader: RowReader | None = None) -> None:
        super().__init__()
        self._reader = reader or RowReader()

    def expand(self, files: beam.PCollection) -> beam.PCollection:
        """Batch the files, then read each batch."""
        return (
            files
            | "Batch files" >> beam.BatchElements(max_batch_size=BATCH_FILES)
            | "Read digits" >> beam.ParDo(_Read(self._reader))
        )


class _Read(beam.DoFn):
    """Reads batches of files."""

    def __init__(self, reader: RowReader) -> None:
        self._reader = reader
        self._loaded = Shared()
        self._errors = Metrics.counter(COUNTERS, "errors")

    def setup(self) -> None:
        """Load the models once per process: each of its threads has its own `DoFn`."""
        self._reader = self._loaded.acquire(self._load)

    def _load(self) -> RowReader:
        self._reader.recognizer  # noqa: B018
        return self._reader

    def process(self, batch: Iterable[ReadableFile | tuple[str, Contents]]) -> Iterator[Row]:
        for row in self._reader.rows(map(self._with_content, batch)):
            if row["error"] is not None:
                self._errors.inc()
            yield row

    def _with_content(self, file: ReadableFile | tuple[str, Contents]) -> tuple[str, Contents]:
        """Read a Beam file, unless it exceeds the size limit."""
        if not isinstance(file, ReadableFile):
            return file
        path = file.metadata.path
        try:
            check_bytes(file.metadata.size_in_bytes, self._reader.limits)
            with file.open() as opened:
                return path, opened.read()
        except ImageError as error:
            return path, error
        except Exception as error:  # each of Beam's file systems raises its own exceptions
            return path, ImageError(f"cannot be opened: {os_error_reason(error)}")
