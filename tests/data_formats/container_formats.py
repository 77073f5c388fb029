"""Data sets in HDF5, MATLAB and Parquet files."""

from pathlib import Path

import cv2
import h5py
import numpy as np
import pyarrow
import pyarrow.parquet
import scipy.io
from format_cases import COUNT, FIRST, FLAT, IMAGES, LABELS, LAST, TEST_COUNT, draw, form
from numpy.typing import NDArray


@form("`usps.h5` (`train/data`, `train/target`, ...)", exact=False, official=TEST_COUNT)
def usps_h5(folder: Path) -> Path:
    levels = draw(side=16).reshape(COUNT, 256) / 255
    with h5py.File(folder / "usps.h5", "w") as file:
        for name, part in (("train", FIRST), ("test", LAST)):
            file[f"{name}/data"] = levels[part].astype(np.float32)
            file[f"{name}/target"] = LABELS[part].astype(np.int64)
    return folder / "usps.h5"


@form("HDF5 with such array names")
def hdf5(folder: Path) -> Path:
    with h5py.File(folder / "mine.hdf5", "w") as file:
        file.create_dataset("images", data=IMAGES, compression="gzip")
        file["labels"] = LABELS
    return folder / "mine.hdf5"


@form("HDF5 with arrays in another file", refusal="not numeric arrays in the file itself")
def hdf5_links(folder: Path) -> Path:
    with h5py.File(folder / "other.h5", "w") as file:
        file["x"], file["y"] = IMAGES, LABELS
    with h5py.File(folder / "links.h5", "w") as file:
        file["x"] = h5py.ExternalLink("other.h5", "x")
        file["y"] = h5py.ExternalLink("other.h5", "y")
    return folder / "links.h5"


@form("`.mat` of version 5: `X` (height, width, N), `y` from 1 to 10", note="label 10 read as 0")
def matlab_5(folder: Path) -> Path:
    labels = np.where(LABELS == 0, 10, LABELS)[:, None]
    scipy.io.savemat(
        folder / "digits.mat", {"X": IMAGES.transpose(1, 2, 0), "y": labels}, do_compression=True
    )
    return folder / "digits.mat"


@form("`mnist-original.mat` (`data` of 784 x N, `label` of 1 x N)")
def mnist_original(folder: Path) -> Path:
    scipy.io.savemat(folder / "m.mat", {"data": FLAT.T, "label": LABELS[None].astype(np.float64)})
    return folder / "m.mat"


@form("`mnist_all.mat` (`train0` ... `test9`)", official=TEST_COUNT)
def mnist_all(folder: Path) -> Path:
    arrays = {f"train{digit}": FLAT[[digit]] for digit in range(10)}
    arrays |= {f"test{digit}": FLAT[[digit + 10]] for digit in range(10)}
    scipy.io.savemat(folder / "mnist_all.mat", arrays)
    return folder / "mnist_all.mat"


@form("Deng Cai's `USPS.mat` (`fea`, `gnd` from 1 to 10)", exact=False, note="read as 0 to 9")
def deng_cai(folder: Path) -> Path:
    pixels = draw(side=16).reshape(COUNT, 256) / 255
    scipy.io.savemat(folder / "USPS.mat", {"fea": pixels, "gnd": LABELS[:, None] + 1.0})
    return folder / "USPS.mat"


@form("`.mat` of version 7.3")
def matlab_7(folder: Path) -> Path:
    path = folder / "digits.mat"
    with h5py.File(path, "w", userblock_size=512) as file:
        file["X"] = IMAGES.transpose(1, 2, 0).T  # MATLAB's axes, in reverse
        file["y"] = LABELS[:, None].T
    content = path.read_bytes()
    header = b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(116) + bytes(8) + b"\x00\x02IM"
    path.write_bytes(header + content[len(header) :])
    return path


@form("`.mat` with structures, as EMNIST's", refusal="holds dataset (struct) and no numeric array")
def matlab_structure(folder: Path) -> Path:
    inner = {"train": {"images": FLAT, "labels": LABELS[:, None]}}
    scipy.io.savemat(folder / "emnist-digits.mat", {"dataset": inner})
    return folder / "emnist-digits.mat"


def encoded(images: NDArray[np.uint8]) -> list[dict[str, object]]:
    return [{"bytes": cv2.imencode(".png", image)[1].tobytes(), "path": None} for image in images]


@form("Hugging Face's Parquet (`image`, `label`), a file or its folders", official=TEST_COUNT)
def hugging_face(folder: Path) -> Path:
    (folder / "mnist").mkdir()
    (folder / "README.md").write_text("of Hugging Face")
    for name, part in (("train", FIRST), ("test", LAST)):
        table = pyarrow.table({"image": encoded(IMAGES[part]), "label": LABELS[part].tolist()})
        pyarrow.parquet.write_table(table, folder / "mnist" / f"{name}-00000-of-00001.parquet")
    return folder


@form("Hugging Face's Parquet (`image`, `label`), a file or its folders")
def hugging_face_file(folder: Path) -> Path:
    table = pyarrow.table({"image": encoded(IMAGES), "label": LABELS.tolist()})
    pyarrow.parquet.write_table(table, folder / "digits.parquet")
    return folder / "digits.parquet"


@form("Hugging Face's Parquet in several files (`train-00000-of-00002.parquet`)")
def hugging_face_pieces(folder: Path) -> Path:
    for number, part in enumerate((FIRST, LAST)):
        table = pyarrow.table({"image": encoded(IMAGES[part]), "label": LABELS[part].tolist()})
        pyarrow.parquet.write_table(table, folder / f"train-{number:05}-of-00002.parquet")
    return folder


@form("Parquet with one column for each pixel (OpenML)")
def pixel_columns(folder: Path) -> Path:
    columns = {f"pixel{number}": FLAT[:, number] for number in range(784)}
    table = pyarrow.table({**columns, "class": [str(label) for label in LABELS.tolist()]})
    pyarrow.parquet.write_table(table, folder / "mnist_784.parquet")
    return folder / "mnist_784.parquet"


@form("Parquet with paths of images elsewhere", refusal="an image that is not in the file itself")
def parquet_paths(folder: Path) -> Path:
    images = [{"bytes": None, "path": "/etc/passwd"}] * COUNT
    table = pyarrow.table({"image": images, "label": LABELS.tolist()})
    pyarrow.parquet.write_table(table, folder / "paths.parquet")
    return folder / "paths.parquet"
