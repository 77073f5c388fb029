"""Draw the inputs that digitnet once misread, and `labels.csv`, which says of each what it was.

    python tests/regressions/make_regressions.py

A line of `labels.csv` is file, label ("" where no digit may be named), and what it was. What was
drawn is drawn alike again. A mended misreading brings a function in one of the files of cases: the
folder only grows.
"""

import csv
import io
from pathlib import Path

import cases_of_digits
import cases_of_paper

HERE = Path(__file__).resolve().parent
CASES = cases_of_paper.CASES + cases_of_digits.CASES


def labels() -> str:
    """The content of `labels.csv`."""
    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(("file", "label", "what it was"))
    rows.writerows((one.file, one.label, one.what_it_was) for one in CASES)
    return table.getvalue()


def main() -> None:
    """Write all files."""
    for one in CASES:
        (HERE / one.file).write_bytes(one.encode())
    (HERE / "labels.csv").write_text(labels(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
