"""Characters as pen strokes recorded on a tablet, to be drawn with any pen at any size.

A `.npz` file stores them in the flat arrays of `PenStrokes`. Files are not trusted: the arrays are
checked before anything is drawn.
"""

import contextlib
import hashlib
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitnet.data.arrays import MAX_DIGITS, UNREADABLE, read_named_arrays
from digitnet.errors import DatasetError
from digitnet.files.escape import escape_controls

LARGER_SIDE = 1000
"""The larger side of an item's bounding box, in units of the stored coordinates."""
MAX_COORDINATE = 4 * LARGER_SIDE
"""Maximum absolute coordinate. Larger ones are errors and would be drawn outside any image."""

_ARRAYS = ("points", "stroke_ends", "item_ends", "labels", "writers")


@dataclass(frozen=True)
class PenStrokes:
    """Characters or short numbers by many writers, as pen strokes.

    Attributes:
        points: int16 (M, 2), x and y, with y downwards. The larger side of an item is 1000.
        stroke_ends: int64 (S,), ascending: the end of each stroke in `points`, exclusive.
        item_ends: int64 (N,), ascending: the end of each item in `stroke_ends`, exclusive.
        labels: str (N,), the text of each item.
        writers: int64 (N,), the writer of each item, as a number that is the same in all files of
            a collection.
    """

    points: NDArray[np.int16]
    stroke_ends: NDArray[np.int64]
    item_ends: NDArray[np.int64]
    labels: NDArray[np.str_]
    writers: NDArray[np.int64]

    def __len__(self) -> int:
        """The number of items."""
        return len(self.item_ends)

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of all arrays, to tell whether two sets of items are the same."""
        sha = hashlib.sha256()
        for array in (self.points, self.stroke_ends, self.item_ends, self.writers):
            sha.update(np.ascontiguousarray(array).data)
        sha.update("\0".join(self.labels.tolist()).encode("utf-8", "surrogatepass"))
        return sha.hexdigest()

    def strokes(self, item: int) -> list[NDArray[np.float64]]:
        """Return the strokes of an item, each (P, 2) of x and y, scaled to a larger side of 1."""
        ends = self.stroke_ends[self._first_stroke(item) : self.item_ends[item]]
        start = self.stroke_ends[self._first_stroke(item) - 1] if self._first_stroke(item) else 0
        points = self.points[start : ends[-1]] / LARGER_SIDE
        return np.split(points, (ends - start)[:-1])

    @cached_property
    def by_label(self) -> Mapping[str, NDArray[np.int64]]:
        """The positions of the items with each label."""
        return {str(label): _where(self.labels == label) for label in np.unique(self.labels)}

    @cached_property
    def by_writer(self) -> Mapping[int, Mapping[str, NDArray[np.int64]]]:
        """The positions of each writer's items, by label."""
        found = {}
        for writer in np.unique(self.writers):
            own = _where(self.writers == writer)
            labels = self.labels[own]
            found[int(writer)] = {str(label): own[labels == label] for label in np.unique(labels)}
        return found

    def take(self, items: NDArray[np.int64]) -> "PenStrokes":
        """Return the items at these positions, in this order."""
        first_strokes = np.concatenate([[0], self.item_ends])[items]
        strokes = _ranges(first_strokes, self.item_ends[items])
        first_points = np.concatenate([[0], self.stroke_ends])[strokes]
        ends = self.stroke_ends[strokes]
        return PenStrokes(
            self.points[_ranges(first_points, ends)],
            np.cumsum(ends - first_points),
            np.cumsum(self.item_ends[items] - first_strokes),
            self.labels[items],
            self.writers[items],
        )

    def _first_stroke(self, item: int) -> int:
        return int(self.item_ends[item - 1]) if item else 0


def holds_pen_strokes(path: Path) -> bool:
    """Whether a file is a `.npz` with all arrays of `PenStrokes`, valid or not."""
    with contextlib.suppress(*UNREADABLE), zipfile.ZipFile(path) as archive:
        return {f"{name}.npy" for name in _ARRAYS} <= {*archive.namelist()}
    return False


