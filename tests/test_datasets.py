import gzip
import io
import os
import signal
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from digitnet.data import arrays, datasets, images
from digitnet.data.datasets import Dataset
from digitnet.errors import DatasetError
from digitnet.vision import Region


def make_digits(count: int, seed: int = 0) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (count, 28, 28), np.uint8), (np.arange(count) % 10).astype(np.uint8)


def make_dataset(count: int, official: int = 0) -> Dataset:
    images, labels = make_digits(count)
    return Dataset("made", images, labels, np.arange(count) >= count - official)


def write_npz(path: Path, train: int = 60, test: int = 20) -> Path:
    x_train, y_train = make_digits(train, 1)
    x_test, y_test = make_digits(test, 2)
    np.savez(path, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    return path


def write_idx(folder: Path, *, separator: str = "-", packed: bool = False) -> None:
    for prefix, count in (("train", 60), ("t10k", 20)):
        images, labels = make_digits(count, count)
        for kind, array in (("images", images), ("labels", labels)):
            content = bytes([0, 0, 8, array.ndim])
            content += struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()
            name = f"{prefix}-{kind}{separator}idx{array.ndim}-ubyte"
            if packed:
                (folder / f"{name}.gz").write_bytes(gzip.compress(content))
            else:
                (folder / name).write_bytes(content)


# --- the split


def test_mnist_has_the_documented_split() -> None:
    labels = (np.arange(70_000) % 10).astype(np.uint8)
    images = np.zeros((70_000, 28, 28), np.uint8)
    mnist = Dataset("mnist", images, labels, np.arange(70_000) >= 60_000)
    split = datasets.split(mnist)
    assert (len(split.train), len(split.validation)) == (50_400, 5_600)
    assert (len(split.test), len(split.official)) == (14_000, 10_000)
    assert np.array_equal(split.official, np.arange(60_000, 70_000))
    everything = np.concatenate([split.train, split.validation, split.test])
    assert np.array_equal(np.sort(everything), np.arange(70_000))


def test_every_part_is_stratified() -> None:
    split = datasets.split(make_dataset(1000))
    for part in (split.train, split.validation, split.test):
        assert len(set(np.bincount(part % 10, minlength=10))) == 1


def test_the_seed_determines_the_split() -> None:
    first, again = (datasets.split(make_dataset(500), seed=7) for _ in range(2))
    other = datasets.split(make_dataset(500), seed=8)
    assert np.array_equal(first.test, again.test)
    assert not np.array_equal(first.test, other.test)


def test_an_official_part_larger_than_the_fraction_is_the_test_set() -> None:
    split = datasets.split(make_dataset(200, official=100), test_fraction=0.2)
    assert np.array_equal(split.test, np.arange(100, 200))


def test_a_limit_keeps_official_digits_in_the_test_set() -> None:
    split = datasets.split(make_dataset(1000, official=300), limit=200)
    assert len(split.train) + len(split.validation) + len(split.test) == 200
    assert set(split.official) <= set(split.test)
    assert max(split.train) < 700


def test_three_digits_of_each_class_are_enough() -> None:
    split = datasets.split(make_dataset(30))
    for part in (split.train, split.validation, split.test):
        assert sorted(part % 10) == list(range(10))


def test_too_few_digits_of_a_class_cannot_be_split() -> None:
    with pytest.raises(DatasetError, match="made has too few digits to split: 12 of 10 classes"):
        datasets.split(make_dataset(12))


# --- reading


def test_sklearn_digits_come_in_the_mnist_convention() -> None:
    digits = datasets.load("digits")
    assert digits.images.shape == (1797, 28, 28)
    assert not digits.official.any()
    ink = digits.images > 127
    # digits fill a box of 20 pixels, so the border is empty; strokes are white
    assert ink.any(axis=(1, 2)).all()
    assert np.mean(digits.images[:, [0, -1]]) < 1
    rows, _ = np.indices((28, 28))
    middle = (digits.images * rows).sum(axis=(1, 2)) / digits.images.sum(axis=(1, 2))
    assert np.abs(middle - 13.5).max() < 1.5


def test_an_npz_in_keras_layout_has_an_official_test_set(tmp_path: Path) -> None:
    dataset = datasets.load(str(write_npz(tmp_path / "mine.npz")))
    assert len(dataset) == 80
    assert dataset.official.sum() == 20


def test_npz_images_of_another_size_are_normalized(tmp_path: Path) -> None:
    images = np.zeros((20, 40, 30), np.uint8)
    images[:, 5:35, 12:17] = 255
    np.savez(tmp_path / "ones.npz", x=images, y=np.ones(20, np.int64))
    dataset = datasets.load(str(tmp_path / "ones.npz"))
    assert dataset.images.shape == (20, 28, 28)
    assert dataset.images.max() == 255
    assert dataset.labels.dtype == np.uint8


@pytest.mark.parametrize(("separator", "packed"), [("-", False), (".", False), ("-", True)])
def test_idx_files_are_read_with_either_separator_and_compressed(
    tmp_path: Path, separator: str, packed: bool
) -> None:
    write_idx(tmp_path, separator=separator, packed=packed)
    dataset = datasets.load(str(tmp_path))
    assert len(dataset) == 80
    assert np.array_equal(dataset.images[:60], make_digits(60, 60)[0])
    assert dataset.official.sum() == 20


def test_mnist_is_read_from_the_folder_in_digitnet_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_npz(tmp_path / "mnist.npz")
    monkeypatch.setenv("DIGITNET_DATA", str(tmp_path))
    mnist = datasets.load("mnist")
    assert (mnist.name, len(mnist)) == ("mnist", 80)


def test_mnist_is_read_from_idx_files_in_digitnet_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_idx(tmp_path, packed=True)
    monkeypatch.setenv("DIGITNET_DATA", str(tmp_path))
    assert len(datasets.load("mnist")) == 80


def test_mnist_is_read_from_the_cache_of_keras(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DIGITNET_DATA", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "datasets").mkdir()
    write_npz(tmp_path / "datasets" / "mnist.npz")
    assert len(datasets.load("mnist")) == 80


def test_mnist_is_downloaded_into_the_cache_of_keras(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DIGITNET_DATA", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))

    def download(*_: object, **__: object) -> subprocess.CompletedProcess[bytes]:
        (tmp_path / "datasets").mkdir()
        write_npz(tmp_path / "datasets" / "mnist.npz")
        return subprocess.CompletedProcess([], 0)

    monkeypatch.setattr(subprocess, "run", download)
    notes: list[str] = []
    assert len(datasets.load("mnist", notes.append)) == 80
    assert notes == ["downloading MNIST (11 MB) with Keras's loader"]


def test_a_blocked_download_says_where_to_put_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGITNET_DATA", str(tmp_path))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(
        subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 1, b"", b"blocked")
    )
    with pytest.raises(DatasetError, match="set DIGITNET_DATA to it, or use --dataset digits"):
        datasets.load("mnist")


# --- invalid data sets


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


@pytest.mark.usefixtures("usual_ctrl_c")
def test_ctrl_c_waits_until_an_image_is_normalized(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = []

    def interrupted(*_: object, **__: object) -> list[Region]:
        signal.raise_signal(signal.SIGINT)
        done.append("found")
        return []

    monkeypatch.setattr(images, "find_digits", interrupted)
    np.savez(tmp_path / "wide.npz", x=np.zeros((2, 40, 40), np.uint8), y=np.zeros(2, np.uint8))
    (tmp_path / "3").mkdir()
    cv2.imwrite(str(tmp_path / "3" / "one.png"), np.zeros((40, 40), np.uint8))
    for source in (tmp_path / "wide.npz", tmp_path):
        with pytest.raises(KeyboardInterrupt):
            datasets.load(str(source))
    assert done == ["found"] * 2


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


def test_no_part_is_empty_however_small_the_share() -> None:
    parts = datasets.split(datasets.load("digits"), test_fraction=0.001, limit=40)
    assert [len(part) for part in (parts.train, parts.validation, parts.test)] == [20, 10, 10]


@pytest.mark.slow
@pytest.mark.parametrize("left_out", [1, 7, 9, 10, 11])
def test_a_limit_just_below_the_size_is_kept(left_out: int) -> None:
    digits = datasets.load("digits")
    parts = datasets.split(digits, limit=len(digits) - left_out)
    used = np.concatenate([parts.train, parts.validation, parts.test])
    assert len(set(used.tolist())) == len(digits) - left_out


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no such folder")
def test_the_fallback_cache_is_searched_if_keras_cannot_write_to_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KERAS_HOME", "/nowhere/to/be/written")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert datasets._keras_caches() == [
        Path("/nowhere/to/be/written/datasets"),
        Path("/tmp/.keras/datasets"),
    ]


def test_an_unknown_home_folder_is_not_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KERAS_HOME", raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # as if there were no home folder
    assert datasets._keras_caches()


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
    assert datasets.load_if_at_hand(name) is None


def test_digits_missing_from_an_archive_are_reported(tmp_path: Path) -> None:
    images, labels = make_digits(20)
    np.savez(tmp_path / "even.npz", x=images, y=labels // 2 * 2)
    notes: list[str] = []
    datasets.load(str(tmp_path / "even.npz"), notes.append)
    assert notes == [f"{tmp_path / 'even.npz'}: no image of 1, 3, 5, 7 and 9"]
