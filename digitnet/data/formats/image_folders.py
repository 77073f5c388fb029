"""Folders of image files: a folder for each digit, a `labels.csv`, or the digit in each file name.

Any of these may be split into `train/` and `test/`. Files that are not read are reported.
"""

import os
import re

from digitnet.data.formats.names import TEST, TRAIN, VALIDATION, digit_of, official_parts, part_of
from digitnet.data.formats.pixels import Raw
from digitnet.data.formats.source import MAX_IMAGES, Source, list_entries, too_many
from digitnet.data.images import Labelled, is_image, read_images
from digitnet.data.label_table import TABLE, find_unnamed, read_table
from digitnet.errors import DatasetError
from digitnet.files.escape import escape_controls, join_names

PLACE = "{label}"
"""The placeholder for the digit in a pattern of file names."""


def holds_table(source: Source) -> bool:
    """Whether a folder has a `labels.csv`."""
    return TABLE in source.files


def read_table_folder(source: Source) -> list[Raw]:
    """Read the images listed in a `labels.csv`.

    Raises:
        DatasetError: the table or an image cannot be read.
    """
    rows = read_table(source.path / TABLE, _find_row_fault, "each row is a file and its digit, 0-9")
    labelled = [(name, int(label)) for name, label in rows]
    return _read(source, labelled, find_unnamed(source.path, [name for name, _ in labelled]))


def _find_row_fault(name: str, label: str) -> str | None:
    if not name:
        return "the file name is missing"
    if len(label) != 1 or label not in "0123456789":
        return f"the label of {escape_controls(name[:100])} is {label[:20]!r}"
    return None


def holds_named_images(source: Source) -> bool:
    """Whether a label pattern is given and the folder is not split into `train/` and `test/`."""
    return source.pattern is not None and not holds_parts(source)


def read_named_images(source: Source) -> list[Raw]:
    """Read a folder of images whose file names contain their labels.

    Raises:
        DatasetError: no file name matches the pattern, or an image cannot be read.
    """
    expression = compile_pattern(source.pattern or "")
    labelled: Labelled = []
    unread = []
    for name, is_folder in source.entries:
        match = expression.fullmatch(name) or expression.fullmatch(os.path.splitext(name)[0])
        if is_folder:
            unread.append(f"{name}/")
        elif is_image(source.path / name):
            if match:
                labelled.append((name, int(match[1])))
            else:
                unread.append(name)
    if not labelled:
        raise DatasetError(
            f"{source.path} has no image whose name matches {source.pattern!r}: it holds "
            f"{join_names([name for name, _ in source.entries] or ['nothing'], 5)}"
        )
    return _read(source, labelled, unread)


def compile_pattern(pattern: str) -> "re.Pattern[str]":
    """Convert a pattern of file names to a regular expression whose first group is the digit.

    Args:
        pattern: `*` matches any characters, `?` any single one, `{label}` the digit.

    Raises:
        DatasetError: the pattern does not have `{label}` exactly once.

    >>> compile_pattern("img_*_{label}").fullmatch("img_0012_7")[1]
    '7'
    """
    if pattern.count(PLACE) != 1:
        raise DatasetError(
            f"the pattern {pattern!r} must have {PLACE} once, for the label: give one like "
            f"'{PLACE}_*' for 7_0012.png"
        )
    parts = {"*": ".*?", "?": ".", PLACE: "(?<![0-9])([0-9])(?![0-9])"}
    words = re.split(r"(\*|\?|\{label\})", pattern)
    return re.compile("".join(parts.get(word) or re.escape(word) for word in words), re.DOTALL)


def holds_classes(source: Source) -> bool:
    """Whether a folder has subfolders named after digits."""
    return any(digit_of(name) is not None for name in source.folders)


def read_class_folders(source: Source) -> list[Raw]:
    """Read images from one folder for each digit.

    Raises:
        DatasetError: there are no images, or one cannot be read.
    """
    labelled: Labelled = []
    unread = []
    for name, is_folder in source.entries:
        digit = digit_of(name) if is_folder else None
        if digit is None:
            if is_folder or is_image(source.path / name):
                unread.append(f"{name}/" if is_folder else name)
            continue
        for inner, is_inner_folder in list_entries(source.path / name):
            path = f"{name}/{inner}"
            if is_inner_folder:
                unread.append(f"{path}/")
            elif is_image(source.path / path):
                labelled.append((path, digit))
        if len(labelled) > MAX_IMAGES:
            raise DatasetError(too_many(source.path))
    if not labelled:
        raise DatasetError(
            f"{source.path} is not a data set: it contains "
            f"{join_names(unread or ['no image'], 5)}; "
            "expected images in the folders 0 to 9"
        )
    return _read(source, labelled, unread)


def holds_parts(source: Source) -> bool:
    """Whether a folder contains a training set of images, with or without a test set."""
    return any(part_of(part.path.name) == TRAIN for part in _parts(source))


def read_parts(source: Source) -> list[Raw]:
    """Read the training, validation and test sets in a folder.

    Raises:
        DatasetError: a set cannot be read.
    """
    parts = _parts(source)
    if unread := sorted({*source.folders} - {part.path.name for part in parts}):
        source.remark(f"not read: {join_names([f'{name}/' for name in unread])}")
    official = official_parts(part_of(part.path.name) for part in parts)
    found = []
    for part in sorted(parts, key=lambda part: _ORDER.index(part_of(part.path.name) or "")):
        read = next(read for holds, read in _PARTS if holds(part))
        found += [raw._replace(official=part_of(part.path.name) in official) for raw in read(part)]
    return found


_ORDER = [TRAIN, VALIDATION, TEST]
_PARTS = (
    (holds_table, read_table_folder),
    (holds_named_images, read_named_images),
    (holds_classes, read_class_folders),
)


def _parts(source: Source) -> list[Source]:
    parts = [source.within(source.path / name) for name in source.folders if part_of(name)]
    return [part for part in parts if any(holds(part) for holds, _ in _PARTS)]


def _read(source: Source, labelled: Labelled, unread: list[str]) -> list[Raw]:
    if unread:
        source.remark(f"not read: {join_names(unread)}")
    images, labels = read_images(source.path, labelled, source.remark)
    return [Raw(images, labels)]
