"""A trained model on disk: a folder that is read and checked, and written whole or not at all.

    models/cnn/
      model.keras     architecture and weights, to train on
      model.tflite    the same network for LiteRT: uint8 pixels in, calibrated probabilities out
      model.json      the card: how it was trained, what it measured, the digests of the two files
      history.csv     a row an epoch

The SHA-256 digests in the card find a damaged or exchanged file. They do not prove who made a
bundle: whoever can write the files can write the card too.
"""

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from digitnet import durable, keras_file
from digitnet.errors import BundleError, OutputError, why

KERAS_FILE = "model.keras"
TFLITE_FILE = "model.tflite"
CARD_FILE = "model.json"
HISTORY_FILE = "history.csv"

_OWN_FILES = (KERAS_FILE, TFLITE_FILE, CARD_FILE, HISTORY_FILE)
"""All that a bundle holds."""

CARD_FORMAT = 1
"""The version of the card's layout; another one is refused."""

CARD_BYTES = 2**20
MODEL_BYTES = 128 * 2**20
"""Larger files are not digitnet's: they are refused before they are read into memory."""

MOST_WEIGHTS = 32_000_000
"""So many, of four bytes each, fit into such a file."""

LONGEST_TEXT = 4096
"""Characters in a text of a card: as many as a path may have on Linux."""

LARGEST_NUMBER = 2**63
"""Numbers of a card are below it, and above its negative."""

DEEPEST_LEVEL = 16
"""A card has four levels. One that nests hundreds deep could be read, but not be written again."""

HIGHEST_TEMPERATURE = 1000
"""It is about 1: what is far above makes all answers alike."""

_CARD_KEYS: dict[str, type | tuple[type, ...]] = {
    "network": str,
    "hyper_parameters": dict,
    "datasets": list,
    "versions": dict,
    "files": dict,
    "measured": dict,
    "parameters": int,
    "temperature": (int, float),
    "threshold": (int, float),
}

_LESSON_KEYS: dict[str, type | tuple[type, ...]] = {
    "name": str,
    "sha256": str,
    "test_fraction": (int, float),
    "seed": int,
    "limit": (int, type(None)),
    "validation": int,
}
"""What splits are rebuilt from, of each data set that the model was trained on."""


@dataclass(frozen=True)
class Bundle:
    """A trained model that was found and whose card was read.

    Attributes:
        folder: where it lies.
        card: the content of `model.json`.
    """

    folder: Path
    card: dict[str, Any]

    @property
    def name(self) -> str:
        """The name to show: the folder's own."""
        return self.folder.name or str(self.folder)

    @property
    def threshold(self) -> float:
        """The probability (0-1) below which an answer is not given."""
        return float(self.card["threshold"])

    @cached_property
    def tflite(self) -> bytes:
        """The network for LiteRT, checked against the card.

        Raises:
            BundleError: the file is missing, too large, or not the one that the card describes.
        """
        data = _read(self.folder / TFLITE_FILE, MODEL_BYTES)
        self._check(TFLITE_FILE, data)
        return data

    def keras_path(self) -> Path:
        """The path of `model.keras`, checked against the card, and for code that it would run.

        Raises:
            BundleError: the file is missing, too large, not the one that the card describes, or
                holds more than the layers of a network and their weights.
        """
        path = self.folder / KERAS_FILE
        data = _read(path, MODEL_BYTES)
        self._check(KERAS_FILE, data)
        reason = keras_file.find_fault(data, MODEL_BYTES)
        if reason:
            raise BundleError(f"{path} is no network of digitnet: {reason}")
        return path

    def _check(self, name: str, data: bytes) -> None:
        expected, received = self.card["files"][name], digest(data)
        if received != expected:
            raise BundleError(
                f"{self.folder / name} was changed or damaged: its SHA-256 is {received[:12]}…, "
                f"{CARD_FILE} says {expected[:12]}…; restore it or train the model again"
            )


def digest(data: bytes) -> str:
    """The SHA-256 of `data` in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def find(model: str | os.PathLike[str]) -> Path:
    """The folder of a model that is given by name or by path.

    A bare name is looked up in `./models`, then among the installed models; anything else is a
    folder.

    Raises:
        BundleError: there is no such folder.
    """
    text = os.fspath(model)
    if Path(text).name == text and text not in ("", ".", ".."):
        shelves = [Path("models"), *_installed_shelves()]
        for shelf in shelves:
            if os.path.isdir(shelf / text):
                return shelf / text
        if not os.path.isdir(text):
            known = sorted({p.parent.name for s in shelves for p in s.glob(f"*/{CARD_FILE}")})
            raise BundleError(
                f"no model is called {text!r}: known are {', '.join(known) or 'none'}; "
                "give one of these or a folder that `digitnet train` wrote"
            )
    folder = Path(text)
    if not os.path.isdir(folder):
        raise BundleError(
            f"no model folder at {text!r}: give a folder that `digitnet train` wrote, "
            "or the name of an installed model"
        )
    return folder


def _installed_shelves() -> list[Path]:
    """Where models lie: inside an installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent
    return [package / "models", package.parent / "models"]


