"""Image data sets: class folders, tables of labels, labels in names; and files of other kinds."""

import bz2
import io
import lzma
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from format_cases import COUNT, IMAGES, TEST_COUNT, form, write_png
from numpy.typing import NDArray
from PIL import Image

from benchmarks.images.collected import fill_sheet, print_sheet
from digitnet.data.sheet_layout import Paper, boxes

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def write_classes(folder: Path, name: Callable[[int], str], numbers: range = range(COUNT)) -> None:
    for number in numbers:
        write_png(folder / name(number % 10) / f"{number:02}.png", IMAGES[number])


@form("Folders `0` ... `9` of images", exact=False)
def digits(folder: Path) -> Path:
    write_classes(folder, str)
    return folder


@form("Folders `digit_0`, `digit-0`, `class 0`, `label_0`", exact=False)
def prefixed(folder: Path) -> Path:
    words = ("digit_", "digit-", "class ", "class_", "label_")
    write_classes(folder, lambda digit: f"{words[digit % 5]}{digit}")
    return folder


@form("Folders `00`, `01`, ...", exact=False)
def two_figures(folder: Path) -> Path:
    write_classes(folder, lambda digit: f"{digit:02}")
    return folder


@form("Folders `zero` ... `nine`, `0 - zero`", exact=False)
def words(folder: Path) -> Path:
    write_classes(folder, lambda digit: WORDS[digit] if digit else "0 - zero")
    return folder


@form("`train/` and `test/` that contain such folders", exact=False, official=TEST_COUNT)
def train_and_test(folder: Path) -> Path:
    write_classes(folder / "train", str, range(TEST_COUNT))
    write_classes(folder / "test", str, range(TEST_COUNT, COUNT))
    return folder


@form("`training/` and `testing/` in one folder (`mnist_png`)", exact=False,
      official=TEST_COUNT)  # fmt: skip
def training_and_testing(folder: Path) -> Path:
    write_classes(folder / "mnist_png" / "training", str, range(TEST_COUNT))
    write_classes(folder / "mnist_png" / "testing", str, range(TEST_COUNT, COUNT))
    return folder


@form("`train/` and `val/` that contain such folders: `val/` is the test set", exact=False,
      official=TEST_COUNT)  # fmt: skip
def train_and_val(folder: Path) -> Path:
    write_classes(folder / "train", str, range(TEST_COUNT))
    write_classes(folder / "val", str, range(TEST_COUNT, COUNT))
    return folder


def write_table(folder: Path, lines: list[str], names: str = "{:02}.png") -> Path:
    for number, image in enumerate(IMAGES):
        write_png(folder / names.format(number), image)
    (folder / "labels.csv").write_text("\n".join(lines) + "\n", "utf-8")
    return folder


@form("`labels.csv` with `file,label`", exact=False)
def table(folder: Path) -> Path:
    rows = [f"{number:02}.png,{number % 10}" for number in range(COUNT)]
    return write_table(folder, ["file,label", *rows])


