"""Reads arrays from `.npz` and `.npy` files.

Files are not trusted: nothing in them is executed, and sizes are checked before memory is
allocated.
"""

import math
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from digitnet.errors import DatasetError, os_error_reason
from digitnet.files.escape import escape_controls

MAX_ARRAY_BYTES = 2 * 2**30
"""Maximum size of an array. Larger ones are rejected before memory is allocated."""
MAX_DIGITS = 5_000_000
"""Maximum number of digits, seventy times MNIST. More are rejected before memory is allocated."""
UNVERIFIED_BYTES = 100 * 2**20
"""Larger compressed arrays are decompressed twice: first without keeping the data, to check that
they are complete, and only then into memory. MNIST is smaller."""

ArraySpec = tuple[tuple[int, ...], np.dtype[Any]]
"""The shape and dtype of an array."""

UNREADABLE = (
    *(OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, struct.error),
    *(ValueError, KeyError, IndexError, RuntimeError, MemoryError, TypeError, RecursionError),
    *(SyntaxError, tokenize.TokenError),  # a header is a Python literal
)
"""The exceptions that reading a damaged array file may raise."""


def array_names(path: Path) -> list[str]:
    """Return the names of the arrays in a `.npz` file, sorted.

    Raises:
        DatasetError: the file is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return sorted(
                name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")
            )
    except UNREADABLE as error:
        raise _unreadable(path, error) from None


def read_npz_specs(path: Path, names: Iterable[str]) -> dict[str, ArraySpec]:
    """Read the shapes and dtypes of arrays from their headers in a `.npz` file.

    No array may claim more bytes than the limit or than its archive entry has.

    Raises:
        DatasetError: the file is damaged, or the arrays are too large together.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _read_specs(path, archive, names)
    except UNREADABLE as error:
        raise _unreadable(path, error) from None


def read_named_arrays(path: Path, names: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Read the named arrays from a `.npz` file, which may contain others.

    Raises:
        DatasetError: the file is damaged or too large, or lacks one of the arrays.
    """
    there = array_names(path)
    if missing := [name for name in names if name not in there]:
        shown = escape_controls(", ".join(there))[:200] or "none"
        raise DatasetError(f"{path} has the arrays {shown} but lacks {', '.join(missing)}")
    try:
        with zipfile.ZipFile(path) as archive:
            _read_specs(path, archive, names)
            _unpack_once(archive, names)
            return {name: _read_array(archive, name) for name in names}
    except UNREADABLE as error:
        raise _unreadable(path, error) from None


def read_npy_spec(path: Path) -> ArraySpec:
    """Read the shape and dtype of an array from the header of a `.npy` file.

    The array may not claim more bytes than the limit or than the file has.

    Raises:
        DatasetError: the file is damaged or too large.
    """
    try:
        with path.open("rb") as file:
            shape, dtype = _read_header(file)
            _check_size(path, math.prod(shape) * dtype.itemsize, path.stat().st_size)
    except UNREADABLE as error:
        raise _unreadable(path, error, ".npy") from None
    return shape, dtype


def read_npy(path: Path) -> NDArray[Any]:
    """Read a `.npy` file.

    Raises:
        DatasetError: the file is damaged, too large, or holds Python objects.
    """
    read_npy_spec(path)
    try:
        array: NDArray[Any] = np.load(path, allow_pickle=False)
    except UNREADABLE as error:
        raise _unreadable(path, error, ".npy") from None
    return array


def check_total(path: Path | str, specs: Mapping[str, ArraySpec]) -> None:
    """Check the total size of arrays, given their shapes and dtypes.

    Raises:
        DatasetError: they are larger than `MAX_ARRAY_BYTES` together.
    """
    _check_size(
        path, sum(math.prod(shape) * dtype.itemsize for shape, dtype in specs.values()), None
    )


def _check_size(path: Path | str, claimed: int, there: int | None) -> None:
    if claimed > MAX_ARRAY_BYTES:
        raise DatasetError(
            f"{path} unpacks to {claimed:,} bytes or more, at most {MAX_ARRAY_BYTES:,} are read"
        )
    if there is not None and claimed > there:
        raise ValueError("an array is shorter than its header claims")


def _unreadable(path: Path, error: Exception, kind: str = ".npz") -> DatasetError:
    whole = "of plain arrays" if kind == ".npz" else "of a plain array"
    return DatasetError(f"{path} is not a readable {kind} {whole}: {os_error_reason(error)}")


def _read_specs(path: Path, archive: zipfile.ZipFile, names: Iterable[str]) -> dict[str, ArraySpec]:
    total, specs = 0, {}
    for name in names:
        with archive.open(f"{name}.npy") as file:
            shape, dtype = specs[name] = _read_header(file)
        entry = archive.getinfo(f"{name}.npy")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise NotImplementedError("it uses an unsupported compression method")
        # a product of Python integers cannot overflow, whatever the header claims
        claimed = math.prod(shape) * dtype.itemsize
        total += max(claimed, entry.file_size)
        _check_size(path, total, None)
        _check_size(path, claimed, entry.file_size)
    return specs


def _unpack_once(archive: zipfile.ZipFile, names: Sequence[str]) -> None:
    """Decompress large arrays without keeping the data; incomplete ones raise an error."""
    for name in names:
        if archive.getinfo(f"{name}.npy").file_size > UNVERIFIED_BYTES:
            with archive.open(f"{name}.npy") as file:
                while file.read(2**20):
                    pass


def _read_array(archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    """Read an array whose header was checked."""
    # not with np.load, which prefers a member without the suffix .npy
    with archive.open(f"{name}.npy") as file:
        array: NDArray[Any] = np.lib.format.read_array(file, allow_pickle=False)
    return array


def _read_header(file: IO[bytes]) -> ArraySpec:
    """Read the shape and dtype from the header of an array (format: NumPy's NEP 1)."""
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
