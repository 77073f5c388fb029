"""MATLAB's `.mat` files: version 5 through SciPy, and version 7.3, which is HDF5.

MATLAB counts from 1 and puts the axis of the images last. If no label is 0, the label 10 means 0.
In `gnd` (Deng Cai's files), however, the labels 1 to 10 mean the digits 0 to 9.
"""

import re
import struct
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitnet.data.arrays import UNREADABLE, ArraySpec, check_total
from digitnet.data.formats.hdf5 import Hdf5Arrays
from digitnet.data.formats.names import find_pairs, official_parts
from digitnet.data.formats.pixels import Raw, as_labels, check_claims
from digitnet.data.formats.source import Source
from digitnet.errors import DatasetError, os_error_reason
from digitnet.files.escape import join_names

VERSION_5, VERSION_7 = b"MATLAB 5.0 MAT-file", b"MATLAB 7.3 MAT-file"
"""First bytes of a file of either version."""

_BY_CLASS = re.compile(r"(train|test)([0-9])")
"""Matches array names of Sam Roweis's `mnist_all.mat`, which has one array per set and digit."""

_TYPES = {
    **dict.fromkeys(("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")),
    "double": "float64",
    "single": "float32",
    "logical": "bool",
}

_MATRIX, _COMPRESSED = 14, 15
_NUMBERS = (1, 2, 3, 4, 5, 6, 7, 9, 12, 13)
"""Storage types of numbers in version 5: integers of 1 to 8 bytes, single, double."""

_CLASSES_OF_NUMBERS = range(6, 16)
_COMPLEX = 0x800
_HEAD_BYTES = 4096
"""Number of bytes at the start of an array that contain its class, shape and name."""

Read = Callable[[str], NDArray[Any]]
"""Reads the array with a name, in MATLAB's order of axes."""


def is_matlab(source: Source) -> bool:
    """Whether a file is a MATLAB file."""
    return source.head.startswith((VERSION_5, VERSION_7)) and not source.packed


def read_matlab(source: Source) -> list[Raw]:
    """Read a `.mat` file.

    Raises:
        DatasetError: the file is damaged, too large, or has no labelled images.
    """
    if source.head.startswith(VERSION_7):
        arrays = Hdf5Arrays(source)
        # HDF5 has MATLAB's axes in reverse order
        specs = {name: (shape[::-1], dtype) for name, (shape, dtype) in arrays.specs.items()}
        return _read(source, specs, lambda name: arrays.read(name).T)
    return _read(source, _list_version_5(source), lambda name: _read_version_5(source, name))


def _read(source: Source, specs: Mapping[str, ArraySpec], read: Read) -> list[Raw]:
    name = str(source.path)
    classes = {each: match for each in specs if (match := _BY_CLASS.fullmatch(each))}
    if len(classes) > 1:
        check_total(name, {each: specs[each] for each in classes})
        return _read_by_class(name, classes, read)
    pairs = find_pairs(name, specs)
    used = {each: specs[each] for pair in pairs for each in (pair.images, pair.labels)}
    check_total(name, used)
    official = official_parts(pair.part for pair in pairs)
    found = []
    for pair in pairs:
        check_claims(name, specs[pair.images], specs[pair.labels])
        labels = _from_zero(source, pair.labels, read(pair.labels))
        as_labels(name, labels)
        found.append(Raw(read(pair.images), labels, pair.part in official))
    return found


def _from_zero(source: Source, name: str, labels: NDArray[Any]) -> NDArray[Any]:
    """Convert labels from 1 to 10 to digits; leave all others unchanged."""
    if labels.size == 0 or labels.dtype.kind not in "iuf":
        return labels
    if (labels == 0).any() or not ((labels >= 1) & (labels <= 10)).all():
        return labels
    if name.rpartition("/")[2].lower() == "gnd":
        source.remark("labels of gnd, 1 to 10, read as 0 to 9")
        return labels - 1
    if (labels == 10).any():
        source.remark("the label 10 read as 0")
    return np.where(labels == 10, 0, labels)


def _read_by_class(name: str, classes: Mapping[str, "re.Match[str]"], read: Read) -> list[Raw]:
    """Read one array of images for each digit, of a training and a test set."""
    found = []
    official = official_parts({match[1] for match in classes.values()})
    for part in ("train", "test"):
        own = sorted(each for each, match in classes.items() if match[1] == part)
        arrays = [read(each) for each in own]
        if len({array.shape[1:] for array in arrays}) > 1:
            raise DatasetError(f"{name} has images of different sizes in the arrays {part}0 ...")
        if arrays:
            digits = [int(classes[each][2]) for each in own]
            labels = np.repeat(digits, [len(array) for array in arrays])
            found.append(Raw(np.concatenate(arrays), labels, part in official))
    return found


def _list_version_5(source: Source) -> dict[str, ArraySpec]:
    """List the names, shapes and dtypes of the numeric arrays."""
    from scipy.io import whosmat
    from scipy.io.matlab import MatReadError

    try:
        _check_types(source)
        listed = whosmat(str(source.path))
    except (*UNREADABLE, MatReadError) as error:
        raise _unreadable(source, error) from None
    specs = {
        name: (tuple(shape), np.dtype(_TYPES[kind] or kind))
        for name, shape, kind in listed
        if kind in _TYPES and all(side >= 0 for side in shape)
    }
    if listed and not specs:
        kinds = [f"{name} ({kind})" for name, _, kind in listed]
        raise DatasetError(
            f"{source.path} holds {join_names(kinds, 5)} and no numeric array: save images and "
            "labels as separate variables; for EMNIST, give the IDX files"
        )
    return specs


def _check_types(source: Source) -> None:
    """Check the storage types of all arrays, because SciPy crashes on unknown ones.

    Raises:
        ValueError, OSError, struct.error, zlib.error: an array is damaged, or has complex numbers.
    """
    with source.path.open("rb") as file:
        order = "<" if file.read(128).endswith(b"IM") else ">"
        while len(tag := file.read(8)) == 8:
            kind, size = struct.unpack(order + "II", tag)
            end = file.tell() + size
            head = file.read(min(size, _HEAD_BYTES))
            if kind == _COMPRESSED:
                head = zlib.decompressobj().decompress(head, _HEAD_BYTES)[8:]  # skip its tag
            if kind in (_MATRIX, _COMPRESSED):
                _check_type(head, order)
            file.seek(end)


def _check_type(array: bytes, order: str) -> None:
    """Check the storage type of an array, given its beginning: flags, shape, name, numbers."""
    (flags,) = struct.unpack_from(order + "I", array, 8)
    if flags & 0xFF not in _CLASSES_OF_NUMBERS:
        return
    if flags & _COMPLEX:
        raise ValueError("an array of complex numbers is neither images nor labels")
    place = 16
    for _ in ("shape", "name"):
        kind, size = struct.unpack_from(order + "II", array, place)
        # up to four bytes of data are inside the tag, whose type is then half a word
        place += 8 if kind >> 16 else 8 + -(-size // 8) * 8
    (kind,) = struct.unpack_from(order + "I", array, place)
    if kind & 0xFFFF not in _NUMBERS:
        raise ValueError(f"numbers of an unknown type, {kind & 0xFFFF}")


def _read_version_5(source: Source, name: str) -> NDArray[Any]:
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    try:
        found: NDArray[Any] = loadmat(str(source.path), variable_names=[name])[name]
    except (*UNREADABLE, MatReadError) as error:
        raise _unreadable(source, error) from None
    return found


def _unreadable(source: Source, error: Exception) -> DatasetError:
    return DatasetError(f"{source.path} is not a readable .mat file: {os_error_reason(error)}")
