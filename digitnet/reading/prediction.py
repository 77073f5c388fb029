"""What is written in an image: the answer, without anything that is needed to find it."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from digitnet.model.symbols import GAP

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from digitnet.plots.stages import Stages
    from digitnet.reading.original import Original

UNSURE = "?"
"""Stands for a symbol that the network is not sure of."""

JSON_DECIMALS = 6
"""float32 has about seven digits; further ones would be noise."""

PAPER_MARGIN = 4
"""Pixels of white paper beside ink that is shown without its image."""


@dataclass(frozen=True)
class Box:
    """One symbol of an image: a digit, or a mark beside digits.

    Attributes:
        digit: 0-9, or None for a mark, and where the network is not sure of it.
        symbol: the digit or the mark, or `UNSURE`.
        confidence: the probability (0-1) of the likeliest symbol.
        x: left edge, in pixels of the image as it is seen.
        y: top edge.
        width: of the bounding box.
        height: of the bounding box.
        row: number of the line of writing, from 0 at the top.
        probabilities: of the digits 0 to 9, which sum to 1; empty for a mark.
        raw: the likeliest symbol, whether it is answered or not.
        ink: (H, W) uint8, its ink: 0 paper .. 255 full ink. It has no part in comparisons.
        after_gap: a wide gap lies before it.
    """

    digit: int | None
    symbol: str
    confidence: float
    x: int
    y: int
    width: int
    height: int
    row: int
    probabilities: tuple[float, ...]
    raw: str
    ink: "NDArray[np.uint8]" = field(repr=False, compare=False)
    after_gap: bool = False

    @property
    def seen(self) -> "NDArray[np.uint8]":
        """(28, 28) uint8, as a classifier is shown it: white ink (255) on black (0)."""
        from digitnet.vision.normalize import SIDE, is_normal, normalize

        is_digit = self.ink.shape == (SIDE, SIDE) and is_normal(self.ink)
        return self.ink if is_digit else normalize(self.ink)

    @property
    def is_mark(self) -> bool:
        """Whether it is a mark, and no digit."""
        return not self.probabilities

    def to_dict(self) -> dict[str, Any]:
        """What JSON has of it: the probabilities have six decimals."""
        return {
            "digit": self.digit,
            "symbol": self.symbol,
            "confidence": round(self.confidence, JSON_DECIMALS),
            "x": self.x,
            "y": self.y,
            "width": self.width,
            "height": self.height,
            "row": self.row,
            "probabilities": [round(p, JSON_DECIMALS) for p in self.probabilities],
        }


@dataclass(frozen=True)
class Cell:
    """One cell of a table.

    Attributes:
        digits: `?` for a digit that is not named, "" in an empty cell.
        text: the same with marks, and a space for each wide gap.
        raw: `digits` as they would be if the network were sure of each.
        confidence: the probability (0-1) that the digits are right, or that there is none.
        x: left edge of the box around it, in pixels of the image as it is seen.
        y: top edge.
        width: of that box.
        height: of that box.
        boxes: its symbols one by one; their row is that of the table.
    """

    digits: str
    text: str
    raw: str
    confidence: float
    x: int
    y: int
    width: int
    height: int
    boxes: tuple[Box, ...]

    def to_dict(self) -> dict[str, Any]:
        """What JSON has of it."""
        own = {name: getattr(self, name) for name in _CELL_FIELDS}
        own["confidence"] = round(self.confidence, JSON_DECIMALS)
        return own | {"boxes": [box.to_dict() for box in self.boxes]}


_CELL_FIELDS = ("digits", "text", "raw", "confidence", "x", "y", "width", "height")


@dataclass(frozen=True)
class Prediction:
    """What is written in one image.

    Attributes:
        digits: in reading order, rows joined by a space, `?` for a digit that is not named,
            "" where there is no digit.
        text: the same with marks, and a space for each wide gap.
        raw: `digits` as they would be if the network were sure of each.
        confidence: the probability (0-1) that the digits are right; None without a digit, 0 where
            something was left out.
        boxes: the symbols one by one, in reading order.
        grid: the cells of each row of the table, empty ones too, where one was asked for. As many
            in each row.
        original: where `picture` comes from, if it was kept. It has no part in comparisons.
    """

    digits: str
    text: str
    raw: str
    confidence: float | None
    boxes: tuple[Box, ...]
    grid: tuple[tuple[Cell, ...], ...] | None = None
    original: "Original | None" = field(default=None, repr=False, compare=False)

    @property
    def sure(self) -> bool:
        """Whether there is a digit, and the network is sure of each."""
        return bool(self.digits) and UNSURE not in self.digits

    def of_length(self, lengths: range) -> "Prediction":
        """This answer if it has such a number of digits, all rows together.

        Otherwise something was read wrongly, and nobody knows what: the same without a symbol
        named, `????`, with a confidence of 0. `raw` tells what was read. In a table each cell with
        a digit has such a number.
        """
        if self.grid is not None:
            grid = make_grid([[_of_length(cell, lengths) for cell in row] for row in self.grid])
            return replace(grid, original=self.original)
        if sum(not box.is_mark for box in self.boxes) in lengths:
            return self
        unnamed = [replace(box, digit=None, symbol=UNSURE) for box in self.boxes]
        return replace(make_prediction(unnamed, 0.0), original=self.original)

    def to_dict(self) -> dict[str, Any]:
        """For JSON, with the names that a line of `predict --format jsonl` has."""
        confidence = self.confidence
        return {
            "digits": self.digits,
            "text": self.text,
            "raw": self.raw,
            "confidence": None if confidence is None else round(confidence, JSON_DECIMALS),
            "boxes": [box.to_dict() for box in self.boxes],
        } | ({} if self.grid is None else {"grid": self._matrix()})

    def _matrix(self) -> list[list[dict[str, Any]]]:
        return [[cell.to_dict() for cell in row] for row in self.grid or ()]

    @property
    def picture(self) -> "NDArray[np.uint8]":
        """(H, W) uint8 gray as it is seen, 0 dark .. 255 light: the image, decoded again.

        Where it was not kept (`predict_many` keeps paths only) or can no longer be read, it is the
        ink of the boxes on white paper.
        """
        decoded = self.original.decode() if self.original else None
        return _ink_on_paper(self.boxes) if decoded is None else decoded

    def plot(self, *, title: str = "", stages: "Stages | None" = None) -> "Figure":
        """Draw the picture with its boxes, answers and confidences, and the order of reading.

        Args:
            title: above the picture.
            stages: every step on the way is drawn too: `recognizer.find_lines(picture)`.

        Returns:
            A figure of Matplotlib, which a notebook shows and `savefig` writes.
        """
        import digitnet  # the packages behind this one, each when it is asked for

        return digitnet.plots.prediction_figure(self.picture, self, title, stages)

    def _repr_html_(self) -> str:
        """The picture with its boxes, and bars of the probabilities, for notebooks."""
        import digitnet

        return digitnet.output.prediction_html(self)


def _ink_on_paper(boxes: Sequence[Box]) -> "NDArray[np.uint8]":
    """The ink of boxes where it was found, black on white; (H, W) uint8."""
    import cv2
    import numpy as np

    right = max((box.x + box.width for box in boxes), default=0) + PAPER_MARGIN
    bottom = max((box.y + box.height for box in boxes), default=0) + PAPER_MARGIN
    paper = np.full((bottom, right), 255, np.uint8)
    for box in boxes:
        ink = cv2.resize(box.ink, (box.width, box.height), interpolation=cv2.INTER_AREA)
        place = paper[box.y : box.y + box.height, box.x : box.x + box.width]
        np.minimum(place, 255 - ink, out=place)
    return paper


def make_prediction(boxes: Sequence[Box], confidence: float) -> Prediction:
    """The answer to an image.

    Args:
        boxes: its symbols, in reading order.
        confidence: that its digits are right.
    """
    digits = [box for box in boxes if not box.is_mark]
    rows = {box.row for box in digits}
    shown = [box for box in boxes if box.row in rows]
    return Prediction(
        digits=_join((box.row, box.symbol) for box in digits),
        text=_join((box.row, GAP * box.after_gap + box.symbol) for box in shown),
        raw=_join((box.row, box.raw) for box in digits),
        confidence=confidence if digits else None,
        boxes=tuple(shown),
    )


def make_cell(boxes: Sequence[Box], confidence: float, place: tuple[int, int, int, int]) -> Cell:
    """A cell of a table.

    Args:
        boxes: its symbols.
        confidence: that its digits are right, or that it has none.
        place: x, y, width and height.
    """
    read = make_prediction(boxes, confidence)
    return Cell(read.digits, read.text, read.raw, confidence, *place, read.boxes)


def make_grid(cells: Sequence[Sequence[Cell]]) -> Prediction:
    """The answer to a table: rows with digits joined by a space, and in `text` cells, too."""
    boxes = tuple(box for row in cells for cell in row for box in cell.boxes)
    confidence = math.prod(cell.confidence for row in cells for cell in row)
    return Prediction(
        digits=" ".join(filter(None, ("".join(cell.digits for cell in row) for row in cells))),
        text=" ".join(cell.text for row in cells for cell in row if cell.text),
        raw=" ".join(filter(None, ("".join(cell.raw for cell in row) for row in cells))),
        confidence=confidence if boxes else None,
        boxes=boxes,
        grid=tuple(map(tuple, cells)),
    )


def _of_length(cell: Cell, lengths: range) -> Cell:
    read = Prediction(cell.digits, cell.text, cell.raw, cell.confidence, cell.boxes)
    if not cell.digits or read.of_length(lengths) is read:
        return cell
    unnamed = read.of_length(lengths)
    return replace(
        cell, digits=unnamed.digits, text=unnamed.text, confidence=0.0, boxes=unnamed.boxes
    )


def _join(symbols: Iterable[tuple[int, str]]) -> str:
    """Symbols of the same row side by side, rows joined by a space."""
    rows = groupby(symbols, key=lambda symbol: symbol[0])
    return " ".join("".join(text for _, text in row).strip() for _, row in rows)
