"""Letters and signs that are not digits, and those that look like digits.

What a person could not tell from a digit teaches a network nothing: it is left out of what is shown
as "no digit", in whatever way it is written, and is never shown as a digit either. The same goes
for the numerals of other scripts (Arabic-Indic, Devanagari, Thai, Han, ...).
"""

from digitnet.model.symbols import DIGITS

DIGIT_LIKE = frozenset("OoQDIlijJZzSsGbBqgYyTt")
"""Latin letters that, alone, a person may take for a digit or a mark."""

DIGIT_LIKE_SIGNS = frozenset("!\"'(),./:;[\\]`{|}")
"""Signs that a person may take for a 1, a 3 or an 11 where their size is not known."""

DIGIT_LIKE_FOREIGN = frozenset("βγδζθιξοσφψΒΖΙΟΤΥΦΨ" + "бвзофэБВЗОФЧЭ")
"""Greek and Cyrillic letters that some hands write as a 0, 1, 3, 4, 6, 8 or 9."""

UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LETTERS = UPPER + UPPER.lower()

LATIN = "".join(letter for letter in LETTERS if letter not in DIGIT_LIKE) + "@#&%=*~+?"
GREEK = "αεηλμπτυχωΓΔΛΞΠΣΩ"
CYRILLIC = "жкцшщюяЖКЦШЩЮЯДЛИлдимнпт"
OTHER_SCRIPTS = {
    "Hebrew": "אהחמשת",
    "Arabic": "بتثسشصضفكن",
    "Devanagari": "कखघजझञणथधनफबभमलशष",
    "Thai": "กฆฉฌญฎฏณทนบปผฝพฟมศษหฬฑฒ",
    "Georgian": "თლოქღჟ",
    "Armenian": "ԱԽՄՊԺՌՆխմպտքժկա",
    "kana": "あおかきけせなぬねはほまむめもれわをキサネホメ",
    "Hangul": "가강같국글말물별불산집책형",
    "Han": "木東京国語学海車電話書家長愛心楽食道",
}
"""Of each script, letters that nobody takes for a digit.

Left out are letters of one or two bent lines, which are like 1 and 7 (Hebrew vav and resh, Arabic
alef, half of kana), round and looped ones, like 0, 6, 8 and 9 (Hebrew samekh, Arabic waw, Thai o
ang, Armenian oh, most of Georgian), those with two bows, like 3 (Georgian vin, Armenian yi), and
Han characters of few strokes or of boxes.
"""

FOREIGN_SCRIPTS = {"Greek": GREEK, "Cyrillic": CYRILLIC, **OTHER_SCRIPTS}
FOREIGN = "".join(FOREIGN_SCRIPTS.values())
"""Letters of all alphabets but Latin, none like a digit."""

PLAIN = LATIN + FOREIGN
"""Letters and signs that nobody takes for a digit."""


def may_be_digit(character: str) -> bool:
    """Whether a person may take a character for a digit, or it is one.

    >>> [may_be_digit(character) for character in "7OaB?|"]
    [True, True, False, True, False, True]
    """
    return any(
        character in alike for alike in (DIGITS, DIGIT_LIKE, DIGIT_LIKE_SIGNS, DIGIT_LIKE_FOREIGN)
    )
