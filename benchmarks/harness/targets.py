"""Targets of benchmarks: which of them a record misses."""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from benchmarks.harness.record import Record, figures

BEST_OTHER_ROW = "at least the best other row"
"""The target of a row that competes with the others of its table, in every table that has it."""

_BOUND = re.compile(r"(at least|at most) (-?\d+(?:\.\d+)?)( %)?")


class Outcome(NamedTuple):
    """A target and what was measured.

    Attributes:
        reached: whether the target is reached.
        sentence: the figure, what was measured, and the target.
    """

    reached: bool
    sentence: str


def outcomes(name: str, record: Record, targets: Mapping[str, str]) -> list[Outcome]:
    """Compare the figures of a record with the targets of its benchmark.

    Args:
        name: the name of the benchmark.
        record: its record.
        targets: by the name of a figure (`2 digits, right`), one of `at least 97.5 %`,
            `at most 4` and `BEST_OTHER_ROW`.

    Raises:
        LookupError: the record lacks a figure.
        ValueError: a target has another form.
    """
    known = figures(name, record)
    found: list[Outcome] = []
    for figure, target in targets.items():
        if target == BEST_OTHER_ROW:
            found += _competitions(record, *figure.rsplit(", ", 1))
            continue
        bound = _BOUND.fullmatch(target)
        if not bound:
            raise ValueError(f"benchmarks/{name}.py has the target {target!r}")
        if f"{name}: {figure}" not in known:
            raise LookupError(f"no record has the figure '{name}: {figure}'")
        direction, number, percent = bound.groups()
        scale, unit, spec = (100, " %", ".2f") if percent else (1, "", ".3g")
        value = scale * known[f"{name}: {figure}"]
        reached = value >= float(number) if direction == "at least" else value <= float(number)
        found.append(Outcome(reached, f"{figure}: {value:{spec}}{unit} ({target})"))
    return found


def _competitions(record: Record, row: str, column: str) -> Iterator[Outcome]:
    """Compare a row with the best other row of each table that has the row and the column."""
    for table in record["tables"]:
        if row not in table["rows"] or column not in table["columns"]:
            continue
        place = table["columns"].index(column) - 1
        values = {name: values[place] for name, values in table["rows"].items()}
        own = values.pop(row)
        best = max(values, key=lambda name: values[name])
        shown = f"{table['title']}: {100 * own:.1f} % {column} ({best}: {100 * values[best]:.1f} %)"
        yield Outcome(own >= values[best], shown)
