"""A model card, `model.json`: the training data and figures of a model, checked when read.

A card may come from a stranger. Its strings are used as paths, and its numbers are copied into the
cards of models that are trained from it, so every value is checked before use.
"""

import json
import re
from pathlib import Path
from typing import Any

from digitnet.errors import BundleError, os_error_reason
from digitnet.model.kinds import Kind
from digitnet.model.symbols import SYMBOLS

KERAS_FILE = "model.keras"
TFLITE_FILE = "model.tflite"
CARD_FILE = "model.json"
HISTORY_FILE = "history.csv"
"""The files of a bundle, see `digitnet.model.bundle`."""

CARD_FORMAT = 1
"""Version of the card format; other versions are refused."""

MAX_CARD_BYTES = 2**20
"""Maximum size of a card; those of the shipped models have a few kilobytes."""
MAX_TEXT = 4096
"""Maximum length of a string in a card, in characters: that of a path on Linux."""

MAX_NUMBER = 2**63
"""Upper bound of the absolute value of a number in a card."""

MAX_LEVELS = 16
"""Maximum nesting depth. Cards need four levels; hundreds could be read, but not written again."""

MAX_TEMPERATURE = 1000
"""Upper bound of the temperature, usually about 1. Far larger values make all answers equal."""

_CARD_KEYS: dict[str, type | tuple[type, ...]] = {
    "network": str,
    "hyper_parameters": dict,
    "datasets": list,
    "versions": dict,
    "files": dict,
    "measured": dict,
    "parameters": int,
    "temperature": (int, float),
}

_KIND_KEYS: dict[Kind, dict[str, type | tuple[type, ...]]] = {
    Kind.CLASSIFIER: {"threshold": (int, float)},
    Kind.READER: {"thresholds": dict},
}
"""Keys of one kind only: a classifier has one rejection threshold, a reader one per symbol."""

_DATASET_KEYS: dict[str, type | tuple[type, ...]] = {
    "name": str,
    "sha256": str,
    "test_fraction": (int, float),
    "seed": int,
    "limit": (int, type(None)),
    "validation": int,
}
"""Keys of each training data set, from which its split is rebuilt."""


def read_card(path: Path) -> dict[str, Any]:
    """Read and check a card.

    Returns:
        Its content, with all keys that digitnet uses, of the right types.

    Raises:
        BundleError: the card is missing or incomplete, has another version, or has a value that
            digitnet does not write.
    """
    try:
        card = json.loads(read_limited(path, MAX_CARD_BYTES))
    except (ValueError, RecursionError) as error:
        raise BundleError(
            f"{path} is not valid JSON: {error}; restore it, or train again"
        ) from None
    if fault := _find_odd_value(card):
        raise BundleError(
            f"{path} is not a model card of digitnet: {fault}; restore it, or train again"
        )
    if not isinstance(card, dict) or card.get("format") != CARD_FORMAT:
        found = card.get("format") if isinstance(card, dict) else type(card).__name__
        raise BundleError(
            f"{path} is a model card of another version: its format is {str(found)[:40]!r}, "
            f"expected {CARD_FORMAT}; train the model again with this digitnet"
        )
    if card.get("kind") not in [*Kind]:
        raise BundleError(
            f"{path} has the kind {str(card.get('kind'))[:40]!r}, expected {' or '.join(Kind)}; "
            "train the model again with this digitnet"
        )
    for key, kind in (_CARD_KEYS | _KIND_KEYS[kind_of(card)]).items():
        if not isinstance(card.get(key), kind) or isinstance(card.get(key), bool):
            raise BundleError(
                f"{path} is an incomplete model card: {key!r} is missing or has the wrong type"
            )
    files = card["files"]
    if not all(_is_digest(files.get(name)) for name in (KERAS_FILE, TFLITE_FILE)):
        raise BundleError(
            f"{path} is an incomplete model card: 'files' lacks a digest of a model file"
        )
    thresholds = card["thresholds"] if kind_of(card) is Kind.READER else {"": card["threshold"]}
    if kind_of(card) is Kind.READER and set(thresholds) != {*SYMBOLS}:
        raise BundleError(
            f"{path} is an incomplete model card: 'thresholds' has {len(thresholds)} symbols, "
            "expected "
            f"each of {SYMBOLS!r}"
        )
    for symbol, threshold in thresholds.items():
        if type(threshold) not in (int, float) or not 0 <= threshold <= 1:
            of = f" of {symbol!r}" if symbol else ""
            raise BundleError(
                f"{path} has the rejection threshold {str(threshold)[:20]}{of}: it must be from 0 "
                "to 1"
            )
    if not 0 < card["temperature"] < MAX_TEMPERATURE:
        raise BundleError(
            f"{path} has the temperature {str(card['temperature'])[:20]}: it must be greater than "
            f"0 and less than {MAX_TEMPERATURE:,}"
        )
    if not all(_is_dataset_entry(entry) for entry in card["datasets"]):
        raise BundleError(
            f"{path} is an incomplete model card: 'datasets' does not describe the split"
        )
    return card


