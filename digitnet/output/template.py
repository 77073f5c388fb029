r"""Predictions in a user-defined format: `--format '{path}: {digits}'`.

A template is text with field names in braces, as in Python's `str.format`, but a field has no
attributes, conversions or formats. `\t` and `\n` are a tab and a newline, `\\` is a backslash, `{{`
and `}}` are braces.
"""

import re
import string

from digitnet.reading.prediction import Prediction

FIELDS = ("path", "digits", "text", "confidence", "raw")
"""The names that a template may have in braces."""

_ESCAPES = {"t": "\t", "n": "\n", "\\": "\\"}
_NAMES = ", ".join(f"{{{name}}}" for name in FIELDS)


class Template:
    r"""Formats predictions by a template.

    >>> Template(r"{path}:\t{{").fill("photo.png", Prediction("3", "3", "3", 0.5, ()))
    'photo.png:\t{'

    Args:
        text: the template.

    Raises:
        ValueError: a field is unknown, a brace is unmatched, or there is no field.
    """

    def __init__(self, text: str) -> None:
        self._parts: list[tuple[str, str | None]] = []
        try:
            parts = [*string.Formatter().parse(text)]
        except ValueError:
            raise ValueError(
                f"{text!r} has an unmatched brace: write {{{{ and }}}} for literal braces"
            ) from None
        for literal, field, width, conversion in parts:
            if field is not None and (field not in FIELDS or width or conversion):
                wrong = f"{field}{f'!{conversion}' * bool(conversion)}{f':{width}' * bool(width)}"
                raise ValueError(f"{{{wrong}}} is not a field: use {_NAMES}")
            self._parts.append((re.sub(r"\\(.?)", _unescape, literal, flags=re.DOTALL), field))
        if not any(field for _, field in self._parts):
            raise ValueError(f"{text!r} is not text, csv, jsonl or a template with {_NAMES}")

    def fill(self, path: str, prediction: Prediction) -> str:
        """Format one prediction, without a newline.

        Args:
            path: the image, already escaped.
            prediction: the prediction; its confidence is written with four decimals.
        """
        confidence = prediction.confidence
        values = {
            "path": path,
            "digits": prediction.digits,
            "text": prediction.text,
            "confidence": "" if confidence is None else f"{confidence:.4f}",
            "raw": prediction.raw,
        }
        return "".join(literal + (values[field] if field else "") for literal, field in self._parts)


def _unescape(match: re.Match[str]) -> str:
    if match[1] not in _ESCAPES:
        raise ValueError(rf"{match[0]!r} is not an escape sequence: use \t, \n or \\")
    return _ESCAPES[match[1]]
