"""What is written in an image: the answer, without anything that is needed to find it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from digitnet.vision import Region

UNSURE = "?"
"""Stands in `Prediction.digits` for a digit that the network is not sure of."""


JSON_DECIMALS = 6
"""float32 has about seven digits; further ones would be noise."""


@dataclass(frozen=True)
class Box:
    """One digit of an image.

    Attributes:
        digit: 0-9, or None where the network is not sure of it, or of more than a third of
            the image, or where the image has more than is read.
        confidence: the probability (0-1) of the likeliest digit.
        x: left edge, in pixels of the image as it is seen.
        y: top edge.
        width: of the bounding box.
        height: of the bounding box.
        row: number of the line of writing, from 0 at the top.
        probabilities: of the digits 0 to 9; they sum to 1.
        seen: (28, 28) uint8, what the network was shown: white ink (255) on black (0). It has no
            part in comparisons.
    """

    digit: int | None
    confidence: float
    x: int
    y: int
    width: int
    height: int
    row: int
    probabilities: tuple[float, ...]
    seen: "NDArray[np.uint8]" = field(repr=False, compare=False)

    @property
    def answer(self) -> str:
        """The digit, or `UNSURE` for none."""
        return UNSURE if self.digit is None else str(self.digit)

    @property
    def likeliest(self) -> int:
        """The digit 0-9 of the highest probability, whether it is answered or not."""
        return self.probabilities.index(max(self.probabilities))

    def to_dict(self) -> dict[str, Any]:
        """All but `seen`, for JSON: the probabilities have six decimals."""
        return {
            "digit": self.digit,
            "confidence": round(self.confidence, JSON_DECIMALS),
            "x": self.x,
            "y": self.y,
            "width": self.width,
            "height": self.height,
            "row": self.row,
            "probabilities": [round(p, JSON_DECIMALS) for p in self.probabilities],
        }


@dataclass(frozen=True)
class Prediction:
    """What is written in one image.

    Attributes:
        digits: in reading order, rows joined by a space, `?` for a digit that is not named,
            "" where there is no digit.
        confidence: the probability (0-1) that the whole answer is right; None without a digit, 0
            where something was left out.
        boxes: the digits one by one, in reading order.
    """

    digits: str
    confidence: float | None
    boxes: tuple[Box, ...]

    @property
    def sure(self) -> bool:
        """Whether there is a digit, and the network is sure of each."""
        return bool(self.boxes) and UNSURE not in self.digits

    def to_dict(self) -> dict[str, Any]:
        """For JSON, with the names that a line of `predict --format jsonl` has."""
        confidence = self.confidence
        return {
            "digits": self.digits,
            "confidence": None if confidence is None else round(confidence, JSON_DECIMALS),
            "boxes": [box.to_dict() for box in self.boxes],
        }


def too_many_refused(refused: int, count: int) -> bool:
    """Whether none of an image's digits is named.

    Where more than a third is no digit, what looks like one is a letter or a part of a thing, too.

    Args:
        refused: how many the network is not sure of.
        count: of all.
    """
    return 3 * refused > count


def make_prediction(
    regions: "Sequence[Region]",
    probabilities: Sequence[Sequence[float]],
    threshold: float,
    *,
    complete: bool = True,
) -> Prediction:
    """The answer to an image.

    Args:
        regions: its digits to be, in reading order.
        probabilities: of the digits 0 to 9, for each region.
        threshold: the probability below which a digit is not named.
        complete: nothing that may be a digit was left out; else none is named, and the confidence
            is 0.
    """
    confidences = [max(row) for row in probabilities]
    sure = [confidence >= threshold for confidence in confidences]
    none = not complete or too_many_refused(sure.count(False), len(sure))
    digits = ""
    boxes: list[Box] = []
    for region, row, confidence, named in zip(
        regions, probabilities, confidences, sure, strict=True
    ):
        box = Box(
            digit=row.index(confidence) if named and not none else None,
            confidence=confidence,
            x=region.x,
            y=region.y,
            width=region.width,
            height=region.height,
            row=region.row,
            probabilities=tuple(row),
            seen=region.digit,
        )
        if boxes and box.row != boxes[-1].row:
            digits += " "
        digits += box.answer
        boxes.append(box)
    confidence = math.prod(confidences) if complete else 0.0
    return Prediction(digits, confidence if boxes else None, tuple(boxes))
