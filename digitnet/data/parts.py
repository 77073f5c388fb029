"""The parts of a data set, in a module of their own so that `--help` need not load `datasets`."""

from enum import StrEnum

TEST_FRACTION = 0.2
"""Default fraction of digits in the test set; the other 80 % are for training and validation."""


class Part(StrEnum):
    """The part of a data set to evaluate a model on."""

    TEST = "test"
    OFFICIAL = "official"
    ALL = "all"
