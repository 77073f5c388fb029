"""Training targets of a reader: the class of each column, and the sequence of symbols.

Both are packed into one integer array, because Keras takes one target per output.
"""

import math
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitnet.model.kinds import columns_of
from digitnet.model.symbols import BLANK, OTHER, SYMBOLS
from digitnet.synthesis.lines.drawing import PlacedSymbol
from digitnet.synthesis.lines.line import Line
from digitnet.vision.line_image import LINE_HEIGHT, PAPER, normalize_line

Batch = tuple[NDArray[np.uint8], NDArray[np.int32]]
"""Lines of one width, uint8 (N, 32, W), and their targets, int32 (N, W / 2 + `MAX_LABELS`): the
class of each column, 0 to 19, or -1 if unknown, followed by the labels, padded with -1."""

MAX_LABELS = 48
"""Maximum number of symbols in a line; fixed, because TensorFlow would build a graph for each
size."""
NO_LABEL = -1
"""Padding after the last label."""
UNKNOWN = -1
"""Class of columns with symbols of unknown position, which contribute through the CTC loss
alone."""

PEAK = 0.22
"""A symbol has the columns within this distance of its center, relative to its width.

`OTHER`, which may be a word, has all columns with its ink.
"""
MIN_PEAK = 0.5
"""Minimum of this distance, in columns: even the narrowest symbol has one column."""

_OTHER = SYMBOLS.index(OTHER)


class OwnLine(NamedTuple):
    """A line whose symbols are known, but not their positions.

    Attributes:
        picture: uint8 (32, W), as `digitnet.vision.line_image` makes it.
        labels: its symbols, indices into `SYMBOLS`.
    """

    picture: NDArray[np.uint8]
    labels: tuple[int, ...]


def labels_of(symbols: Sequence[PlacedSymbol]) -> list[int]:
    """Return the labels of a line. A run of `OTHER` is one label, because it cannot be counted."""
    labels: list[int] = []
    for placed in symbols:
        if placed.symbol != _OTHER or labels[-1:] != [_OTHER]:
            labels.append(placed.symbol)
    return labels


def classes_of(symbols: Sequence[PlacedSymbol], columns: int) -> NDArray[np.int32]:
    """Return the class of each column of a line: a symbol, or `BLANK`.

    Args:
        symbols: the symbols with their positions in pixels; a column is two pixels wide.
        columns: the number of columns of the padded line.

    Returns:
        int32 (columns,); `UNKNOWN` where several symbols have the same position.
    """
    classes = np.full(columns, BLANK, np.int32)
    last: PlacedSymbol | None = None
    counts = Counter(placed[1:] for placed in symbols)
    for placed in symbols:
        left, right = placed.left / 2, placed.right / 2
        if counts[placed[1:]] > 1:
            classes[max(int(left), 0) : math.ceil(right)] = UNKNOWN
            continue
        if placed.symbol == _OTHER:
            if last and last.symbol == _OTHER:
                left = last.right / 2  # a run includes the columns between its symbols
            start, end = int(np.floor(left)), int(np.ceil(right))
        else:
            reach = max(MIN_PEAK, PEAK * (right - left))
            middle = (left + right) / 2
            start = round(middle - reach - 0.01)  # if two columns are equally near, the first
            end = max(start + 1, round(middle + reach))
        classes[max(start, 0) : max(end, 0)] = placed.symbol
        last = placed
    return classes


def pack(lines: Sequence[Line | OwnLine], width: int) -> Batch:
    """Pack lines, padded with paper on the right, and their targets into a batch.

    Args:
        lines: none wider than `width`, none with more than `MAX_LABELS` labels.
        width: the width of the batch in pixels, an even number.
    """
    columns = columns_of(width)
    pictures = np.full((len(lines), LINE_HEIGHT, width), PAPER, np.uint8)
    targets = np.full((len(lines), columns + MAX_LABELS), NO_LABEL, np.int32)
    for picture, target, line in zip(pictures, targets, lines, strict=True):
        if isinstance(line, OwnLine):
            own, labels = line.picture, list(line.labels)
            classes = np.full(columns, BLANK, np.int32)
            classes[: columns_of(own.shape[1])] = UNKNOWN
        else:
            own, labels = normalize_line(line.gray), labels_of(line.symbols)
            classes = classes_of(line.symbols, columns)
        picture[:, : own.shape[1]] = own
        target[:columns] = classes
        target[columns : columns + len(labels)] = labels
    return pictures, targets
