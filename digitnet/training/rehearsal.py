"""Fine-tuning without forgetting, by showing a trained network old data again.

A network that is fine-tuned on a few digits of one writer forgets other writers (McCloskey and
Cohen 1989). So the new digits are mixed with old ones (rehearsal, Robins 1995): the network's
original training digits if available, otherwise digits drawn by code. For all other images, the
targets are the original network's predictions instead of the labels (learning without forgetting,
Li and Hoiem 2016), so only the new digits change what the network has learned.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitnet.data import datasets
from digitnet.data.datasets import Dataset, Split
from digitnet.data.pen_strokes import PenStrokes
from digitnet.model.bundle import Bundle
from digitnet.synthesis.characters.alphabets import PLAIN
from digitnet.synthesis.characters.drawn import make_drawn
from digitnet.synthesis.characters.fonts import find_faces
from digitnet.training.batches import Batch, Batches
from digitnet.training.options import FINE_TUNING_EPOCHS, TrainingOptions

MIN_DIGITS_SHOWN = 2000
"""Minimum number of new digits per epoch; fewer are repeated, distorted anew each time."""
OLD_DIGITS_PER_NEW = 3
"""Old digits per new one. With fewer, the network forgets more; with a single one, it learns the
new handwriting no better."""
SYNTHETIC_DIGITS = 5000
"""Number of digits drawn by code if old data is missing; a fifth is for validation."""

Digits = tuple[NDArray[np.uint8], NDArray[np.uint8]]
"""Images uint8 (N, 28, 28), white ink on black, and labels uint8 (N,), 0-9."""
Answer = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""Maps images uint8 (N, 28, 28) to a network's predictions, as targets float32 (N, 33)."""


@dataclass(frozen=True)
class Memory:
    """Old digits from one data set that a network was trained on, or drawn by code.

    Attributes:
        name: the name of the data set, or `drawn`.
        shown: digits that the network was trained on.
        validation: digits that it was not trained on, to measure forgetting; may be empty.
    """

    name: str
    shown: Digits
    validation: Digits


def recall(parent: Bundle, dataset: Dataset, options: TrainingOptions) -> list[Memory]:
    """Find a network's earlier training data, other than the new data set.

    A data set is available if it can be read without a download and its digest matches the card.
    Its split is rebuilt from the card, so its test set is never shown. Drawn digits replace
    unavailable data, and validation digits if there are no others.

    Args:
        parent: the model to fine-tune.
        dataset: the new data set.
        options: the seed, and the fonts for drawn digits.

    Returns:
        The memories; none if the parent was trained on nothing but this data set.

    Raises:
        DatasetError: the folder of fonts cannot be used.
    """
    learned = {entry["sha256"]: entry for entry in parent.card["datasets"]}
    learned.pop(dataset.digest, None)
    memories = []
    missing = False
    for digest, entry in learned.items():
        old = datasets.load_if_available(entry["name"])
        if old is None or old.digest != digest:
            missing = True
        else:
            memories.append(_as_memory(old, entry))
    if missing or (memories and not any(len(memory.validation[1]) for memory in memories)):
        memories.append(_draw(options))
    return memories


def _as_memory(old: Dataset, entry: dict[str, Any]) -> Memory:
    """Return the digits of a data set that were used for training and for validation.

    Args:
        old: the data set.
        entry: its entry in the model card.
    """
    parts = datasets.rebuild_split(old, entry)
    if not entry["validation"]:
        parts = train_on_all(parts)
    shown, validation = (
        (old.images[positions], old.labels[positions])
        for positions in (parts.train, parts.validation)
    )
    return Memory(old.name, shown, validation)


def _draw(options: TrainingOptions) -> Memory:
    """Draw digits to replace old ones."""
    faces = find_faces(options.fonts, PLAIN)
    images, labels = make_drawn(SYNTHETIC_DIGITS, faces, np.random.default_rng(options.seed))
    fifth = SYNTHETIC_DIGITS // 5
    return Memory("drawn", (images[fifth:], labels[fifth:]), (images[:fifth], labels[:fifth]))


def train_on_all(parts: Split) -> Split:
    """Move the validation set into the training set: a few digits are too few for validation."""
    every = np.union1d(parts.train, parts.validation)
    return replace(parts, train=every, validation=np.empty(0, np.int64))


def join(every: Iterable[Digits]) -> Digits:
    """Concatenate several sets of digits."""
    images, labels = zip(*every, strict=True)
    return np.concatenate(images), np.concatenate(labels)


class Rehearsal(Batches):
    """Batches of new digits, old digits and synthetic images.

    An epoch shows all new digits equally often, and the same number of digits from each memory.
    """

    def __init__(
        self,
        options: TrainingOptions,
        new: Digits,
        memories: Sequence[Memory],
        answer: Answer,
        strokes: Sequence[PenStrokes] = (),
    ) -> None:
        """Prepare the batches.

        Args:
            options: see `Batches`.
            new: the digits to learn.
            memories: earlier training data, at least one.
            answer: returns the original network's predictions.
            strokes: see `Batches`.
        """
        rng = np.random.default_rng(options.seed)
        self.answer = answer
        self.new = max(MIN_DIGITS_SHOWN, len(new[1]))
        old = OLD_DIGITS_PER_NEW * self.new // len(memories)
        shown = join([_repeat(new, self.new, rng), *(_repeat(m.shown, old, rng) for m in memories)])
        super().__init__(options, *shown, strokes)
        self.epochs = options.epochs or FINE_TUNING_EPOCHS

    def __getitem__(self, index: int) -> Batch:
        """Images uint8 (B, 28, 28) and targets float32 (B, 33).

        The target of a new digit is its label. For any other image, it is the original prediction.
        """
        images, targets = super().__getitem__(index)
        chosen = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        is_new = np.zeros(len(images), bool)
        is_new[: len(chosen)] = chosen < self.new
        return images, np.where(is_new[:, None], targets, self.answer(images))


def _repeat(digits: Digits, count: int, rng: np.random.Generator) -> Digits:
    """Return `count` digits: each equally often, give or take one, in random order."""
    positions = np.resize(rng.permutation(len(digits[1])), count)
    return digits[0][positions], digits[1][positions]
