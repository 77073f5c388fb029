"""Files of pen strokes for training: their content, split and licence."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from digitnet.data.datasets import Dataset
from digitnet.data.pen_strokes import (
    PenStrokes,
    holds_pen_strokes,
    join,
    read_pen_strokes,
    split_by_writer,
)
from digitnet.data.unipen import holds_unipen, read_unipen
from digitnet.errors import DatasetError
from digitnet.model.bundle import Bundle
from digitnet.model.symbols import DIGITS, GAP, MARKS
from digitnet.synthesis.lines.writing.text import SIGNS

VALIDATION_WRITERS = 0.15
"""Fraction of the writers of single characters in the validation set."""
VALIDATION_WRITERS_OF_NUMBERS = 0.5
"""Fraction of the writers of numbers, who are few, in the validation set."""

_UNIPEN = (
    "UNIPEN train_r01_v07, International Unipen Foundation 1999, doi 10.5281/zenodo.1195803, CC BY "
    "4.0; changed: cut, turned, thinned, scaled"
)
LICENCES = {
    "6ad063317657a8b59d6bda693fe4d40f220bb706b37ed3e59ede90ccd5093863": _UNIPEN,
    "14aea0a2a43ecd8ae2e3e961c39b0fc3c1dccd924b56f10716ba8552ce4d79a9": _UNIPEN,
    "e6e4c999f2d015ba8728f672aa2a0e9f387fd55f5261cd419725ede250087097": _UNIPEN,
    "65dd993eff4f66d028d0a3d7e7afd71ce12da3844b47d030cd8c41a585317b0b": _UNIPEN,
}
"""Source and licence of known pen strokes, by digest."""


class StrokeKind(StrEnum):
    """The kind of characters in a file of pen strokes."""

    DIGITS = "digits"
    LETTERS = "letters"
    SYMBOLS = "symbols"
    NUMBERS = "numbers"


@dataclass(frozen=True)
class Strokes:
    """A file of pen strokes, or a folder of UNIPEN files.

    Attributes:
        name: its path, as given by the user.
        items: all items.
        training: the training set.
        validation: the validation set, by other writers.
    """

    name: str
    items: PenStrokes
    training: PenStrokes
    validation: PenStrokes

    @property
    def kind(self) -> StrokeKind:
        """The kind of its labels: whole numbers, only digits, only letters, or any symbols."""
        labels = self.items.by_label
        if are_numbers(self.items):
            return StrokeKind.NUMBERS
        if all(label in DIGITS for label in labels):
            return StrokeKind.DIGITS
        if all(label.isalpha() for label in labels):
            return StrokeKind.LETTERS
        return StrokeKind.SYMBOLS


def holds_strokes(path: Path) -> bool:
    """Return whether a file or folder contains pen strokes, in digitnet's or UNIPEN's format."""
    return (os.path.isfile(path) and holds_pen_strokes(path)) or holds_unipen(path)


def read_strokes(paths: Sequence[str], seed: int) -> list[Strokes]:
    """Read files or folders of pen strokes and split them by writer.

    Raises:
        DatasetError: a file is damaged, has only one writer, or has the same content as another.
    """
    every: dict[str, Strokes] = {}
    for path in paths:
        items = _read_items(Path(path))
        if other := every.get(items.digest):
            raise DatasetError(
                f"{other.name} and {path} contain the same pen strokes: give only one of them"
            )
        split = split_by_writer(items, validation_writers(items), seed)
        every[items.digest] = Strokes(path, items, *split)
    return [*every.values()]


def join_kinds(every: Iterable[Strokes], *, training: bool) -> dict[str, PenStrokes]:
    """Join the training or validation sets of all files of a kind; return them by kind."""
    kinds: dict[str, list[PenStrokes]] = {}
    for one in every:
        part = one.training if training else one.validation
        kinds.setdefault(one.kind.value, []).append(part)
    return {kind: join(parts) for kind, parts in kinds.items()}


def _read_items(path: Path) -> PenStrokes:
    if holds_unipen(path):
        return read_unipen(path, is_number)
    items = read_pen_strokes(path, single=False)
    return items if are_numbers(items) else read_pen_strokes(path)


def recall_strokes(parent: Bundle) -> list[Strokes]:
    """Read the pen strokes that a model was trained on, as far as available.

    Raises:
        DatasetError: a file with one of the names is damaged or has only one writer.
    """
    return [
        one
        for entry in parent.card.get("pen_strokes", [])
        if holds_strokes(Path(str(entry["name"])))
        for one in read_strokes([entry["name"]], entry["seed"])
        if one.items.digest == entry["sha256"]
    ]


def digest_with(dataset: Dataset, every: Sequence[Strokes]) -> str:
    """Return a SHA-256 of images and pen strokes; without strokes, that of the images."""
    if not every:
        return dataset.digest
    digests = [dataset.digest, *(one.items.digest for one in every)]
    return sha256("".join(digests).encode("ascii")).hexdigest()


def stroke_summaries(every: Iterable[Strokes]) -> list[str]:
    """Return a one-line summary of each file of pen strokes."""
    return [
        f"{one.name}: pen strokes of {len(one.training):,} training {one.kind} by "
        f"{_writers(one.training)} writers, {len(one.validation):,} validation {one.kind} by "
        f"{_writers(one.validation)}"
        for one in every
    ]


def describe_strokes(every: Iterable[Strokes], seed: int) -> list[dict[str, Any]]:
    """Return the model card entries of pen strokes, which identify them and record the split."""
    return [
        {
            "name": one.name,
            "kind": one.kind.value,
            "sha256": one.items.digest,
            "licence": LICENCES.get(one.items.digest, "not known to digitnet"),
            "seed": seed,
            "validation_writers": validation_writers(one.items),
            "train": len(one.training),
            "validation": len(one.validation),
        }
        for one in every
    ]


def are_numbers(items: PenStrokes) -> bool:
    """Return whether all labels are numbers, some of them with several characters."""
    labels = items.by_label
    return any(len(label) > 1 for label in labels) and all(map(is_number, labels))


def is_number(label: str) -> bool:
    """Return whether a label is a number, with or without marks, gaps and signs."""
    known = {*DIGITS, *MARKS, GAP, *SIGNS}
    return known.issuperset(label) and not {*DIGITS}.isdisjoint(label)


def validation_writers(items: PenStrokes) -> float:
    """Return the fraction of the writers to put into the validation set."""
    return VALIDATION_WRITERS_OF_NUMBERS if are_numbers(items) else VALIDATION_WRITERS


def _writers(items: PenStrokes) -> int:
    return len(np.unique(items.writers))
