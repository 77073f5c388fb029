"""The edit distance between two sequences (Levenshtein 1966)."""

from collections.abc import Sequence


def edit_distance(one: Sequence[object], other: Sequence[object]) -> int:
    """Return how many insertions, deletions and replacements turn one sequence into the other.

    >>> edit_distance([1, 2, 3], [2, 3, 4]), edit_distance("12", "123")
    (2, 1)
    """
    row = list(range(len(other) + 1))
    for count, item in enumerate(one, 1):
        before, row[0] = row[0], count
        for place, wanted in enumerate(other, 1):
            before, row[place] = (
                row[place],
                min(before + (item != wanted), row[place] + 1, row[place - 1] + 1),
            )
    return row[-1]
