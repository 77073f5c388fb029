"""`--grid`: formats tables as text and CSV, with one line per table row.

- Text: the path, the cells, and the probability that all of them are right, separated by tabs.
- CSV: the path, the number of the row from 1, the cells, that probability, and an empty error. The
  columns of the cells are named 1, 2, 3 ... If the size of the tables is not given, the first image
  determines the number of columns.

An empty cell is an empty field. JSON Lines and templates have one line per image, as without
`--grid`.
"""

import math
from typing import TYPE_CHECKING

from digitnet.errors import ImageError
from digitnet.output.formats import (
    Format,
    csv_row,
    format_answer,
    four_decimals,
    path_in_csv,
    path_in_text,
    reason,
)
from digitnet.output.template import Template
from digitnet.reading.prediction import Cell, Prediction

if TYPE_CHECKING:
    from digitnet.vision import GridSize


class Rows:
    """Formats the answers to images of tables.

    Args:
        size: rows and columns, or "auto".
        format: the format of the answers.
        marks: whether cells include marks and gaps.
        terminal: whether the output is a terminal, which nothing in a path may control.
    """

    def __init__(
        self, size: "GridSize", format: Format | Template, *, marks: bool, terminal: bool
    ) -> None:
        self._format = format
        self._marks = marks
        self._terminal = terminal
        self._columns = None if size == "auto" else size[1]

    @property
    def header(self) -> str:
        """The CSV header; "" for other formats, or while the number of columns is unknown."""
        if self._format is not Format.CSV or self._columns is None:
            return ""
        cells = (str(number) for number in range(1, self._columns + 1))
        return csv_row(("path", "row", *cells, "confidence", "error"))

    def format(self, path: str, answer: Prediction | ImageError) -> str:
        """Format one answer, with its line endings.

        Returns:
            A line for each row; for JSON and templates, one line. For an image that could not be
            read, CSV and JSON have one line, text and templates none.
        """
        form, terminal = self._format, self._terminal
        grid = None if isinstance(answer, ImageError) else answer.grid
        if form not in (Format.TEXT, Format.CSV) or (grid is None and form is Format.TEXT):
            return format_answer(form, path, answer, marks=self._marks, terminal=terminal)
        if form is Format.TEXT:
            name = path_in_text(path, terminal=terminal)
            rows = [(name, *self._fields(row), _confidence(row)) for row in grid or ()]
            return "".join("\t".join(row) + "\n" for row in rows)
        head = ""
        if self._columns is None:
            self._columns = len(grid[0]) if grid else 0
            head = self.header
        name = path_in_csv(path, terminal=terminal)
        if isinstance(answer, ImageError):
            return head + csv_row((name, "", *[""] * self._columns, "", reason(path, answer)))
        rows = [
            (name, str(number), *self._fields(row), _confidence(row), "")
            for number, row in enumerate(grid or (), 1)
        ]
        return head + "".join(map(csv_row, rows))

    def _fields(self, row: tuple[Cell, ...]) -> list[str]:
        return [cell.text if self._marks else cell.digits for cell in row]


def _confidence(row: tuple[Cell, ...]) -> str:
    return four_decimals(math.prod(cell.confidence for cell in row))
