"""Draw the images that digitnet once misread, and write `labels.csv`.

    python tests/regressions/make_regressions.py

A row of `labels.csv` has the file, the label ("" if no digit may be read) and a description of the
error. Drawing again gives the same images. For each fixed misreading, add a function to one of the
files of cases; never remove one.
"""

import csv
import io
from pathlib import Path

import cases_of_digits
import cases_of_paper

HERE = Path(__file__).resolve().parent
CASES = cases_of_paper.CASES + cases_of_digits.CASES


def labels() -> str:
    """Return the content of `labels.csv`."""
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
