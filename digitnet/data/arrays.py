"""The arrays of `.npz` and `.npy` files.

They are not trusted: nothing in them is run, and memory is taken only for what turns out whole.
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
"""Larger arrays are rejected before memory is allocated."""
MAX_DIGITS = 5_000_000
"""A hundred times MNIST; more labels are rejected before memory is allocated."""
UNVERIFIED_BYTES = 100 * 2**20
"""A packed array of more bytes is unpacked once to nowhere, to see that it is whole, before memory
is allocated. MNIST is smaller."""

Form = tuple[tuple[int, ...], np.dtype[Any]]
"""Shape and type of an array."""

UNREADABLE = (
    *(OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, struct.error),
    *(ValueError, KeyError, IndexError, RuntimeError, MemoryError, TypeError, RecursionError),
    *(SyntaxError, tokenize.TokenError),  # a header is a Python literal
)
"""What reading a damaged file of arrays may raise."""


def array_names(path: Path) -> list[str]:
    """The names of the arrays in a `.npz`, sorted.

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


def claimed_forms(path: Path, names: Iterable[str]) -> dict[str, Form]:
    """Shape and type that arrays of a `.npz` claim, none larger than the limits or its own entry.

    Raises:
        DatasetError: the file is damaged, or together they are too large.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _claimed_forms(path, archive, names)
    except UNREADABLE as error:
        raise _unreadable(path, error) from None


def read_named_arrays(path: Path, names: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Read the arrays with these names from a `.npz`, which may contain others.

    Raises:
        DatasetError: the file is damaged or too large, or lacks one of them.
    """
    there = array_names(path)
    if missing := [name for name in names if name not in there]:
        shown = escape_controls(", ".join(there))[:200] or "none"
        raise DatasetError(f"{path} has the arrays {shown}: expected {', '.join(missing)}, too")
    try:
        with zipfile.ZipFile(path) as archive:
            _claimed_forms(path, archive, names)
            _unpack_once(archive, names)
            return {name: _read_array(archive, name) for name in names}
    except UNREADABLE as error:
        raise _unreadable(path, error) from None


def claimed_form(path: Path) -> Form:
    """Shape and type that a `.npy` claims, no larger than the limit or the file.

    Raises:
        DatasetError: it is damaged or too large.
    """
    try:
        with path.open("rb") as file:
            shape, dtype = _read_header(file)
            _check_size(path, math.prod(shape) * dtype.itemsize, path.stat().st_size)
    except UNREADABLE as error:
        raise _unreadable(path, error, ".npy") from None
    return shape, dtype


def read_npy(path: Path) -> NDArray[Any]:
    """Read a `.npy`.

    Raises:
        DatasetError: it is damaged, too large, or holds Python objects.
    """
    claimed_form(path)
    try:
        array: NDArray[Any] = np.load(path, allow_pickle=False)
    except UNREADABLE as error:
        raise _unreadable(path, error, ".npy") from None
    return array


def check_total(path: Path | str, forms: Mapping[str, Form]) -> None:
    """Check what arrays claim together.

    Raises:
        DatasetError: it is too much.
    """
    _check_size(
        path, sum(math.prod(shape) * dtype.itemsize for shape, dtype in forms.values()), None
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


def _claimed_forms(path: Path, archive: zipfile.ZipFile, names: Iterable[str]) -> dict[str, Form]:
    total, forms = 0, {}
    for name in names:
        with archive.open(f"{name}.npy") as file:
            shape, dtype = forms[name] = _read_header(file)
        entry = archive.getinfo(f"{name}.npy")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise NotImplementedError("it is packed in an unusual way")
        # a product of Python integers cannot overflow, whatever the header claims
        claimed = math.prod(shape) * dtype.itemsize
        total += max(claimed, entry.file_size)
        _check_size(path, total, None)
        _check_size(path, claimed, entry.file_size)
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


def _read_header(file: IO[bytes]) -> Form:
    """Shape and type that the header of an array claims (format: NumPy's NEP 1)."""
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