def read_pen_strokes(path: Path, *, single: bool = True) -> PenStrokes:
    """Read pen strokes from a `.npz` file with the arrays of `PenStrokes`.

    Args:
        path: the file.
        single: whether each label must be a single character.

    Raises:
        DatasetError: the file is damaged or too large, or its arrays are invalid or inconsistent.
    """
    arrays = read_named_arrays(path, _ARRAYS)
    _check_forms(path, arrays)
    points, labels = arrays["points"], arrays["labels"]
    _check_ends(path, "stroke_ends", arrays["stroke_ends"], len(points), "points")
    _check_ends(path, "item_ends", arrays["item_ends"], len(arrays["stroke_ends"]), "strokes")
    if points.min() < -MAX_COORDINATE or points.max() > MAX_COORDINATE:
        raise DatasetError(
            f"{path} has coordinates from {points.min()} to {points.max()}: scale them so that "
            f"the larger side of an item measures {LARGER_SIDE}"
        )
    lengths = np.char.str_len(labels)
    if wrong := _where((lengths != 1) if single else (lengths == 0)).tolist():
        shown = escape_controls(str(labels[wrong[0]]))[:40]
        count = "one character" if single else "at least one character"
        raise DatasetError(
            f"{path} has {len(wrong):,} labels such as {shown!r}: give each item a label of {count}"
        )
    return PenStrokes(
        points.astype(np.int16),
        arrays["stroke_ends"].astype(np.int64),
        arrays["item_ends"].astype(np.int64),
        labels,
        arrays["writers"].astype(np.int64),
    )


def split_by_writer(
    items: PenStrokes, fraction: float = 0.15, seed: int = 0
) -> tuple[PenStrokes, PenStrokes]:
    """Split items into a training set and a validation set, with no writer in both.

    The seed and the writer's number alone decide whether a writer is held out, so all files of a
    collection hold out the same writers. There is one exception: if a set would be empty, it gets
    one writer.

    Args:
        items: the items to split.
        fraction: the expected share of writers in the validation set.
        seed: random seed that selects the writers.

    Raises:
        DatasetError: all items are by one writer.
    """
    writers = np.unique(items.writers)
    if len(writers) < 2:
        raise DatasetError(
            "pen strokes of a single writer cannot be split by writer: give at least two"
        )
    draws = np.array([np.random.default_rng([seed, writer + 2**32]).random() for writer in writers])
    held = draws < fraction
    held[draws.argmin()], held[draws.argmax()] = True, False
    validation = np.isin(items.writers, writers[held])
    return items.take(_where(~validation)), items.take(_where(validation))


def join(parts: Sequence[PenStrokes]) -> PenStrokes:
    """Concatenate one or more `PenStrokes`, in order."""
    points = np.cumsum([0, *(len(part.points) for part in parts)])
    strokes = np.cumsum([0, *(len(part.stroke_ends) for part in parts)])
    return PenStrokes(
        np.concatenate([part.points for part in parts]),
        np.concatenate([part.stroke_ends + n for part, n in zip(parts, points, strict=False)]),
        np.concatenate([part.item_ends + n for part, n in zip(parts, strokes, strict=False)]),
        np.concatenate([part.labels for part in parts]),
        np.concatenate([part.writers for part in parts]),
    )


def _check_forms(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Check the dtypes and shapes of the arrays.

    Raises:
        DatasetError: they do not fit `PenStrokes`.
    """
    for name, array in arrays.items():
        kinds, shape = ("U", "(N,)") if name == "labels" else ("iu", "(N,)")
        if name == "points":
            shape = "(N, 2)"
        fits = array.shape[1:] == (2,) if name == "points" else array.ndim == 1
        if array.dtype.kind not in kinds or not fits:
            wanted = "text" if name == "labels" else "integers"
            raise DatasetError(
                f"{path} has {name} of shape {array.shape} and type {array.dtype}: "
                f"expected {wanted} of shape {shape}"
            )
        if not len(array):
            raise DatasetError(f"{path} has no {name}: give a file with at least one item")
    items = len(arrays["item_ends"])
    for name in ("labels", "writers"):
        if len(arrays[name]) != items:
            raise DatasetError(
                f"{path} has {len(arrays[name]):,} {name} for {items:,} items: give one for each"
            )
    if items > MAX_DIGITS:
        raise DatasetError(f"{path} has {items:,} items: at most {MAX_DIGITS:,} are read")


def _check_ends(path: Path, name: str, ends: NDArray[Any], last: int, of: str) -> None:
    """Check that the ends start at 1 or more and increase strictly to `last`.

    Raises:
        DatasetError: they do not.
    """
    # as int64: differences of unsigned integers are never negative
    steps = np.diff(ends.astype(np.int64), prepend=0)
    if steps.min() < 1 or ends[-1] != last:
        raise DatasetError(
            f"{path} has {name} that end at {ends[-1]} for {last:,} {of}, smallest step "
            f"{steps.min()}: they must increase to {last}; save the file again"
        )


def _ranges(starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """Concatenate the integers of several half-open ranges.

    >>> _ranges(np.array([5, 0]), np.array([7, 1])).tolist()
    [5, 6, 0]
    """
    lengths = ends - starts
    before = np.cumsum(lengths) - lengths
    return np.repeat(starts - before, lengths) + np.arange(lengths.sum())


def _where(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    return np.flatnonzero(mask).astype(np.int64)
