"""Parses the text of UNIPEN files: statements, included files, and pen components.

The format is defined in I. Guyon, UNIPEN 1.0 Format Definition, 1994; see also Guyon et al., ICPR
1994, doi 10.1109/ICPR.1994.576870. A keyword starts with a dot in the first column. The text up to
the next keyword belongs to it. Files are not trusted: `.INCLUDE` cannot leave the folder of the
data set, and sizes and coordinates are limited.
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
"""Maximum size of a file with all its includes. In the public distribution it is a few MB."""
MAX_FILES = 100
"""Maximum number of includes of a file, direct or nested. The public distribution has about two."""
MAX_COORDINATE = 1e9
"""Maximum absolute value of a coordinate. Larger values mean that the file is damaged."""
MAX_ASPECT = 4
"""Maximum ratio of the x and y resolutions of a tablet, either way. Larger ones are ignored."""

FIRST_KEYWORD = (
    rb"\s*\.(?:VERSION|INCLUDE|COMMENT|KEYWORD|RESERVE|DATA_SOURCE|DATA_ID|HIERARCHY|COORD|"
    rb"WRITER_ID|DATE|START_SET|SEGMENT|PEN_DOWN|PEN_UP)\b"
)
"""Matches the keyword at the start of a UNIPEN file."""
_KEYWORD = re.compile(r"^\.([A-Z][A-Z_]*)\b", re.MULTILINE)
_RESOLUTION = re.compile(r"([XY])_(POINTS_PER_(?:INCH|MM))")


class Statement(NamedTuple):
    """A keyword, the text after it, and its place (file and line) for error messages."""

    keyword: str
    text: str
    place: str


@dataclass(frozen=True)
class Component:
    """A pen trajectory: the coordinates after one `.PEN_DOWN` or `.PEN_UP`.

    Attributes:
        down: whether the pen touched the paper.
        numbers: the coordinates as unparsed text.
        place: file and line, for error messages.
        layout: the names of the coordinate columns, from `.COORD`.
        aspect: the length of a unit of y, in units of x.
        writer: the ID of the writer, or None if unknown.
    """

    down: bool
    numbers: str
    place: str
    layout: tuple[str, ...]
    aspect: float
    writer: str | None

    def points(self) -> NDArray[np.float64]:
        """Parse the pen positions, (N, 2): x to the right and y upwards, both in units of x.

        Raises:
            DatasetError: `.COORD` has no X and Y, or the text is not rows of valid coordinates.
        """
        if not {"X", "Y"} <= {*self.layout}:
            raise DatasetError(f"{self.place}, has points, but no .COORD with X and Y before them")
        try:
            values = np.array(self.numbers.split(), np.float64)
        except ValueError:
            raise DatasetError(f"{self.place}, has coordinates that are not numbers") from None
        if not (np.abs(values) <= MAX_COORDINATE).all():
            raise DatasetError(
                f"{self.place}, has coordinates beyond {MAX_COORDINATE:,.0f}: download the file "
                "again"
            )
        if len(values) % len(self.layout):
            raise DatasetError(
                f"{self.place}, has {len(values):,} numbers, not a multiple of "
                f"{len(self.layout)} ({' '.join(self.layout)}): download the file again"
            )
        rows = values.reshape(-1, len(self.layout))
        x, y = self.layout.index("X"), self.layout.index("Y")
        return rows[:, [x, y]] * [1, self.aspect]


class Segment(NamedTuple):
    """A `.SEGMENT` statement, and all components of its set."""

    statement: Statement
    components: list[Component]


@dataclass
class _Reader:
    """Reads a file and its includes, in order."""

    root: str
    bytes_left: int
    files_left: int
    chain: list[str] = field(default_factory=list)

    def statements(self, path: Path) -> Iterator[Statement]:
        """Yield the statements of a file; those of included files replace `.INCLUDE`."""
        self.chain.append(os.path.realpath(path))
        pieces = _KEYWORD.split(self._read(path))
        line = 1 + pieces[0].count("\n")
        for keyword, text in zip(pieces[1::2], pieces[2::2], strict=True):
            statement = Statement(keyword, text, f"{path}, line {line}")
            line += text.count("\n")
            if keyword == "INCLUDE":
                yield from self.statements(self._find_included(path, statement))
            else:
                yield statement
        self.chain.pop()

    def _find_included(self, path: Path, statement: Statement) -> Path:
        """Find an included file: next to the including one, in `include/`, or in the root folder.

        Raises:
            DatasetError: the file is missing, outside the root folder, or includes itself; or there
                are too many includes.
        """
        name = statement.text.strip()
        prefix = f"{statement.place}, includes {name[:80]!r}"
        self.files_left -= 1
        if self.files_left < 0:
            raise DatasetError(f"{prefix}, which exceeds the limit of {MAX_FILES} included files")
        places = (path.parent, Path(self.root, "include"), Path(self.root))
        found = [os.path.realpath(place / name) for place in places] if "\0" not in name else []
        inside = [file for file in found if Path(file).is_relative_to(self.root)]
        target = next(filter(os.path.isfile, inside), None)
        if target in self.chain:
            raise DatasetError(f"{prefix}, which includes it again: remove one of the two")
        if target is not None:
            return Path(target)
        if found and (not inside or any(map(os.path.isfile, found))):
            raise DatasetError(f"{prefix}, which is outside {self.root}: move it inside")
        raise DatasetError(
            f"{prefix}, which is missing: give the whole data set, including include/"
        )

    def _read(self, path: Path) -> str:
        try:
            with path.open("rb") as file:
                content = file.read(self.bytes_left + 1)
        except OSError as error:
            raise DatasetError(f"{path} cannot be read: {os_error_reason(error)}") from None
        self.bytes_left -= len(content)
        if self.bytes_left < 0:
            raise DatasetError(
                f"{path} and its includes have more than {MAX_TEXT_BYTES:,} bytes: split it"
            )
        try:
            text = content.decode()
        except UnicodeDecodeError:
            text = content.decode("latin-1")
        return text.replace("\r\n", "\n").replace("\r", "\n")


def is_unipen(path: Path) -> bool:
    """Whether a file starts with a UNIPEN keyword."""
    if not os.path.isfile(path):
        return False  # opening a pipe would block
    try:
        with path.open("rb") as file:
            return re.match(FIRST_KEYWORD, file.read(4096)) is not None
    except OSError:
        return False


def read_segments(path: Path, root: Path) -> Iterator[Segment]:
    """Yield the segments of a file, each with the components of its set.

    Components, both pen-down and pen-up, are numbered from 0 in each set. Those without points are
    not counted.

    Args:
        path: the file.
        root: the root folder of the data set. Included files must be inside it.

    Raises:
        DatasetError: a file cannot be read or is too large, or an include is missing or forbidden.
    """
    pending: list[Statement] = []
    components: list[Component] = []
    layout: tuple[str, ...] = ()
    writer = None
    resolutions: dict[str, float] = {}
    reader = _Reader(os.path.realpath(root), MAX_TEXT_BYTES, MAX_FILES)
    for statement in reader.statements(path):
        keyword, text, place = statement
        if keyword == "SEGMENT":
            pending.append(statement)
        elif keyword in ("PEN_DOWN", "PEN_UP") and text.strip():
            aspect = _aspect(resolutions)
            down = keyword == "PEN_DOWN"
            components.append(Component(down, text, place, layout, aspect, writer))
        elif keyword == "START_SET" and components:
            yield from (Segment(one, components) for one in pending)
            pending, components = [], []
        elif keyword == "COORD":
            layout = tuple(text.upper().split())
        elif keyword == "WRITER_ID":
            writer = " ".join(text.split()).lower()
            writer = None if writer in ("", "?") else writer
        elif _RESOLUTION.fullmatch(keyword):
            resolutions[keyword] = _number(text)
    yield from (Segment(one, components) for one in pending)


def _aspect(resolutions: dict[str, float]) -> float:
    """Return the length of a unit of y in units of x; 1 if it is not given or implausible."""
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
