"""Fine-tuning without forgetting: the old data that a trained network is shown again.

A network that is fine-tuned on a few digits of one writer forgets others (McCloskey and Cohen
1989). So the new digits are shown among old ones (rehearsal, Robins 1995): training digits of what
the network's original training data if available, and otherwise digits drawn by code. For
all but the new digits it learns the answers that it gave before, and not the labels (learning
without forgetting, Li and Hoiem 2016): only the new digits change what it knew.
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
from digitnet.training.options import TrainingOptions

MIN_DIGITS_SHOWN = 2000
"""The new digits are repeated, distorted anew each time, up to this number per epoch."""
OLD_DIGITS_PER_NEW = 3
"""Old digits for each new one: with fewer, more is forgotten; the new handwriting is learned as
well as with one."""
EPOCHS = 10
"""Default number of epochs of fine-tuning."""
SYNTHETIC_DIGITS = 5000
"""Number of digits drawn by code if old ones are missing; a fifth of them for validation."""

Digits = tuple[NDArray[np.uint8], NDArray[np.uint8]]
"""Images uint8 (N, 28, 28), white ink on black, and labels uint8 (N,), 0-9."""
Answer = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""From images uint8 (N, 28, 28) to a network's predictions, targets float32 (N, 33)."""


@dataclass(frozen=True)
class Memory:
    """Digits of one data set that a network has learned, or of none where code draws them.

    Attributes:
        name: of the data set, or `drawn`.
        shown: digits that it was trained on.
        validation: digits that it was not trained on, to measure forgetting; may be empty.
    """

    name: str
    shown: Digits
    validation: Digits


def recall(parent: Bundle, dataset: Dataset, options: TrainingOptions) -> list[Memory]:
    """Find a network's earlier training data, other than the new data set.

    A data set is available if it can be read without a download and is the one that the card names.
    Its split is rebuilt from the card: its test part is never shown. Digits that code draws replace
    unavailable data, also for validation if there is no other.

    Args:
        parent: the model that is trained on.
        dataset: the new data set.
        options: seed, and fonts for drawn digits.

    Returns:
        The memories, none where the parent has learned nothing but this data set.
    """
    learned = {lesson["sha256"]: lesson for lesson in parent.card["datasets"]}
    learned.pop(dataset.digest, None)
    memories = []
    missing = False
    for digest, lesson in learned.items():
        old = datasets.load_if_at_hand(lesson["name"])
        if old is None or old.digest != digest:
            missing = True
        else:
            memories.append(_remember(old, lesson))
    if missing or (memories and not any(len(memory.validation[1]) for memory in memories)):
        memories.append(_draw(options))
    return memories


def _remember(old: Dataset, lesson: dict[str, Any]) -> Memory:
    """The digits of a data set that were learned and decided on, by the card's entry about it."""
    parts = datasets.rebuild_split(old, lesson)
    if not lesson["validation"]:
        parts = train_on_all(parts)
    shown, validation = (
        (old.images[positions], old.labels[positions])
        for positions in (parts.train, parts.validation)
    )
    return Memory(old.name, shown, validation)


def _draw(options: TrainingOptions) -> Memory:
    """Digits that code draws, in the place of old ones."""
    faces = find_faces(options.fonts, PLAIN)
    images, labels = make_drawn(SYNTHETIC_DIGITS, faces, np.random.default_rng(options.seed))
    fifth = SYNTHETIC_DIGITS // 5
    return Memory("drawn", (images[fifth:], labels[fifth:]), (images[:fifth], labels[:fifth]))


def train_on_all(parts: Split) -> Split:
    """The split without a validation part: a few digits are too few to decide anything on."""
    every = np.union1d(parts.train, parts.validation)
    return replace(parts, train=every, validation=np.empty(0, np.int64))


def join(every: Iterable[Digits]) -> Digits:
    """Several digits, one after the other."""
    images, labels = zip(*every, strict=True)
    return np.concatenate(images), np.concatenate(labels)


class Rehearsal(Batches):
    """Batches of new and old digits, and of pictures that code makes.

    An epoch shows each new digit as often as any other, and from each memory as many old ones.
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
            options: as for `Batches`.
            new: the digits to learn.
            memories: earlier training data, at least one.
            answer: the original network's predictions.
            strokes: as for `Batches`.
        """
        rng = np.random.default_rng(options.seed)
        self.answer = answer
        self.new = max(MIN_DIGITS_SHOWN, len(new[1]))
        old = OLD_DIGITS_PER_NEW * self.new // len(memories)
        shown = join([_repeat(new, self.new, rng), *(_repeat(m.shown, old, rng) for m in memories)])
        super().__init__(options, *shown, strokes)
        self.epochs = options.epochs or EPOCHS

    def __getitem__(self, index: int) -> Batch:
        """Pictures uint8 (B, 28, 28) and targets float32 (B, 33).

        The target of a new digit is its label, that of any other image the original prediction.
        """
        images, targets = super().__getitem__(index)
        chosen = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        is_new = np.zeros(len(images), bool)
        is_new[: len(chosen)] = chosen < self.new
        return images, np.where(is_new[:, None], targets, self.answer(images))


def _repeat(digits: Digits, count: int, rng: np.random.Generator) -> Digits:
    """This many digits: all equally often, and once more the first of a random order."""
    positions = np.resize(rng.permutation(len(digits[1])), count)
    return digits[0][positions], digits[1][positions]
