"""What an interrupted training leaves beside its output, so that it can go on.

    OUTPUT.training/
      options.json        what is trained and how
      history.csv         a row a finished epoch
      best.weights.h5     the weights of the best epoch so far
      backup/             Keras's own backup: weights, optimizer and epoch

The folder is removed when the bundle is written.
"""

import csv
from pathlib import Path

from digitnet.errors import OutputError
from digitnet.learning.options import TrainingOptions

Row = dict[str, float]
"""An epoch: epoch, loss, error, validation_loss, validation_error, learning_rate, seconds."""


class State:
    """The files of a training that is under way."""

    def __init__(self, output: Path) -> None:
        self.folder = output.with_name(output.name + ".training")
        self.options = self.folder / "options.json"
        self.history = self.folder / "history.csv"
        self.best_weights = self.folder / "best.weights.h5"
        self.backup = self.folder / "backup"

    def read_options(self) -> TrainingOptions:
        """The options of the interrupted training.

        Raises:
            OutputError: there is none.
        """
        try:
            return TrainingOptions.from_json(self.options.read_text(encoding="utf-8"))
        except (OSError, ValueError, TypeError, KeyError):
            raise OutputError(
                f"no interrupted training to resume: {self.options} is missing or damaged; "
                "leave out --resume to start anew"
            ) from None

    def read_history(self) -> list[Row]:
        """The finished epochs, oldest first."""
        return read_rows(self.history) if self.history.is_file() else []


def read_rows(path: Path) -> list[Row]:
    """The epochs in a `history.csv`."""
    with path.open(newline="", encoding="ascii") as file:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]


def write_rows(path: Path, rows: list[Row]) -> None:
    """Write epochs, at least one, as a `history.csv`, whole or not at all."""
    scratch = path.with_name(path.name + ".new")
    with scratch.open("w", newline="", encoding="ascii") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows({key: f"{value:.6g}" for key, value in row.items()} for row in rows)
    scratch.replace(path)
