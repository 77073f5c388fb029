"""Lists the files of a job, and reads those in object storage.

Local paths are read as by `digitnet predict`. URIs (`s3://bucket/scans/1.png`) are read with
`pyarrow.fs`, which finds keys and regions where the cloud's own tools keep them.
"""

import contextlib
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
"""Number of files that a worker fetches from object storage in parallel. Each takes tens of
milliseconds, spent waiting."""

_SCHEME = "://"


def list_files(names: Iterable[str]) -> list[str]:
    """List files, and the files in folders at any depth.

    Hidden files in folders are skipped and duplicates are removed. Missing files are kept: reading
    them reports the error.

    Args:
        names: paths or URIs of files and folders.

    Returns:
        The files in the given order; those of a folder are sorted by name.

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


def find_missing(names: Iterable[str]) -> list[str]:
    """Return the paths and URIs at which there is neither a file nor a folder.

    Raises:
        ImageError: object storage cannot be reached.
    """
    return [name for name in names if not _exists(name)]


def fetch_all(
    files: Iterable[tuple[str, bytes | ImageError | None]], limits: Limits
) -> Iterator[tuple[str, str | bytes | ImageError]]:
    """Fetch the content of URIs, several in parallel.

    Args:
        files: pairs of name and content; None if the content has not been read.
        limits: larger files are not fetched.

    Yields:
        Pairs of name and image, in order. The image is the path of a local file, bytes, or an
        error.
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
    """Read a file from object storage.

    Args:
        uri: the file's URI.
        limits: a larger file is not read.

    Returns:
        The content, or the error if the file cannot be read.
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
    """Resolve a path or a URI, whose names may contain `#`, `?` and `%`.

    Returns:
        A `pyarrow.fs.FileSystem`, and the path in it.

    Raises:
        OSError: object storage cannot be reached.
        ValueError: the URI is malformed, or Arrow does not support its scheme.
    """
    from pyarrow import fs

    scheme, separator, rest = name.partition(_SCHEME)
    if not separator:
        return fs.LocalFileSystem(), os.path.abspath(name)
    host, _, path = rest.partition("/")
    filesystem, root = _filesystem(f"{scheme}{_SCHEME}{host}")
    return filesystem, f"{root}/{path}".rstrip("/") or "/"


def _exists(name: str) -> bool:
    if _SCHEME not in name:
        return os.path.exists(name)
    from pyarrow import fs

    with _listing(name):
        filesystem, path = locate(name)
        return bool(filesystem.get_file_info(path).type != fs.FileType.NotFound)


def _files_of(name: str) -> Iterator[str]:
    if _SCHEME in name:
        yield from _remote_files(name)
    elif os.path.isdir(name):
        yield from _local_files(name)
    else:
        yield name


def _local_files(folder: str) -> Iterator[str]:
    closed: list[str] = []  # folders that cannot be listed; reading them reports why
    for place, inner, files in os.walk(folder, onerror=lambda error: closed.append(error.filename)):
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        yield from (os.path.join(place, name) for name in sorted(files) if name[0] != ".")
    yield from closed


def _remote_files(uri: str) -> Iterator[str]:
    from pyarrow import fs

    with _listing(uri):
        filesystem, path = locate(uri)
        is_folder = filesystem.get_file_info(path).type == fs.FileType.Directory
        selected = fs.FileSelector(path, recursive=True)
        found = filesystem.get_file_info(selected) if is_folder else []
    if not is_folder:
        yield uri
    for inside in sorted(info.path[len(path) :].lstrip("/") for info in found if info.is_file):
        if not inside.startswith(".") and "/." not in inside:
            yield f"{uri.rstrip('/')}/{inside}"


@contextlib.contextmanager
def _listing(uri: str) -> Iterator[None]:
    """Turn the errors of object storage into an `ImageError`."""
    try:
        yield
    except (OSError, ValueError) as error:  # ValueError: raised by Arrow if it is not a URI
        raise ImageError(
            f"{escape_controls(uri)} cannot be listed: {os_error_reason(error)}"
        ) from None


@functools.cache
def _filesystem(root: str) -> tuple[Any, str]:
    """Return the file system of a URI and the prefix of its paths: the bucket for `s3://bucket`."""
    from pyarrow import fs

    try:
        filesystem, path = fs.FileSystem.from_uri(f"{root}/" if root.endswith("/") else root)
    except NotImplementedError as error:  # Arrow was built without this storage
        raise ValueError(str(error)) from None
    return filesystem, path.rstrip("/")
