"""The two kinds of model, and the arrays that their networks take and give."""

from enum import StrEnum
from typing import NamedTuple

from digitnet.model import probabilities, symbols

Shape = tuple[int | None, ...]
"""Shape after the batch dimension; None for any size."""

DIGIT_SIDE = 28
"""Pixels of a digit's side."""
LINE_ROWS = 32
"""Pixels that a line is high."""


class Kind(StrEnum):
    """The inputs and outputs of a model."""

    CLASSIFIER = "classifier"
    READER = "reader"


class Form(NamedTuple):
    """The arrays of a network: uint8 in, float32 probabilities out.

    Attributes:
        pictures: the shape of a picture.
        answers: the shape of its output.
        shown: the content of the images, for errors.
    """

    pictures: Shape
    answers: Shape
    shown: str

    def answers_for(self, pictures: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of the answers to pictures of a shape, (N, height, width)."""
        return tuple(
            size if size is not None else columns_of(pictures[-1])
            for size in (pictures[0], *self.answers)
        )


FORMS = {
    Kind.CLASSIFIER: Form((DIGIT_SIDE, DIGIT_SIDE), (probabilities.COLUMNS,), "digit"),
    Kind.READER: Form((LINE_ROWS, None), (None, symbols.COLUMNS), "column"),
}
"""A classifier answers with the columns of `probabilities`, a reader with those of `symbols`."""


def columns_of(width: int) -> int:
    """The number of output columns for a line of this width: one for two pixels.

    >>> columns_of(96), columns_of(7)
    (48, 4)
    """
    return (width + 1) // 2
