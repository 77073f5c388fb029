"""The saved state of a training, kept beside its output so that it can be resumed.

    OUTPUT.training/
      digitnet-training.txt   the marker: digitnet created this folder
      options.json            the training options
      dataset.sha256          the digest of the data set
      history.csv             one row for each finished epoch
      epoch-N.npz             the state of the training after epoch N, for the last epoch
                              and the best one so far
      lock                    held by the running training

An epoch is finished when its row is in `history.csv`, which is replaced atomically after
`epoch-N.npz` is complete on disk. An interrupted training therefore resumes after the last row.
Once the bundle is written, these files are removed, and the folder too if it is then empty. A
folder of this name without the marker belongs to the user: it is refused, and nothing is changed.
"""

import contextlib
import csv
import io
import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitnet.data.arrays import UNREADABLE
from digitnet.errors import DatasetError, OutputError, os_error_reason
from digitnet.files import atomic
from digitnet.training.options import TrainingOptions

Row = dict[str, float]
"""Figures of an epoch: epoch, loss, error, validation_loss, validation_error, learning_rate and
seconds."""

RESTART_ADVICE = "give --force instead of --resume to start again"
"""Advice that works whatever the folder contains."""

_MARK = b"digitnet keeps an interrupted training here: `digitnet train --resume` goes on with it.\n"

_LOCK = "lock"
_EPOCH_FILE = re.compile(r"epoch-[0-9]+\.npz")
_OWN_FILE = re.compile(
    rf"digitnet-training\.txt|options\.json|dataset\.sha256|history\.csv|{_LOCK}|"
    + _EPOCH_FILE.pattern
)


