"""Labelled pictures in `.npz` and IDX files.

They are not trusted: nothing in them is run, and memory is taken only for what turns out whole.
"""

import gzip
import math
import os
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Sequence
from io import BufferedReader
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitnet.errors import DatasetError, os_error_reason
from digitnet.files.escape import escape_controls
from digitnet.model.probabilities import CLASSES
from digitnet.vision import Limits
from digitnet.vision.decoding.limits import MAX_SIDE

MAX_ARRAY_BYTES = 2 * 2**30
"""Larger arrays in a `.npz` or IDX file are refused before memory is taken for them."""
MAX_DIGITS = 5_000_000
"""A hundred times MNIST; more labels are refused before memory is taken for them."""
UNVERIFIED_BYTES = 100 * 2**20
"""A packed array of more bytes is unpacked once to nowhere, to see that it is whole, before memory
is taken for it. MNIST is smaller."""

_IDX_NAMES = (
    ("train-images", "train-labels"),
    ("t10k-images", "t10k-labels"),
)

Pictures = tuple[NDArray[Any], NDArray[Any]]
"""Images uint8 (N, height, width) and integer labels (N,), 0-9."""


def read_npz(path: Path) -> list[Pictures]:
    """Read Keras's four arrays (x_train, y_train, x_test, y_test), or x and y.

    Returns:
        The training and the test part, or one part.

    Raises:
        DatasetError: the file is damaged, too large, or holds something else.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            parts = _named_parts(path, archive)
            _check_arrays(path, archive, parts)
            labels = [_read_array(archive, y) for _, y in parts]
            for part in labels:
                check_labels(str(path), part)
            images = [_read_array(archive, x) for x, _ in parts]
    except UNREADABLE as error:
        raise DatasetError(
            f"{path} is no readable .npz of plain arrays: {os_error_reason(error)}"
        ) from None
    return list(zip(images, labels, strict=True))


UNREADABLE = (
    *(OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, struct.error),
    *(ValueError, KeyError, RuntimeError, MemoryError, TypeError, RecursionError),
    *(SyntaxError, tokenize.TokenError),  # a header is a Python literal
)
"""What reading a damaged `.npz` may raise."""


def _named_parts(path: Path, archive: zipfile.ZipFile) -> list[tuple[str, str]]:
    """The names of images and labels in an archive."""
    names = {name.removesuffix(".npy") for name in archive.namelist()}
    if {"x_train", "y_train", "x_test", "y_test"} <= names:
        return [("x_train", "y_train"), ("x_test", "y_test")]
    if {"x", "y"} <= names:
        return [("x", "y")]
    shown = escape_controls(", ".join(sorted(names)))[:200] or "none"
    raise DatasetError(
        f"{path} has the arrays {shown}: expected "
        "x_train, y_train, x_test, y_test as Keras stores them, or x and y"
    )


def _check_arrays(path: Path, archive: zipfile.ZipFile, parts: list[tuple[str, str]]) -> None:
    """Check what the arrays claim to be, and that the large ones are whole, before they are read.

    Raises:
        DatasetError: they are too large, or no images and labels.
    """
    names = [name for part in parts for name in part]
    forms = _claimed_forms(path, archive, names)
    for x, y in parts:
        check_forms(str(path), *forms[x], *forms[y])
    _unpack_once(archive, names)


def read_named_arrays(path: Path, names: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Read the arrays of a `.npz` that have these names; others may stand beside them.

    Raises:
        DatasetError: the file is damaged or too large, or lacks one of them.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            there = sorted(name.removesuffix(".npy") for name in archive.namelist())
            if missing := [name for name in names if name not in there]:
                shown = escape_controls(", ".join(there))[:200] or "none"
                raise DatasetError(
                    f"{path} has the arrays {shown}: expected {', '.join(missing)}, too"
                )
            _claimed_forms(path, archive, names)
            _unpack_once(archive, names)
            return {name: _read_array(archive, name) for name in names}
    except UNREADABLE as error:
        raise DatasetError(
            f"{path} is no readable .npz of plain arrays: {os_error_reason(error)}"
        ) from None


def _claimed_forms(
    path: Path, archive: zipfile.ZipFile, names: Sequence[str]
) -> dict[str, tuple[tuple[int, ...], np.dtype[Any]]]:
    """Shape and type that each array claims, none larger than the limits or its own entry.

    Raises:
        DatasetError: together they are too large.
    """
    total, forms = 0, {}
    for name in names:
        shape, dtype = forms[name] = _claimed_form(archive, name)
        entry = archive.getinfo(f"{name}.npy")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise NotImplementedError("it is packed in an unusual way")
        # a product of Python integers cannot overflow, whatever the header claims
        claimed = math.prod(shape) * dtype.itemsize
        total += max(claimed, entry.file_size)
        if total > MAX_ARRAY_BYTES:
            raise DatasetError(
                f"{path} unpacks to {total:,} bytes or more, at most {MAX_ARRAY_BYTES:,} are read"
            )
        if claimed > entry.file_size:
            raise ValueError("an array is shorter than its header claims")
    return forms


def _unpack_once(archive: zipfile.ZipFile, names: Sequence[str]) -> None:
    """Unpack large arrays to nowhere, which raises where one is not whole."""
    for name in names:
        if archive.getinfo(f"{name}.npy").file_size > UNVERIFIED_BYTES:
            with archive.open(f"{name}.npy") as file:
                while file.read(2**20):
                    pass


def _read_array(archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    """An array whose header was checked; `np.load` prefers a member without the ending `.npy`."""
    with archive.open(f"{name}.npy") as file:
        array: NDArray[Any] = np.lib.format.read_array(file, allow_pickle=False)
    return array


def _claimed_form(archive: zipfile.ZipFile, name: str) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and type that the header of an array claims (format: NumPy's NEP 1)."""
    with archive.open(f"{name}.npy") as file:
        version = np.lib.format.read_magic(file)
        if version == (1, 0):
            shape, _, dtype = np.lib.format.read_array_header_1_0(file)
        elif version == (2, 0):
            shape, _, dtype = np.lib.format.read_array_header_2_0(file)
        else:
            raise ValueError("its arrays are of another version")
    if dtype.hasobject:
        raise ValueError("it holds Python objects, which could run code")
    return shape, dtype