def load(model: str | os.PathLike[str] = "cnn") -> Bundle:
    """Find a model and read its card.

    Args:
        model: a name (`cnn`) or the folder of a bundle.

    Raises:
        BundleError: there is no such model, a file of it is missing, or the card is not digitnet's.
    """
    folder = find(model)
    for name in (CARD_FILE, TFLITE_FILE, KERAS_FILE):
        if not os.path.isfile(folder / name):
            raise BundleError(f"{folder} is no whole model: {name} is missing; train it again")
    return Bundle(folder, _read_card(folder / CARD_FILE))


def _read_card(path: Path) -> dict[str, Any]:
    try:
        card = json.loads(_read(path, CARD_BYTES))
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{path} is no JSON: {error}; restore it or train again") from None
    if fault := _find_odd_value(card):
        raise BundleError(
            f"{path} is no model card of digitnet: {fault}; restore it or train again"
        )
    if not isinstance(card, dict) or card.get("format") != CARD_FORMAT:
        found = card.get("format") if isinstance(card, dict) else type(card).__name__
        raise BundleError(
            f"{path} is no model card of this version: its format is {str(found)[:40]!r}, "
            f"expected {CARD_FORMAT}; train the model again with this digitnet"
        )
    for key, kind in _CARD_KEYS.items():
        if not isinstance(card.get(key), kind) or isinstance(card.get(key), bool):
            raise BundleError(
                f"{path} is no whole model card: {key!r} is missing or of a wrong type"
            )
    files = card["files"]
    if not all(_is_digest(files.get(name)) for name in (KERAS_FILE, TFLITE_FILE)):
        raise BundleError(f"{path} is no whole model card: 'files' lacks a digest of a model file")
    if not 0 <= card["threshold"] <= 1:
        raise BundleError(
            f"{path} has the rejection threshold {card['threshold']}: it must be from 0 to 1"
        )
    if not 0 < card["temperature"] < HIGHEST_TEMPERATURE:
        raise BundleError(
            f"{path} has the temperature {str(card['temperature'])[:20]}: it must be above 0 and "
            f"below {HIGHEST_TEMPERATURE:,}"
        )
    if not all(_is_lesson(entry) for entry in card["datasets"]):
        raise BundleError(f"{path} is no whole model card: 'datasets' does not tell the split")
    return card


def _is_lesson(entry: Any) -> bool:
    """Whether a split can be rebuilt from an entry of `datasets`."""
    return (
        isinstance(entry, dict)
        and all(
            key in entry and isinstance(entry[key], kind) and not isinstance(entry[key], bool)
            for key, kind in _LESSON_KEYS.items()
        )
        and _is_digest(entry["sha256"])
        and 0 < entry["test_fraction"] < 1
        and 0 <= entry["seed"] < 2**32
        and (entry["limit"] is None or entry["limit"] > 0)
    )


def _is_digest(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None


def _find_odd_value(card: Any) -> str | None:
    """Tell which value of a card digitnet could not have written, or None.

    Names of data sets are used as paths, and what a card says is copied into the cards of models
    that are trained from it. So a text must be one that a path can have, and a number finite.
    """
    waiting: list[tuple[Any, str, int]] = [(card, "", 0)]  # a stack: recursion has its limit
    while waiting:
        value, place, level = waiting.pop()
        named = repr(place[1:][:80])
        if level > DEEPEST_LEVEL:
            return f"it nests more than {DEEPEST_LEVEL} levels deep"
        if isinstance(value, dict):
            waiting += ((key, place, level) for key in value)
            waiting += ((part, f"{place}.{key}"[:100], level + 1) for key, part in value.items())
        elif isinstance(value, list):
            waiting += ((part, f"{place}.{n}"[:100], level + 1) for n, part in enumerate(value))
        elif isinstance(value, str) and not _is_path_text(value):
            return f"{named} holds the text {value[:40]!r}, which is not valid or too long"
        elif isinstance(value, int | float) and not -LARGEST_NUMBER < value < LARGEST_NUMBER:
            return f"{named} holds the number {str(value)[:20]}, which is not finite or too large"
    return None


def _is_path_text(text: str) -> bool:
    """Whether a path may have this text in it; bytes that are no UTF-8 may stand in a path."""
    try:
        text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return "\0" not in text and len(text) <= LONGEST_TEXT


def _read(path: Path, limit: int) -> bytes:
    try:
        size = path.stat().st_size
        if size <= limit:
            with path.open("rb") as file:
                data = file.read(limit + 1)  # it may grow meanwhile
            size = len(data)
    except OSError as error:
        raise BundleError(f"{path} cannot be read: {why(error)}") from None
    if size > limit:
        raise BundleError(f"{path} is no file of a model: it has {size:,} bytes, at most {limit:,}")
    return data


def check_target(
    folder: Path, *, force: bool = False, instead: str = "give another --output"
) -> None:
    """See before the work that a bundle can be written at `folder` afterwards.

    Args:
        folder: where the bundle shall lie.
        force: a bundle that digitnet wrote, or an empty folder, may be replaced.
        instead: what the error advises where something else lies there.

    Raises:
        OutputError: `folder` exists and is no bundle of digitnet's alone, or `force` is not given;
            it is no name, or its parent cannot be written to.
    """
    if folder.name in ("", ".."):
        raise OutputError(f"{str(folder)!r} is no name for a new folder: give another --output")
    try:
        if fault := _find_foreign(folder):
            raise OutputError(f"{fault}, so it is not replaced: {instead}")
        if folder.exists() and not force:
            raise OutputError(f"{folder} exists already: give --force to replace it, or {instead}")
        if os.path.ismount(folder):
            raise OutputError(
                f"{folder} is a mount point, which cannot be replaced: give a folder in it, like "
                f"--output {folder / 'model'}"
            )
        folder.parent.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder.parent).close()
    except OSError as error:
        raise OutputError(
            f"no model can be written at {folder}: {why(error)}; give another --output"
        ) from None


