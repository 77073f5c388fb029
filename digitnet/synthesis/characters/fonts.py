"""Characters in outline fonts: print and handwriting in more shapes than code could draw.

Matplotlib's own families (DejaVu, STIX, Computer Modern) are always available. More fonts make a
better model; any folder of TrueType, OpenType or WOFF files will do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import ImageFont

from digitnet.errors import DatasetError
from digitnet.model.symbols import DIGITS

SUFFIXES = (".ttf", ".otf", ".woff")
"""The formats that Pillow reads without further libraries."""

_KINDS = ", ".join(SUFFIXES)

SIZE = 56
"""Font size, in pixels per em."""

_MISSING = "\U0010fffd"  # never assigned: fonts draw their missing-character glyph
_BUNDLED = ("DejaVuSans*", "DejaVuSerif*", "STIXGeneral*", "cm[br]10", "cmss10", "cmti10", "cmtt10")
_MIN_LETTERS = 5  # a file with fewer letters extends another font


@dataclass(frozen=True)
class Face:
    """One font file.

    Attributes:
        path: path of the file.
        family: name shared by fonts that differ only in weight or alphabet.
        letters: the requested letters that the font has, or none if there are fewer than five.
        digits: whether the font has all ten digits.
    """

    path: Path
    family: str
    letters: str
    digits: bool


def find_faces(folder: str | None, letters: str) -> list[Face]:
    """Find Matplotlib's fonts, and those in a folder and its subfolders.

    Args:
        folder: None for Matplotlib's fonts only.
        letters: the letters to look for.

    Returns:
        Matplotlib's fonts, then the folder's, each in the order of their paths. Fonts that lack
        some of the digits and have fewer than five of the letters are left out.

    Raises:
        DatasetError: `folder` is not a folder of fonts.
    """
    bundled = Path(matplotlib.get_data_path(), "fonts", "ttf")
    paths = sorted(path for name in _BUNDLED for path in bundled.glob(f"{name}.ttf"))
    paths += font_files(folder) if folder is not None else []
    return [face for path in paths if (face := _read_face(path, letters))]


def font_files(folder: str) -> list[Path]:
    """Return the font files in a folder and its subfolders, in the order of their paths.

    Raises:
        DatasetError: the folder does not exist, or contains no fonts.
    """
    if not Path(folder).is_dir():
        raise DatasetError(f"--fonts: {folder} is not a folder; give one with {_KINDS} files")
    paths = sorted(path for path in Path(folder).rglob("*") if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise DatasetError(
            f"--fonts: {folder} contains no fonts; give a folder with {_KINDS} files"
        )
    return paths


def choose_face(faces: Sequence[Face], rng: np.random.Generator) -> Face:
    """Choose a random font, from at least one.

    All families are equally likely, however many files they have.
    """
    families = sorted({face.family for face in faces})
    family = families[rng.integers(len(families))]
    own = [face for face in faces if face.family == family]
    return own[rng.integers(len(own))]


def draw_characters(face: Face, text: str) -> NDArray[np.uint8]:
    """Draw text in a font, cropped to the ink.

    Returns:
        uint8 (height, width), white ink (255) on black (0).
    """
    mask = _load_font(face.path).getmask(text)
    return np.frombuffer(bytes(mask), np.uint8).reshape(mask.size[::-1])


@lru_cache(maxsize=4000)
def draw_on_baseline(path: Path, character: str) -> tuple[NDArray[np.uint8], int, int] | None:
    """Draw a character in a font, and measure it relative to the font's 8.

    Returns:
        The character, uint8 (height, width), white ink (255) on black (0), cropped to the ink; the
        height of an 8 in pixels; how far the character reaches below the 8, in pixels. None if the
        font lacks the character.
    """
    font = _load_font(path)
    mask = font.getmask(character)
    if not any(bytes(mask)) or bytes(mask) == bytes(font.getmask(_MISSING)):
        return None
    drawn = np.frombuffer(bytes(mask), np.uint8).reshape(mask.size[::-1])
    # Pillow leaves a margin beside the ink, and below it down to the baseline
    rows, columns = (np.flatnonzero(drawn.any(axis=axis)) for axis in (1, 0))
    cropped = drawn[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    _, top, _, bottom = (round(side) for side in font.getbbox("8"))
    return cropped, bottom - top, round(font.getbbox(character)[1]) + int(rows[-1]) + 1 - bottom


@lru_cache(maxsize=1000)
def _load_font(path: Path) -> ImageFont.FreeTypeFont:
    """Open a font and cache it (70 KB each): opening one takes longer than drawing with it."""
    return ImageFont.truetype(path, SIZE)


def _read_face(path: Path, letters: str) -> Face | None:
    """Inspect a font file; None if it cannot be read or has too few characters."""
    try:
        font = ImageFont.truetype(path, 24)
        missing = bytes(font.getmask(_MISSING))
        has = [bytes(font.getmask(letter)) not in (missing, b"") for letter in DIGITS + letters]
    except (OSError, ValueError):
        return None
    digits = all(has[:10])
    own = "".join(letter for letter, there in zip(letters, has[10:], strict=True) if there)
    own = own if len(own) >= _MIN_LETTERS else ""
    family = path.parent.name if path.stem.startswith(path.parent.name) else path.stem
    return Face(path, family, own, digits) if digits or own else None
