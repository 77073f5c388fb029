"""The text of a line: numbers in common notations, and words.

A text is a string. Digits, the marks of `digitnet.model.symbols` and single spaces (wide gaps) have
their own symbols; the reader's symbol for any other character is `OTHER`.
"""

import math

import numpy as np

from digitnet.model.symbols import DIGITS
from digitnet.synthesis.characters.alphabets import DIGIT_LIKE, LETTERS, UPPER
from digitnet.synthesis.lines.chance import pick, weighted

ROUND = 0.3
"""Probability that an amount is rounded to a random power of ten."""

MAX_DIGITS = 20
"""Maximum number of digits in a number."""

HAND_DRAWN_FOREIGN = "αεημλνπυχωΓΔΞΠΣΩжицшюялдשא木大中山王小"
"""Foreign letters that are drawn stroke by stroke and do not look like a digit."""
LONE_SIGNS = "#$%&?@<>€£✓✗"
"""Signs that do not look like a digit or a mark, even in isolation."""
SIGNS = LONE_SIGNS + "*^"
"""Signs that may appear before or after a number; brackets are added separately."""

_LENGTHS = tuple(
    zip(
        range(1, MAX_DIGITS + 1),
        [17, 16, 15, 13, 11, 8, 5.5, 4, 3, 2, 1.2, 0.8, 0.6, 0.6, 0.5, 0.5, 0.4, 0.3, 0.3, 0.3],
        strict=True,
    )
)
"""Numbers of digits, with weights: most numbers are short, a few have 20 digits."""

_BENFORD = tuple((digit, math.log10(1 + 1 / int(digit))) for digit in DIGITS[1:])
"""Leading digits of amounts, with their frequencies (Benford 1938)."""


def make_text(rng: np.random.Generator) -> str:
    """Make a number, amount, date, phone number, sum, decimal, time, group of numbers or words."""
    kind = weighted(_KINDS, rng)
    text = kind(rng)
    if kind in (word, sentence):
        return text
    return _surrounded(text, rng)


def make_lone_other(rng: np.random.Generator) -> str:
    """Make an isolated letter, sign or mark."""
    if rng.random() < 0.25:
        return pick("-+=", rng)  # alone, a point is a speck, a comma a stain, a slash a 1
    if rng.random() < 0.25:
        return pick(HAND_DRAWN_FOREIGN, rng)
    return pick(LONE_SIGNS, rng) if rng.random() < 0.4 else _plain_letter(rng)


def digits(count: int, rng: np.random.Generator) -> str:
    """Make `count` digits: sometimes all the same, sometimes ending in zeros, which often touch."""
    drawn = "".join(DIGITS[digit] for digit in rng.integers(0, 10, count))
    kind = rng.random()
    if kind < 0.1 and count:
        return drawn[0] * count
    if kind < 0.25:
        zeros = int(rng.integers(0, count + 1))
        return drawn[: count - zeros] + "0" * zeros
    return drawn


def number(rng: np.random.Generator) -> str:
    """Make a number of 1 to 20 digits."""
    return digits(weighted(_LENGTHS, rng), rng)


def amount(rng: np.random.Generator) -> str:
    """Make an amount of money, with thousands separators, cents, and signs against tampering."""
    whole = weighted(_BENFORD, rng) + digits(int(rng.integers(0, 6)), rng)
    if rng.random() < ROUND:
        kept = int(rng.integers(1, len(whole) + 1))
        whole = whole[:kept] + "0" * (len(whole) - kept)
    point, thousands = (".", ",") if rng.random() < 0.5 else (",", ".")
    if rng.random() < 0.2:
        thousands = " "
    if len(whole) > 3 and rng.random() < 0.55:
        whole = whole[:-3] + thousands + whole[-3:]
    cents = [
        (point + digits(2, rng), 0.6),
        (point + "-", 0.08),
        ("/100", 0.04),
        (".-", 0.04),
        ("", 0.24),
    ]
    text = whole + weighted(cents, rng)
    kind = rng.random()
    if kind < 0.2:
        return pick("$#*€£=", rng) + pick(["", "", " "], rng) + text
    if kind < 0.33:
        return text + pick(["-", "=", "#", "$", " €", "€", ".-", "/-", "*"], rng)
    return "-" + text if kind < 0.38 else text


def date(rng: np.random.Generator) -> str:
    """Make a date of day, month and year, in common orders and notations."""
    mark = pick("/.-/.- ", rng)
    long_year = rng.random() < 0.6
    year = str(rng.integers(1900, 2100)) if long_year else f"{rng.integers(100):02d}"
    day, month = _padded(31, rng), _padded(12, rng)
    orders = [(day, month, year), (day, month, year), (month, day, year), (year, month, day)]
    order = pick(orders, rng)
    parts = order[:2] if rng.random() < 0.1 else order
    gap = " " if mark != " " and rng.random() < 0.08 else ""
    return (gap + mark + gap).join(parts)


def phone(rng: np.random.Generator) -> str:
    """Make a phone number, with gaps, hyphens, points, slashes or an area code in brackets."""
    groups = [digits(int(rng.integers(2, 5)), rng) for _ in range(rng.integers(2, 6))]
    kind = rng.random()
    if kind < 0.15:
        return f"({groups[0]}) " + "-".join(groups[1:])
    if kind < 0.35:
        groups[0] = "+" + groups[0]
    mark = pick(" --./ ", rng)
    return mark.join(groups)


