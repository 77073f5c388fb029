"""A drawing of a line before it is photographed: ink, clutter, and where the symbols are."""

from typing import NamedTuple

from digitnet.synthesis.characters.pens import Picture


class PlacedSymbol(NamedTuple):
    """A symbol (see `digitnet.model.symbols`), and the columns of a line from left to right.

    If several have the same columns, their individual positions are unknown.
    """

    symbol: int
    left: float
    right: float


class Drawing(NamedTuple):
    """Ink and clutter, uint8 of one shape, white on black, and the symbols in their columns."""

    ink: Picture
    clutter: Picture
    symbols: list[PlacedSymbol]
