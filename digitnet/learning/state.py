"""What an interrupted training leaves beside its output, so that it can go on.

    OUTPUT.training/
      options.json        what is trained and how
      dataset.sha256      the digest of the data set
      history.csv         a row a finished epoch
      epoch-N.npz         everything that the training is made of after epoch N: of the last epoch
                          and of the best one so far
      lock                held by the training that is under way

An epoch is finished when its row stands in `history.csv`, which is replaced in one step after its
`epoch-N.npz` is whole on the disk. So whenever a training is cut off, it goes on from the last row.
The folder is removed when the bundle is written.
"""

import contextlib
import csv
import io
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitnet import durable
from digitnet.errors import DatasetError, OutputError, why
from digitnet.learning.arrays import UNREADABLE
from digitnet.learning.options import TrainingOptions

Row = dict[str, float]
"""An epoch: epoch, loss, error, validation_loss, validation_error, learning_rate, seconds."""


class State:
    """The files of a training that is under way."""

    def __init__(self, output: Path) -> None:
        self.folder = output.parent / f"{output.name}.training"
        self.options = self.folder / "options.json"
        self.history = self.folder / "history.csv"
        self._dataset = self.folder / "dataset.sha256"
        self._lock = self.folder / "lock"
        self._warm_up = 0

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Keep other trainings out of the folder, which is made if it is missing.

        The lock is the operating system's: it ends with the process, however that ends.

        Raises:
            OutputError: another training holds it, or the folder cannot be written.
        """
        try:
            self.folder.mkdir(exist_ok=True)
            file = self._lock.open("ab")
        except OSError as error:
            raise OutputError(f"{self.folder} cannot be written: {why(error)}") from None
        with file:
            if not _lock(file.fileno()):
                raise OutputError(
                    f"another training is writing to {self.folder}: "
                    "wait for its end, or give another --output"
                )
            yield

    def begin(self, options: TrainingOptions, digest: str, *, resume: bool) -> None:
        """Note what is trained, and forget an earlier training unless it is gone on with.

        Args:
            options: what is trained and how.
            digest: of the data set.
            resume: go on with what is there.

        Raises:
            OutputError: the folder cannot be written.
            DatasetError: the training to go on with was one of other digits.
        """
        try:
            known = self._dataset.read_text(encoding="ascii") if self._dataset.is_file() else ""
            if resume and known != digest:
                raise DatasetError(
                    f"{options.dataset} is not what it was when the training began, and digits for "
                    "the test may have been learned: restore it, or leave out --resume to start "
                    "anew"
                )
            if not resume:
                for path in self.folder.iterdir():
                    if path.is_dir() and not path.is_symlink():
                        shutil.rmtree(path)
                    elif path != self._lock:
                        path.unlink()
            self._warm_up = options.warm_up
            durable.write_whole(self._dataset, digest.encode("ascii"))
            durable.write_whole(self.options, options.to_json().encode())
        except OSError as error:
            raise OutputError(f"{self.folder} cannot be written: {why(error)}") from None

    def read_options(self) -> TrainingOptions:
        """The options of the interrupted training.

        Raises:
            OutputError: there is none.
        """
        try:
            return TrainingOptions.from_json(self.options.read_text(encoding="utf-8"))
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            raise OutputError(
                f"no interrupted training to resume: {self.options} is missing or damaged; "
                "leave out --resume to start anew"
            ) from None

    def read_history(self) -> list[Row]:
        """The finished epochs, oldest first.

        Raises:
            OutputError: the file is damaged.
        """
        if not self.history.is_file():
            return []
        try:
            rows = read_rows(self.history)
            if [row["epoch"] for row in rows] != list(range(1, len(rows) + 1)):
                raise ValueError
            _ = [row["validation_loss"] + row["validation_error"] for row in rows]
        except (OSError, ValueError, TypeError, KeyError, csv.Error):
            raise OutputError(
                f"{self.history} is damaged; leave out --resume to start anew"
            ) from None
        return rows

    def finish_epoch(self, row: Row, variables: Sequence[NDArray[np.generic]]) -> None:
        """Keep an epoch, whole or not at all.

        Args:
            row: its figures.
            variables: all that the training is made of, in a fixed order.

        Raises:
            OutputError: it cannot be written; the epochs before it are kept.
        """
        epoch = int(row["epoch"])
        buffer = io.BytesIO()
        np.savez(buffer, *variables)
        try:
            durable.write_whole(self._variables(epoch), buffer.getvalue())
            # an epoch that was written, but cut off before its row, is trained again
            rows = [past for past in self.read_history() if past["epoch"] < epoch]
            write_rows(self.history, [*rows, row])
            # by what stands in the file: losses that differ in later decimals only are equal there
            best = best_epoch(self.read_history(), self._warm_up)
            kept = {self._variables(epoch), self._variables(best)}
            for path in self.folder.glob("epoch-*.npz"):
                if path not in kept:
                    path.unlink()
        except OSError as error:
            raise OutputError(
                f"epoch {epoch} cannot be kept in {self.folder}: {why(error)}; the "
                "epochs before it are: make room, then go on with --resume"
            ) from None

    def read_variables(self, epoch: int) -> list[NDArray[np.generic]]:
        """All that the training was made of after an epoch that is kept: the last, or the best.

        Raises:
            OutputError: the file is missing or damaged.
        """
        path = self._variables(epoch)
        try:
            with np.load(path, allow_pickle=False) as archive:
                return [archive[f"arr_{number}"] for number in range(len(archive.files))]
        except UNREADABLE:
            raise OutputError(
                f"{path} is missing or damaged; leave out --resume to start anew"
            ) from None

    def remove(self) -> None:
        """Forget the training: it is done."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _variables(self, epoch: int) -> Path:
        return self.folder / f"epoch-{epoch}.npz"


def best_epoch(rows: Sequence[Row], warm_up: int) -> int:
    """The epoch with the smallest validation loss, the first of equal ones.

    Those that warm up do not count where there are others: they know of nothing but clean digits.
    """
    return int(min(rows[warm_up:] or rows, key=lambda row: row["validation_loss"])["epoch"])


def read_rows(path: Path) -> list[Row]:
    """The epochs in a `history.csv`."""
    with path.open(newline="", encoding="ascii") as file:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]


def write_rows(path: Path, rows: list[Row]) -> None:
    """Write epochs, at least one, as a `history.csv`, whole or not at all."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows({key: f"{value:.6g}" for key, value in row.items()} for row in rows)
    durable.write_whole(path, text.getvalue().encode("ascii"))


def _lock(descriptor: int) -> bool:
    """Lock an open file for this process; False where another one has locked it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