def arithmetic(rng: np.random.Generator) -> str:
    """Make a sum, difference, product or quotient, with or without its result."""
    terms = [digits(int(rng.integers(1, 4)), rng) for _ in range(rng.integers(2, 5))]
    text = terms[0]
    for term in terms[1:]:
        text += pick("++-:/x", rng) + term
    if rng.random() < 0.6:
        text += "=" + (digits(int(rng.integers(1, 4)), rng) if rng.random() < 0.7 else "")
    if rng.random() < 0.1:
        text = f"({text})"
    return text.replace("+", " + ").replace("=", " = ").strip() if rng.random() < 0.15 else text


def decimal(rng: np.random.Generator) -> str:
    """Make a number with a decimal point or comma, sometimes signed or a percentage."""
    whole, fraction = digits(int(rng.integers(1, 5)), rng), digits(int(rng.integers(1, 5)), rng)
    ending = pick(["", "", "", "", "%"], rng)
    return pick(["", "", "-", "+"], rng) + whole + pick(".,", rng) + fraction + ending


def signed(rng: np.random.Generator) -> str:
    """Make a whole number with a sign."""
    return pick("-+", rng) + digits(int(rng.integers(1, 6)), rng)


def time(rng: np.random.Generator) -> str:
    """Make a time of day."""
    text = f"{rng.integers(24)}:{rng.integers(60):02d}"
    return text + f":{rng.integers(60):02d}" if rng.random() < 0.2 else text


def groups(rng: np.random.Generator) -> str:
    """Make two to five numbers separated by wide gaps."""
    return " ".join(digits(int(rng.integers(1, 6)), rng) for _ in range(rng.integers(2, 6)))


def ticked(rng: np.random.Generator) -> str:
    """Make a tick or a cross followed by a number."""
    return pick("✓✗", rng) + pick(["", " "], rng) + digits(int(rng.integers(1, 4)), rng)


def word(rng: np.random.Generator) -> str:
    """Make a word of 1 to 9 letters, at least half of which do not look like digits."""
    count = int(rng.integers(1, 10))
    pool = UPPER if rng.random() < 0.3 else UPPER.lower()
    drawn = [
        pick(pool, rng) if rng.random() < 0.5 else _plain_letter(rng, pool) for _ in range(count)
    ]
    drawn[: (count + 1) // 2] = [_plain_letter(rng, pool) for _ in range((count + 1) // 2)]
    order = rng.permutation(count)
    text = "".join(drawn[place] for place in order)
    return text[0].upper() + text[1:] if count > 2 and rng.random() < 0.3 else text


_FREQUENCIES = (
    *(("e", 12.7), ("t", 9.1), ("a", 8.2), ("o", 7.5), ("i", 7.0), ("n", 6.7), ("s", 6.3)),
    *(("h", 6.1), ("r", 6.0), ("d", 4.3), ("l", 4.0), ("c", 2.8), ("u", 2.8), ("m", 2.4)),
    *(("w", 2.4), ("f", 2.2), ("g", 2.0), ("y", 2.0), ("p", 1.9), ("b", 1.5), ("v", 1.0)),
    *(("k", 0.8), ("j", 0.15), ("x", 0.15), ("q", 0.1), ("z", 0.07)),
)
"""Letter frequencies in English, in percent."""


def natural_word(rng: np.random.Generator) -> str:
    """Make a word with the letter frequencies of English.

    More letters look like digits than in `word`, but at most half of them.
    """
    while True:
        text = "".join(weighted(_FREQUENCIES, rng) for _ in range(rng.integers(2, 11)))
        if 2 * sum(letter in DIGIT_LIKE for letter in text) <= len(text):
            break
    kind = rng.random()
    return text.upper() if kind < 0.08 else text.capitalize() if kind < 0.3 else text


def sentence(rng: np.random.Generator) -> str:
    """Make two to seven words, sometimes with a number among them."""
    words = [natural_word(rng) for _ in range(rng.integers(2, 8))]
    if rng.random() < 0.2:
        words[int(rng.integers(len(words)))] = number(rng)
    return " ".join(words)


_KINDS = (
    (number, 0.45),
    (amount, 0.15),
    (date, 0.08),
    (phone, 0.06),
    (arithmetic, 0.04),
    (decimal, 0.08),
    (signed, 0.03),
    (time, 0.02),
    (groups, 0.05),
    (ticked, 0.01),
    (word, 0.05),
    (sentence, 0.06),
)


def _surrounded(text: str, rng: np.random.Generator) -> str:
    """Add a word, a sign or brackets to some texts."""
    kind = rng.random()
    if kind < 0.05:
        return word(rng) + pick([" ", "", ": ", ". "], rng) + text
    if kind < 0.09:
        return text + pick([" ", "", "", "."], rng) + word(rng)[:4]
    if kind < 0.12:
        return pick(SIGNS, rng) + text
    if kind < 0.15:
        return text + pick(SIGNS, rng)
    if kind < 0.165:
        return pick(["({})", "[{}]", "{}.", "{}:", "={}"], rng).format(text)
    return text


def _padded(highest: int, rng: np.random.Generator) -> str:
    """Make a number from 1 to `highest`, mostly with two digits."""
    value = int(rng.integers(1, highest + 1))
    return f"{value:02d}" if rng.random() < 0.75 else str(value)


def _plain_letter(rng: np.random.Generator, pool: str = LETTERS) -> str:
    """Pick a letter that does not look like a digit."""
    while (letter := pick(pool, rng)) in DIGIT_LIKE:
        pass
    return letter
