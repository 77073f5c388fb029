"""Detects the format of a data set; lists all formats.

Files are detected by their first bytes, folders by their content. If a folder has no known format,
its only subfolder, or the one called `raw` or `data`, is searched: torchvision stores MNIST in
`root/MNIST/raw`.
"""

import zipfile
from collections.abc import Callable, Sequence
from typing import NamedTuple

from digitnet.data.arrays import UNREADABLE
from digitnet.data.formats import (
    hdf5,
    idx,
    image_folders,
    matlab,
    npz,
    parquet,
    refusals,
    sheets,
    text,
)
from digitnet.data.formats.names import TEST, TRAIN, VALIDATION, official_parts, part_of
from digitnet.data.formats.pixels import Raw
from digitnet.data.formats.source import Source
from digitnet.data.images import is_image
from digitnet.errors import DatasetError, os_error_reason
from digitnet.files.escape import join_names

ZIP = b"PK\x03\x04", b"PK\x05\x06"
"""First bytes of a ZIP archive, and of an empty one."""

MAX_DEPTH = 3
"""Maximum depth of nested folders."""
INNER_FOLDERS = ("raw", "data")
"""Names of folders that are searched even if they have siblings."""


class Form(NamedTuple):
    """A format of data sets.

    Attributes:
        holds: returns whether a source has this format.
        read: reads a source of this format, or raises a `DatasetError`.
    """

    holds: Callable[[Source], bool]
    read: Callable[[Source], list[Raw]]


def read(source: Source) -> list[Raw]:
    """Read a data set in any supported format.

    Returns:
        Images and labels as stored, in one or more pieces, such as a training and a test set.

    Raises:
        DatasetError: the data set is in no supported format, damaged, or too large.
    """
    if not source.is_folder:
        return _read_file(source)
    found = _find(source, MAX_DEPTH)
    if found is None:
        raise refusals.refuse_folder(source)
    form, place = found
    return form.read(place)


def _find(source: Source, depth: int) -> tuple[Form, Source] | None:
    """Find the format of a folder or of a nested folder; return None if there is none."""
    form = next((form for form in FOLDERS if form.holds(source)), None)
    if form or not depth:
        return (form, source) if form else None
    named = [name for name in source.folders if name in INNER_FOLDERS]
    alone = source.folders if not any(is_image(source.path / name) for name in source.files) else []
    for inner in (named, alone):
        if len(inner) == 1:
            return _find(source.within(source.path / inner[0]), depth - 1)
    return None


def _read_file(source: Source) -> list[Raw]:
    form = next((form for form in FILES if form.holds(source)), None)
    if form is None:
        raise refusals.refuse_file(source)
    return form.read(source)


def _is_zip(source: Source) -> bool:
    return source.head.startswith(ZIP) and not source.packed


def _read_zip(source: Source) -> list[Raw]:
    """Read a `.npz` file, or a ZIP archive of CSV files such as Kaggle's."""
    try:
        with zipfile.ZipFile(source.path) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/")]
            tables = [name for name in names if name.lower().endswith(".csv")]
            if any(name.endswith(".npy") for name in names):
                return npz.read_npz(source)
            if not tables:
                raise refusals.refuse_zip(source.path, names)

            def read_member(name: str) -> list[Raw]:
                with archive.open(name) as file:
                    return [text.read_rows(f"{source.path}/{name}", file)]

            return _read_parts(source, tables, read_member)
    except UNREADABLE as error:
        raise DatasetError(
            f"{source.path} is not a readable .npz or ZIP archive: {os_error_reason(error)}"
        ) from None


def _is_npy(source: Source) -> bool:
    return source.head.startswith(npz.NPY) and not source.packed


def _has_data_files(source: Source) -> bool:
    return bool(_data_files(source))


def _read_data_files(source: Source) -> list[Raw]:
    return _read_parts(
        source,
        _data_files(source),
        lambda name: _read_file(source.within(source.path / name)),
    )


def _data_files(source: Source) -> list[str]:
    """Return the files of a folder that are data sets, judged by their suffixes and first bytes."""
    named = [name for name in source.files if name.lower().endswith(_DATA_ENDINGS)]
    return [
        name
        for name in named
        if any(form.holds(source.within(source.path / name)) for form in FILES)
    ]


_DATA_ENDINGS = (
    *(".csv", ".csv.gz", ".tsv", ".tra", ".tes", ".data", ".train", ".test", ".arff"),
    *(".train.gz", ".test.gz", ".npz", ".h5", ".hdf5", ".mat", ".parquet"),
)


def _read_parts(
    source: Source, names: Sequence[str], read_one: Callable[[str], list[Raw]]
) -> list[Raw]:
    """Read the files of a training set and a test set, or a single file.

    Files without labels, such as Kaggle's test.csv and sample_submission.csv, are skipped and
    reported.
    """
    parts = {name: part_of(name.rpartition("/")[2]) for name in names}
    known = [name for name in names if parts[name]] or [*names]
    found: dict[str, list[Raw]] = {}
    unread = [name for name in names if name not in known]
    for name in sorted(known, key=lambda name: (_ORDER.index(parts[name]), name)):
        try:
            found[name] = read_one(name)
        except text.UnlabelledError:
            if len(known) == 1:
                raise
            unread.append(name)
    whole = [name for name in found if "-of-" not in name]  # Parquet shards belong together
    if len({parts[name] for name in whole}) < len(whole):
        raise DatasetError(
            f"{source.path} holds several data sets, {join_names(whole, 5)}: give one of them"
        )
    if unread:
        source.remark(f"not read: {join_names(unread)}")
    official = official_parts(parts[name] for name in found)
    return [
        raw._replace(official=raw.official or parts[name] in official)
        for name, pieces in found.items()
        for raw in pieces
    ]


_ORDER = [TRAIN, VALIDATION, TEST, None]

FOLDERS = (
    Form(image_folders.holds_named_images, image_folders.read_named_images),
    Form(image_folders.holds_parts, image_folders.read_parts),
    Form(image_folders.holds_table, image_folders.read_table_folder),
    Form(image_folders.holds_classes, image_folders.read_class_folders),
    Form(idx.holds_idx, idx.read_idx_folder),
    Form(npz.holds_npy, npz.read_npy_folder),
    Form(_has_data_files, _read_data_files),
    Form(sheets.holds_sheets, sheets.read_sheet_folder),
)
"""The formats of folders; the first that fits is read."""

FILES = (
    Form(_is_zip, _read_zip),
    Form(_is_npy, npz.read_npy_file),
    Form(idx.is_idx, idx.read_idx_file),
    Form(matlab.is_matlab, matlab.read_matlab),
    Form(hdf5.is_hdf5, hdf5.read_hdf5),
    Form(parquet.is_parquet, parquet.read_parquet),
    Form(text.is_text, text.read_text),
    Form(sheets.is_picture, sheets.read_sheet_file),
)
"""The formats of files; the first that fits is read."""