def kind_of(card: dict[str, Any]) -> Kind:
    """Return the kind of a model."""
    return Kind(card["kind"])


def _is_dataset_entry(entry: Any) -> bool:
    """Whether a split can be rebuilt from an entry of `datasets`."""
    return (
        isinstance(entry, dict)
        and all(
            key in entry and isinstance(entry[key], kind) and not isinstance(entry[key], bool)
            for key, kind in _DATASET_KEYS.items()
        )
        and _is_digest(entry["sha256"])
        and 0 < entry["test_fraction"] < 1
        and 0 <= entry["seed"] < 2**32
        and (entry["limit"] is None or entry["limit"] > 0)
    )


def _is_digest(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None


def _find_odd_value(card: Any) -> str | None:
    """Describe a value that digitnet could not have written; None if there is none.

    Data set names are used as paths, and the content of a card is copied into the cards of models
    that are trained from it. So strings must be valid in paths, and numbers finite.
    """
    waiting: list[tuple[Any, str, int]] = [(card, "", 0)]  # a stack: recursion is limited
    while waiting:
        value, place, level = waiting.pop()
        named = repr(place[1:][:80])
        if level > MAX_LEVELS:
            return f"it nests more than {MAX_LEVELS} levels deep"
        if isinstance(value, dict):
            waiting += ((key, place, level) for key in value)
            waiting += ((part, f"{place}.{key}"[:100], level + 1) for key, part in value.items())
        elif isinstance(value, list):
            waiting += ((part, f"{place}.{n}"[:100], level + 1) for n, part in enumerate(value))
        elif isinstance(value, str) and not _is_path_text(value):
            return f"{named} has the text {value[:40]!r}, which is invalid or too long"
        elif isinstance(value, int | float) and not -MAX_NUMBER < value < MAX_NUMBER:
            return f"{named} has the number {str(value)[:20]}, which is not finite or too large"
    return None


def _is_path_text(text: str) -> bool:
    """Whether a path may contain this text; paths may contain bytes that are not UTF-8."""
    try:
        text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return "\0" not in text and len(text) <= MAX_TEXT


def read_limited(path: Path, limit: int) -> bytes:
    """Read a file of at most `limit` bytes.

    Raises:
        BundleError: the file cannot be read, or is larger.
    """
    try:
        size = path.stat().st_size
        if size <= limit:
            with path.open("rb") as file:
                data = file.read(limit + 1)  # the file may have grown
            size = len(data)
    except OSError as error:
        raise BundleError(f"{path} cannot be read: {os_error_reason(error)}") from None
    if size > limit:
        raise BundleError(f"{path} is not a model file: it has {size:,} bytes, at most {limit:,}")
    return data
