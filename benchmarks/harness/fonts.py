"""Print and handwriting fonts for benchmarks, none of them used in training.

The families are the npm packages `@fontsource/NAME` (free licences). `npm pack` fetches them at a
fixed version into a cache folder (`$XDG_CACHE_HOME/digitnet/fonts`, or a folder in `--cache`).
Without access to npm, `--fonts FOLDER` uses all fonts in a folder such as /usr/share/fonts. The
results then measure generalization to new fonts only if none of these was used in training
(Matplotlib's DejaVu was).

Pillow reads the files and draws with FreeType.
"""

import argparse
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

VERSION = "5.3.0"
"""Version of all packages; other versions may have other outlines."""

PRINT = (
    "arimo",  # this and the next two: metric-compatible with Arial, Times New Roman, Courier New
    "tinos",
    "cousine",
    "inter",
    "lato",
    "merriweather",
    "noto-sans",
    "oswald",
    "pt-serif",
    "roboto",
    "source-code-pro",
    "ubuntu",
)

HANDWRITING = (
    "architects-daughter",
    "caveat",
    "gloria-hallelujah",
    "kalam",
    "patrick-hand",
    "shadows-into-light",
)

FACES = ("400-normal", "400-italic", "700-normal")
"""Weights and styles; a family may lack some."""

SUFFIXES = (".otf", ".ttf", ".woff", ".woff2")

MISSING = "\uffff"
"""Not a character; fonts draw their box for missing glyphs."""


def find_faces(options: argparse.Namespace, families: Sequence[str]) -> dict[str, Path]:
    """Return the font files to draw with, by names such as `lato 700-normal`.

    Args:
        options: with `fonts` (a folder or None) and `cache`.
        families: font families from npm; ignored if `fonts` is a folder.

    Raises:
        SystemExit: if fonts cannot be fetched, or the folder has none.
    """
    if options.fonts is None:
        return {
            f"{family} {face}": path
            for family in families
            for face in FACES
            if (
                path := _fetched(family, options.cache / "fonts") / f"{family}-{face}.woff"
            ).exists()
        }
    files = sorted(path for path in options.fonts.rglob("*") if path.suffix.lower() in SUFFIXES)
    faces = {path.stem: path for path in files if _is_complete(path)}
    if not faces:
        sys.exit(
            f"{options.fonts} has no font with digits and letters: give another --fonts folder"
        )
    return faces


def fetch_script(family: str, script: str, cache: Path) -> list[Path]:
    """Return the font files of a family for another script.

    Raises:
        SystemExit: if they cannot be fetched.
    """
    folder = _fetched(family, cache / "fonts", script)
    return sorted(folder.glob(f"{family}-*.woff"))


def _fetched(family: str, cache: Path, script: str = "latin") -> Path:
    """Return the cached folder of a family's files for a script; fetch them if necessary."""
    folder = cache / f"{family}-{VERSION}"
    if folder.is_dir():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as work:
        package = f"@fontsource/{family}@{VERSION}"
        command = ["npm", "pack", "--silent", package]
        try:
            packed = subprocess.run(command, cwd=work, check=True, capture_output=True, text=True)
        except (OSError, subprocess.CalledProcessError):
            sys.exit(f"npm cannot fetch {package}: give a folder of fonts with --fonts")
        ready = Path(work) / "ready"
        ready.mkdir()
        with tarfile.open(Path(work) / packed.stdout.split()[-1]) as archive:
            for face in FACES:
                inside = f"package/files/{family}-{script}-{face}.woff"
                if inside in archive.getnames():
                    font = archive.extractfile(inside)
                    assert font is not None
                    (ready / f"{family}-{face}.woff").write_bytes(font.read())
        ready.rename(folder)
    return folder


def _is_complete(path: Path) -> bool:
    """Whether a file is a font with digits and letters."""
    try:
        font = ImageFont.truetype(path, 20)
    except OSError:
        return False
    missing = bytes(font.getmask(MISSING))
    return all(bytes(font.getmask(character)) != missing for character in "0123456789AZaz")


def draw_text(text: str, path: Path, height: float) -> NDArray[np.uint8]:
    """Draw text as on a screen, antialiased.

    Args:
        text: one line.
        path: path of the font file.
        height: height of the 8 in pixels; capitals and most digits have the same height.

    Returns:
        (H, W) uint8, 0 paper .. 255 ink, cropped to the ink.
    """
    _, top, _, bottom = ImageFont.truetype(path, 1000).getbbox("8")
    font = ImageFont.truetype(path, 1000 * height / (bottom - top))
    left, top, right, bottom = font.getbbox(text)
    image = Image.new("L", (round(right - left), round(bottom - top)))
    ImageDraw.Draw(image).text((-left, -top), text, 255, font)
    return np.asarray(image)
