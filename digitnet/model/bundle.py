"""A trained model on disk: a folder that is checked when it is read, and written atomically.

    models/cnn/
      model.keras     architecture and weights, to train on
      model.tflite    the same network for LiteRT: uint8 pixels in, calibrated probabilities out
      model.json      the card: training data, measured figures, the digests of the two files
      history.csv     one row per epoch

The SHA-256 digests in the card reveal a damaged or exchanged file. They do not prove who made a
bundle: whoever can write the files can write the card too.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from digitnet.errors import BundleError, OutputError, os_error_reason
from digitnet.files import atomic
from digitnet.model import keras_file
from digitnet.model.card import (
    CARD_FILE,
    CARD_FORMAT,
    HISTORY_FILE,
    KERAS_FILE,
    MAX_CARD_BYTES,
    TFLITE_FILE,
    kind_of,
    read_card,
    read_limited,
)
from digitnet.model.kinds import Kind
from digitnet.model.symbols import SYMBOLS

__all__ = [
    "CARD_FILE",
    "CARD_FORMAT",
    "HISTORY_FILE",
    "KERAS_FILE",
    "MAX_CARD_BYTES",
    "MAX_MODEL_BYTES",
    "MAX_WEIGHTS",
    "TFLITE_FILE",
    "Bundle",
    "check_target",
    "digest",
    "digests",
    "find",
    "load",
    "write",
]

_OWN_FILES = (KERAS_FILE, TFLITE_FILE, CARD_FILE, HISTORY_FILE)
"""All files of a bundle."""

_EXAMPLES = {Kind.CLASSIFIER: "cnn", Kind.READER: "reader"}
"""A shipped model of each kind."""

MAX_MODEL_BYTES = 128 * 2**20
"""Maximum size of a model file. Larger files are refused before they are read into memory."""

MAX_WEIGHTS = 32_000_000
"""Maximum number of weights, of four bytes each, in a model file."""


@dataclass(frozen=True)
class Bundle:
    """A trained model on disk whose card was read.

    Attributes:
        folder: its folder.
        card: the content of `model.json`.
    """

    folder: Path
    card: dict[str, Any]

    @property
    def name(self) -> str:
        """The name to show: that of the folder."""
        return self.folder.name or str(self.folder)

    @property
    def kind(self) -> Kind:
        """Whether the model is a classifier or a reader."""
        return kind_of(self.card)

    @property
    def threshold(self) -> float:
        """A classifier's rejection threshold: digits below this probability (0-1) become `?`."""
        return float(self.card["threshold"])

    @property
    def thresholds(self) -> tuple[float, ...]:
        """A reader's rejection thresholds (0-1), one for each of the 19 symbols."""
        return tuple(float(self.card["thresholds"][symbol]) for symbol in SYMBOLS)

    @cached_property
    def tflite(self) -> bytes:
        """The network for LiteRT, checked against the card.

        Raises:
            BundleError: the file is missing, too large, or not the one that the card describes.
        """
        data = read_limited(self.folder / TFLITE_FILE, MAX_MODEL_BYTES)
        self._check(TFLITE_FILE, data)
        return data

    def keras_path(self) -> Path:
        """Return the path of `model.keras`, checked against the card and for code it would run.

        Raises:
            BundleError: the file is missing, too large, not the one that the card describes, or
                holds anything but the layers of a network and their weights.
        """
        path = self.folder / KERAS_FILE
        data = read_limited(path, MAX_MODEL_BYTES)
        self._check(KERAS_FILE, data)
        reason = keras_file.find_fault(data, MAX_MODEL_BYTES)
        if reason:
            raise BundleError(f"{path} is not a digitnet network: {reason}")
        return path

    def _check(self, name: str, data: bytes) -> None:
        expected, received = self.card["files"][name], digest(data)
        if received != expected:
            raise BundleError(
                f"{self.folder / name} was changed or damaged: its SHA-256 is {received[:12]}…, "
                f"{CARD_FILE} says {expected[:12]}…; restore it, or train the model again"
            )


