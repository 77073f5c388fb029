"""Seed corpus of the fuzzer: samples, models and data sets in every supported format."""

import gzip
import importlib.util
import io
import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import cv2
import h5py
import numpy as np
import pyarrow
import pyarrow.parquet
import scipy.io
from numpy.typing import NDArray
from PIL import Image

from digitnet.data.sheet_layout import BOX_SIDE, FRAME, PAPER_SIZES, Paper, boxes
from digitnet.plots.sheet import MM_PER_INCH, sheet_figure

ROOT = Path(__file__).resolve().parent.parent.parent

PICTURES = ("paint-3.png", "transparent-6.png", "paint-year-1998.png", "page-two-rows.png")
SIDE = 120
"""Longer side of a reduced sample in pixels: small files find as many faults, in less time."""

IMAGES = "image"
"""Kind of most seeds: image files."""

Seed = tuple[str, str, bytes]
"""Kind of a file (see `targets`), name and content."""


_UNIPEN = b""".VERSION 1.0
.COORD X Y T
.HIERARCHY WORD CHARACTER
.X_POINTS_PER_MM 10
.Y_POINTS_PER_MM 10
.WRITER_ID anna
.SEGMENT CHARACTER 0-2 OK "7"
.SEGMENT CHARACTER 3:0-3:1 ? "\\""
.SEGMENT WORD 0,2-3 GOOD "71"
.INCLUDE more.dat
.PEN_DOWN
 0 100 1
 50.5 100 2
 20 -3 4
.PEN_UP
 30 30 5
.PEN_DOWN
 10 50 6
 40 50 7
.PEN_UP
.START_SET
"""


def seeds() -> list[Seed]:
    """Return all seed files in a fixed order."""
    return [*_images(), *_models(), *_data_sets()]


def _images() -> list[Seed]:
    found: list[Seed] = []
    for name in PICTURES:
        picture = cv2.imread(str(ROOT / "samples" / name), cv2.IMREAD_COLOR)
        assert picture is not None
        scale = SIDE / max(picture.shape[:2])
        small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        found += [(IMAGES, kind, data) for kind, data in _encoded(small.view(np.uint8))]
    whole = ("paint-9.bmp", "whiteboard-photo-41.webp", "sixteen-bit-7.png", "paint-5-red.png")
    photos = ("exif-turned-photo-29.jpg", "tiny-28-pixels-5.png")
    for name in (*whole, *photos):
        found.append((IMAGES, name, (ROOT / "samples" / name).read_bytes()))
    return found


def _encoded(picture: NDArray[np.uint8]) -> list[tuple[str, bytes]]:
    """Encode one BGR picture (H, W, 3) in every supported format and its variants."""
    gray = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    by_opencv = {
        extension: cv2.imencode(extension, picture)[1].tobytes()
        for extension in (".png", ".jpg", ".bmp", ".tif", ".webp", ".ppm", ".jp2", ".avif", ".ras")
    }
    by_opencv[".pgm"] = cv2.imencode(".pgm", gray)[1].tobytes()
    by_opencv["16-bit .pgm"] = cv2.imencode(".pgm", gray.astype(np.uint16) * 257)[1].tobytes()
    by_opencv["16-bit .tif"] = cv2.imencode(".tif", gray.astype(np.uint16) * 257)[1].tobytes()
    by_opencv["float .tif"] = cv2.imencode(".tif", gray.astype(np.float32))[1].tobytes()
    by_opencv["plain .pbm"] = _plain_bitmap(np.asarray(gray) < 128)
    by_opencv[".pam"] = _portable_map(picture.view(np.uint8))
    moving = cv2.Animation()
    moving.frames = [picture, np.ascontiguousarray(picture[::-1])]
    moving.durations = [100, 100]
    for extension in (".gif", ".png", ".webp", ".avif"):
        by_opencv["moving " + extension] = cv2.imencodeanimation(extension, moving)[1].tobytes()
    image = Image.fromarray(np.ascontiguousarray(picture[:, :, ::-1]))
    ways: dict[str, tuple[Image.Image, str, dict[str, object]]] = {
        "progressive .jpg": (image, "JPEG", {"progressive": True}),
        "CMYK .jpg": (image.convert("CMYK"), "JPEG", {}),
        "palette .png": (image.convert("P"), "PNG", {}),
        "1-bit .png": (image.convert("1"), "PNG", {}),
        "gray and alpha .png": (image.convert("LA"), "PNG", {}),
        "palette .bmp": (image.convert("P"), "BMP", {}),
        "lossless .webp": (image, "WEBP", {"lossless": True}),
        **{
            f"{compression} .tif": (image, "TIFF", {"compression": compression})
            for compression in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg")
        },
        "fax .tif": (image.convert("1"), "TIFF", {"compression": "group4"}),
        "palette .tif": (image.convert("P"), "TIFF", {}),
        "two pages .tif": (image, "TIFF", {"save_all": True, "append_images": [image]}),
    }
    if importlib.util.find_spec("pypdfium2"):
        ways["two pages .pdf"] = (image, "PDF", {"save_all": True, "append_images": [image]})
    return [*by_opencv.items(), *((kind, _saved(*way)) for kind, way in ways.items())]


def _saved(image: Image.Image, format: str, options: dict[str, object]) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def _plain_bitmap(ink: NDArray[np.bool_]) -> bytes:
    rows = "\n".join(" ".join("01"[int(pixel)] for pixel in row) for row in ink)
    return f"P1\n# a comment\n{ink.shape[1]} {ink.shape[0]}\n{rows}\n".encode()


