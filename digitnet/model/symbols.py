"""The alphabet of the reader network: what a column of its answer stands for.

A symbol is an index into `SYMBOLS`: the ten digits, seven marks, a wide gap between two numbers or
words, and `OTHER` for writing that is none of them. The network has one column more, the last, for
places where no symbol is.
"""

from collections.abc import Iterable

DIGITS = "0123456789"
MARKS = ".,-/:+="
GAP = " "
OTHER = "#"
"""How writing that is no digit and no mark is shown; the number sign itself is such writing."""

SYMBOLS = DIGITS + MARKS + GAP + OTHER
BLANK = len(SYMBOLS)
"""The column of places without a symbol."""
COLUMNS = BLANK + 1


def symbol_of(character: str) -> int:
    """The symbol that a written character is, 0 to 18.

    >>> [symbol_of(character) for character in "7- x"]
    [7, 12, 17, 18]
    """
    found = SYMBOLS.find(character)
    return found if found >= 0 else SYMBOLS.index(OTHER)


def spell(symbols: Iterable[int]) -> str:
    """Symbols as text.

    >>> spell([1, 2, 11, 5])
    '12,5'
    """
    return "".join(SYMBOLS[symbol] for symbol in symbols)
