"""The layout of a handwriting sheet, as `digitnet sheet` prints it and `train` reads it.

Lengths are in millimetres, places x and y from the upper left corner of the frame, to the right and
down. The four corner marks are the corners of the frame, which is the same on every paper, so a
photo does not depend on the paper size.
"""

from enum import StrEnum


class Paper(StrEnum):
    """Paper size."""

    A4 = "a4"
    LETTER = "letter"


PAPER_SIZES = {Paper.A4: (210.0, 297.0), Paper.LETTER: (215.9, 279.4)}
"""Width and height."""

FRAME = (180.0, 242.0)
"""Width and height, centred on the paper, within the printable area of every printer."""

MARK_SIDE = 12.0
MARK_PLACES = tuple(
    (x, y) for y in (0.0, FRAME[1] - MARK_SIDE) for x in (0.0, FRAME[0] - MARK_SIDE)
)
"""Upper left corners of the marks. The index of a mark identifies its corner. (A
sheet with another layout needs marks with other numbers.)"""

MARK_DICTIONARY = "DICT_5X5_50"
"""Of ArUco markers (Garrido-Jurado et al. 2014), by OpenCV's name: 5 x 5 modules in a black border
one module wide."""

COLUMNS, ROWS = 10, 10
BOX_SIDE = 14.0
"""Of a box, in the middle of its walls."""
PITCH = (18.0, 20.0)
"""From box to box, across and down."""
FIRST_BOX = ((FRAME[0] - 9 * PITCH[0] - BOX_SIDE) / 2, 21.0)
"""The upper left corner of the upper left box."""


def boxes() -> list[tuple[float, float, int]]:
    """The upper left corners x and y of all boxes, row by row, and the digit that belongs in each.

    >>> boxes()[:2]
    [(2.0, 21.0, 0), (20.0, 21.0, 1)]
    """
    return [
        (FIRST_BOX[0] + column * PITCH[0], FIRST_BOX[1] + row * PITCH[1], column % 10)
        for row in range(ROWS)
        for column in range(COLUMNS)
    ]
