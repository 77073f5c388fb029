"""The text of UNIPEN files: statements, what they include, and what the pen did.

Source of the format: I. Guyon, UNIPEN 1.0 Format Definition, 1994; Guyon et al., ICPR 1994, doi
10.1109/ICPR.1994.576870. A keyword begins with a dot in the first column; all up to the next one
belongs to it. Files are not trusted: `.INCLUDE` stays below the folder of the data, and what they
say of their lengths is checked.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitnet.errors import DatasetError, os_error_reason

MAX_TEXT_BYTES = 256 * 2**20
"""Of a file and all that it includes; the longest of the public distribution has a few MB."""
MAX_FILES = 100
"""So many files may a file include, directly or not: in the public distribution it is two or so."""
MAX_COORDINATE = 1e9
"""Larger ones are damage."""
MAX_ASPECT = 4
"""Tablets whose x is so much finer than their y, or the other way round, do not exist."""

FIRST_KEYWORD = (
    rb"\s*\.(?:VERSION|INCLUDE|COMMENT|KEYWORD|RESERVE|DATA_SOURCE|DATA_ID|HIERARCHY|COORD|"
    rb"WRITER_ID|DATE|START_SET|SEGMENT|PEN_DOWN|PEN_UP)\b"
)
"""UNIPEN files begin with one of these."""
_KEYWORD = re.compile(r"^\.([A-Z][A-Z_]*)\b", re.MULTILINE)
_RESOLUTION = re.compile(r"([XY])_(POINTS_PER_(?:INCH|MM))")


class Statement(NamedTuple):
    """A keyword, what follows it, and where it stands."""

    keyword: str
    text: str
    place: str


@dataclass(frozen=True)
class Component:
    """What the pen did between two statements.

    Attributes:
        down: whether it touched the paper.
        numbers: the coordinates as text.
        place: where they stand.
        layout: what the columns of coordinates are, by `.COORD`.
        aspect: how much longer a unit of y is than one of x.
        writer: who wrote it, where that is said.
    """

    down: bool
    numbers: str
    place: str
    layout: tuple[str, ...]
    aspect: float
    writer: str | None

    def points(self) -> NDArray[np.float64]:
        """Where the pen was, (N, 2): x to the right and y upwards, in one unit of length.

        Raises:
            DatasetError: the numbers are none, or no rows of coordinates.
        """
        if not {"X", "Y"} <= {*self.layout}:
            raise DatasetError(f"{self.place}, has points, but no .COORD with X and Y before them")
        try:
            values = np.array(self.numbers.split(), np.float64)
        except ValueError:
            raise DatasetError(f"{self.place}, has text where coordinates are expected") from None
        if not (np.abs(values) <= MAX_COORDINATE).all():
            raise DatasetError(
                f"{self.place}, has coordinates beyond {MAX_COORDINATE:,.0f}: fetch the file again"
            )
        if len(values) % len(self.layout):
            raise DatasetError(
                f"{self.place}, has {len(values):,} numbers, which are no rows of "
                f"{len(self.layout)} ({' '.join(self.layout)}): fetch the file again"
            )
        rows = values.reshape(-1, len(self.layout))
        x, y = self.layout.index("X"), self.layout.index("Y")
        return rows[:, [x, y]] * [1, self.aspect]


class Segment(NamedTuple):
    """A `.SEGMENT`, and the components of its set that it names a part of."""

    statement: Statement
    components: list[Component]


@dataclass
class _Reader:
    """Reads a file and what it includes, in the order in which it stands there."""

    root: str
    bytes_left: int
    files_left: int
    chain: list[str] = field(default_factory=list)

    def statements(self, path: Path) -> Iterator[Statement]:
        """The statements of a file, with those of included files in place of `.INCLUDE`."""
        self.chain.append(os.path.realpath(path))
        pieces = _KEYWORD.split(self._read(path))
        line = 1 + pieces[0].count("\n")
        for keyword, text in zip(pieces[1::2], pieces[2::2], strict=True):
            statement = Statement(keyword, text, f"{path}, line {line}")
            line += text.count("\n")
            if keyword == "INCLUDE":
                yield from self.statements(self._included(path, statement))
            else:
                yield statement
        self.chain.pop()

    def _included(self, path: Path, statement: Statement) -> Path:
        """The file that is meant: beside the one that includes it, or below `include/`.

        Raises:
            DatasetError: it is missing or outside the folder of the data, or includes go in circle.
        """
        name = statement.text.strip()
        says = f"{statement.place}, includes {name[:80]!r}"
        self.files_left -= 1
        if self.files_left < 0:
            raise DatasetError(f"{says}, after {MAX_FILES} other files: no more are included")
        places = (path.parent, Path(self.root, "include"), Path(self.root))
        found = [os.path.realpath(place / name) for place in places] if "\0" not in name else []
        inside = [file for file in found if Path(file).is_relative_to(self.root)]
        there = next(filter(os.path.isfile, inside), None)
        if there in self.chain:
            raise DatasetError(f"{says}, which includes it in turn: take one of them out")
        if there is not None:
            return Path(there)
        if found and (not inside or any(map(os.path.isfile, found))):
            raise DatasetError(f"{says}, which is outside {self.root}: put it there")
        raise DatasetError(f"{says}, which is not there: give all of the data set, with include/")

    def _read(self, path: Path) -> str:
        try:
            with path.open("rb") as file:
                content = file.read(self.bytes_left + 1)
        except OSError as error:
            raise DatasetError(f"{path} cannot be read: {os_error_reason(error)}") from None
        self.bytes_left -= len(content)
        if self.bytes_left < 0:
            raise DatasetError(
                f"{path} has, with what it includes, more than {MAX_TEXT_BYTES:,} bytes: divide it"
            )
        try:
            text = content.decode()
        except UnicodeDecodeError:
            text = content.decode("latin-1")
        return text.replace("\r\n", "\n").replace("\r", "\n")


def is_unipen(path: Path) -> bool:
    """Whether a file begins as UNIPEN files do."""
    if not os.path.isfile(path):
        return False  # a pipe would have to be waited for
    try:
        with path.open("rb") as file:
            return re.match(FIRST_KEYWORD, file.read(4096)) is not None
    except OSError:
        return False


def read_segments(path: Path, root: Path) -> Iterator[Segment]:
    """Read the segments of a file.

    Components, pen-down and pen-up alike, count from 0 in each set; those without points do not.

    Args:
        path: the file.
        root: the folder of the data, in which included files lie.

    Raises:
        DatasetError: a file cannot be read or is too large, or an included one is no good.
    """
    waiting: list[Statement] = []
    components: list[Component] = []
    layout: tuple[str, ...] = ()
    writer = None
    resolutions: dict[str, float] = {}
    reader = _Reader(os.path.realpath(root), MAX_TEXT_BYTES, MAX_FILES)
    for statement in reader.statements(path):
        keyword, text, place = statement
        if keyword == "SEGMENT":
            waiting.append(statement)
        elif keyword in ("PEN_DOWN", "PEN_UP") and text.strip():
            aspect = _aspect(resolutions)
            down = keyword == "PEN_DOWN"
            components.append(Component(down, text, place, layout, aspect, writer))
        elif keyword == "START_SET" and components:
            yield from (Segment(one, components) for one in waiting)
            waiting, components = [], []
        elif keyword == "COORD":
            layout = tuple(text.upper().split())
        elif keyword == "WRITER_ID":
            writer = " ".join(text.split()).lower()
            writer = None if writer in ("", "?") else writer
        elif _RESOLUTION.fullmatch(keyword):
            resolutions[keyword] = _number(text)
    yield from (Segment(one, components) for one in waiting)


def _aspect(resolutions: dict[str, float]) -> float:
    """How much longer a unit of y is than one of x; 1 where that is not said."""
    for unit in ("POINTS_PER_INCH", "POINTS_PER_MM"):
        x, y = (resolutions.get(f"{axis}_{unit}", 0.0) for axis in "XY")
        if x > 0 and y > 0 and 1 / MAX_ASPECT <= x / y <= MAX_ASPECT:
            return x / y
    return 1.0


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
