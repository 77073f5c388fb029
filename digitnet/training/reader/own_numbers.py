"""Fine-tuning of a reader on the user's numbers, without forgetting other handwriting.

The positions of the symbols in such a number are unknown, so it contributes through the CTC loss
alone. The numbers are distorted anew each time and mixed with synthetic lines (rehearsal, Robins
1995), made of the reader's original training data if available, otherwise of digits drawn by code.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitnet.data import datasets
from digitnet.data.datasets import Dataset, Split
from digitnet.data.whole_numbers import Numbers, split_numbers
from digitnet.errors import DatasetError
from digitnet.files.escape import join_names
from digitnet.interruption import Interruption
from digitnet.model.bundle import Bundle
from digitnet.model.kinds import columns_of
from digitnet.model.symbols import symbol_of
from digitnet.synthesis.characters.alphabets import LETTERS
from digitnet.synthesis.characters.drawn import make_drawn
from digitnet.synthesis.characters.fonts import find_faces
from digitnet.training.options import TrainingOptions
from digitnet.training.reader.sources import Corpus, make_corpus
from digitnet.training.reader.targets import OwnLine
from digitnet.training.strokes import recall_strokes
from digitnet.vision import find_lines
from digitnet.vision.line_image import LINE_WIDTHS

DRAWN_DIGITS = 5000
"""Number of digits drawn by code if old data is missing; a fifth is for validation."""


@dataclass(frozen=True)
class OwnNumbers:
    """The user's numbers, and the reader to fine-tune on them.

    Attributes:
        parent: the reader.
        numbers: all numbers.
        train: the positions of the training set.
        test: the positions of the test set.
        lines: the usable training numbers, as lines.
    """

    parent: Bundle
    numbers: Numbers
    train: NDArray[np.int64]
    test: NDArray[np.int64]
    lines: tuple[OwnLine, ...]

    def digest_with(self, corpus: Corpus) -> str:
        """Return a SHA-256 of all training data."""
        return sha256((corpus.digest + self.numbers.digest).encode("ascii")).hexdigest()

    def summary(self) -> str:
        """Return a one-line summary of the numbers."""
        return (
            f"{self.numbers.name}: {len(self.train):,} training, {len(self.test):,} test numbers; "
            "rehearsal with synthetic lines made of:"
        )

    def described(self, options: TrainingOptions) -> dict[str, Any]:
        """Return the card entry for the numbers: enough to identify them and rebuild the split."""
        return {
            "name": self.numbers.name,
            "sha256": self.numbers.digest,
            "count": len(self.numbers),
            "test_fraction": options.test_fraction,
            "seed": options.seed,
            "limit": None,
            "train": len(self.train),
            "validation": 0,
            "test": len(self.test),
        }


def prepare_numbers(
    parent: Bundle, numbers: Numbers, options: TrainingOptions, notify: Callable[[str], None]
) -> OwnNumbers:
    """Split the numbers, and convert those of the training set to lines.

    Args:
        parent: the reader to fine-tune.
        numbers: labelled images.
        options: the test fraction and the seed of the split.
        notify: called with a one-line message about numbers that cannot be trained on.

    Raises:
        DatasetError: an image cannot be read, or no number can be trained on.
    """
    train, test = split_numbers(len(numbers), options.test_fraction, options.seed)
    lines, left_out = [], []
    for position, image in zip(train.tolist(), numbers.images(train), strict=True):
        labels = tuple(map(symbol_of, numbers.labels[position]))
        with Interruption():
            layout = find_lines(image)
        # there is only one number: if not exactly one line is found, use the whole image
        found = layout.lines[0] if len(layout.lines) == 1 else layout.whole
        if _has_room(found.image.shape[1], labels):
            lines.append(OwnLine(found.image, labels))
        else:
            left_out.append(numbers.files[position])
    if left_out:
        notify(f"{numbers.name}: too long or too narrow to train on: {join_names(left_out)}")
    if not lines:
        raise DatasetError(
            f"{numbers.name} has no usable training number: give images with one number each, at "
            f"most {LINE_WIDTHS[-1] // 32} times as wide as high"
        )
    return OwnNumbers(parent, numbers, train, test, tuple(lines))


def _has_room(width: int, labels: tuple[int, ...]) -> bool:
    """Return whether a line has a column for each symbol, and one between two equal symbols."""
    needed = len(labels) + sum(a == b for a, b in pairwise(labels))
    return width <= LINE_WIDTHS[-1] and columns_of(width) >= needed


def recall_corpus(parent: Bundle, options: TrainingOptions) -> Corpus:
    """Return the sources of lines for rehearsal: the reader's training data, as far as available.

    Raises:
        DatasetError: the folder of fonts cannot be used.
    """
    strokes = recall_strokes(parent)
    for entry in parent.card["datasets"]:
        known = datasets.load_if_available(entry["name"])
        if known and known.digest == entry["sha256"]:
            return make_corpus(options, known, datasets.rebuild_split(known, entry), strokes)
    rng = np.random.default_rng(options.seed)
    images, labels = make_drawn(DRAWN_DIGITS, find_faces(options.fonts, LETTERS), rng)
    drawn = Dataset("drawn", images, labels, np.zeros(DRAWN_DIGITS, np.bool_))
    parts = np.split(np.arange(DRAWN_DIGITS), [DRAWN_DIGITS // 5])
    nothing = np.empty(0, np.int64)
    return make_corpus(options, drawn, Split(parts[1], parts[0], nothing, nothing), strokes)
