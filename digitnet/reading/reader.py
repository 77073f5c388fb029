"""Runs the reader network: lines of writing in, symbol probabilities for each column out.

The lines of all images are batched together, padded to a few widths. A line that is wider than the
training lines is read in overlapping parts. The overlap covers the network's receptive field, so
the result equals that of reading the line in one piece.
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

MAX_WIDTH_PX = LINE_WIDTHS[-1]

OVERLAP_PX = 160
"""Overlap of neighbouring parts, in pixels; the receptive field has 74 to either side."""

BATCH_WIDTH_PX = 1536
"""Total width of a batch, in pixels: the activations of a larger batch do not fit in the cache."""


class Reader:
    """Reads lines with one trained model. Thread-safe.

    Args:
        model: a reader's bundle.

    Raises:
        BundleError: the network is damaged, or is not a reader.
    """

    def __init__(self, model: Bundle) -> None:
        self.model = model
        self._networks = Networks(model.tflite, model.name, Kind.READER)

    def read(self, lines: Sequence[NDArray[np.uint8]]) -> list[Columns]:
        """Read lines of any width.

        Args:
            lines: (32, W) uint8 each, as made by `digitnet.vision.line_image`.

        Returns:
            ((W + 1) // 2, 20) float32 for each line.

        Raises:
            BundleError: the network cannot be run.
        """
        parts = [(number, *part) for number, line in enumerate(lines) for part in _parts(line)]
        answers = [np.empty((columns_of(line.shape[1]), COLUMNS), np.float32) for line in lines]
        by_width: dict[int, list[int]] = defaultdict(list)
        for place, (_, part, _, _) in enumerate(parts):
            by_width[padded_width(part.shape[1])].append(place)
        for width, places in sorted(by_width.items()):
            at_once = max(1, BATCH_WIDTH_PX // width)
            for start in range(0, len(places), at_once):
                some = places[start : start + at_once]
                batch = np.full((len(some), LINE_HEIGHT, width), PAPER, np.uint8)
                for row, place in enumerate(some):
                    part = parts[place][1]
                    batch[row, :, : part.shape[1]] = part
                for place, answer in zip(some, self._networks.answer(batch), strict=True):
                    number, _, own, kept = parts[place]
                    answers[number][own] = answer[kept]
        return answers


def _parts(line: NDArray[np.uint8]) -> Iterator[tuple[NDArray[np.uint8], slice, slice]]:
    """Cut a line into overlapping parts of at most `MAX_WIDTH_PX` pixels.

    Yields:
        The part; the columns of the line's output that are taken from it, up to the middle of each
        overlap; and the same columns in the part's own output.
    """
    width = line.shape[1]
    start = begin = 0
    while start + MAX_WIDTH_PX < width:
        end = (start + MAX_WIDTH_PX - OVERLAP_PX // 2) // 2
        yield line[:, start : start + MAX_WIDTH_PX], *_columns(begin, end, start)
        start, begin = start + MAX_WIDTH_PX - OVERLAP_PX, end
    yield line[:, start:], *_columns(begin, columns_of(width), start)


def _columns(begin: int, end: int, start: int) -> tuple[slice, slice]:
    """Return slices of the same columns in the output of a line and in that of one of its parts.

    Args:
        begin: the first column in the output of the line.
        end: the column after the last.
        start: the pixel of the line where the part starts.
    """
    return slice(begin, end), slice(begin - start // 2, end - start // 2)
