"""Data sets that are missing, invalid or malicious are refused."""

import gzip
import io
import os
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from test_datasets import make_digits, write_idx, write_npz

from digitnet.data import arrays, datasets
from digitnet.errors import DatasetError


def test_a_missing_data_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"no data set found at .*nowhere"):
        datasets.load(str(tmp_path / "nowhere"))


@pytest.mark.parametrize(
    ("arrays", "complaint"),
    [
        ({"a": np.zeros(3)}, "has the arrays a: expected x_train"),
        ({"x": np.zeros((3, 28, 28), complex), "y": np.zeros(3, int)}, "type complex128: expected"),
        ({"x": np.zeros((3, 28), np.uint8), "y": np.zeros(3, int)}, r"shape \(3, 28\)"),
        ({"x": np.zeros((3, 28, 28, 2)), "y": np.zeros(3, int)}, r"shape \(3, 28, 28, 2\)"),
        ({"x": np.full((3, 28, 28), np.nan), "y": np.zeros(3, int)}, "not finite numbers"),
        ({"x": np.zeros((3, 10_000, 10_000), bool), "y": np.zeros(3, int)}, "too large"),
        ({"x": np.zeros((3, 0, 5), np.uint8), "y": np.zeros(3, int)}, r"shape \(3, 0, 5\)"),
        ({"x": np.zeros((3, 28, 28), np.uint8), "y": np.zeros(4, int)}, "for 3 images"),
        ({"x": np.zeros((3, 28, 28), np.uint8), "y": np.array("abc")}, "type <U3 for 3"),
        ({"x": np.zeros((3, 28, 28), np.uint8), "y": np.array(["1", "2", "x\n"])}, "label 'x'"),
        ({"x": np.zeros((3, 28, 28), np.uint8), "y": np.array([1, 0.5, 2])}, "the label 0.5"),
        ({"x": np.zeros((3, 28, 28), np.uint8), "y": np.ones((3, 10))}, "that are not one-hot"),
        ({"x": np.zeros((3, 28, 28), np.uint8), "X": np.zeros(3), "y": np.zeros(3)}, "several"),
        ({"x": np.zeros((3, 28, 28), np.uint8), "y": np.array([1, 10, 2])}, "the label 10"),
        ({"x": np.zeros((3, 28, 28), np.uint8), "y": np.array([1, -1, 2])}, "the label -1"),
        ({"x": np.zeros((0, 28, 28), np.uint8), "y": np.zeros(0, int)}, "has no digits"),
        ({"x": np.array([object()]), "y": np.zeros(1, int)}, "not a readable .npz of plain arrays"),
    ],
)
def test_an_invalid_npz_is_refused_on_one_line(
    tmp_path: Path, arrays: dict[str, NDArray[np.generic]], complaint: str
) -> None:
    np.savez(tmp_path / "bad.npz", allow_pickle=True, **arrays)
    with pytest.raises(DatasetError, match=complaint) as caught:
        datasets.load(str(tmp_path / "bad.npz"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("keep", [10, 0.5, 0.99])
def test_a_truncated_npz_is_refused(tmp_path: Path, keep: float) -> None:
    path = write_npz(tmp_path / "cut.npz")
    whole = path.read_bytes()
    path.write_bytes(whole[: int(keep * len(whole)) if keep < 1 else int(keep)])
    with pytest.raises(DatasetError, match=r"not a readable .npz"):
        datasets.load(str(path))


def test_an_npz_that_unpacks_to_too_many_bytes_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrays, "MAX_ARRAY_BYTES", 1000)
    with pytest.raises(DatasetError, match="at most 1,000 are read"):
        datasets.load(str(write_npz(tmp_path / "bomb.npz")))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "is not an IDX file"),
        (b"GIF89a" + bytes(20), "it starts with 47 49 46 38, expected 00 00 08 03"),
        (bytes([0, 0, 8, 3]) + struct.pack(">3I", 5, 28, 28) + bytes(100), "has only 100"),
        (bytes([0, 0, 8, 3]) + struct.pack(">3I", 1, 28, 28) + bytes(999), "has more"),
        (bytes([0, 0, 8, 3]) + struct.pack(">3I", *[2**32 - 1] * 3), "at most"),
    ],
)
def test_an_idx_file_with_a_false_header_is_refused(
    tmp_path: Path, content: bytes, complaint: str
) -> None:
    write_idx(tmp_path)
    (tmp_path / "train-images-idx3-ubyte").write_bytes(content)
    with pytest.raises(DatasetError, match=complaint):
        datasets.load(str(tmp_path))


def test_a_truncated_gzipped_idx_file_is_refused(tmp_path: Path) -> None:
    write_idx(tmp_path, packed=True)
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(DatasetError, match="cannot be read"):
        datasets.load(str(tmp_path))


# --- malicious files


