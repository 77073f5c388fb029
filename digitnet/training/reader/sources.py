"""The characters that a reader learns from, validates on, and what is told of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from digitnet.data.datasets import Dataset, Split
from digitnet.synthesis.characters.alphabets import FOREIGN, LETTERS
from digitnet.synthesis.characters.fonts import find_faces
from digitnet.synthesis.lines.writing.sources import Sources
from digitnet.training.options import TrainingOptions
from digitnet.training.strokes import Strokes, digest_with, join_kinds, tell_strokes


@dataclass(frozen=True)
class Corpus:
    """All that a reader's lines are made of.

    Attributes:
        dataset: digits as images.
        split: the parts of these.
        strokes: files of pen strokes.
        training: what lines to learn from are made of.
        validation: what lines to decide on are made of.
    """

    dataset: Dataset
    split: Split
    strokes: Sequence[Strokes]
    training: Sources
    validation: Sources

    @property
    def digest(self) -> str:
        """A SHA-256 of all digits and strokes."""
        return digest_with(self.dataset, self.strokes)


def make_corpus(
    options: TrainingOptions, dataset: Dataset, split: Split, strokes: Sequence[Strokes]
) -> Corpus:
    """Gather the characters that a training makes lines of.

    Args:
        options: seed and fonts.
        dataset: digits as images.
        split: the parts of these.
        strokes: see `read_strokes`.

    Raises:
        DatasetError: the folder of fonts is no good.
    """
    faces = find_faces(options.fonts, LETTERS + FOREIGN)
    trained_on, decided_on = (
        Sources(
            dataset.images[positions],
            dataset.labels[positions],
            faces=faces,
            **join_kinds(strokes, training=learned),
        )
        for positions, learned in ((split.train, True), (split.validation, False))
    )
    return Corpus(dataset, split, strokes, trained_on, decided_on)


def told(corpus: Corpus) -> list[str]:
    """What the lines are made of, a line each."""
    split = corpus.split
    return [
        f"{corpus.dataset.name}: {len(split.train):,} digits to train on, "
        f"{len(split.validation):,} to validate, {len(split.test):,} to test",
        *tell_strokes(corpus.strokes),
        f"{len(corpus.training.families)} families of fonts",
    ]
