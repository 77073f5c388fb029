"""The layout of a handwriting sheet, as `digitnet sheet` prints it and `train` reads it.

Lengths are in millimetres. Positions are x to the right and y down, from the upper left corner of
the frame. The four corner marks are in the corners of the frame. The frame has the same size on
every paper, so a photo can be read without knowing the paper size.
"""

from enum import StrEnum


class Paper(StrEnum):
    """Paper size."""

    A4 = "a4"
    LETTER = "letter"


PAPER_SIZES = {Paper.A4: (210.0, 297.0), Paper.LETTER: (215.9, 279.4)}
"""Width and height of the paper."""

FRAME = (180.0, 242.0)
"""Width and height of the frame, centred on the paper, in the printable area of any printer."""

MARK_SIDE = 12.0
MARK_PLACES = tuple(
    (x, y) for y in (0.0, FRAME[1] - MARK_SIDE) for x in (0.0, FRAME[0] - MARK_SIDE)
)
"""Upper left corners of the marks. The index is the ID of the mark, which identifies the corner.
A sheet with another layout would need marks with other IDs."""

MARK_DICTIONARY = "DICT_5X5_50"
"""OpenCV's name of the dictionary of ArUco markers (Garrido-Jurado et al. 2014): 5 x 5 modules in a
black border one module wide."""

COLUMNS, ROWS = 10, 10
BOX_SIDE = 14.0
"""Side of a box, measured between the middles of its walls."""
PITCH = (18.0, 20.0)
"""Distance from box to box, across and down."""
FIRST_BOX = ((FRAME[0] - 9 * PITCH[0] - BOX_SIDE) / 2, 21.0)
"""Upper left corner of the upper left box."""


def boxes() -> list[tuple[float, float, int]]:
    """Return the upper left corner of each box, x and y, and its digit, row by row.

    >>> boxes()[:2]
    [(2.0, 21.0, 0), (20.0, 21.0, 1)]
    """
    return [
        (FIRST_BOX[0] + column * PITCH[0], FIRST_BOX[1] + row * PITCH[1], column % 10)
        for row in range(ROWS)
        for column in range(COLUMNS)
    ]
