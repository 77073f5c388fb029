"""A drawing of a line before it is photographed: ink, clutter and the positions of symbols."""

from typing import NamedTuple

from digitnet.synthesis.characters.pens import Picture


class PlacedSymbol(NamedTuple):
    """A symbol (see `digitnet.model.symbols`) and the columns it spans in a line.

    If several symbols span the same columns, their individual positions are unknown.
    """

    symbol: int
    left: float
    right: float


class Drawing(NamedTuple):
    """Ink and clutter, both uint8 (height, width), white on black, and the placed symbols."""

    ink: Picture
    clutter: Picture
    symbols: list[PlacedSymbol]
