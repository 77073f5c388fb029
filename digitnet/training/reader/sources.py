"""The characters for training and validating a reader, and summaries of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from digitnet.data.datasets import Dataset, Split
from digitnet.synthesis.characters.alphabets import FOREIGN, LETTERS
from digitnet.synthesis.characters.fonts import find_faces
from digitnet.synthesis.lines.writing.sources import Sources
from digitnet.training.options import TrainingOptions
from digitnet.training.strokes import Strokes, digest_with, join_kinds, stroke_summaries


@dataclass(frozen=True)
class Corpus:
    """The sources of a reader's lines.

    Attributes:
        dataset: digits as images.
        split: their training, validation and test sets.
        strokes: files of pen strokes.
        training: the sources of training lines.
        validation: the sources of validation lines.
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
    """Collect the characters that lines are made of.

    Args:
        options: the folder of fonts.
        dataset: digits as images.
        split: their training, validation and test sets.
        strokes: see `read_strokes`.

    Raises:
        DatasetError: the folder of fonts cannot be used.
    """
    faces = find_faces(options.fonts, LETTERS + FOREIGN)
    training, validation = (
        Sources(
            dataset.images[positions],
            dataset.labels[positions],
            faces=faces,
            **join_kinds(strokes, training=learned),
        )
        for positions, learned in ((split.train, True), (split.validation, False))
    )
    return Corpus(dataset, split, strokes, training, validation)


def source_summaries(corpus: Corpus) -> list[str]:
    """Return a one-line summary of each source of lines."""
    split = corpus.split
    return [
        f"{corpus.dataset.name}: {len(split.train):,} training, {len(split.validation):,} "
        f"validation, {len(split.test):,} test digits",
        *stroke_summaries(corpus.strokes),
        f"{len(corpus.training.families)} families of fonts",
    ]
