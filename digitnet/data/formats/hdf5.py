"""HDF5 files: `usps.h5`, and others whose arrays have names that `names` recognizes.

Only data in the file itself is read. Links to other files and external data are not followed.
"""

import math
import re
from collections.abc import Iterator
from typing import Any

from numpy.typing import NDArray

from digitnet.data.arrays import MAX_ARRAY_BYTES, UNREADABLE, ArraySpec, check_total
from digitnet.data.formats.names import find_pairs, official_parts
from digitnet.data.formats.pixels import Raw, as_labels, check_claims
from digitnet.data.formats.source import Source
from digitnet.errors import DatasetError, os_error_reason
from digitnet.files.escape import escape_controls, join_names

SIGNATURE = re.compile(rb"(?:|.{512}|.{1024}|.{2048})\x89HDF\r\n\x1a\n", re.DOTALL)
"""The signature may follow a user block, as in MATLAB files."""

MAX_DEPTH = 4
"""Maximum depth of nested groups that are searched."""
MAX_RATIO = 2000
"""Maximum number of array elements per stored byte. DEFLATE expands a byte to about 1,000 at most
(RFC 1951)."""
MAX_ITEMS = 1000
"""Maximum number of groups and data sets."""


def is_hdf5(source: Source) -> bool:
    """Whether a file is HDF5."""
    return SIGNATURE.match(source.head) is not None and not source.packed


def read_hdf5(source: Source) -> list[Raw]:
    """Read an HDF5 file.

    Raises:
        DatasetError: the file is damaged, too large, or has no labelled images.
    """
    arrays = Hdf5Arrays(source)
    pairs = find_pairs(str(source.path), arrays.specs)
    used = [name for pair in pairs for name in (pair.images, pair.labels)]
    check_total(source.path, {name: arrays.specs[name] for name in used})
    official = official_parts(pair.part for pair in pairs)
    found = []
    for pair in pairs:
        check_claims(str(source.path), arrays.specs[pair.images], arrays.specs[pair.labels])
        labels = arrays.read(pair.labels)
        as_labels(str(source.path), labels)
        found.append(Raw(arrays.read(pair.images), labels, pair.part in official))
    return found


class Hdf5Arrays:
    """The arrays of an HDF5 file, by their paths in the file.

    Args:
        source: the file.

    Attributes:
        specs: the shape and dtype of each array.

    Raises:
        DatasetError: the file cannot be read, or has items but no plain array.
    """

    def __init__(self, source: Source) -> None:
        import h5py

        self._path = source.path
        try:
            with h5py.File(source.path, "r") as file:
                found = dict(_find_arrays(file))
        except UNREADABLE as error:
            raise self._unreadable(error) from None
        self.specs = {name: spec for name, spec in found.items() if spec}
        if found and not self.specs:
            raise DatasetError(
                f"{source.path} holds {join_names([*found], 5)}, which are not numeric arrays in "
                "the file itself: write images and labels to one file"
            )

    def read(self, name: str) -> NDArray[Any]:
        """Read an array.

        Raises:
            DatasetError: the array is damaged or too large.
        """
        import h5py

        shape, dtype = self.specs[name]
        check_total(self._path, {name: (shape, dtype)})
        try:
            with h5py.File(self._path, "r") as file:
                # unwritten chunks take no space in the file and would be read as zeros
                if MAX_RATIO * file[name].id.get_storage_size() < math.prod(shape):
                    raise ValueError(f"it does not hold all of {escape_controls(name[:50])}")
                array: NDArray[Any] = file[name][...]
                return array
        except UNREADABLE as error:
            raise self._unreadable(error) from None

    def _unreadable(self, error: Exception) -> DatasetError:
        return DatasetError(f"{self._path} is not a readable HDF5 file: {os_error_reason(error)}")


def _find_arrays(file: Any) -> Iterator[tuple[str, ArraySpec | None]]:
    """Yield the path of each array with its shape and dtype, or with None if it is not plain."""
    import h5py

    groups = [("", file, 0)]
    left = MAX_ITEMS
    while groups:
        path, group, depth = groups.pop()
        for name in group:
            left -= 1
            if left < 0:
                return
            inner = f"{path}/{name}" if path else name
            # a link may point to another file
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                yield inner, None
                continue
            item = group[name]
            if isinstance(item, h5py.Group) and depth < MAX_DEPTH:
                groups.append((inner, item, depth + 1))
            elif isinstance(item, h5py.Dataset):
                yield inner, (item.shape, item.dtype) if _is_plain(item) else None


def _is_plain(array: Any) -> bool:
    """Whether an array is stored in the file itself, as numbers or short strings."""
    return (
        array.shape is not None
        and array.dtype.kind in "biufS"
        and array.dtype.itemsize <= MAX_ARRAY_BYTES
        and array.external is None
        and not array.is_virtual
    )
