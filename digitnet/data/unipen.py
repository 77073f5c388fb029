"""UNIPEN files -> pen strokes, from the public distribution or your own recordings.

A file or folder yields its single characters (`.SEGMENT CHARACTER`). If it has none, it yields the
whole numbers among its words and lines.
"""

import hashlib
import itertools
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitnet.data.arrays import MAX_DIGITS
from digitnet.data.pen_strokes import LARGER_SIDE, PenStrokes
from digitnet.data.unipen_text import Component, Segment, is_unipen, read_segments
from digitnet.errors import DatasetError

MAX_POINTS = 50_000_000
"""Maximum number of points in all items together, about as many as the public distribution has."""
MAX_COMPONENTS = 1000
MAX_ITEM_POINTS = 100_000
"""Maximum number of components and of points in one item. No number has more."""
MIN_SIDE = 1e-6
"""Items whose larger side is no longer than this, in tablet units, are single points."""
MAX_FILES = 100_000
"""Maximum number of files in a folder. The public distribution has 20,000."""

CHARACTER = "CHARACTER"
"""The hierarchy level whose labels are single characters."""

_LABEL = re.compile(r'([^"]*)"(.*)"\s*', re.DOTALL)
"""Matches up to the last quote, because some donors did not escape quotes within a label."""
_RANGE = re.compile(r"(\d{1,9})(?::(\d{1,9}))?(?:(-)(\d{1,9})(?::(\d{1,9}))?)?", re.ASCII)


class _Item(NamedTuple):
    """A character or number: strokes of shape (P, 2) each, label, and writer."""

    strokes: list[NDArray[np.int16]]
    label: str
    writer: str


class _Label(NamedTuple):
    """The fields of a `.SEGMENT` statement: level, components, and unescaped label."""

    level: str
    delineation: str
    text: str


def holds_unipen(path: Path) -> bool:
    """Whether a file, or one of the first 20 `.dat` files of a folder, is in UNIPEN format."""
    return any(is_unipen(file) for file in itertools.islice(_files(path), 20))


def read_unipen(path: Path, is_number: Callable[[str], bool]) -> PenStrokes:
    """Read the characters of a file or folder or, if there are none, its whole numbers.

    In a folder, all `.dat` files are read. Segments without a label or with quality BAD are
    skipped. So are letters and digits of a single point: the public distribution has them in place
    of withheld data. Items without a `.WRITER_ID` are attributed to a writer named after the file.

    Args:
        path: a file, or a folder such as `train_r01_v07/data/1a`. The `include` folder that its
            files need must be next to `data`.
        is_number: returns whether the label of a word or line is a whole number.

    Raises:
        DatasetError: there are no characters or numbers, or too many; or a file is damaged, refers
            to components or points that do not exist, includes a missing or forbidden file, or
            labels a single character with several.
    """
    root = _root_of(path)
    characters: list[_Item] = []
    numbers: list[_Item] = []
    points = 0
    for file in _files(path):
        for segment in read_segments(file, root):
            label = _parse(segment)
            if label is None or not (label.level == CHARACTER or is_number(label.text)):
                continue
            item = _extract_item(segment, label, file)
            if item is None:
                continue
            (characters if label.level == CHARACTER else numbers).append(item)
            points += sum(map(len, item.strokes))
            if points > MAX_POINTS or len(characters) + len(numbers) > MAX_DIGITS:
                raise DatasetError(f"{path} has too many points or items: give a part of it")
    items = characters or numbers
    if not items:
        raise DatasetError(
            f"{path} has no characters or numbers with points: give UNIPEN files with .SEGMENT"
        )
    return _pack(items)


def _root_of(path: Path) -> Path:
    """Return the root folder of the data set. Included files must be inside it."""
    whole = Path(os.path.realpath(path))
    for folder in (whole / "data", whole, *whole.parents):
        if folder.name == "data" and (folder.parent / "include").is_dir():
            return folder.parent
    return whole if whole.is_dir() else whole.parent


def _files(path: Path) -> Iterator[Path]:
    """Yield the file itself, or the `.dat` files of a folder in a fixed order.

    At the root of a distribution, only its `data` folder is searched.

    Raises:
        DatasetError: the folder has too many files.
    """
    if not os.path.isdir(path):
        yield path
        return
    if os.path.isdir(path / "data") and os.path.isdir(path / "include"):
        path /= "data"
    count = 0
    for folder, folders, names in os.walk(path):
        folders.sort()
        for name in sorted(names):
            if name.lower().endswith(".dat") and os.path.isfile(os.path.join(folder, name)):
                count += 1
                if count > MAX_FILES:
                    raise DatasetError(f"{path} has more than {MAX_FILES:,} files: give a part")
                yield Path(folder, name)


