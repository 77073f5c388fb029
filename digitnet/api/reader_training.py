"""What is made ready for the training of a reader, without TensorFlow."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from digitnet.training.options import TrainingOptions

if TYPE_CHECKING:
    from digitnet.data.datasets import Dataset
    from digitnet.data.whole_numbers import Numbers
    from digitnet.model.bundle import Bundle
    from digitnet.training.reader.own_numbers import OwnNumbers
    from digitnet.training.reader.sources import Corpus

Lessons = tuple["Corpus", "OwnNumbers | None", "Dataset | Numbers"]
"""What lines are made of, the numbers that a trained reader learns, and what it is measured on."""


def prepare_reader(
    chosen: TrainingOptions, parent: "Bundle | None", notify: Callable[[str], None]
) -> Lessons:
    """Read what a reader learns from.

    Args:
        chosen: what is trained and how.
        parent: the reader that is trained on, if one is.
        notify: receives a line about what is not read.

    Raises:
        DatasetError: something of it is no good.
    """
    if parent:
        from digitnet.data.whole_numbers import read_numbers
        from digitnet.training.reader.own_numbers import prepare_numbers, recall_corpus

        numbers = read_numbers(chosen.dataset, notify)
        own = prepare_numbers(parent, numbers, chosen, notify)
        return recall_corpus(parent, chosen), own, numbers
    from digitnet.data import datasets
    from digitnet.training.reader.sources import make_corpus
    from digitnet.training.strokes import read_strokes

    strokes = read_strokes(chosen.strokes, chosen.seed)
    digits = datasets.load(chosen.dataset, notify, chosen.labels_from_name)
    split = datasets.split(digits, test_fraction=chosen.test_fraction, seed=chosen.seed)
    return make_corpus(chosen, digits, split, strokes), None, digits
