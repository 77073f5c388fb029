"""Labelled pictures: a folder with a `labels.csv` that has the columns kind, file and label."""

import csv
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Picture:
    """A picture and its label.

    Attributes:
        kind: such as `photo`.
        path: path of the file.
        label: the digits, with a space between rows; empty if there are none.
    """

    kind: str
    path: Path
    label: str


def labelled(folder: Path) -> list[Picture]:
    """Return the labelled pictures of a folder.

    Raises:
        SystemExit: if it has no readable `labels.csv`, or a column is missing.
    """
    try:
        with open(folder / "labels.csv", newline="", encoding="utf-8") as file:
            return [
                Picture(row["kind"], folder / row["file"], row["label"])
                for row in csv.DictReader(file)
            ]
    except OSError as error:
        sys.exit(f"{folder} has no labels.csv that can be read ({error.strerror})")
    except KeyError as error:
        sys.exit(f"{folder / 'labels.csv'} has no column {error}: kind, file and label are needed")
