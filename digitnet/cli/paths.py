"""Finds the images to read: files, folders, standard input, and lists of paths.

The search is lazy, so a list may be endless. A folder that cannot be read or has no images becomes
an `ImageError` in its place; a missing file is reported when it is read.
"""

import codecs
import os
import re
from collections.abc import Iterable, Iterator

from digitnet.cli.pictures import FIGURE_SUFFIX
from digitnet.errors import ImageError, os_error_reason
from digitnet.files.escape import escape_controls
from digitnet.reading.sources import Source
from digitnet.vision.decoding.headers import is_meant_as_image, read_header

STANDARD_INPUT = "-"
"""The name of standard input on the command line."""
_STDIN = 0

CHUNK_BYTES = 2**16
"""Maximum number of bytes of a list that are read at once."""

MAX_PATH_BYTES = 2**16
"""Maximum length of a path in bytes. Linux allows 4,096 bytes, so a file with longer lines is not a
list of paths."""

_NUL = b"\0"

_WIDE_TEXT = {
    "UTF-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE),
    "UTF-16": (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE),
}
"""Byte order marks. UTF-32 is checked first: its little-endian mark starts with that of UTF-16."""


def named_sources(names: Iterable[str], *, recursive: bool, limit: int) -> Iterator[Source]:
    """Find the images named on the command line.

    Args:
        names: files, folders, or `-` for the bytes of one image on standard input.
        recursive: also search sub-folders.
        limit: maximum size of an image in bytes. At most one byte more is read from standard input.
    """
    for name in names:
        if name == STANDARD_INPUT:
            yield Source(name, _read_standard_input(limit))
        else:
            yield from _path_sources(name, recursive)


def listed_sources(descriptor: int, separator: bytes, *, recursive: bool) -> Iterator[Source]:
    r"""Find the images named in a list, each as soon as its path has been read.

    Empty lines are skipped. Otherwise the whole line is the path, including blanks and `#`.

    Args:
        descriptor: file descriptor of the open list. It is read unbuffered, as a buffer would delay
            paths.
        separator: `b"\n"` or `b"\0"`.
        recursive: also search sub-folders.

    Raises:
        ImageError: the list cannot be read, or is not a list of paths.
    """
    for path in _read_paths(descriptor, separator):
        yield from _path_sources(_decode(path), recursive)


def _decode(path: bytes) -> str:
    """Decode a path. On Windows, invalid UTF-8 becomes the name of a missing file."""
    try:
        return os.fsdecode(path)
    except UnicodeDecodeError:
        return path.decode("utf-8", "surrogateescape")


def _read_paths(descriptor: int, separator: bytes) -> Iterator[bytes]:
    rest = b""
    begun = False
    while chunk := _read_chunk(descriptor):
        rest += chunk
        if not begun:
            rest = rest.removeprefix(codecs.BOM_UTF8)  # written by Windows programs
            _check_is_list(rest, separator)
        *paths, rest = rest.split(separator)
        for path in paths:
            begun = True
            if path := _path_of(path, separator):
                yield path
        if len(rest) > MAX_PATH_BYTES:
            raise _too_long(separator)
    if separator == _NUL and not begun and b"\n" in rest:
        raise ImageError(
            "the list of paths is separated by newlines, not by NUL: leave out --null, or separate "
            "the paths by NUL"
        )
    if path := _path_of(rest, separator):
        yield path


def _check_is_list(beginning: bytes, separator: bytes) -> None:
    """Check the beginning of a list of paths.

    Raises:
        ImageError: the file is UTF-16 or UTF-32 text, an image, or another binary file.
    """
    if _NUL not in beginning:
        return
    for kind, marks in _WIDE_TEXT.items():
        if beginning.startswith(marks):
            raise ImageError(
                f"the list of paths is {kind} text, as written by > in Windows PowerShell: save "
                "it as UTF-8"
            )
    header = read_header(beginning)
    # A NUL-separated list may start like an image by chance, but then no size follows.
    if header and (separator != _NUL or header.width):
        raise ImageError(
            f"the list of paths is a {header.format} image: leave out --files-from to read it"
        )
    if separator != _NUL:
        raise _holds_nul()


