"""`--grid`: tables as text and CSV, a line for each of their rows.

- text: the path, the cells, and the probability that all of them are right, separated by tabs.
- CSV: the path, the number of the row from 1 on, the cells, that probability, and no error. The
  cells' columns are named 1, 2, 3 ...; of tables of any size there are as many of them as the first
  image has cells in a row.

An empty cell is an empty field. JSON Lines and templates have one line per image, as without a
grid.
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
    """Writes the answers to images of tables.

    Args:
        size: rows and columns, or "auto".
        format: the format of the answers.
        marks: cells have their marks and gaps.
        terminal: they go to a terminal, which nothing in a path may control.
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
        """The header, unless it depends on the columns of the first answer."""
        if self._format is not Format.CSV or self._columns is None:
            return ""
        cells = (str(number) for number in range(1, self._columns + 1))
        return csv_row(("path", "row", *cells, "confidence", "error"))

    def format(self, path: str, answer: Prediction | ImageError) -> str:
        """Write one answer with its ends of lines.

        Returns:
            A line for each row; one in JSON, by a template, and in CSV for an image that could not
            be read; text has none.
        """
        form, terminal = self._format, self._terminal
        grid = None if isinstance(answer, ImageError) else answer.grid
        if form not in (Format.TEXT, Format.CSV) or (grid is None and form is Format.TEXT):
            return format_answer(form, path, answer, marks=self._marks, terminal=terminal)
        if form is Format.TEXT:
            name = path_in_text(path, terminal=terminal)
            rows = [(name, *self._fields(row), _sure(row)) for row in grid or ()]
            return "".join("\t".join(row) + "\n" for row in rows)
        head = ""
        if self._columns is None:
            self._columns = len(grid[0]) if grid else 0
            head = self.header
        name = path_in_csv(path, terminal=terminal)
        if isinstance(answer, ImageError):
            return head + csv_row((name, "", *[""] * self._columns, "", reason(path, answer)))
        rows = [
            (name, str(number), *self._fields(row), _sure(row), "")
            for number, row in enumerate(grid or (), 1)
        ]
        return head + "".join(map(csv_row, rows))

    def _fields(self, row: tuple[Cell, ...]) -> list[str]:
        return [cell.text if self._marks else cell.digits for cell in row]


def _sure(row: tuple[Cell, ...]) -> str:
    return four_decimals(math.prod(cell.confidence for cell in row))
