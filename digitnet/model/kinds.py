"""The two kinds of model, and the shapes of their inputs and outputs."""

from enum import StrEnum
from typing import NamedTuple

from digitnet.model import probabilities, symbols

Shape = tuple[int | None, ...]
"""Shape after the batch dimension; None for any size."""

DIGIT_SIDE = 28
"""Side of a digit image, in pixels."""
LINE_ROWS = 32
"""Height of a line image, in pixels."""


class Kind(StrEnum):
    """The kind of a model, which determines its inputs and outputs."""

    CLASSIFIER = "classifier"
    READER = "reader"


class Signature(NamedTuple):
    """The input and output of a network: uint8 in, float32 probabilities out.

    Attributes:
        pictures: the shape of an image.
        answers: the shape of its output.
        shown: what one row of the output describes, for errors.
    """

    pictures: Shape
    answers: Shape
    shown: str

    def answers_for(self, pictures: tuple[int, ...]) -> tuple[int, ...]:
        """Return the output shape for a batch of images of shape (N, height, width)."""
        return tuple(
            size if size is not None else columns_of(pictures[-1])
            for size in (pictures[0], *self.answers)
        )


SIGNATURES = {
    Kind.CLASSIFIER: Signature((DIGIT_SIDE, DIGIT_SIDE), (probabilities.COLUMNS,), "digit"),
    Kind.READER: Signature((LINE_ROWS, None), (None, symbols.COLUMNS), "column"),
}
"""A classifier outputs the columns of `probabilities`, a reader those of `symbols`."""


def columns_of(width: int) -> int:
    """Return the number of output columns for a line of this width: one per two pixels.

    >>> columns_of(96), columns_of(7)
    (48, 4)
    """
    return (width + 1) // 2
