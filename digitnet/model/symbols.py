"""The alphabet of the reader network: the meaning of its output columns.

A symbol is an index into `SYMBOLS`: the ten digits, seven marks, a wide gap between two numbers or
words, and `OTHER` for other writing. The network has one more column, the last, for the blank:
positions without a symbol.
"""

from collections.abc import Iterable

DIGITS = "0123456789"
MARKS = ".,-/:+="
GAP = " "
OTHER = "#"
"""The symbol for writing that is neither a digit nor a mark, such as the number sign itself."""

SYMBOLS = DIGITS + MARKS + GAP + OTHER
BLANK = len(SYMBOLS)
"""The column of the blank."""
COLUMNS = BLANK + 1
"""The number of columns, 20."""


def symbol_of(character: str) -> int:
    """Return the symbol of a written character, 0 to 18.

    >>> [symbol_of(character) for character in "7- x"]
    [7, 12, 17, 18]
    """
    found = SYMBOLS.find(character)
    return found if found >= 0 else SYMBOLS.index(OTHER)


def spell(symbols: Iterable[int]) -> str:
    """Convert symbols to text.

    >>> spell([1, 2, 11, 5])
    '12,5'
    """
    return "".join(SYMBOLS[symbol] for symbol in symbols)
