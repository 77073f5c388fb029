"""Runs the reader network: lines of writing in, probabilities by column out.

Lines of all images go through the network together, in a few widths. A line that is wider than
those which the network learned on is read in parts that overlap by more than it sees to either
side of a column, so that the result equals that of the line in one piece.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from digitnet.model.bundle import Bundle
from digitnet.model.kinds import Kind, columns_of
from digitnet.model.litert import Networks
from digitnet.model.symbols import COLUMNS
from digitnet.reading.ctc import Columns
from digitnet.vision.line_image import LINE_HEIGHT, LINE_WIDTHS, PAPER, padded_width

MAX_WIDTH = LINE_WIDTHS[-1]

OVERLAP = 160
"""Pixels that parts of a line have in common; the network sees 72 to either side."""

BATCH_COLUMNS = 1536
"""Pixels of width in one run of the network: the activations of more do not fit in the cache.
"""


class Reader:
    """Reads lines with one trained model. It may be used by several threads at once.

    Args:
        model: a reader's bundle.

    Raises:
        BundleError: the network is damaged, or not a reader's.
    """

    def __init__(self, model: Bundle) -> None:
        self.model = model
        self._networks = Networks(model.tflite, model.name, Kind.READER)

    def read(self, lines: Sequence[NDArray[np.uint8]]) -> list[Columns]:
        """Read lines of any width.

        Args:
            lines: uint8 (32, W) each, as `digitnet.vision.line_image` makes them.

        Returns:
            For each line float32 ((W + 1) // 2, 20).

        Raises:
            BundleError: a network cannot be run.
        """
        parts = [(number, *part) for number, line in enumerate(lines) for part in _parts(line)]
        answers = [np.empty((columns_of(line.shape[1]), COLUMNS), np.float32) for line in lines]
        by_width: dict[int, list[int]] = defaultdict(list)
        for place, (_, part, _, _) in enumerate(parts):
            by_width[padded_width(part.shape[1])].append(place)
        for width, places in sorted(by_width.items()):
            at_once = max(1, BATCH_COLUMNS // width)
            for start in range(0, len(places), at_once):
                some = places[start : start + at_once]
                batch = np.full((len(some), LINE_HEIGHT, width), PAPER, np.uint8)
                for row, place in enumerate(some):
                    part = parts[place][1]
                    batch[row, :, : part.shape[1]] = part
                for place, said in zip(some, self._networks.answer(batch), strict=True):
                    number, _, own, kept = parts[place]
                    answers[number][own] = said[kept]
        return answers


def _parts(line: NDArray[np.uint8]) -> Iterator[tuple[NDArray[np.uint8], slice, slice]]:
    """Cut a line into parts of at most the widest width.

    Yields:
        The part, and the output columns that it covers best, up to the middle of what it
        has in common with its neighbours, and the same columns in its own answer.
    """
    width = line.shape[1]
    start = begin = 0
    while start + MAX_WIDTH < width:
        end = (start + MAX_WIDTH - OVERLAP // 2) // 2
        yield line[:, start : start + MAX_WIDTH], *_columns(begin, end, start)
        start, begin = start + MAX_WIDTH - OVERLAP, end
    yield line[:, start:], *_columns(begin, columns_of(width), start)


def _columns(begin: int, end: int, start: int) -> tuple[slice, slice]:
    """Columns of a line's answer, and of that of a part that starts at a pixel of the line."""
    return slice(begin, end), slice(begin - start // 2, end - start // 2)