def idx_files(folder: Path) -> dict[str, Path]:
    """MNIST's four IDX files in a folder, by stem, however spelt; empty without all four."""
    found: dict[str, Path] = {}
    for pair in _IDX_NAMES:
        for stem in pair:
            kind = "idx3" if "images" in stem else "idx1"
            for separator in "-.":
                for ending in ("", ".gz"):
                    path = folder / f"{stem}{separator}{kind}-ubyte{ending}"
                    if os.path.isfile(path):
                        found[stem] = path
    return found if len(found) == 4 else {}


def read_idx(folder: Path) -> list[Pictures]:
    """Read MNIST's training and test part from its four files.

    Raises:
        DatasetError: a file is damaged, too large, or something else.
    """
    files = idx_files(folder)
    parts = []
    for x, y in _IDX_NAMES:
        labels = _read_idx(files[y], 1)
        check_labels(str(folder), labels)
        parts.append((_read_idx(files[x], 3), labels))
    return parts


def _read_idx(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """One IDX file of unsigned bytes, gzipped or not (format: LeCun's MNIST page).

    Two zero bytes, the type (8: unsigned byte), the number of dimensions, each dimension as a
    big-endian 32-bit integer, then the bytes.
    """
    try:
        with _open_idx(path) as file:
            header = file.read(4 + 4 * dimensions)
            if len(header) < 4 + 4 * dimensions or header[:4] != bytes([0, 0, 8, dimensions]):
                raise DatasetError(
                    f"{path} is no IDX file of {dimensions}-dimensional unsigned bytes: it starts "
                    f"with {header[:4].hex(' ')}, expected 00 00 08 {dimensions:02x}"
                )
            shape = [int(n) for n in np.frombuffer(header, ">u4", offset=4)]
            size = math.prod(shape)
            most = MAX_ARRAY_BYTES if dimensions > 1 else MAX_DIGITS
            if size > most or shape[0] > MAX_DIGITS:
                raise DatasetError(f"{path} claims {size:,} bytes, at most {most:,} are read")
            found = size if size <= UNVERIFIED_BYTES else _count(path, size + 1 + len(header))
            content = file.read(size + 1) if found >= size else b""
            found = len(content) or found - len(header)
    except (OSError, EOFError, zlib.error) as error:
        raise DatasetError(f"{path} cannot be read: {os_error_reason(error)}") from None
    if len(content) != size:
        more = "more" if found > size else f"only {found:,}"
        raise DatasetError(f"{path} claims {size:,} bytes of data and has {more}: fetch it again")
    return np.frombuffer(content, np.uint8).reshape(shape)


def _open_idx(path: Path) -> "gzip.GzipFile | BufferedReader":
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")


def _count(path: Path, most: int) -> int:
    """How many bytes a file unpacks to, up to so many, without keeping them."""
    count = 0
    with _open_idx(path) as file:
        while count < most and (chunk := file.read(2**20)):
            count += len(chunk)
    return count


def check_forms(
    name: str,
    images: tuple[int, ...],
    image_type: np.dtype[Any],
    labels: tuple[int, ...],
    label_type: np.dtype[Any],
) -> None:
    """Check shapes and types of images and labels.

    Raises:
        DatasetError: they are no images with a label for each.
    """
    if len(images) != 3 or image_type != np.uint8 or 0 in images[1:]:
        raise DatasetError(
            f"{name} has images of shape {images} and type {image_type}: "
            "expected (N, height, width) of uint8"
        )
    if math.prod(images[1:]) > Limits().pixels or max(images[1:]) > MAX_SIDE:
        raise DatasetError(f"{name} has images of {images[2]} x {images[1]} pixels: too large")
    if len(labels) != 1 or label_type.kind not in "iu" or labels[0] != images[0]:
        raise DatasetError(
            f"{name} has labels of shape {labels} and type {label_type} for {images[0]} "
            "images: expected one integer for each"
        )
    if labels[0] > MAX_DIGITS:
        raise DatasetError(f"{name} has {labels[0]:,} digits: at most {MAX_DIGITS:,} are read")
    if not labels[0]:
        raise DatasetError(f"{name} has no digit: give a data set of at least two of each class")


def check_labels(name: str, labels: NDArray[Any]) -> None:
    """Check that all labels are digits.

    Raises:
        DatasetError: one is not.
    """
    outside = labels[(labels < 0) | (labels >= CLASSES)]
    if len(outside):
        raise DatasetError(f"{name} has the label {outside[0]}: labels are the digits 0 to 9")
