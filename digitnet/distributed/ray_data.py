"""`digitnet predict` on Ray Data, with Parquet output.

    python -m digitnet.distributed.ray_data scans/ --output rows/

It needs `pip install 'digitnet[ray]'`. The workers read the files themselves, because a file that
Ray could not read would stop the job. Each file gets one row, or one per page, even after failures:

- If a worker is lost, Ray gives its part to another.
- If a job is stopped, run the same command again. It first removes a Parquet file that was being
  written, then skips the files that the output already has.

Only one job at a time may write to an output.
"""

import argparse
import contextlib
import importlib.util
import logging
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from typing import TYPE_CHECKING

from digitnet.distributed.files import find_missing, list_files, locate
from digitnet.distributed.rows import BATCH_FILES, RowReader, arrow_schema, in_unicode
from digitnet.errors import DigitnetError, ImageError, OutputError, os_error_reason
from digitnet.files.escape import escape_controls, join_names
from digitnet.interruption import exit_code
from digitnet.vision import Limits

if TYPE_CHECKING:
    import pyarrow
    import ray.data

PARQUET_SUFFIX = ".parquet"
"""Suffix of the files that are counted as output; others are ignored."""

PATH, BYTES = "path", "bytes"
"""Input columns, named as in `ray.data.read_binary_files(include_paths=True)`."""

TASKS_PER_WORKER = 16
"""Number of parts per worker, if there are enough files. Workers that finish early take more."""

MAX_TASK_FILES = 256
"""Maximum number of files in a part. It limits the cost of a lost or slow worker
(`python -m benchmarks stragglers`)."""

ROWS_PER_FILE = 10_000
"""Minimum number of rows in a Parquet file: 0.5 MB for digits. Small files are slow to read and to
list."""

_log = logging.getLogger(__name__)


class _Worker:
    """A Ray worker process with loaded models."""

    def __init__(self, reader: RowReader) -> None:
        self._reader = reader
        reader.recognizer  # noqa: B018  (loads the models before any file is read)

    def __call__(self, batch: "pyarrow.Table") -> "pyarrow.Table":
        import pyarrow

        paths = (os.fsdecode(path) for path in batch[PATH].to_pylist())
        contents = batch[BYTES].to_pylist() if BYTES in batch.column_names else repeat(None)
        rows = [*self._reader.rows(zip(paths, contents, strict=False))]
        return pyarrow.Table.from_pylist(rows, arrow_schema())


def read(
    files: "Iterable[str] | ray.data.Dataset",
    reader: RowReader | None = None,
    *,
    workers: int | None = None,
) -> "ray.data.Dataset":
    """Read files into rows, on all workers of a Ray cluster.

    Args:
        files: paths or URIs of files and folders; or a dataset with the column `path` and, if Ray
            has read the files, `bytes`, as returned by
            `ray.data.read_binary_files(include_paths=True)` and `ray.data.read_parquet`.
        reader: the options of the prediction; None for the defaults of `digitnet predict`.
        workers: number of processes; None for one per core of the cluster. If there are more, they
            share the cores.

    Returns:
        A lazy dataset with the columns `digitnet.distributed.rows.COLUMNS`.

    Raises:
        ImageError: there are no files.
        DigitnetError: the cluster in `RAY_ADDRESS` cannot be reached.
        ModuleNotFoundError: Ray is not installed.
    """
    import ray

    if not ray.is_initialized():
        try:
            ray.init()
        except ConnectionError as error:
            raise DigitnetError(f"Ray cannot be reached: {os_error_reason(error)}") from None
    cores = ray.cluster_resources()["CPU"]
    workers = workers or max(1, int(cores))
    dataset = files if isinstance(files, ray.data.Dataset) else _parts(list_files(files), workers)
    return dataset.map_batches(
        _Worker,
        fn_constructor_args=(reader or RowReader(),),
        batch_size=BATCH_FILES,
        batch_format="pyarrow",
        compute=ray.data.ActorPoolStrategy(size=workers),
        num_cpus=min(1.0, cores / workers),
    )


def write(
    files: Iterable[str],
    output: str,
    reader: RowReader | None = None,
    *,
    workers: int | None = None,
    rows_per_file: int = ROWS_PER_FILE,
) -> None:
    """Read files into a folder of Parquet files, skipping those that the folder already has.

    Args:
        files: paths or URIs of files and folders, named as in the previous run.
        output: path or URI of a folder.
        reader: as for `read`.
        workers: as for `read`.
        rows_per_file: minimum number of rows in a Parquet file; the last files may have fewer.

    Raises:
        ImageError: there are no files.
        BundleError: the model does not exist or is damaged.
        OutputError: the folder has rows of another model or other Parquet files, or cannot be read
            or written.
        DigitnetError: the cluster in `RAY_ADDRESS` cannot be reached.
    """
    reader = reader or RowReader()
    done = finished_files(output, reader.digest)
    left = [path for path in list_files(files) if in_unicode(path) not in done]
    _log.info("%d files to read, %d already done", len(left), len(done))
    if not left:
        return
    with _writing(output):
        filesystem, folder = locate(output)
        filesystem.create_dir(folder)  # before anything starts
    rows = read(left, reader, workers=workers)
    rows.context.target_max_block_size = None  # a file's rows stay in one Parquet file
    with _writing(output):
        rows.write_parquet(
            folder,
            filesystem=filesystem,
            min_rows_per_file=rows_per_file,
            ray_remote_args={"num_cpus": 0},  # fast, and the workers have all cores
        )


