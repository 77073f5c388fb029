"""Learning another hand without forgetting the others: what a trained network is shown again.

A network that is trained on with a few digits of one hand forgets what it knew (McCloskey and Cohen
1989). So the new digits are shown among old ones (rehearsal, Robins 1995): training digits of what
the network learned before, where that is at hand, and digits that code draws where it is not. Of
all but the new digits it learns the answers that it gave before, and not the labels (learning
without forgetting, Li and Hoiem 2016): nothing draws it away from what it knew but the new hand.
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
"""The new digits are repeated, each time distorted anew, until an epoch shows so many."""
OLD_DIGITS_PER_NEW = 3
"""Old digits that are shown for each new one: fewer, and more is forgotten; the hand is learned as
well as with one."""
EPOCHS = 10
"""How often all that is shown, where nothing else is asked for."""
SYNTHETIC_DIGITS = 5000
"""Digits that code draws where old ones are not at hand; a fifth of them to validate."""

Digits = tuple[NDArray[np.uint8], NDArray[np.uint8]]
"""Images uint8 (N, 28, 28), white ink on black, and labels uint8 (N,), 0-9."""
Answer = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""From images uint8 (N, 28, 28) to what a network says they are, targets float32 (N, 33)."""


@dataclass(frozen=True)
class Memory:
    """Digits of one data set that a network has learned, or of none where code draws them.

    Attributes:
        name: of the data set, or `drawn`.
        shown: digits that it was trained on.
        validation: digits that it was not trained on, to see what is forgotten; may be empty.
    """

    name: str
    shown: Digits
    validation: Digits


def recall(parent: Bundle, dataset: Dataset, options: TrainingOptions) -> list[Memory]:
    """Find what a network learned before, other than the data set that it is trained on with now.

    A data set is at hand if it can be read without a download and is the very one that the card
    names. Its split is rebuilt from the card: its test part is never shown. Digits that code draws
    stand for all that are not at hand, and are there to validate where no others are.

    Args:
        parent: the model that is trained on.
        dataset: what it is trained on with.
        options: seed, and fonts for what is drawn.

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
            memories: what was learned before, at least one.
            answer: what the network said before of any picture.
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

        The target of a new digit is its label, that of any other picture what was answered before.
        """
        images, targets = super().__getitem__(index)
        chosen = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        is_new = np.zeros(len(images), bool)
        is_new[: len(chosen)] = chosen < self.new
        return images, np.where(is_new[:, None], targets, self.answer(images))


def _repeat(digits: Digits, count: int, rng: np.random.Generator) -> Digits:
    """So many digits: each as often as any other, and once more the first of a random order."""
    positions = np.resize(rng.permutation(len(digits[1])), count)
    return digits[0][positions], digits[1][positions]
