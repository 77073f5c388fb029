"""Damaged files are refused with a one-line error, even those that crash SciPy."""

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io
from numpy.typing import NDArray

from digitnet.data import datasets
from digitnet.errors import DatasetError

IMAGES = np.arange(640, dtype=np.uint8).reshape(8, 8, 10)
LABELS = np.arange(10, dtype=np.uint8)[:, None]


def matlab(*, packed: bool = False, images: NDArray[Any] = IMAGES) -> bytes:
    file = io.BytesIO()
    scipy.io.savemat(file, {"X": images, "y": LABELS}, do_compression=packed)
    return file.getvalue()


def with_number_type(data: bytes, kind: int) -> bytes:
    """Change the declared number type of the array X."""
    place = data.index(struct.pack("<II", 2, IMAGES.size))
    return data[:place] + struct.pack("<I", kind) + data[place + 4 :]


@pytest.mark.parametrize("kind", [0, 8, 10, 19, 25439, 0xFFFF])
def test_matlab_numbers_of_an_unknown_type_are_refused(kind: int, tmp_path: Path) -> None:
    expect_refusal(
        tmp_path, with_number_type(matlab(), kind), f"numbers of an unknown type, {kind}"
    )


@pytest.mark.parametrize("packed", [False, True])
def test_matlab_complex_numbers_are_refused(packed: bool, tmp_path: Path) -> None:
    expect_refusal(tmp_path, matlab(packed=packed, images=IMAGES * 1j), "complex numbers")


@pytest.mark.parametrize("length", [100, 130, 180, 500])
@pytest.mark.parametrize("packed", [False, True])
def test_truncated_matlab_file_is_refused(packed: bool, length: int, tmp_path: Path) -> None:
    expect_refusal(tmp_path, matlab(packed=packed)[:length], "")


def test_text_with_a_carriage_return_within_a_row_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "digits.csv"
    path.write_bytes(b"label," + b",".join(b"p%d" % n for n in range(64)) + b"\r5" + b",0" * 64)
    with pytest.raises(DatasetError, match=str(path)):
        datasets.load(str(path), lambda note: None)


def expect_refusal(folder: Path, data: bytes, reason: str) -> None:
    path = folder / "digits.mat"
    path.write_bytes(data)
    with pytest.raises(DatasetError) as caught:
        datasets.load(str(path), lambda note: None)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert reason in str(caught.value)