def _portable_map(picture: NDArray[np.uint8]) -> bytes:
    height, width, _ = picture.shape
    header = f"P7\nWIDTH {width}\nHEIGHT {height}\nDEPTH 3\nMAXVAL 255\nTUPLTYPE RGB\nENDHDR\n"
    return header.encode() + picture.tobytes()


def _models() -> list[Seed]:
    folder = ROOT / "models" / "cnn"
    found = [
        (kind, name, (folder / name).read_bytes())
        for kind, name in (
            ("network", "model.tflite"),
            ("card", "model.json"),
            ("keras", "model.keras"),
            ("history", "history.csv"),
        )
    ]
    with zipfile.ZipFile(folder / "model.keras") as archive:
        found.append(("layers", "config.json", archive.read("config.json")))
    found.append(("options", "options.json", json.dumps(_options()).encode()))
    found.append(("epoch", "epoch-1.npz", _archive(arr_0=np.eye(9), arr_1=np.int64(7))))
    return found * 4


def _options() -> dict[str, object]:
    from digitnet.training.options import TrainingOptions

    return TrainingOptions().as_dict()


def _data_sets() -> list[Seed]:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (40, 28, 28), np.uint8)
    labels = (np.arange(40) % 10).astype(np.uint8)
    idx = struct.pack(">HBBIII", 0, 8, 3, *images.shape) + images.tobytes()
    found = [
        (
            "archive",
            "four.npz",
            _archive(x_train=images, y_train=labels, x_test=images[:9], y_test=labels[:9]),
        ),
        ("archive", "two.npz", _archive(x=images, y=labels)),
        ("archive", "small.npz", _archive(x=images[:10, :9, :8].copy(), y=labels[:10])),
        ("array", "x.npy", _array(images)),
        ("idx", "idx3", idx),
        ("packed idx", "idx3.gz", gzip.compress(idx, mtime=0)),
        ("table", "labels.csv", b"file,label\r\n3.png,3\r\n3.png,3\r\n"),
        ("table", "labels.csv", b"3.png;3\n3.png;3\n"),
        *_other_forms(images, labels),
        ("digits", "sheet.jpg", _sheet()),
        ("strokes", "unipen.dat", _UNIPEN),
    ]
    return found * 4


def _other_forms(images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> list[Seed]:
    """Make text, HDF5, MATLAB and Parquet files, so small that damage often hits their headers."""
    small, few = np.ascontiguousarray(images[:10, :8, :8]), labels[:10]
    rows = np.hstack([few[:, None], small.reshape(10, 64)]).tolist()
    text = "".join(",".join(map(str, row)) + "\n" for row in rows).encode()
    header = ("label," + ",".join(f"pixel{number}" for number in range(64)) + "\n").encode()
    archive, matlab = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("train.csv", header + text)
    arrays = {"X": small.transpose(1, 2, 0), "y": few[:, None]}
    scipy.io.savemat(matlab, arrays, do_compression=True)
    plain = io.BytesIO()
    scipy.io.savemat(plain, arrays)
    return [
        ("digits", "train.csv", header + text),
        ("digits", "digits.csv.gz", gzip.compress(text, mtime=0)),
        ("digits", "digits.zip", archive.getvalue()),
        ("digits", "packed.mat", matlab.getvalue()),
        ("digits", "plain.mat", plain.getvalue()),
        ("digits", "mine.h5", _hdf5(small, few, None)),
        ("digits", "packed.h5", _hdf5(small, few, "gzip")),
        ("digits", "pixels.parquet", _parquet({"image": small.reshape(10, 64), "label": few})),
        ("digits", "files.parquet", _parquet({"image": images[:10], "label": few})),
    ]


def _sheet() -> bytes:
    """Draw a scan of a sheet with two rows of digits."""
    dots_per_mm = 3
    file = io.BytesIO()
    sheet_figure(Paper.A4).savefig(file, format="png", dpi=dots_per_mm * MM_PER_INCH)
    scan = cv2.imdecode(np.frombuffer(file.getvalue(), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert scan is not None
    margin = (np.array(PAPER_SIZES[Paper.A4]) - FRAME) / 2
    for x, y, digit in boxes()[:20]:
        place = dots_per_mm * (margin + np.array([x + 3, y + BOX_SIDE - 2]))
        at = np.rint(place).astype(int).tolist()
        cv2.putText(scan, str(digit), at, cv2.FONT_HERSHEY_SIMPLEX, 1, (40,), 2, cv2.LINE_AA)
    return cv2.imencode(".jpg", scan)[1].tobytes()


def _hdf5(images: NDArray[np.uint8], labels: NDArray[np.uint8], packed: str | None) -> bytes:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.create_dataset("train/data", data=images, compression=packed)
        file["train/target"] = labels
    return buffer.getvalue()


def _parquet(columns: dict[str, NDArray[np.uint8]]) -> bytes:
    """Store flat images as lists of pixels, other images as PNG files."""
    images = columns["image"]
    if images.ndim == 3:
        content = [{"bytes": cv2.imencode(".png", image)[1].tobytes()} for image in images]
    else:
        content = images.tolist()
    table = pyarrow.table({"image": content, "label": columns["label"].tolist()})
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(table, buffer)
    return buffer.getvalue()


def _array(values: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, values)
    return buffer.getvalue()


def _archive(**arrays: object) -> bytes:
    buffer = io.BytesIO()
    save: Callable[..., None] = np.savez_compressed
    save(buffer, **arrays)
    return buffer.getvalue()
