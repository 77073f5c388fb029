"""Reading and splitting data sets."""

import gzip
import os
import signal
import struct
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from digitnet.data import datasets, images
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


def test_digits_missing_from_an_archive_are_reported(tmp_path: Path) -> None:
    images, labels = make_digits(20)
    np.savez(tmp_path / "even.npz", x=images, y=labels // 2 * 2)
    notes: list[str] = []
    datasets.load(str(tmp_path / "even.npz"), notes.append)
    assert notes == [f"{tmp_path / 'even.npz'}: no image of 1, 3, 5, 7 and 9"]
