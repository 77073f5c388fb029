"""Error messages about unsupported formats: what the file is, and what to do about it."""

import re
from pathlib import Path

from digitnet.data.formats.source import Source
from digitnet.data.images import is_image
from digitnet.data.unipen import holds_unipen
from digitnet.data.unipen_text import FIRST_KEYWORD
from digitnet.errors import DatasetError
from digitnet.files.escape import join_names
from digitnet.vision.decoding.headers import read_header
from digitnet.vision.decoding.heic import is_heic

FORMS = (
    "folders 0 to 9 of images, a folder with a labels.csv (file,label), MNIST's IDX files, a .npz "
    "(x, y), or Kaggle's CSV"
)
"""The most common formats, for error messages; docs/data.md lists all of them."""

_UNPACK = "unpack it and give the folder"
_STROKES = "use them in addition to images: --dataset mnist --dataset PATH"
_PICKLED = "it could run code when it is opened: save its arrays with np.savez(..., x=x, y=y)"

_FILES = (
    (rb"BZh", "a bzip2 archive", _UNPACK),
    (rb"\xfd7zXZ", "an xz archive", _UNPACK),
    (rb"7z\xbc\xaf", "a 7z archive", _UNPACK),
    (rb"Rar!", "a RAR archive", _UNPACK),
    (rb".{257}ustar", "a tar archive", _UNPACK),
    (rb"\x80[\x02-\x05]|\(dp|\(lp|\x80\x00", "a Python pickle", _PICKLED),
    (rb"%PDF", "a PDF", "save its pages as images, one digit each"),
    (rb"SQLite format 3", "an SQLite database", "save its images as files, with a labels.csv"),
    (rb"ARROW1|\xff\xff\xff\xff", "an Arrow file", "save it as Parquet: dataset.to_parquet(...)"),
    (rb"\x89HDF", "a damaged HDF5 file", "download it again"),
    (rb"\xd0\xcf\x11\xe0", "an old Office file", "save its table as CSV"),
    (rb"\xff\xfe|\xfe\xff", "text in UTF-16", "save it as UTF-8"),
    (FIRST_KEYWORD, "pen strokes (UNIPEN)", _STROKES),
    (rb"\s*[\[{]", "JSON", "save its images as files, with a labels.csv (file,label)"),
    (rb"\s*<", "XML or HTML", "fetch the file itself, not the page about it"),
    (rb"version https://git-lfs", "a Git LFS pointer", "fetch the file itself: git lfs pull"),
    (
        rb"[0-9.+-]+ [0-9]+:[0-9.e+-]+ ",
        "text in LIBSVM's sparse form",
        "save it dense: sklearn.datasets.load_svmlight_file, then np.savez(..., x=x, y=y)",
    ),
    (
        rb"\s*(?:[0-9]+[,;\t ]+){16}[0-9]\s*\n",
        "rows of 16 coordinates and a digit, as pendigits has them",
        "they are pen positions, not pixels: give images",
    ),
)

_ENDINGS = {
    ".tfrecord": ("a TFRecord file", "save its images with np.savez(..., x=x, y=y)"),
    ".pt": ("a PyTorch file", _PICKLED),
    ".pth": ("a PyTorch file", _PICKLED),
    ".mat": ("a .mat file of version 4, or damaged", "save it again: save('-v7', ...)"),
}


def refuse_file(source: Source) -> DatasetError:
    """Return the error for a file that is not a data set."""
    path, head = source.path, source.head
    if source.packed and not head:
        what, advice = "a damaged gzip file", "download it again"
    elif not head:
        what, advice = "empty (0 bytes)", "download it again"
    elif image := _format_of_image(head):
        what = f"one {image} image"
        advice = f"give {FORMS}; a photo of a sheet (digitnet sheet) must show its 4 corner marks"
    else:
        what, advice = _describe(path, head)
    return DatasetError(f"{path} is {what}, not a data set: {advice}")


def _format_of_image(head: bytes) -> str | None:
    if is_heic(head):
        return "HEIC"
    header = read_header(head)
    return header.format if header and header.format != "PDF" else None


def _describe(path: Path, head: bytes) -> tuple[str, str]:
    for pattern, what, advice in _FILES:
        if re.match(pattern, head, re.DOTALL):
            return what, advice
    ending = path.suffix.lower()
    if ending in _ENDINGS:
        return _ENDINGS[ending]
    if re.fullmatch(rb"[^\0-\x08\x0e-\x1a\x1c-\x1f\x7f]*", head):
        line = head.lstrip().partition(b"\n")[0].decode("latin-1").strip()
        return f"text that begins with {line[:40]!r}", f"give {FORMS}"
    return f"of an unknown kind (it begins with {head[:8].hex(' ')})", f"give {FORMS}"


def refuse_zip(path: Path, names: list[str]) -> DatasetError:
    """Return the error for a ZIP archive that is not a data set."""
    if any(name.startswith("xl/") for name in names):
        return DatasetError(f"{path} is an Excel file, not a data set: save its table as CSV")
    if any(name.endswith("data.pkl") for name in names):
        return DatasetError(f"{path} is a PyTorch file, not a data set: {_PICKLED}")
    held = join_names(names or ["nothing"], 5)
    return DatasetError(
        f"{path} is a ZIP archive without arrays (.npy) or CSV: it holds {held}; {_UNPACK}"
    )


def refuse_folder(source: Source) -> DatasetError:
    """Return the error for a folder that is not a data set."""
    path = source.path
    if holds_unipen(path):
        return DatasetError(f"{path} contains pen strokes (UNIPEN), not images: {_STROKES}")
    names = [f"{name}/" if is_folder else name for name, is_folder in source.entries]
    held = join_names(names or ["nothing"], 5)
    advice = f"expected sub-folders 0 to 9 of images, or {FORMS.partition(', ')[2]}"
    images = [name for name in source.files if is_image(path / name)]
    if images and not source.folders:
        advice += "; where each image's name tells its digit, give --labels-from-name '{label}_*'"
    table = next((name for name in source.files if name.lower().endswith((".csv", ".tsv"))), None)
    if table and (images or source.folders):
        advice += f"; if {table} has the labels, call it labels.csv"
    return DatasetError(f"{path} is not a data set: it contains {held}; {advice}")
