"""The answers of `digitnet predict` on Apache Beam, as a transform for any runner.

    files | ReadDigits()

It needs `pip install 'digitnet[beam]'`. docs/clusters.md has a whole pipeline. Where a worker is
lost, the runner assigns its part to another and discards the lost one's answers.
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
"""The namespace of the metric `errors`: files and pages that could not be read."""


class ReadDigits(beam.PTransform):
    """Files -> rows, as dictionaries (`digitnet.distributed.rows.Row`).

    Its input are files as `apache_beam.io.fileio.ReadMatches` gives them, or pairs of a name and
    the content. A file that cannot be read is a row with its error.

    Args:
        reader: reads them; None: as `digitnet predict` does without options.
    """

    def __init__(self, reader: RowReader | None = None) -> None:
        super().__init__()
        self._reader = reader or RowReader()

    def expand(self, files: beam.PCollection) -> beam.PCollection:
        """Put the transform together: batches of files, and the reading."""
        return (
            files
            | "Batch files" >> beam.BatchElements(max_batch_size=BATCH_FILES)
            | "Read digits" >> beam.ParDo(_Read(self._reader))
        )


class _Read(beam.DoFn):
    """Reads a batch at a time."""

    def __init__(self, reader: RowReader) -> None:
        self._reader = reader
        self._loaded = Shared()
        self._errors = Metrics.counter(COUNTERS, "errors")

    def setup(self) -> None:
        """Load the models once a process: each of its threads has a `DoFn` of its own."""
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
        """Read a file of Beam's; a larger one than is allowed is refused before."""
        if not isinstance(file, ReadableFile):
            return file
        path = file.metadata.path
        try:
            check_bytes(file.metadata.size_in_bytes, self._reader.limits)
            with file.open() as opened:
                return path, opened.read()
        except ImageError as error:
            return path, error
        except Exception as error:  # of any kind: each file system of Beam's has its own
            return path, ImageError(f"cannot be opened: {os_error_reason(error)}")
