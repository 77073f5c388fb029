"""Reads the training data of a reader, without importing TensorFlow."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from digitnet.training.options import TrainingOptions

if TYPE_CHECKING:
    from digitnet.data.datasets import Dataset
    from digitnet.data.whole_numbers import Numbers
    from digitnet.model.bundle import Bundle
    from digitnet.training.reader.own_numbers import OwnNumbers
    from digitnet.training.reader.sources import Corpus

TrainingData = tuple["Corpus", "OwnNumbers | None", "Dataset | Numbers"]
"""The sources of lines, the numbers for fine-tuning, and the data for evaluation."""


def prepare_reader(
    chosen: TrainingOptions, parent: "Bundle | None", notify: Callable[[str], None]
) -> TrainingData:
    """Read the training data of a reader.

    Args:
        chosen: the training options.
        parent: the reader to fine-tune, or None to train a new one.
        notify: called with a one-line message about skipped content.

    Raises:
        DatasetError: some of the data cannot be used.
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
