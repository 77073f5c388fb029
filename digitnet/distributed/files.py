"""Lists the files of a job, and reads those in object storage.

A path of this machine is read as `digitnet predict` reads it. A URI (`s3://bucket/scans/1.png`) is
read through `pyarrow.fs`, which takes keys and regions from where the cloud's own tools have them.
"""

import functools
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from digitnet.errors import ImageError, os_error_reason
from digitnet.files.escape import escape_controls
from digitnet.vision import Limits
from digitnet.vision.decoding.limits import check_bytes

CONNECTIONS = 16
"""Files of object storage that a worker fetches at a time. Each waits for tens of milliseconds."""

_SCHEME = "://"


def list_files(names: Iterable[str]) -> list[str]:
    """The files that are named, and those in folders that are, at any depth.

    Hidden files are skipped and duplicates removed. Missing files are kept: reading them reports
    the error.

    Args:
        names: paths of files and folders, or URIs of such.

    Returns:
        The files; those of a folder in the order of their names.

    Raises:
        ImageError: object storage cannot be listed, or there are no files.
    """
    names = [*names]
    found = {path: None for name in names for path in _files_of(name)}
    if not found:
        raise ImageError(
            f"{escape_controls(', '.join(names))}: no files found; hidden files are skipped"
        )
    return [*found]


def fetch_all(
    files: Iterable[tuple[str, bytes | ImageError | None]], limits: Limits
) -> Iterator[tuple[str, str | bytes | ImageError]]:
    """Fetch the content of URIs, several at a time.

    Args:
        files: name and content; None: the file is still to be read.
        limits: a larger file is not fetched.

    Yields:
        Name and image, in order: the path of a local file, bytes, or the error.
    """

    def fetch_one(file: tuple[str, bytes | ImageError | None]) -> str | bytes | ImageError:
        name, content = file
        if content is not None:
            return content
        return fetch(name, limits) if _SCHEME in name else name

    files = [*files]
    if not any(content is None and _SCHEME in name for name, content in files):
        yield from ((file[0], fetch_one(file)) for file in files)
        return
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        yield from zip((name for name, _ in files), pool.map(fetch_one, files), strict=True)


def fetch(uri: str, limits: Limits) -> bytes | ImageError:
    """Read a file of object storage, or say why that cannot be done.

    Args:
        uri: of the file.
        limits: a larger one is not read.
    """
    try:
        filesystem, path = locate(uri)
        check_bytes(filesystem.get_file_info(path).size or 0, limits)
        with filesystem.open_input_stream(path) as file:
            content: bytes = file.read()
            return content
    except ImageError as error:
        return error
    except (OSError, ValueError) as error:  # ValueError: raised by Arrow if it is not a URI
        return ImageError(f"cannot be opened: {os_error_reason(error)}")


def locate(name: str) -> tuple[Any, str]:
    """Where a path or a URI leads to; names may hold `#`, `?` and `%`.

    Returns:
        A `pyarrow.fs.FileSystem`, and the path in it.

    Raises:
        OSError: object storage cannot be reached.
        ValueError: the URI has a form or a scheme that Arrow does not know or was built without.
    """
    from pyarrow import fs

    scheme, separator, rest = name.partition(_SCHEME)
    if not separator:
        return fs.LocalFileSystem(), os.path.abspath(name)
    host, _, path = rest.partition("/")
    filesystem, root = _filesystem(f"{scheme}{_SCHEME}{host}")
    return filesystem, f"{root}/{path}".rstrip("/") or "/"


def _files_of(name: str) -> Iterator[str]:
    if _SCHEME in name:
        yield from _remote_files(name)
    elif os.path.isdir(name):
        yield from _local_files(name)
    else:
        yield name


def _local_files(folder: str) -> Iterator[str]:
    closed: list[str] = []  # folders that cannot be listed: reading them reports why
    for place, inner, files in os.walk(folder, onerror=lambda error: closed.append(error.filename)):
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        yield from (os.path.join(place, name) for name in sorted(files) if name[0] != ".")
    yield from closed


def _remote_files(uri: str) -> Iterator[str]:
    from pyarrow import fs

    try:
        filesystem, path = locate(uri)
        if filesystem.get_file_info(path).type != fs.FileType.Directory:
            yield uri
            return
        found = filesystem.get_file_info(fs.FileSelector(path, recursive=True))
    except (OSError, ValueError) as error:  # ValueError: raised by Arrow if it is not a URI
        raise ImageError(
            f"{escape_controls(uri)} cannot be listed: {os_error_reason(error)}"
        ) from None
    for inside in sorted(info.path[len(path) :].lstrip("/") for info in found if info.is_file):
        if not inside.startswith(".") and "/." not in inside:
            yield f"{uri.rstrip('/')}/{inside}"


@functools.cache
def _filesystem(root: str) -> tuple[Any, str]:
    """The file system, and what its paths begin with: of `s3://bucket`, the bucket."""
    from pyarrow import fs

    try:
        filesystem, path = fs.FileSystem.from_uri(f"{root}/" if root.endswith("/") else root)
    except NotImplementedError as error:  # of an Arrow that was built without this storage
        raise ValueError(str(error)) from None
    return filesystem, path.rstrip("/")
