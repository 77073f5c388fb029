"""Predictions: what was read in an image."""

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
"""Replaces an uncertain symbol."""

JSON_DECIMALS = 6
"""Decimals of probabilities in JSON; float32 has about seven significant digits."""

PAPER_MARGIN_PX = 4
"""White margin around ink that is shown without its image."""


@dataclass(frozen=True)
class Box:
    """One symbol in an image: a digit or a mark.

    Attributes:
        digit: 0-9; None for a mark or an uncertain digit.
        symbol: the digit or the mark, or `UNSURE`.
        confidence: the probability (0-1) of the most likely symbol.
        x: left edge of the bounding box, in pixels of the image as displayed.
        y: top edge of the bounding box.
        width: width of the bounding box.
        height: height of the bounding box.
        row: index of the line of writing, from 0 at the top.
        probabilities: those of the digits 0 to 9, summing to 1; empty for a mark.
        raw: the most likely symbol, even if it is uncertain.
        ink: (H, W) uint8, its ink map, 0 (paper) to 255 (full ink). Not compared by `==`.
        after_gap: whether a wide gap precedes it.
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
        """(28, 28) uint8, the input of a classifier: white ink (255) on black (0)."""
        from digitnet.vision.normalize import SIDE, is_normal, normalize

        is_digit = self.ink.shape == (SIDE, SIDE) and is_normal(self.ink)
        return self.ink if is_digit else normalize(self.ink)

    @property
    def is_mark(self) -> bool:
        """Whether it is a mark rather than a digit."""
        return not self.probabilities

    def to_dict(self) -> dict[str, Any]:
        """The fields of JSON Lines, with probabilities rounded to six decimals."""
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
        digits: the digits, with `?` for uncertain ones; "" in an empty cell.
        text: the same with marks, and a space for each wide gap.
        raw: the most likely digits, before uncertain ones are replaced by `?`.
        confidence: the probability (0-1) that the digits are right, or that the cell is empty.
        x: left edge of the bounding box, in pixels of the image as displayed.
        y: top edge of the bounding box.
        width: width of the bounding box.
        height: height of the bounding box.
        boxes: its symbols; their row is the row of the table.
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
        """The fields of JSON Lines."""
        own = {name: getattr(self, name) for name in _CELL_FIELDS}
        own["confidence"] = round(self.confidence, JSON_DECIMALS)
        return own | {"boxes": [box.to_dict() for box in self.boxes]}


_CELL_FIELDS = ("digits", "text", "raw", "confidence", "x", "y", "width", "height")


@dataclass(frozen=True)
class Prediction:
    """What was read in one image.

    Attributes:
        digits: the digits in reading order, rows joined by a space, `?` for uncertain digits; "" if
            there is no digit.
        text: the same with marks, and a space for each wide gap.
        raw: the most likely digits, before uncertain ones are replaced by `?`.
        confidence: the probability (0-1) that the digits are right; None without digits, 0 if
            some writing was not read.
        boxes: the symbols in reading order.
        grid: the cells of the table by row, empty cells included, if a table was requested. All
            rows have the same length.
        original: the source of `picture`, if it was kept. Not compared by `==`.
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
        """Whether there are digits, none of them uncertain."""
        return bool(self.digits) and UNSURE not in self.digits

    def of_length(self, lengths: range) -> "Prediction":
        """Check the number of digits in all rows together.

        If it is not in `lengths`, some digit must be wrong, so each symbol becomes `?` and the
        confidence 0; `raw` keeps what was read. In a table, each cell with digits is checked.
        """
        if self.grid is not None:
            grid = make_grid([[_of_length(cell, lengths) for cell in row] for row in self.grid])
            return replace(grid, original=self.original)
        if sum(not box.is_mark for box in self.boxes) in lengths:
            return self
        unnamed = [replace(box, digit=None, symbol=UNSURE) for box in self.boxes]
        return replace(make_prediction(unnamed, 0.0), original=self.original)

    def to_dict(self) -> dict[str, Any]:
        """The fields of a line of `predict --format jsonl`."""
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
        """(H, W) uint8, the image in grayscale, 0 (dark) to 255 (light), decoded again.

        If it was not kept (`predict_many` keeps paths only) or can no longer be read, this is the
        ink of the boxes on white.
        """
        decoded = self.original.decode() if self.original else None
        return _ink_on_paper(self.boxes) if decoded is None else decoded

    def plot(self, *, title: str = "", stages: "Stages | None" = None) -> "Figure":
        """Draw the image with bounding boxes, answers, confidences and the reading order.

        Args:
            title: shown above the image.
            stages: draw every stage as well: `recognizer.find_lines(picture)`.

        Returns:
            A Matplotlib figure, which a notebook shows and `savefig` writes.
        """
        import digitnet  # imported on demand: these packages depend on this one

        return digitnet.plots.prediction_figure(self.picture, self, title, stages)

    def _repr_html_(self) -> str:
        """The image with bounding boxes and bar charts of the probabilities, for notebooks."""
        import digitnet

        return digitnet.output.prediction_html(self)


def _ink_on_paper(boxes: Sequence[Box]) -> "NDArray[np.uint8]":
    """Draw the ink of the boxes at its position, black on white; (H, W) uint8."""
    import cv2
    import numpy as np

    right = max((box.x + box.width for box in boxes), default=0) + PAPER_MARGIN_PX
    bottom = max((box.y + box.height for box in boxes), default=0) + PAPER_MARGIN_PX
    paper = np.full((bottom, right), 255, np.uint8)
    for box in boxes:
        ink = cv2.resize(box.ink, (box.width, box.height), interpolation=cv2.INTER_AREA)
        place = paper[box.y : box.y + box.height, box.x : box.x + box.width]
        np.minimum(place, 255 - ink, out=place)
    return paper


def make_prediction(boxes: Sequence[Box], confidence: float) -> Prediction:
    """Combine the symbols of an image into a prediction.

    Args:
        boxes: its symbols, in reading order.
        confidence: the probability (0-1) that its digits are right.
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
    """Combine the symbols of a table cell.

    Args:
        boxes: its symbols.
        confidence: the probability (0-1) that its digits are right, or that it is empty.
        place: x, y, width and height.
    """
    read = make_prediction(boxes, confidence)
    return Cell(read.digits, read.text, read.raw, confidence, *place, read.boxes)


def make_grid(cells: Sequence[Sequence[Cell]]) -> Prediction:
    """Combine the cells of a table. Rows are joined by a space; in `text`, cells are as well."""
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
    """Join the symbols of each row, and the rows by a space."""
    rows = groupby(symbols, key=lambda symbol: symbol[0])
    return " ".join("".join(text for _, text in row).strip() for _, row in rows)