def _parse(segment: Segment) -> _Label | None:
    """Parse a `.SEGMENT` statement; return None if it has no label or its quality is BAD.

    Raises:
        DatasetError: the statement is malformed, or the label of a character is not one character.
    """
    _, text, place = segment.statement
    labelled = _LABEL.fullmatch(text)
    words = (labelled[1] if labelled else text).split()
    if len(words) not in (2, 3):
        raise DatasetError(
            f"{place}, has a malformed .SEGMENT: expected level, components, quality, label"
        )
    if labelled is None or words[2:] == ["BAD"]:
        return None
    level = words[0].upper()
    shown = re.sub(
        r"\\(.)", lambda match: {"t": " ", "n": " "}.get(match[1], match[1]), labelled[2]
    )
    if level == CHARACTER and len(shown) != 1:
        raise DatasetError(
            f"{place}, labels one character as {shown[:40]!r}: give a single character"
        )
    return _Label(level, words[1], shown)


def _extract_item(segment: Segment, label: _Label, file: Path) -> _Item | None:
    """Extract a labelled item; return None for a letter or digit that is a single point.

    Raises:
        DatasetError: the item's components or points do not exist, are too many, or are all
            pen-up.
    """
    place = segment.statement.place
    strokes: list[NDArray[np.float64]] = []
    left, writer = MAX_ITEM_POINTS, None
    parts = label.delineation.split(",")
    if len(parts) > MAX_COMPONENTS:
        raise _too_long(place)
    for part in parts:
        for component, points in _strokes_in_range(segment.components, part, place):
            strokes.append(points)
            writer = writer or component.writer
            left -= len(points)
            if len(strokes) > MAX_COMPONENTS or left < 0:
                raise _too_long(place)
    if not strokes:
        raise DatasetError(f"{place}, labels an item without ink: all its components are pen-up")
    scaled = _scale(strokes)
    if label.text.isalnum() and not any(stroke.any() for stroke in scaled):
        return None
    return _Item(scaled, label.text, writer or file.name)


def _strokes_in_range(
    components: list[Component], part: str, place: str
) -> Iterator[tuple[Component, NDArray[np.float64]]]:
    """Yield the pen-down components in a range, with their points in it.

    A range is a component, `3`, or several, `3-5`. It may begin and end at given points: `3:10-5:7`
    is from point 10 of component 3 to point 7 of component 5.

    Raises:
        DatasetError: the range is malformed, too long, or exceeds the components or points.
    """
    found = _RANGE.fullmatch(part)
    if not found:
        raise DatasetError(f"{place}, has the component range {part[:40]!r}: expected one like 3-5")
    first, start, dash, last, end = found.groups()
    if not dash:
        last, end = first, start
    if not int(first) <= int(last) < len(components):
        raise DatasetError(
            f"{place}, refers to components {part}, but there are {len(components):,} (numbered "
            "from 0): download the file again"
        )
    if int(last) - int(first) >= MAX_COMPONENTS:
        raise _too_long(place)
    for number in range(int(first), int(last) + 1):
        component = components[number]
        if component.down:
            points = component.points()
            begin = int(start) if start and number == int(first) else 0
            stop = int(end) + 1 if end and number == int(last) else len(points)
            if not begin < stop <= len(points):
                raise DatasetError(
                    f"{place}, refers to points {part}, but the component has {len(points):,} "
                    "(numbered from 0): download the file again"
                )
            yield component, points[begin:stop]


def _too_long(place: str) -> DatasetError:
    return DatasetError(
        f"{place}, has an item of more than {MAX_COMPONENTS:,} components or "
        f"{MAX_ITEM_POINTS:,} points"
    )


def _scale(strokes: list[NDArray[np.float64]]) -> list[NDArray[np.int16]]:
    """Flip the y axis to point down, scale the larger side to 1000, and drop repeated points."""
    flipped = [stroke * [1, -1] for stroke in strokes]
    every = np.concatenate(flipped)
    low, size = every.min(axis=0), np.ptp(every, axis=0).max()
    scale = LARGER_SIDE / size if size > MIN_SIDE else 0
    scaled = []
    for stroke in flipped:
        rounded = np.rint((stroke - low) * scale).astype(np.int16)
        moved = np.diff(rounded, axis=0, prepend=rounded[:1] - 1).any(axis=1)
        scaled.append(rounded[moved])
    return scaled


def _pack(items: list[_Item]) -> PenStrokes:
    """Pack items into the flat arrays of `PenStrokes`."""
    strokes = [stroke for item in items for stroke in item.strokes]
    return PenStrokes(
        np.concatenate(strokes),
        np.cumsum([len(stroke) for stroke in strokes]),
        np.cumsum([len(item.strokes) for item in items]),
        np.array([item.label for item in items]),
        np.array([_writer_number(item.writer) for item in items], np.int64),
    )


def _writer_number(writer: str) -> int:
    """Hash the name of a writer, so that the writer has the same number in all files."""
    return int.from_bytes(hashlib.sha256(writer.encode()).digest()[:6], "big")