class Checkpoint:
    """The saved files of a training.

    Attributes:
        output: the folder for the trained bundle.
        folder: the folder of the saved files.
        options: the file of the training options.
        history: the file of the finished epochs; without it, there is nothing to resume.
    """

    def __init__(self, output: Path) -> None:
        self.output = output
        self.folder = output.parent / f"{output.name}.training"
        self.options = self.folder / "options.json"
        self.history = self.folder / "history.csv"
        self._mark = self.folder / "digitnet-training.txt"
        self._dataset = self.folder / "dataset.sha256"
        self._lock = self.folder / _LOCK
        self._warm_up = 0

    def command(self, *flags: str) -> str:
        """Return the command line that resumes the training."""
        force = ("--force",) if os.path.lexists(self.output) else ()
        return shlex.join(
            ["digitnet", "train", "--resume", "--output", str(self.output), *flags, *force]
        )

    def check(self, *, resume: bool = False) -> None:
        """Check that the folder is missing, empty or digitnet's own; change nothing.

        Args:
            resume: whether a training is resumed there; other files in the folder are then allowed.

        Raises:
            OutputError: it is a link, a file, or a folder that digitnet did not create, or it
                contains something that digitnet did not write.
        """
        if not os.path.lexists(self.folder):
            return
        if self.folder.is_symlink() or not self.folder.is_dir() or not self._is_marked():
            raise OutputError(
                f"{self.folder} was not created by digitnet, but training {self.output.name} "
                "needs this folder name: move it away, or give another --output"
            )
        for entry in self._entries():
            named_so = _OWN_FILE.fullmatch(entry.name) or atomic.PART.fullmatch(entry.name)
            if not _is_own(entry) and (named_so or not resume):
                raise OutputError(
                    f"{entry.path} was not written by digitnet and blocks the training: "
                    "move it away, or give another --output"
                )

    def _is_marked(self) -> bool:
        """Return whether digitnet created the folder, even if killed before writing the marker."""
        try:
            entries = self._entries()
            if all(atomic.PART.fullmatch(e.name) or _is_empty_lock(e) for e in entries):
                return True
            mark = next((entry for entry in entries if entry.name == self._mark.name), None)
            return mark is not None and _is_own(mark) and self._mark.read_bytes() == _MARK
        except OSError as error:
            raise OutputError(f"{self.folder} cannot be read: {os_error_reason(error)}") from None

    def _entries(self) -> list[os.DirEntry[str]]:
        with os.scandir(self.folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)

    @contextlib.contextmanager
    def held(self, *, resume: bool = False) -> Iterator[None]:
        """Lock the folder against other trainings; create it if it is missing.

        The operating system releases the lock when the process ends, even if it is killed.

        Args:
            resume: see `check`.

        Raises:
            OutputError: another training holds the lock, or the folder is not digitnet's own or
                cannot be written.
        """
        self.check(resume=resume)
        try:
            self.folder.mkdir(exist_ok=True)
            if not self._mark.is_file():
                atomic.write_atomically(self._mark, _MARK)
            file = self._lock.open("ab")
        except OSError as error:
            raise OutputError(
                f"{self.folder} cannot be written: {os_error_reason(error)}"
            ) from None
        removed = False
        with file:
            if not _lock(file.fileno()):
                raise OutputError(
                    f"another training is writing to {self.folder}: wait until it has finished"
                    + ("" if resume else ", or give another --output")
                )
            yield
            finished = not self._mark.exists()
            if finished:
                removed = self._remove_folder()
        if finished and not removed:  # Windows cannot remove an open file
            self._remove_folder()

    def begin(self, options: TrainingOptions, digest: str, *, resume: bool) -> None:
        """Save the options, and remove an earlier training unless it is resumed.

        Args:
            options: the training options.
            digest: the digest of the data set.
            resume: continue the saved training.

        Raises:
            OutputError: the folder cannot be written, or contains something that digitnet did not
                write.
            DatasetError: the interrupted training used other data.
        """
        try:
            known = self._dataset.read_text(encoding="ascii") if self._dataset.is_file() else ""
            if resume and known != digest:
                raise DatasetError(
                    f"{options.dataset} has changed since the training began, so test digits may "
                    f"have been used for training: restore it, or {RESTART_ADVICE}"
                )
            if not resume:
                self.check()
                self._clear(keep=(self._mark.name, _LOCK))
            self._warm_up = options.warm_up
            atomic.write_atomically(self._dataset, digest.encode("ascii"))
            atomic.write_atomically(self.options, options.to_json().encode())
        except OSError as error:
            raise OutputError(
                f"{self.folder} cannot be written: {os_error_reason(error)}"
            ) from None

    def _clear(self, keep: Sequence[str]) -> None:
        """Remove digitnet's files except `keep`: the history first, the marker last.

        Without the history, the remaining files do not count as an interrupted training.
        """
        order = {self.history.name: 0, self._mark.name: 2}
        for entry in sorted(self._entries(), key=lambda entry: order.get(entry.name, 1)):
            if entry.name in keep or not _is_own(entry):
                continue
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path)
            else:
                os.unlink(entry.path)

    def _remove_folder(self) -> bool:
        """Remove the lock, and the folder if it is then empty; return False if the lock stays."""
        try:
            self._lock.unlink(missing_ok=True)
        except OSError:
            return False
        with contextlib.suppress(OSError):
            self.folder.rmdir()
        return True

    def read_options(self) -> TrainingOptions:
        """Return the options of the interrupted training.

        Raises:
            OutputError: the file is missing or damaged.
        """
        try:
            return TrainingOptions.from_json(self.options.read_text(encoding="utf-8"))
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            raise OutputError(
                f"no interrupted training to resume: {self.options} is missing or damaged: "
                f"give the --output of the training, or {RESTART_ADVICE}"
            ) from None

    def read_history(self) -> list[Row]:
        """Return the finished epochs, oldest first.

        Raises:
            OutputError: the file is damaged.
        """
        if not self.history.is_file():
            return []
        try:
            rows = read_rows(self.history)
            if not rows and self.history.stat().st_size:
                raise ValueError
            if [row["epoch"] for row in rows] != list(range(1, len(rows) + 1)):
                raise ValueError
            _ = [row["validation_loss"] + row["validation_error"] for row in rows]
        except (OSError, ValueError, TypeError, KeyError, csv.Error):
            raise OutputError(f"{self.history} is damaged: {RESTART_ADVICE}") from None
        return rows

    def finish_epoch(self, row: Row, variables: Sequence[NDArray[np.generic]]) -> None:
        """Save an epoch atomically.

        Args:
            row: the figures of the epoch.
            variables: the state of the training, in a fixed order.

        Raises:
            OutputError: it cannot be written; earlier epochs are kept.
        """
        epoch = int(row["epoch"])
        buffer = io.BytesIO()
        np.savez(buffer, *variables)
        try:
            atomic.write_atomically(self._variables(epoch), buffer.getvalue())
            # an epoch interrupted before its row was written is trained again
            rows = [past for past in self.read_history() if past["epoch"] < epoch]
            write_rows(self.history, [*rows, row])
            # compare losses as rounded in the file, where nearly equal ones tie
            best = best_epoch(self.read_history(), self._warm_up)
            kept = {self._variables(epoch), self._variables(best)}
            for entry in self._entries():
                if _EPOCH_FILE.fullmatch(entry.name) and Path(entry.path) not in kept:
                    os.unlink(entry.path)
        except OSError as error:
            raise OutputError(
                f"epoch {epoch} cannot be saved in {self.folder}: {os_error_reason(error)}; "
                f"earlier epochs are kept; once that is fixed, continue with: {self.command()}"
            ) from None

    def read_variables(self, epoch: int) -> list[NDArray[np.generic]]:
        """Return the state of the training after a saved epoch: the last, or the best.

        Raises:
            OutputError: the file is missing or damaged.
        """
        path = self._variables(epoch)
        try:
            with np.load(path, allow_pickle=False) as archive:
                return [archive[f"arr_{number}"] for number in range(len(archive.files))]
        except UNREADABLE:
            raise OutputError(f"{path} is missing or damaged: {RESTART_ADVICE}") from None

    def remove(self) -> None:
        """Remove the files of a finished training; `held` removes the folder when it ends."""
        with contextlib.suppress(OSError):
            self._clear(keep=(_LOCK,))

    def _variables(self, epoch: int) -> Path:
        return self.folder / f"epoch-{epoch}.npz"


