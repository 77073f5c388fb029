"""Update the figures in the documentation from the records.

`docs/measured.md` is generated. In other documents, a comment after a figure names its source
(`93.6 %<!-- touching: 2 digits, right -->`), and tables are between the lines
`<!-- record: NAME -->` and `<!-- end of record -->`.
"""

import re
import string
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.harness import catalog, targets
from benchmarks.harness.processes import ROOT
from benchmarks.harness.record import Record, figures

MEASURED = Path("docs", "measured.md")
WITH_FIGURES = tuple(
    Path(*names)
    for names in (
        ("README.md",),
        ("models", "README.md"),
        ("docs", "choices.md"),
        ("docs", "index.md"),
        ("docs", "limits.md"),
        ("docs", "scale.md"),
    )
)
"""Documents with figures from the records, relative to the repository."""

INTRODUCTION = """\
# Figures

This page has every figure that digitnet's documentation shows, with the command that measures it.
Unless another model is named, they are for the shipped `cnn` and `reader`.
`python -m benchmarks report` writes this page from `benchmarks/records/`;
`python -m benchmarks all --record` runs all benchmarks again: `DIGITNET_DATA` names a folder with
`mnist.npz`; fonts come from npm, or from `--fonts FOLDER`.

The networks were never trained on MNIST's test set. Constants, epochs and thresholds were chosen on
its validation set. But test errors of candidate networks, and their answers to other people's
pictures, were seen and played a part in a few choices between them, so the error of the shipped
`cnn` is partly luck:
[how the test set was used](../models/README.md#how-the-test-set-was-used).

{missed} of {count} targets are missed; each section lists its own.
"""

FIGURE = re.compile(
    r"(?P<shown>\d[\d,]*(?:\.\d+)?)(?P<unit> ?%| (?:s|ms|min|MB|MiB|points|times))?"
    r"(?P<comment><!-- (?P<name>\w+: [^>]+?) -->)"
)
TABLE = re.compile(
    r"(?P<begin><!-- record: (?P<name>\w+) -->\n).*?(?P<end>\n<!-- end of record -->)", re.DOTALL
)


def measured(records: Mapping[str, Record]) -> str:
    """Return the text of `docs/measured.md`."""
    machines: list[dict[str, Any]] = []
    sections = []
    found: list[targets.Outcome] = []
    for name in catalog.NAMES:
        if name in records:
            machine = records[name]["machine"]
            if machine not in machines:
                machines.append(machine)
            letter = string.ascii_uppercase[machines.index(machine)]
            found += targets.outcomes(name, records[name], catalog.targets(name))
            sections.append(section(name, records[name], letter))
    lines = [
        f"- {letter}: " + ", ".join(f"{key} {value}" for key, value in flat(machine).items())
        for letter, machine in zip(string.ascii_uppercase, machines, strict=False)
    ]
    ending = "\n".join(["## Machines", "", *lines])
    missed = sum(not outcome.reached for outcome in found)
    introduction = INTRODUCTION.format(missed=missed, count=len(found))
    return "\n".join([introduction, *sections, ending]) + "\n"


def section(name: str, record: Record, machine: str) -> str:
    """Return a benchmark's section: what it measures, its plots, its command and its results."""
    title, measures = catalog.headline(name)
    details = catalog.docstring(name).partition("\n")[2].strip()
    paragraphs = [f"## {title}", measures[0].upper() + measures[1:], details]
    paragraphs += [f"![{caption}]({file})" for file, caption in record["plots"].items()]
    paragraphs += [f"    {record['command']}", "\n".join(record["printed"])]
    paragraphs.append(missed_targets(targets.outcomes(name, record, catalog.targets(name))))
    minutes = max(1, round(record["seconds"] / 60))
    taken = f", {minutes} min" if record["seconds"] else ""
    paragraphs.append(f"*{record['date']}, commit {record['commit']}, machine {machine}{taken}*\n")
    return "\n\n".join(filter(None, paragraphs))


def missed_targets(outcomes: Sequence[targets.Outcome]) -> str:
    """Return a list of the missed targets in Markdown; "" if there are no targets."""
    missed = [f"- {outcome.sentence}" for outcome in outcomes if not outcome.reached]
    if not missed:
        return f"Missed targets: none of {len(outcomes)}." if outcomes else ""
    return "\n".join([f"**Missed targets: {len(missed)} of {len(outcomes)}**", "", *missed])


def flat(machine: dict[str, Any]) -> dict[str, Any]:
    """Return a machine's properties and library versions in one flat dictionary."""
    own = {key: value for key, value in machine.items() if key != "libraries"}
    return {**own, **machine["libraries"]}


def refreshed(text: str, records: Mapping[str, Record]) -> str:
    """Return a document with its figures and tables updated from the records.

    A figure keeps its unit and number of decimals; values before `%` are multiplied by 100.

    Raises:
        LookupError: if no record has a figure or table named in the text.
    """
    known = {key: value for name in records for key, value in figures(name, records[name]).items()}

    def figure(match: re.Match[str]) -> str:
        if match["name"] not in known:
            raise LookupError(f"no record has the figure {match['name']!r}")
        unit = match["unit"] or ""
        value = known[match["name"]] * (100 if "%" in unit else 1)
        decimals = len(match["shown"].partition(".")[2])
        return f"{value:,.{decimals}f}{unit}{match['comment']}"

    def table(match: re.Match[str]) -> str:
        if match["name"] not in records:
            raise LookupError(f"no record is named {match['name']!r}")
        printed = "\n".join(records[match["name"]]["printed"])
        return f"{match['begin']}\n{printed}\n{match['end']}"

    return TABLE.sub(table, FIGURE.sub(figure, text))


def current(records: Mapping[str, Record]) -> dict[Path, str]:
    """Return the updated text of each document, by its path relative to the repository.

    Raises:
        LookupError: if no record has a figure or table named in a document.
    """
    documents = {MEASURED: measured(records)}
    for path in WITH_FIGURES:
        documents[path] = refreshed((ROOT / path).read_text("utf-8"), records)
    return documents
