"""Results of a benchmark: tables and single figures, as Markdown and as data."""

import sys
from typing import Any

Value = str | int | float | None
"""A cell of a table; None for an empty one."""


class Table:
    """A table that is filled row by row; each new row is also printed to stderr.

    Attributes:
        title: title above the table; "" for none.
        columns: number format (`.1%`, `,`) by column heading. The first column has the row names.
        rows: values by row name.
    """

    def __init__(self, title: str, columns: dict[str, str]) -> None:
        self.title = title
        self.columns = columns
        self.rows: dict[str, tuple[Value, ...]] = {}

    def row(self, name: str, *values: Value) -> None:
        """Add a row.

        Raises:
            ValueError: if the number of values does not match the columns, or the name is taken.
        """
        if len(values) != len(self.columns) - 1 or name in self.rows:
            raise ValueError(f"row {name!r} does not fit table {self.title!r}: {values}")
        self.rows[name] = values
        pairs = zip(self.columns, self._cells(name), strict=True)
        cells = (f"{heading} {text}" for heading, text in pairs)
        print(" | ".join(cells), file=sys.stderr, flush=True)

    def markdown(self) -> str:
        """Return the table in Markdown, with aligned columns."""
        lines = [list(self.columns), *map(self._cells, self.rows)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        rule = [":" + "-" * (widths[0] - 1), *("-" * (width - 1) + ":" for width in widths[1:])]
        padded = [
            [line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]
            for line in (lines[0], rule, *lines[1:])
        ]
        table = "\n".join("| " + " | ".join(line) + " |" for line in padded)
        return f"**{self.title}**\n\n{table}" if self.title else table

    def data(self) -> dict[str, Any]:
        """Return the table as JSON data; floats have six significant digits."""
        return {
            "title": self.title,
            "columns": list(self.columns),
            "rows": {name: list(map(rounded, values)) for name, values in self.rows.items()},
        }

    def _cells(self, name: str) -> list[str]:
        formats = list(self.columns.values())[1:]
        values = zip(self.rows[name], formats, strict=True)
        return [name, *("" if value is None else format(value, spec) for value, spec in values)]


class Result:
    """All results of a run.

    Attributes:
        tables: in the order of creation.
        figures: single figures by name.
        sentences: about the figures.
        plots: captions of plots by file name.
        failure: why a finished run counts as failed; "" if it does not.
    """

    def __init__(self) -> None:
        self.tables: list[Table] = []
        self.figures: dict[str, float] = {}
        self.sentences: list[str] = []
        self.plots: dict[str, str] = {}
        self.failure = ""

    def table(self, first: str, columns: dict[str, str], title: str = "") -> Table:
        """Begin a table; `first` is the heading of its first column."""
        table = Table(title, {first: "", **columns})
        self.tables.append(table)
        return table

    def figure(self, name: str, value: float, sentence: str) -> None:
        """Add a single figure and a sentence with a placeholder such as `{:.2f}` for it."""
        self.figures[name] = value
        self.say(sentence.format(value))

    def say(self, sentence: str) -> None:
        """Add a sentence."""
        self.sentences.append(sentence)

    def markdown(self) -> str:
        """Return the tables, then the sentences, in Markdown."""
        parts = [table.markdown() for table in self.tables]
        if self.sentences:
            parts.append("\n".join(f"- {sentence}" for sentence in self.sentences))
        return "\n\n".join(parts)

    def data(self) -> dict[str, Any]:
        """Return figures, tables and plots as JSON data."""
        return {
            "figures": {name: rounded(value) for name, value in self.figures.items()},
            "tables": [table.data() for table in self.tables],
            "plots": self.plots,
        }


def rounded(value: Value) -> Value:
    """Round a float to six significant digits; return other values unchanged."""
    return float(f"{value:.6g}") if isinstance(value, float) else value
