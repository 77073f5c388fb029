"""Letters and signs that are not digits, and those that look like digits.

A network learns nothing from characters that a person could not tell from a digit. They are left
out of the "no digit" examples, however they are written, and never serve as digits either. The same
goes for the numerals of other scripts (Arabic-Indic, Devanagari, Thai, Han, ...).
"""

from digitnet.model.symbols import DIGITS

DIGIT_LIKE = frozenset("OoQDIlijJZzSsGbBqgYyTt")
"""Latin letters that, in isolation, may pass for a digit or a mark."""

DIGIT_LIKE_SIGNS = frozenset("!\"'(),./:;[\\]`{|}")
"""Signs that may pass for a 1, a 3 or an 11 when their size is unknown."""

DIGIT_LIKE_FOREIGN = frozenset("βγδζθιξοσφψΒΖΙΟΤΥΦΨ" + "бвзофэБВЗОФЧЭ")
"""Greek and Cyrillic letters that some writers shape like a 0, 1, 3, 4, 6, 8 or 9."""

UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LETTERS = UPPER + UPPER.lower()
"""All Latin letters."""

LATIN = "".join(letter for letter in LETTERS if letter not in DIGIT_LIKE) + "@#&%=*~+?"
GREEK = "αεηλμπτυχωΓΔΛΞΠΣΩ"
CYRILLIC = "жкцшщюяЖКЦШЩЮЯДЛИлдимнпт"
OTHER_SCRIPTS = {
    "Hebrew": "אהחמשת",
    "Arabic": "بتثسشصضفكن",
    "Devanagari": "कखघजझञणथधनफबभमलशष",
    "Bengali": "কখঘছজঝঞথধনপফবভমযলশষস",
    "Gujarati": "અખગઘછજણથનબભમયલશષસળ",
    "Telugu": "ఖఘఛఝఞణతథపఫబభమయషసహ",
    "Malayalam": "അഖഘങചഛജഝഞണതഥധപഫഭമയലളശഷസഹ",
    "Sinhala": "කඛගඝඡජඤතධනපබභයශෂසහළ",
    "Khmer": "កឃឆឈញណតថធនផភមយលសហឡអ",
    "Thai": "กฆฉฌญฎฏณทนบปผฝพฟมศษหฬฑฒ",
    "Georgian": "თლოქღჟ",
    "Armenian": "ԱԽՄՊԺՌՆխմպտքժկա",
    "kana": "あおかきけせなぬねはほまむめもれわをキサネホメ",
    "Hangul": "가강같국글말물별불산집책형",
    "Han": "木東京国語学海車電話書家長愛心楽食道",
}
"""Letters of each script that do not look like a digit.

Left out are letters made of one or two bent lines, which resemble 1 and 7 (Hebrew vav and resh,
Arabic alef, Gujarati ra, half of kana); round and looped ones, which resemble 0, 6, 8 and 9 (Hebrew
samekh, Arabic waw, Telugu ttha, Sinhala ra, Thai o ang, Armenian oh, most of Georgian); those with
two bows, which resemble 3 (Georgian vin, Armenian yi); and Han characters of few strokes or boxes.
"""

FOREIGN_SCRIPTS = {"Greek": GREEK, "Cyrillic": CYRILLIC, **OTHER_SCRIPTS}
FOREIGN = "".join(FOREIGN_SCRIPTS.values())
"""Non-Latin letters that do not look like a digit."""

PLAIN = LATIN + FOREIGN
"""Letters and signs that do not look like a digit."""


def may_be_digit(character: str) -> bool:
    """Return whether a character is a digit or may pass for one.

    >>> [may_be_digit(character) for character in "7OaB?|"]
    [True, True, False, True, False, True]
    """
    return any(
        character in alike for alike in (DIGITS, DIGIT_LIKE, DIGIT_LIKE_SIGNS, DIGIT_LIKE_FOREIGN)
    )
