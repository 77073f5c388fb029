"""The 15 test digits of MNIST whose labels people dispute.

Source: Northcutt, Athalye and Mueller, Pervasive Label Errors in Test Sets Destabilize Machine
Learning Benchmarks, NeurIPS 2021 (Datasets and Benchmarks), arXiv 2103.14749. Of 100 test digits
that confident learning doubted, each was shown to five people: of these 15, at most two of the five
saw what the label says. Their votes are in
<https://github.com/cleanlab/label-errors/blob/main/mturk/mnist_mturk.json>.
"""

import numpy as np
from numpy.typing import NDArray

from digitnet.data.datasets import Dataset

MNIST_SHA256 = "c2069063c1105f2bf96266aef1ff68c6e13bdda7a54e37bf19c16f1db24efc83"
"""The digest of MNIST, of its 60,000 and then its 10,000 digits, in their order."""

UNDISPUTED = "undisputed"
"""What a card calls the figures on the official test part without these digits."""

LABELS = {
    **{947: 8, 1621: 0, 1901: 9, 2130: 4, 2462: 2},
    **{2597: 5, 2654: 6, 3520: 6, 3558: 5, 5937: 5},
    **{6651: 0, 6783: 1, 8527: 4, 9679: 6, 9729: 5},
}
"""The disputed labels, by the position of their digits in the official test part, from 0."""


def find_disputed(dataset: Dataset) -> NDArray[np.bool_]:
    """Which digits have disputed labels, bool (N,): none where the data set is not MNIST."""
    disputed = np.zeros(len(dataset), bool)
    if dataset.digest == MNIST_SHA256:
        disputed[np.flatnonzero(dataset.official)[[*LABELS]]] = True
    return disputed