def finished_files(output: str, digest: str) -> set[str]:
    """Find the files whose rows an output already has, and remove truncated Parquet files.

    Args:
        output: path or URI of a folder, which may be missing.
        digest: digest of the models that the rows must come from.

    Returns:
        The names of the files, as in the column `path`.

    Raises:
        OutputError: the folder has rows of another model or other Parquet files, or cannot be read.
    """
    import pyarrow
    from pyarrow import fs, parquet

    name = escape_controls(output)
    try:
        filesystem, folder = locate(output)
        selector = fs.FileSelector(folder, allow_not_found=True)
        found = [info.path for info in filesystem.get_file_info(selector)]
        done: set[str] = set()
        truncated: list[str] = []
        for path in sorted(path for path in found if path.endswith(PARQUET_SUFFIX)):
            try:
                schema = parquet.read_schema(path, filesystem=filesystem)
            except pyarrow.ArrowInvalid:
                truncated.append(path)
                continue
            if not {"path", "model"} <= {*schema.names}:
                raise OutputError(f"{name} contains other Parquet files: give another --output")
            table = parquet.read_table(path, columns=["path", "model"], filesystem=filesystem)
            if table["model"].unique().to_pylist() not in ([], [digest]):
                raise OutputError(f"{name} has rows of another model: give another --output")
            done.update(table["path"].to_pylist())
        for path in truncated:  # only now: a folder with the files of others stays as it is
            _log.warning("%s is truncated and was removed; its images are read again", path)
            filesystem.delete_file(path)
    except (OSError, ValueError) as error:  # ValueError: raised by Arrow if it is not a URI
        raise OutputError(f"{name} cannot be read: {os_error_reason(error)}") from None
    return done


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line.

    Raises:
        SystemExit: with a one-line message and exit code 1 if a path is missing, or the model, the
            output or the cluster cannot be used; 2 for wrong usage; 130 after Ctrl-C.
    """
    parser = argparse.ArgumentParser(
        prog="python -m digitnet.distributed.ray_data",
        description="Read the numbers in images on a Ray cluster into a folder of Parquet. A "
        "repeated run skips the files that are already in the folder.",
        epilog="Ray shows the progress. Without RAY_ADDRESS it runs on this machine. Exit codes: 0 "
        "all paths were read; 1 a path was not found, or the model, the output or the cluster "
        "cannot be used; 2 wrong usage; 130 interrupted.",
    )
    parser.add_argument(
        "paths", nargs="+", type=_name, metavar="PATH", help="files and folders, or their URIs"
    )
    parser.add_argument(
        "--output", required=True, type=_name, metavar="FOLDER", help="a path or a URI"
    )
    parser.add_argument("--model", default="cnn", metavar="NAME|FOLDER")
    parser.add_argument("--reader", default="reader", metavar="NAME|FOLDER|none")
    parser.add_argument("--threshold", type=_probability, metavar="P")
    parser.add_argument("--max-pixels", type=_count, metavar="N")
    parser.add_argument("--workers", type=_count, metavar="N", help="default: one for each core")
    parser.add_argument("--rows-per-file", type=_count, default=ROWS_PER_FILE, metavar="N")
    given = parser.parse_args(arguments)
    logging.basicConfig(format="digitnet: %(message)s")
    _log.setLevel(logging.INFO)
    reader = RowReader(
        given.model,
        None if given.reader == "none" else given.reader,
        given.threshold,
        Limits.for_pixels(given.max_pixels),
    )
    try:
        if importlib.util.find_spec("ray") is None:
            raise DigitnetError("Ray is not installed: pip install 'ray[data]' pyarrow")
        missing = find_missing(given.paths)
        write(
            given.paths,
            given.output,
            reader,
            workers=given.workers,
            rows_per_file=given.rows_per_file,
        )
        if missing:  # like `predict`, which also reads the other images first
            raise ImageError(f"not found: {join_names(missing)}; all other files were read")
    except DigitnetError as error:
        sys.exit(f"digitnet: {error}")
    except KeyboardInterrupt as interrupt:
        _log.warning("stopped; run the same command again to continue")
        sys.exit(exit_code(interrupt))


def _name(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("the value is empty")
    return text


def _probability(text: str) -> float:
    with contextlib.suppress(ValueError):
        if 0 <= (value := float(text)) <= 1:
            return value
    raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 1")


def _count(text: str) -> int:
    with contextlib.suppress(ValueError):
        if (value := int(text)) > 0:
            return value
    raise argparse.ArgumentTypeError(f"{text!r} is not a positive whole number")


@contextlib.contextmanager
def _writing(output: str) -> Iterator[None]:
    """Turn an `OSError` while the output is written into an `OutputError`."""
    try:
        yield
    except OSError as error:
        reason = os_error_reason(getattr(error, "cause", error))  # Ray's error wraps the worker's
        raise OutputError(f"{escape_controls(output)} cannot be written: {reason}") from None


def _parts(paths: list[str], workers: int) -> "ray.data.Dataset":
    """Make a dataset of paths, split into parts. Each part becomes a task."""
    import pyarrow
    import ray

    size = len(paths) // (workers * TASKS_PER_WORKER)
    size = min(max(size, BATCH_FILES), MAX_TASK_FILES)
    # Bytes, because a path may not be valid Unicode.
    names = [os.fsencode(path) for path in paths]
    parts = (names[start : start + size] for start in range(0, len(names), size))
    return ray.data.from_arrow([pyarrow.table({PATH: part}) for part in parts])


if __name__ == "__main__":
    main()
