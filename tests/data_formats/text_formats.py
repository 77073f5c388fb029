"""Data sets as text with one row of numbers per digit: Kaggle's CSV, UCI's files and others."""

import gzip
import zipfile
from pathlib import Path

import numpy as np
from format_cases import (
    FIRST,
    FLAT,
    LABELS,
    LAST,
    TEST_COUNT,
    csv_header,
    csv_rows,
    draw,
    form,
)


@form("Kaggle's digit CSV: `label` and 784 pixels, with a header")
def with_header(folder: Path) -> Path:
    path = folder / "train.csv"
    path.write_text(csv_header() + csv_rows())
    return path


@form("Kaggle's digit CSV without a header")
def without_header(folder: Path) -> Path:
    path = folder / "digits.csv"
    path.write_text(csv_rows())
    return path


@form("Kaggle's folder of `train.csv`, `test.csv` and `sample_submission.csv`", note="test.csv")
def kaggle_folder(folder: Path) -> Path:
    (folder / "train.csv").write_text(csv_header() + csv_rows())
    (folder / "test.csv").write_text(csv_header(labelled=False) + csv_rows(labelled=False))
    (folder / "sample_submission.csv").write_text("ImageId,Label\n1,0\n2,0\n")
    return folder


@form("Kaggle's ZIP (`digit-recognizer.zip`) as downloaded", note="test.csv")
def kaggle_zip(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "digit-recognizer.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sample_submission.csv", "ImageId,Label\n1,0\n")
        archive.writestr("train.csv", csv_header() + csv_rows())
        archive.writestr("test.csv", csv_header(labelled=False) + csv_rows(labelled=False))
    return folder / "digit-recognizer.zip"


@form("`mnist_train.csv` and `mnist_test.csv` in a folder", official=TEST_COUNT)
def two_csv(folder: Path) -> Path:
    (folder / "mnist_train.csv").write_text(csv_header() + csv_rows(FIRST))
    (folder / "mnist_test.csv").write_text(csv_header() + csv_rows(LAST))
    return folder


@form("CSV compressed with gzip (`.csv.gz`)")
def packed_csv(folder: Path) -> Path:
    path = folder / "digits.csv.gz"
    path.write_bytes(gzip.compress(csv_rows().encode()))
    return path


@form("CSV with semicolons or tabs, as written by spreadsheets")
def semicolons(folder: Path) -> Path:
    path = folder / "digits.csv"
    path.write_text("\ufeff" + csv_header().replace(",", ";") + csv_rows(delimiter=";"), "utf-8")
    return path


@form("CSV with semicolons or tabs, as written by spreadsheets")
def tabs(folder: Path) -> Path:
    path = folder / "digits.tsv"
    path.write_text(csv_rows(delimiter="\t"))
    return path


@form("CSV with the label last, named `class` (OpenML's export)")
def label_last(folder: Path) -> Path:
    names = [f"pixel{number}" for number in range(784)] + ["class"]
    rows = np.hstack([FLAT.astype(int), LABELS[:, None]])
    lines = [",".join(names), *(",".join(map(str, row)) for row in rows.tolist())]
    path = folder / "mnist_784.csv"
    path.write_text("\n".join(lines))
    return path


@form("CSV with an index column by pandas")
def pandas_index(folder: Path) -> Path:
    rows = csv_rows().splitlines()
    lines = ["," + csv_header(), *(f"{number},{row}\n" for number, row in enumerate(rows))]
    path = folder / "digits.csv"
    path.write_text("".join(lines))
    return path


@form("OpenML's `mnist_784.arff`")
def arff(folder: Path) -> Path:
    attributes = "".join(f"@ATTRIBUTE pixel{number} real\n" for number in range(784))
    rows = np.hstack([FLAT.astype(int), LABELS[:, None]])
    data = "".join(",".join(map(str, row)) + "\n" for row in rows.tolist())
    path = folder / "mnist_784.arff"
    path.write_text(
        f"% MNIST\n@RELATION mnist\n{attributes}@ATTRIBUTE class {{0,1}}\n@DATA\n{data}"
    )
    return path