def _find_foreign(folder: Path) -> str | None:
    """What lies at a folder that digitnet did not write, as the beginning of an error.

    A bundle is digitnet's own if its files have the names of a bundle's and its card names their
    digests, of whatever version it is. An empty folder may be anybody's: nothing in it is lost.
    """
    if folder.is_symlink():
        return f"{folder} is a link"
    if not folder.exists():
        return None
    if not folder.is_dir():
        return f"{folder} is a file"
    with os.scandir(folder) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    for entry in found:
        if entry.name not in _OWN_FILES or not entry.is_file(follow_symlinks=False):
            return f"{entry.path} was not written by digitnet"
    return None if not found or _has_card(folder) else f"{folder} is no model of digitnet"


def _has_card(folder: Path) -> bool:
    """Whether a folder has a card that names the digests of the model files."""
    try:
        card = json.loads(_read(folder / CARD_FILE, CARD_BYTES))
        return "format" in card and {KERAS_FILE, TFLITE_FILE} <= set(card["files"])
    except (BundleError, ValueError, RecursionError, TypeError, KeyError):
        return False


def digests(folder: Path) -> dict[str, str]:
    """The digests of a bundle's two model files, as its card has them."""
    return {name: digest((folder / name).read_bytes()) for name in (KERAS_FILE, TFLITE_FILE)}


def write(
    folder: Path,
    fill: Callable[[Path], dict[str, Any]],
    *,
    force: bool = False,
    workplace: Path | None = None,
    instead: str = "give another --output",
) -> Bundle:
    """Write a bundle whole or not at all: beside its place first, then renamed.

    Where one is replaced, old and new change places in one step (on Linux and macOS; elsewhere
    the old one is moved aside first). All is forced to the disk before.

    Args:
        folder: where the bundle shall lie.
        fill: writes `model.keras`, `model.tflite` and `history.csv` into the folder it is given,
            and returns the content of `model.json` but for `format` and `files`, which are added.
        force: replace a bundle that lies there.
        workplace: a folder on the same file system to write in; None: the one that `folder` is in.
        instead: as for `check_target`.

    Raises:
        OutputError: something lies there that may not be replaced, or the file system refuses (no
            permission, disk full).
    """
    check_target(folder, force=force, instead=instead)
    try:
        with tempfile.TemporaryDirectory(
            prefix=durable.PART_PREFIX,
            suffix=durable.PART_SUFFIX,
            dir=workplace or folder.parent,
            ignore_cleanup_errors=True,
        ) as scratch:
            fresh = Path(scratch) / "new"
            fresh.mkdir()
            card = fill(fresh)
            whole = {"format": CARD_FORMAT, **card, "files": digests(fresh)}
            text = json.dumps(whole, indent=2, allow_nan=False)
            (fresh / CARD_FILE).write_text(text + "\n", encoding="ascii")
            for path in (*fresh.iterdir(), fresh):
                durable.sync(path)
            check_target(folder, force=force, instead=instead)  # (`fill` may take hours)
            _replace(fresh, folder, Path(scratch) / "old")
            durable.sync(folder.parent)
    except OSError as error:
        raise OutputError(
            f"the model cannot be written at {folder}: {why(error)}; what was there is as it was"
        ) from None
    return Bundle(folder, whole)


def _replace(fresh: Path, folder: Path, old: Path) -> None:
    """Put `fresh` at `folder`; what was there comes into the scratch folder, which is removed."""
    if not folder.exists():
        fresh.rename(folder)
        return
    if durable.exchange(fresh, folder):
        return
    folder.rename(old)
    try:
        fresh.rename(folder)
    except OSError:
        old.rename(folder)
        raise