def _is_own(entry: os.DirEntry[str]) -> bool:
    """Return whether digitnet writes a file of this name, or a folder for an unfinished bundle."""
    if atomic.PART.fullmatch(entry.name):
        return not entry.is_symlink()
    return _OWN_FILE.fullmatch(entry.name) is not None and entry.is_file(follow_symlinks=False)


def _is_empty_lock(entry: os.DirEntry[str]) -> bool:
    return entry.name == _LOCK and entry.is_file(follow_symlinks=False) and not entry.stat().st_size


def best_epoch(rows: Sequence[Row], warm_up: int) -> int:
    """Return the epoch with the smallest validation loss, the first in case of a tie.

    Warm-up epochs count only if there are no others, as they train on undistorted digits alone.

    Args:
        rows: the finished epochs, at least one.
        warm_up: the number of warm-up epochs.
    """
    return int(min(rows[warm_up:] or rows, key=lambda row: row["validation_loss"])["epoch"])


def read_rows(path: Path) -> list[Row]:
    """Read the epochs from a `history.csv`.

    Raises:
        OSError: the file cannot be read.
        ValueError, TypeError, csv.Error: it is not a table of numbers.
    """
    with path.open(newline="", encoding="ascii") as file:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]


def write_rows(path: Path, rows: list[Row]) -> None:
    """Write epochs, at least one, to a `history.csv` atomically.

    Raises:
        OSError: the file cannot be written.
    """
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows({key: f"{value:.6g}" for key, value in row.items()} for row in rows)
    atomic.write_atomically(path, text.getvalue().encode("ascii"))


def _lock(descriptor: int) -> bool:
    """Lock an open file for this process; return False if another process has locked it."""
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
