"""The 15 MNIST test digits with disputed labels.

Source: Northcutt, Athalye and Mueller, Pervasive Label Errors in Test Sets Destabilize Machine
Learning Benchmarks, NeurIPS 2021 (Datasets and Benchmarks), arXiv 2103.14749. Confident learning
flagged 100 test digits, and each was shown to five people. For these 15, at most two of the five
agreed with the label. Their votes are in
<https://github.com/cleanlab/label-errors/blob/main/mturk/mnist_mturk.json>.
"""

import numpy as np
from numpy.typing import NDArray

from digitnet.data.datasets import Dataset

MNIST_SHA256 = "c2069063c1105f2bf96266aef1ff68c6e13bdda7a54e37bf19c16f1db24efc83"
"""`Dataset.digest` of MNIST: the 60,000 training digits, then the 10,000 test digits, in order."""

UNDISPUTED = "undisputed"
"""Key in a model card for the figures on the official test set without these digits."""

LABELS = {
    **{947: 8, 1621: 0, 1901: 9, 2130: 4, 2462: 2},
    **{2597: 5, 2654: 6, 3520: 6, 3558: 5, 5937: 5},
    **{6651: 0, 6783: 1, 8527: 4, 9679: 6, 9729: 5},
}
"""The disputed labels, by zero-based position in the official test set."""


def find_disputed(dataset: Dataset) -> NDArray[np.bool_]:
    """Return a mask of the digits with disputed labels, bool (N,); all False if not MNIST."""
    disputed = np.zeros(len(dataset), bool)
    if dataset.digest == MNIST_SHA256:
        disputed[np.flatnonzero(dataset.official)[[*LABELS]]] = True
    return disputed