def _path_of(line: bytes, separator: bytes) -> bytes:
    """Return the path in a line, without the carriage return of lists written on Windows.

    Raises:
        ImageError: the line contains NUL, so this is not a text file.
    """
    if separator == _NUL:
        return line
    if _NUL in line:
        raise _holds_nul()
    return line.removesuffix(b"\r")


def _holds_nul() -> ImageError:
    return ImageError(
        "the list of paths contains NUL bytes: give text with one path on each line, or --null if "
        "NUL separates the paths"
    )


def _too_long(separator: bytes) -> ImageError:
    if separator == _NUL:
        return ImageError(
            f"the list of paths has more than {MAX_PATH_BYTES:,} bytes without a NUL: leave out "
            "--null if it has one path on each line"
        )
    return ImageError(
        f"the list of paths has a line of more than {MAX_PATH_BYTES:,} bytes: "
        "put one path on each line, or give --null if NUL separates them"
    )


def _read_chunk(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, CHUNK_BYTES)
    except OSError as error:
        raise ImageError(f"the list of paths cannot be read: {os_error_reason(error)}") from None


def _read_standard_input(limit: int) -> bytes | ImageError:
    chunks: list[bytes] = []
    wanted = limit + 1
    try:
        while wanted > 0 and (chunk := os.read(_STDIN, min(wanted, 2**20))):
            chunks.append(chunk)
            wanted -= len(chunk)
    except OSError as error:
        return ImageError(f"standard input cannot be read: {os_error_reason(error)}")
    return b"".join(chunks)


def _path_sources(path: str, recursive: bool) -> Iterator[Source]:
    if not os.path.isdir(path):
        yield Source(path, path)
        return
    found = skipped = False
    folders = [path]
    while folders:
        folder = folders.pop()
        try:
            files, inner = _images_and_folders(folder)
        except OSError as error:
            found = True
            yield _failure(folder, f"the folder cannot be read: {os_error_reason(error)}")
            continue
        for file in files:
            found = True
            yield Source(file, file)
        if recursive:
            folders += reversed(inner)
        skipped = skipped or bool(inner)
    if not found:
        advice = "; --recursive looks into its sub-folders" if skipped and not recursive else ""
        yield _failure(path, f"no images in this folder{advice}")


def _failure(path: str, message: str) -> Source:
    return Source(path, ImageError(f"{escape_controls(path)}: {message}"))


def _images_and_folders(folder: str) -> tuple[list[str], list[str]]:
    """List the images and the sub-folders of a folder in natural order, 2.png before 10.png.

    Hidden entries and digitnet's own figures are skipped. Links to folders are not followed, as
    they may form a loop.
    """
    with os.scandir(folder) as entries:
        visible = [entry for entry in entries if not _is_skipped(entry.name)]
    visible.sort(key=lambda entry: _natural_order(entry.name))
    files = [entry.path for entry in visible if _is_image(entry)]
    folders = [entry.path for entry in visible if entry.is_dir(follow_symlinks=False)]
    return files, folders


def _is_skipped(name: str) -> bool:
    return name.startswith(".") or name.endswith(FIGURE_SUFFIX)


def _natural_order(name: str) -> tuple[list[str | int], str]:
    """Sort key that compares runs of digits as numbers.

    Text and numbers alternate, so text is only compared to text, and numbers to numbers.
    """
    parts = re.split(r"([0-9]+)", name)
    return [int(part) if index % 2 else part for index, part in enumerate(parts)], name


def _is_image(entry: os.DirEntry[str]) -> bool:
    try:
        # A broken link is reported as a missing image.
        there = entry.is_file() or (entry.is_symlink() and not os.path.exists(entry.path))
    except OSError:
        there = True
    return there and is_meant_as_image(entry.path)