def digest(data: bytes) -> str:
    """Return the SHA-256 of `data` in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def find(model: str | os.PathLike[str]) -> Path:
    """Return the folder of a model, given by name or by path.

    A bare name is looked up in `./models`, then among the installed models; anything else is the
    path of a folder.

    Raises:
        BundleError: the folder does not exist.
    """
    text = os.fspath(model)
    if Path(text).name == text and text not in ("", ".", ".."):
        for folder in _model_folders():
            if os.path.isdir(folder / text):
                return folder / text
        if not os.path.isdir(text):
            raise BundleError(
                f"unknown model {text!r}: known models are {', '.join(known_models()) or 'none'}; "
                "give one of these, or a folder written by `digitnet train`"
            )
    folder = Path(text)
    if not os.path.isdir(folder):
        raise BundleError(
            f"no model folder at {text!r}: give a folder written by `digitnet train`, or the name "
            "of an installed model"
        )
    return folder


def known_models() -> list[str]:
    """Return the names of the models in `./models` and of the installed models, sorted."""
    return sorted({path.parent.name for s in _model_folders() for path in s.glob(f"*/{CARD_FILE}")})


def _model_folders() -> list[Path]:
    """Return the folders that hold models: in the working folder, the package and the checkout."""
    package = Path(__file__).resolve().parent.parent
    return [Path("models"), package / "models", package.parent / "models"]


def load(model: str | os.PathLike[str] = "cnn", kind: Kind | None = None) -> Bundle:
    """Find a model and read its card.

    Args:
        model: a name (`cnn`) or the folder of a bundle.
        kind: the required kind; None for any.

    Raises:
        BundleError: the model does not exist or is of the other kind, a file is missing, or
            the card is invalid.
    """
    folder = find(model)
    for name in (CARD_FILE, TFLITE_FILE, KERAS_FILE):
        if not os.path.isfile(folder / name):
            raise BundleError(f"{folder} is an incomplete model: {name} is missing; train it again")
    found = Bundle(folder, read_card(folder / CARD_FILE))
    if kind is not None and found.kind is not kind:
        raise BundleError(f"{folder} is a {found.kind}: give a {kind}, like {_EXAMPLES[kind]}")
    return found


def check_target(
    folder: Path, *, force: bool = False, instead: str = "give another --output"
) -> None:
    """Check that a bundle can be written to `folder`, before the work of making it.

    Args:
        folder: the folder of the bundle.
        force: allow replacing an existing bundle or an empty folder.
        instead: the advice in the error if something exists there.

    Raises:
        OutputError: `folder` exists and `force` is not given, or it holds anything but a bundle;
            it is a mount point or not a valid name; or its parent is not writable.
    """
    if folder.name in ("", ".."):
        raise OutputError(f"{str(folder)!r} is not a valid folder name: give another --output")
    try:
        if fault := _find_foreign(folder):
            raise OutputError(f"{fault}, so it is not replaced: {instead}")
        if folder.exists() and not force:
            raise OutputError(f"{folder} already exists: give --force to replace it, or {instead}")
        if os.path.ismount(folder):
            raise OutputError(
                f"{folder} is a mount point, which cannot be replaced: give a folder inside it, "
                f"like --output {folder / 'model'}"
            )
        folder.parent.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder.parent).close()
    except OSError as error:
        raise OutputError(
            f"cannot write a model to {folder}: {os_error_reason(error)}; give another --output"
        ) from None


def _find_foreign(folder: Path) -> str | None:
    """Return the beginning of an error message if a folder has content not written by digitnet.

    A folder counts as a bundle, of any version, if it holds only a bundle's files and its card
    lists the digests. An empty folder may be replaced as well, because nothing is lost.
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
    return None if not found or _has_card(folder) else f"{folder} is not a digitnet model"


def _has_card(folder: Path) -> bool:
    """Whether a folder has a card that lists the digests of the model files."""
    try:
        card = json.loads(read_limited(folder / CARD_FILE, MAX_CARD_BYTES))
        return "format" in card and {KERAS_FILE, TFLITE_FILE} <= set(card["files"])
    except (BundleError, ValueError, RecursionError, TypeError, KeyError):
        return False


def digests(folder: Path) -> dict[str, str]:
    """Return the digests of a bundle's two model files, as stored in its card.

    Raises:
        OSError: a file cannot be read.
    """
    return {name: digest((folder / name).read_bytes()) for name in (KERAS_FILE, TFLITE_FILE)}


def write(
    folder: Path,
    fill: Callable[[Path], dict[str, Any]],
    *,
    force: bool = False,
    workplace: Path | None = None,
    instead: str = "give another --output",
) -> Bundle:
    """Write a bundle atomically: to a temporary folder, which is then renamed.

    An existing bundle is swapped with the new one in a single step (on Linux and macOS; elsewhere
    it is moved aside first). Everything is flushed to disk before.

    Args:
        folder: the folder of the bundle.
        fill: writes `model.keras`, `model.tflite` and `history.csv` into the folder it is given,
            and returns the content of `model.json`; `format` and `files` are added.
        force: replace an existing bundle.
        workplace: a folder on the same file system to write in; None for the parent of `folder`.
        instead: as for `check_target`.

    Raises:
        OutputError: the folder may not be replaced, or the file system reports an error (no
            permission, disk full).
        Exception: whatever `fill` raises; nothing is replaced.
    """
    check_target(folder, force=force, instead=instead)
    try:
        with tempfile.TemporaryDirectory(
            prefix=atomic.PART_PREFIX,
            suffix=atomic.PART_SUFFIX,
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
                atomic.fsync(path)
            check_target(folder, force=force, instead=instead)  # `fill` may have taken hours
            _replace(fresh, folder, Path(scratch) / "old")
            atomic.fsync(folder.parent)
    except OSError as error:
        raise OutputError(
            f"the model cannot be written at {folder}: {os_error_reason(error)}; "
            "what was there before is unchanged"
        ) from None
    return Bundle(folder, whole)


def _replace(fresh: Path, folder: Path, old: Path) -> None:
    """Move `fresh` to `folder`, and the old content to the scratch folder, which is removed."""
    if not folder.exists():
        fresh.rename(folder)
        return
    if atomic.swap(fresh, folder):
        return
    folder.rename(old)
    try:
        fresh.rename(folder)
    except OSError:
        old.rename(folder)
        raise
