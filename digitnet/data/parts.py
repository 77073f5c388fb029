"""The parts of a data set, in names that the command line can show without loading it."""

from enum import StrEnum

TEST_FRACTION = 0.2
"""80 % of the digits to learn from, 20 % to be measured on."""


class Part(StrEnum):
    """Which digits of a data set are looked at when a model is measured."""

    TEST = "test"
    OFFICIAL = "official"
    ALL = "all"
