"""IDX files (LeCun's MNIST page): MNIST, EMNIST, QMNIST, or a pair of your own.

A file has two zero bytes, the type, the number of dimensions, each dimension as a big-endian 32-bit
integer, then the values. It may be gzipped, and its name may have `.` in place of `-`.
"""

import math
import re
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitnet.data.arrays import MAX_ARRAY_BYTES, MAX_DIGITS, UNVERIFIED_BYTES
from digitnet.data.formats.names import TEST, TRAIN, official_parts, part_of
from digitnet.data.formats.pixels import Raw, as_labels
from digitnet.data.formats.source import Source
from digitnet.errors import DatasetError, os_error_reason
from digitnet.files.escape import join_names

SIGNATURE = re.compile(rb"\0\0[\x08\x09\x0b-\x0e][\x01-\x04]")
"""Two zero bytes, the type, and one to four dimensions."""
_TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}

_NAME = re.compile(
    r"(?P<set>.*?)(?P<kind>images?|labels?)[-._]idx(?P<dimensions>[1-3])(?:[-._]u?(?:byte|int))?"
    r"(?P<packed>\.gz)?",
    re.IGNORECASE,
)
_TEN_CLASSES = ("emnist-digits", "emnist-mnist")
"""EMNIST's sets of digits. If a folder has both, the first is read."""


class _Pair(NamedTuple):
    """The image file and the label file of a set such as `emnist-digits-train`."""

    set: str
    images: Path
    labels: Path


def is_idx(source: Source) -> bool:
    """Whether a file begins like an IDX file."""
    return SIGNATURE.match(source.head) is not None


def holds_idx(source: Source) -> bool:
    """Whether a folder has a pair of IDX files."""
    return bool(_find_pairs(source.path, source.files))


def read_idx_folder(source: Source) -> list[Raw]:
    """Read the pairs of IDX files in a folder: a training set, a test set, or both.

    Raises:
        DatasetError: a file is damaged, too large, or not IDX, or there are several data sets.
    """
    pairs = _find_pairs(source.path, source.files)
    emnist = [pair for pair in pairs if pair.set.lower().startswith("emnist")]
    if emnist:
        pairs = _emnist_digits(source, emnist)
    parts = {part_of(pair.set): pair for pair in pairs}
    if len(parts) < len(pairs) or (None in parts and len(pairs) > 1):
        names = [pair.images.name for pair in pairs]
        raise DatasetError(f"{source.path} holds several data sets, {join_names(names)}: give one")
    official = official_parts(parts)
    order = [part for part in (TRAIN, TEST, None) if part in parts]
    return [_read_pair(source, parts[part], part in official) for part in order]


def read_idx_file(source: Source) -> list[Raw]:
    """Read a pair of IDX files in the same folder, given the path of either.

    Raises:
        DatasetError: the other file is missing, or a file is damaged, too large, or not IDX.
    """
    folder = Source(source.path.parent)
    for pair in _find_pairs(folder.path, folder.files):
        if source.path.name in (pair.images.name, pair.labels.name):
            return [_read_pair(source, pair, official=False)]
    raise DatasetError(
        f"{source.path} is only one of the two IDX files: put images and labels into a folder as "
        "train-images-idx3-ubyte and train-labels-idx1-ubyte"
    )


def _find_pairs(folder: Path, names: list[str]) -> list[_Pair]:
    found: dict[tuple[str, str], Path] = {}
    for name in names:
        if match := _NAME.fullmatch(name):
            found[match["set"].rstrip("-._"), match["kind"].lower()[:5]] = folder / name
    return [
        _Pair(of, path, found[of, "label"])
        for (of, kind), path in found.items()
        if kind == "image" and (of, "label") in found
    ]


def _emnist_digits(source: Source, pairs: list[_Pair]) -> list[_Pair]:
    """Choose the pairs of EMNIST's digits."""
    for name in _TEN_CLASSES:
        chosen = [pair for pair in pairs if pair.set.lower().startswith(name)]
        if chosen:
            source.remark(f"{name}: images are stored sideways; rotated upright")
            return chosen
    raise DatasetError(
        f"{source.path} has letters among its classes ({join_names([p.set for p in pairs], 3)}): "
        "give EMNIST's digits, emnist-digits-train-images-idx3-ubyte and its labels"
    )


def _read_pair(source: Source, pair: _Pair, official: bool) -> Raw:
    labels = _read(pair.labels)
    if labels.ndim == 2 and pair.set.lower().startswith("qmnist"):
        # the other columns are the writer and the position in NIST's collection
        labels = labels[:, 0]
    if labels.ndim == 1:
        as_labels(str(source.path), labels)
    images = _read(pair.images, 3)
    if pair.set.lower().startswith("emnist"):
        images = images.transpose(0, 2, 1)
    return Raw(images, labels, official)


def _read(path: Path, dimensions: int | None = None) -> NDArray[Any]:
    """Read an IDX file.

    Args:
        path: the file.
        dimensions: the number of dimensions of images; None for labels, which have 1 or 2.

    Raises:
        DatasetError: the file is damaged, too large, or not IDX.
    """
    source = Source(path)
    try:
        with source.open() as file:
            begin = file.read(4)
            expected = {dimensions} if dimensions else {1, 2}
            if not SIGNATURE.match(begin) or begin[3] not in expected:
                raise DatasetError(
                    f"{path} is not an IDX file of {'images' if dimensions else 'labels'}: it "
                    "starts "
                    f"with {begin.hex(' ')}, expected 00 00 08 {max(expected & {1, 3}):02x}"
                )
            dtype = np.dtype(_TYPES[begin[2]])
            header = file.read(4 * begin[3])
            if len(header) < 4 * begin[3]:
                raise DatasetError(f"{path} is not an IDX file: its header is truncated")
            shape = [int(n) for n in np.frombuffer(header, ">u4")]
            size = math.prod(shape) * dtype.itemsize
            most = MAX_ARRAY_BYTES if dimensions else 8 * dtype.itemsize * MAX_DIGITS
            if size > most or shape[0] > MAX_DIGITS:
                raise DatasetError(f"{path} claims {size:,} bytes, at most {most:,} are read")
            start = 4 + len(header)
            found = size if size <= UNVERIFIED_BYTES else _count(source, size + 1 + start)
            content = file.read(size + 1) if found >= size else b""
            found = len(content) or found - start
    except (OSError, EOFError, zlib.error) as error:
        raise DatasetError(f"{path} cannot be read: {os_error_reason(error)}") from None
    if len(content) != size:
        more = "more" if found > size else f"only {found:,}"
        raise DatasetError(
            f"{path} claims {size:,} bytes of data but has {more}: download it again"
        )
    return np.frombuffer(content, dtype).reshape(shape)


def _count(source: Source, most: int) -> int:
    """Return the decompressed size of a file, up to a limit, without keeping the data."""
    count = 0
    with source.open() as file:
        while count < most and (chunk := file.read(2**20)):
            count += len(chunk)
    return count