def damage(path: Path) -> None:
    """Overwrite the middle of a file."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 400] = b"\xff" * 400
    path.write_bytes(data)


def test_damaged_compressed_arrays_are_refused(tmp_path: Path) -> None:
    images, labels = make_digits(50)
    np.savez_compressed(tmp_path / "damaged.npz", x=images, y=labels)
    damage(tmp_path / "damaged.npz")
    with pytest.raises(DatasetError, match=r"not a readable \.npz"):
        datasets.load(str(tmp_path / "damaged.npz"))
    write_idx(tmp_path, packed=True)
    damage(tmp_path / "train-images-idx3-ubyte.gz")
    with pytest.raises(DatasetError, match="cannot be read"):
        datasets.load(str(tmp_path))


class Trap:
    """Sets an environment variable when it is unpickled."""

    def __reduce__(self) -> tuple[object, ...]:
        return exec, ("import os; os.environ['DIGITNET_TRAP'] = 'sprung'",)


def test_python_objects_in_an_array_are_refused_and_not_run(tmp_path: Path) -> None:
    trap = np.array([Trap()])
    np.savez(tmp_path / "trap.npz", allow_pickle=True, x=trap, y=trap)
    with pytest.raises(DatasetError, match=r"not a readable \.npz of plain arrays"):
        datasets.load(str(tmp_path / "trap.npz"))
    assert "DIGITNET_TRAP" not in os.environ


def bomb(name: str, shape: tuple[int, ...], given: int, type: str = "|u1") -> bytes:
    """Build an `.npz` whose array `name` claims `shape` but has `given` zeros.

    Its other array is small.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for array in ("x", "y"):
            with archive.open(f"{array}.npy", "w", force_zip64=True) as file:
                form = {"descr": type, "fortran_order": False, "shape": shape}
                if array != name:
                    form |= {"descr": "|u1", "shape": shape[:1] if array == "y" else (*shape, 9, 9)}
                np.lib.format.write_array_header_1_0(file, form)
                rest = given if array == name else min(given, shape[0])
                while rest:
                    rest -= file.write(bytes(min(rest, 2**20)))
    return buffer.getvalue()


def damaged_bomb() -> bytes:
    """Build an `.npz` with 449 MiB of images, as its header says, damaged where they end."""
    data = bytearray(bomb("x", (600_000, 28, 28), 600_000 * 28 * 28))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        data[archive.getinfo("y.npy").header_offset - 9] ^= 255
    return bytes(data)


HOSTILE = {
    "damaged at its end": damaged_bomb,
    "more than may be": lambda: bomb("x", (10**6, 99, 99), 2**21),
    "more than there is": lambda: bomb("x", (10**6, 28, 28), 2**29),
    "labels beyond number": lambda: bomb("y", (10**9,), 2**21),
    "an image too large": lambda: bomb("x", (1, 10_000, 10_000), 2**27),
    "floats": lambda: bomb("x", (10**5, 28, 28), 2**28, "<f8"),
}


REFUSE = """
import sys
from digitnet.errors import DatasetError
from digitnet.data import datasets

def memory(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) // 1024 for line in status if line.startswith(name))

for path in sys.argv[1:]:
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")  # forget the peak
    idle = memory("VmRSS")
    try:
        datasets.load(path)
    except DatasetError:
        print(memory("VmHWM") - idle)
"""


@pytest.mark.slow
@pytest.mark.skipif(
    not os.access("/proc/self/clear_refs", os.W_OK), reason="needs Linux to tell a peak of memory"
)
def test_refusing_a_data_set_takes_at_most_300_mib(tmp_path: Path) -> None:
    paths = []
    for number, make in enumerate(HOSTILE.values()):
        paths.append(tmp_path / f"{number}.npz")
        paths[-1].write_bytes(make())  # type: ignore[no-untyped-call]
    write_idx(tmp_path, packed=True)
    lie = bytes([0, 0, 8, 3]) + struct.pack(">3I", 10**6, 28, 28)
    with gzip.open(tmp_path / "train-images-idx3-ubyte.gz", "wb") as file:
        file.write(lie + bytes(2**29))
    command = [sys.executable, "-c", REFUSE, *map(str, (*paths, tmp_path))]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    peaks = dict(zip([*HOSTILE, "idx"], map(int, ran.stdout.split()), strict=True))
    assert max(peaks.values()) <= 300, peaks


def test_a_download_does_not_import_keras_from_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")  # it fails at once
    monkeypatch.delenv("DIGITNET_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "keras.py").write_text("open('trap', 'w')")
    monkeypatch.setattr(
        datasets,
        "_DOWNLOAD",
        "import importlib.util, sys; sys.exit("
        "importlib.util.find_spec('keras').origin.endswith('keras.py') and open('trap', 'w') or 1)",
    )
    with pytest.raises(DatasetError, match="its download failed"):
        datasets.load("mnist")
    assert not (tmp_path / "trap").exists()


def as_npy(array: NDArray[np.generic]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def test_the_arrays_that_are_read_are_those_that_were_checked(tmp_path: Path) -> None:
    """NumPy prefers a member `x` to `x.npy`, but it is the header of `x.npy` that was checked."""
    images, labels = make_digits(20)
    with zipfile.ZipFile(tmp_path / "two.npz", "w") as archive:
        archive.writestr("x", as_npy(np.full((20, 28, 28), 7, np.uint8)))
        archive.writestr("x.npy", as_npy(images))
        archive.writestr("y.npy", as_npy(labels))
    assert np.array_equal(datasets.load(str(tmp_path / "two.npz")).images, images)


def test_array_names_are_escaped_in_errors(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "odd.npz", "w") as archive:
        archive.writestr("two\nlines.npy", b"")
    with pytest.raises(DatasetError, match=r"has the arrays two\\nlines: expected") as caught:
        datasets.load(str(tmp_path / "odd.npz"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["a" * 300, "a/" * 3000, "a\0b", "lone \ud800"])
def test_an_impossible_file_name_is_a_missing_data_set(name: str) -> None:
    with pytest.raises(DatasetError, match="no data set found at") as caught:
        datasets.load(name)
    str(caught.value).encode()
    assert datasets.load_if_available(name) is None