@form("UCI's optdigits (`optdigits.tra`, `optdigits.tes`)", exact=False, official=TEST_COUNT)
def optdigits(folder: Path) -> Path:
    pixels = (draw(side=8).reshape(20, 64) // 15).clip(0, 16).astype(int)
    rows = np.hstack([pixels, LABELS[:, None].astype(int)])
    for name, part in (("optdigits.tra", FIRST), ("optdigits.tes", LAST)):
        (folder / name).write_text(
            "".join(",".join(map(str, r)) + "\n" for r in rows[part].tolist())
        )
    return folder


@form("UCI's optdigits (`optdigits.tra`, `optdigits.tes`)", exact=False)
def optdigits_alone(folder: Path) -> Path:
    optdigits(folder)
    both = (folder / "optdigits.tra").read_text() + (folder / "optdigits.tes").read_text()
    (folder / "optdigits.tra").write_text(both)
    return folder / "optdigits.tra"


@form("UCI's Semeion (`semeion.data`: 256 pixels, ten one-hot columns)", exact=False)
def semeion(folder: Path) -> Path:
    pixels = draw(side=16).reshape(20, 256) > 127
    rows = [
        " ".join(f"{pixel:.4f}" for pixel in image.astype(float).tolist())
        + " "
        + " ".join(str(int(digit == label)) for digit in range(10))
        for image, label in zip(pixels, LABELS.tolist(), strict=True)
    ]
    path = folder / "semeion.data"
    path.write_text(" \n".join(rows) + " \n")
    return path


@form("USPS as `zip.train` and `zip.test` (label, 256 levels from -1 to 1)", exact=False,
      official=TEST_COUNT)  # fmt: skip
def usps_text(folder: Path) -> Path:
    levels = draw(side=16).reshape(20, 256) / 127.5 - 1
    for name, part in (("zip.train", FIRST), ("zip.test", LAST)):
        lines = [
            f"{label}.0000 " + " ".join(f"{level:.4f}" for level in image) + "\n"
            for image, label in zip(levels[part].tolist(), LABELS[part].tolist(), strict=True)
        ]
        (folder / name).write_text("".join(lines))
    return folder


@form("CSV of dark ink on light paper", note="dark ink on light paper, inverted")
def inverted_csv(folder: Path) -> Path:
    rows = np.hstack([LABELS[:, None].astype(int), 255 - FLAT.astype(int)])
    path = folder / "digits.csv"
    path.write_text("".join(",".join(map(str, row)) + "\n" for row in rows.tolist()))
    return path


@form("Kaggle's `test.csv` alone, without labels", refusal="784 pixels in a row and no label")
def unlabelled(folder: Path) -> Path:
    path = folder / "test.csv"
    path.write_text(csv_header(labelled=False) + csv_rows(labelled=False))
    return path


@form("CSV with a truncated row", refusal="a row that is not a label with its pixels")
def cut_row(folder: Path) -> Path:
    path = folder / "digits.csv"
    path.write_text(csv_rows()[:-900])
    return path


@form("UCI's pendigits (16 coordinates of a pen)", refusal="pen positions, not pixels")
def pendigits(folder: Path) -> Path:
    path = folder / "pendigits.tra"
    path.write_text(" 47,100, 27, 81, 57, 37, 26,  0,  0, 23, 56, 53,100, 90, 40, 98, 8\n" * 3)
    return path


@form("UNIPEN files, a folder or one (pen strokes)", refusal="use them in addition to images")
def unipen(folder: Path) -> Path:
    (folder / "writer.dat").write_text(".VERSION 1.0\n.COORD X Y\n.PEN_DOWN\n1 2\n.PEN_UP\n")
    return folder


@form("LIBSVM's text (`usps`, `mnist.scale`)", refusal="LIBSVM's sparse form")
def libsvm(folder: Path) -> Path:
    path = folder / "usps"
    path.write_text("7 1:-1 2:-0.5 3:0.25\n3 1:-1 4:0.5\n")
    return path
