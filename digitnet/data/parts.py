"""The parts of a data set, in names that the command line can show without loading it."""

from enum import StrEnum

TEST_FRACTION = 0.2
"""80 % of the digits to learn from, 20 % to be measured on."""


class Part(StrEnum):
    """The digits of a data set that a model is evaluated on."""

    TEST = "test"
    OFFICIAL = "official"
    ALL = "all"