def table_with(file: str, label: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        rows = [f"{number % 10},me,images/{number:02}.png" for number in range(COUNT)]
        return write_table(folder, [f"{label},writer,{file}", *rows], "images/{:02}.png")

    return make


for file, label in (("Filename", "Digit"), ("image", "class"), ("path", "label")):
    form("`labels.csv` with `filename`, `image` or `path`, and `digit` or `class`", exact=False)(
        table_with(file, label)
    )


@form("`labels.csv` with `id`, without the `.png`", exact=False)
def id_column(folder: Path) -> Path:
    rows = [f"{number},{number % 10}" for number in range(COUNT)]
    return write_table(folder, ["id,label", *rows], "{}.png")


@form("`labels.csv` with semicolons or tabs", exact=False)
def semicolon_table(folder: Path) -> Path:
    rows = [f"{number:02}.png;{number % 10}" for number in range(COUNT)]
    return write_table(folder, ["\ufefffile;label", *rows])


@form("`labels.csv` with semicolons or tabs", exact=False)
def tab_table(folder: Path) -> Path:
    rows = [f"{number:02}.png\t{number % 10}" for number in range(COUNT)]
    return write_table(folder, ["file\tlabel", *rows])


@form("`labels.csv` without a header", exact=False)
def headless_table(folder: Path) -> Path:
    rows = [f"{number:02}.png\t{number % 10}" for number in range(COUNT)]
    return write_table(folder, rows)


@form("`labels.csv` with paths outside its folder", refusal="20 wrong rows: line 2 (../00.png is o")
def outside(folder: Path) -> Path:
    rows = [f"../{number:02}.png,{number % 10}" for number in range(COUNT)]
    return write_table(folder / "inner", ["file,label", *rows], "../{:02}.png")


@form("Labels in the names of the images (`--labels-from-name '*_{label}'`)", exact=False,
      pattern="*_{label}")  # fmt: skip
def in_names(folder: Path) -> Path:
    for number, image in enumerate(IMAGES):
        write_png(folder / f"img_{number:04}_{number % 10}.png", image)
    return folder


@form("Images without labels", refusal="give --labels-from-name")
def without_labels(folder: Path) -> Path:
    for number, image in enumerate(IMAGES):
        write_png(folder / f"{number}.png", image)
    return folder


@form("A table of labels under another name", refusal="if train.csv has the labels, call it lab")
def other_table(folder: Path) -> Path:
    write_classes(folder, lambda digit: "images")
    (folder / "train.csv").write_text("file,label\n00.png,0\n")
    return folder


@form("One image", refusal="is one PNG image, not a data set: give folders 0 to 9")
def one_image(folder: Path) -> Path:
    write_png(folder / "0.png", IMAGES[0])
    return folder / "0.png"


@form("A ZIP archive of images", refusal="unpack it and give the folder")
def zip_of_images(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "digits.zip", "w") as archive:
        archive.writestr("0/a.png", cv2.imencode(".png", IMAGES[0])[1].tobytes())
    return folder / "digits.zip"


@cache
def filled_sheet(first: int, count: int) -> NDArray[np.uint8]:
    """Draw a sheet with `count` digits in its first boxes."""
    digits = [*IMAGES[first : first + count], *[None] * (len(boxes()) - count)]
    return fill_sheet(print_sheet(Paper.A4, 5), 5, digits, np.random.default_rng(0))[0]


@form("A photo or scan of a sheet of `digitnet sheet`, filled in", exact=False,
      note="80 empty boxes left out")  # fmt: skip
def sheet(folder: Path) -> Path:
    write_png(folder / "sheet.png", filled_sheet(0, COUNT))
    return folder / "sheet.png"


@form("Several such sheets: a folder of photos", exact=False, note="180 empty boxes left out")
def sheets(folder: Path) -> Path:
    write_png(folder / "1.png", filled_sheet(0, 10))
    write_png(folder / "2.png", np.rot90(filled_sheet(10, 10)))
    return folder


@form("Several such sheets: a multi-page scan (PDF, TIFF)", exact=False,
      note="180 empty boxes left out")  # fmt: skip
def pages_of_sheets(folder: Path) -> Path:
    first, second = (Image.fromarray(filled_sheet(number, 10)) for number in (0, 10))
    first.save(folder / "scan.tif", save_all=True, append_images=[second])
    return folder / "scan.tif"


@form("A photo that does not show all four corner marks of a sheet",
      refusal="only 2 of the sheet's 4 corner marks were found: photograph")  # fmt: skip
def half_a_sheet(folder: Path) -> Path:
    write_png(folder / "sheet.png", filled_sheet(0, COUNT)[:700])
    return folder / "sheet.png"


def file_of(name: str, content: bytes) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return make


def a_pdf() -> bytes:
    """Make a PDF of one page with a digit."""
    file = io.BytesIO()
    Image.fromarray(IMAGES[3]).save(file, "PDF")
    return file.getvalue()


for title, name, content, told in (
    ("A tar archive, bzip2, xz, 7z, RAR", "digits.7z", b"7z\xbc\xaf\x27\x1c", "unpack it"),
    ("A tar archive, bzip2, xz, 7z, RAR", "digits.tar", bytes(257) + b"ustar", "a tar archive, no"),
    ("A tar archive, bzip2, xz, 7z, RAR", "digits.rar", b"Rar!\x1a\7\0", "a RAR archive, not a "
    "data"),
    ("A tar archive, bzip2, xz, 7z, RAR", "digits.tgz", bz2.compress(b"x"), "a bzip2 archive, no"),
    ("A tar archive, bzip2, xz, 7z, RAR", "digits.tar.xz", lzma.compress(b"x"), "an xz archive"),
    ("An Excel file", "digits.xls", b"\xd0\xcf\x11\xe0" + bytes(99), "save its table as CSV"),
    ("PyTorch's `.pt`", "training.pt", b"\x80\x02\x8a\nl\xfc", "it could run code when it is"),
    ("TensorFlow's `.tfrecord`", "mnist.tfrecord", b"\x7a\x01\0\0", "a TFRecord file, not a data "
    "set"),
    ("Arrow (`save_to_disk`)", "data.arrow", b"ARROW1\0\0", "save it as Parquet"),
    ("JSON (COCO, LabelMe)", "coco.json", b'{"images": []}', "with a labels.csv (file,label)"),
    ("An HTML page in place of a file", "mnist.npz", b"<!DOCTYPE html>", "fetch the file itself"),
    ("A Git LFS pointer", "mnist.parquet", b"version https://git-lfs.git", "git lfs pull"),
    ("An SQLite database", "digits.db", b"SQLite format 3\0", "an SQLite database"),
    ("A PDF of anything other than sheets", "digits.pdf", a_pdf(), "a PDF, not a data set: save "
    "its"),
    ("Text in UTF-16", "digits.csv", "label,pixel0".encode("utf-16"), "save it as UTF-8"),
    ("An empty file", "digits.csv", b"", "is empty (0 bytes), not a data set: download it again"),
):  # fmt: skip
    form(title, refusal=told)(file_of(name, content))
