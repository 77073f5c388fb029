"""Training targets of a reader: a class for each column, and the sequence of symbols.

Both are packed into one array of integers, because Keras takes one target for one output.
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
class of each column, 0 to 19, or -1 where nobody knows it, then the labels, with -1 behind the
last."""

MAX_LABELS = 48
"""Symbols in a line, at most: a fixed number, or TensorFlow makes a new graph for each one."""
NO_LABEL = -1
UNKNOWN = -1
"""The class of columns with symbols of unknown position: they contribute through the
CTC loss alone."""

PEAK = 0.22
"""A symbol's columns are those within this distance of its middle, as a part of its width.

`OTHER`, which may be a word, covers all its ink.
"""
MIN_PEAK = 0.5
"""That in columns, at least: one column says even the narrowest symbol."""

_OTHER = SYMBOLS.index(OTHER)


class OwnLine(NamedTuple):
    """A line whose symbols are known, but not where they stand.

    Attributes:
        picture: uint8 (32, W), as `digitnet.vision.line_image` makes it.
        labels: its symbols.
    """

    picture: NDArray[np.uint8]
    labels: tuple[int, ...]


def labels_of(symbols: Sequence[PlacedSymbol]) -> list[int]:
    """The symbols as a reader says them: a run of `OTHER` is one, for nobody can count it."""
    labels: list[int] = []
    for placed in symbols:
        if placed.symbol != _OTHER or labels[-1:] != [_OTHER]:
            labels.append(placed.symbol)
    return labels


def classes_of(symbols: Sequence[PlacedSymbol], columns: int) -> NDArray[np.int32]:
    """The class of each column of a line: a symbol, or `BLANK`.

    Args:
        symbols: with their positions in pixels; two pixels make a column.
        columns: how many the line has, with those it is padded to.

    Returns:
        int32 (columns,); `UNKNOWN` where several symbols have the same columns.
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
                left = last.right / 2  # the columns between two of a run belong to it
            start, end = int(np.floor(left)), int(np.ceil(right))
        else:
            reach = max(MIN_PEAK, PEAK * (right - left))
            middle = (left + right) / 2
            start = round(middle - reach - 0.01)  # (of two columns as near, the first)
            end = max(start + 1, round(middle + reach))
        classes[max(start, 0) : max(end, 0)] = placed.symbol
        last = placed
    return classes


def pack(lines: Sequence[Line | OwnLine], width: int) -> Batch:
    """Lines as the network takes them, padded with paper on the right, and their targets.

    Args:
        lines: none wider than `width`, none with more than `MAX_LABELS` labels.
        width: pixels, even.
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
