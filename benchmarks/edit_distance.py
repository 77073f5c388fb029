"""How far what was read is from what was written."""


def edit_distance(a: str, b: str) -> int:
    """Insertions, deletions and replacements that turn one string into the other (Levenshtein)."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        above, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (x != y))
    return row[-1]
