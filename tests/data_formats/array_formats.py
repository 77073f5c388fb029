"""Data sets as arrays in NumPy and IDX files."""

import gzip
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
from format_cases import FIRST, FLAT, IMAGES, LABELS, LAST, TEST_COUNT, draw, form, write_idx

ONE_HOT = np.eye(10, dtype=np.float32)[LABELS]


@form("`.npz` as Keras stores MNIST: `x_train`, `y_train`, `x_test`, `y_test`", official=TEST_COUNT)
def keras_npz(folder: Path) -> Path:
    path = folder / "mnist.npz"
    np.savez(
        path, x_train=IMAGES[FIRST], y_train=LABELS[FIRST], x_test=IMAGES[LAST], y_test=LABELS[LAST]
    )
    return path


def npz_of(images: str, labels: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        save: Callable[..., None] = np.savez_compressed
        save(folder / "mine.npz", **{images: IMAGES, labels: LABELS.astype(np.int64)})
        return folder / "mine.npz"

    return make


for images, labels in (("x", "y"), ("X", "y")):
    form("`.npz` of `x` and `y`, or `X` and `y`")(npz_of(images, labels))
for images, labels in (("images", "labels"), ("data", "target"), ("train", "train_labels")):
    form("`.npz` of `images` and `labels`, `data` and `target`, and the like")(
        npz_of(images, labels)
    )


@form("`.npz` of `X_train`, `trainLabels` and the like", official=TEST_COUNT)
def other_names(folder: Path) -> Path:
    np.savez(
        folder / "mine.npz",
        trainImages=IMAGES[FIRST],
        trainLabels=LABELS[FIRST],
        X_test=IMAGES[LAST],
        y_test=LABELS[LAST],
    )
    return folder / "mine.npz"


@form("MedMNIST's `.npz` (`train_images`, `val_images`, `test_images`, labels of shape (N, 1))",
      official=TEST_COUNT)  # fmt: skip
def medmnist(folder: Path) -> Path:
    parts = {"train": slice(0, 6), "val": slice(6, 10), "test": LAST}
    arrays = {f"{part}_images": IMAGES[own] for part, own in parts.items()}
    arrays |= {f"{part}_labels": LABELS[own, None] for part, own in parts.items()}
    np.savez(folder / "digitmnist.npz", allow_pickle=False, **arrays)
    return folder / "digitmnist.npz"


@form("Images of shape (N, 784)")
def flat(folder: Path) -> Path:
    np.savez(folder / "flat.npz", x=FLAT, y=LABELS)
    return folder / "flat.npz"


@form("Images of shape (N, 28, 28, 1) or (N, 1, 28, 28)")
def channels(folder: Path) -> Path:
    np.savez(folder / "channels.npz", x=IMAGES[..., None], y=LABELS)
    return folder / "channels.npz"


@form("Images of shape (N, 28, 28, 1) or (N, 1, 28, 28)")
def channels_first(folder: Path) -> Path:
    np.savez(folder / "channels.npz", x=IMAGES[:, None], y=LABELS)
    return folder / "channels.npz"


@form("Colour images of shape (N, height, width, 3)", exact=False)
def colour(folder: Path) -> Path:
    large = draw(side=32)
    np.savez(folder / "colour.npz", x=np.stack([large] * 3, axis=3), y=LABELS)
    return folder / "colour.npz"


@form("Images of another size (through vision)", exact=False)
def another_size(folder: Path) -> Path:
    np.savez(folder / "large.npz", x=draw(side=64), y=LABELS)
    return folder / "large.npz"


@form("Floats from 0 to 1, and one-hot labels")
def floats_to_1(folder: Path) -> Path:
    np.savez(folder / "floats.npz", x=(IMAGES / 255).astype(np.float32), y=ONE_HOT)
    return folder / "floats.npz"


@form("Floats from 0 to 255, and float labels")
def floats_to_255(folder: Path) -> Path:
    np.savez(folder / "floats.npz", x=IMAGES.astype(np.float64), y=LABELS.astype(np.float64))
    return folder / "floats.npz"


@form("Floats of mean 0 and deviation 1", note="gray levels -0.42")
def standardized(folder: Path) -> Path:
    np.savez(folder / "floats.npz", x=((IMAGES / 255 - 0.1307) / 0.3081), y=LABELS)
    return folder / "floats.npz"


@form("Labels as text (`'7'`)")
def text_labels(folder: Path) -> Path:
    np.savez(folder / "text.npz", x=IMAGES, y=LABELS.astype(str))
    return folder / "text.npz"


@form("Arrays of dark ink on light paper", note="dark ink on light paper, inverted")
def inverted(folder: Path) -> Path:
    np.savez(folder / "inverted.npz", x=255 - IMAGES, y=LABELS)
    return folder / "inverted.npz"


@form("A folder of `X_train.npy`, `y_train.npy`, `X_test.npy`, `y_test.npy`", official=TEST_COUNT)
def npy_folder(folder: Path) -> Path:
    for name, part in (("train", FIRST), ("test", LAST)):
        np.save(folder / f"X_{name}.npy", IMAGES[part])
        np.save(folder / f"y_{name}.npy", LABELS[part])
    return folder


@form("`images.npy`, with `labels.npy` beside it")
def npy_pair(folder: Path) -> Path:
    np.save(folder / "images.npy", IMAGES)
    np.save(folder / "labels.npy", LABELS)
    return folder / "images.npy"


@form("`.npy` alone", refusal="put its labels beside it")
def npy_alone(folder: Path) -> Path:
    np.save(folder / "images.npy", IMAGES)
    return folder / "images.npy"


@form("`.npz` with pickled objects", refusal="it holds Python objects, which could run code")
def pickled_npz(folder: Path) -> Path:
    np.savez(folder / "objects.npz", allow_pickle=True, x=np.array([{}] * 20), y=LABELS)
    return folder / "objects.npz"


@form("A pickle (`mnist.pkl`, `.pkl.gz`)", refusal="a Python pickle, not a data set: it could run")
def pickled(folder: Path) -> Path:
    (folder / "mnist.pkl.gz").write_bytes(gzip.compress(pickle.dumps((IMAGES, LABELS))))
    return folder / "mnist.pkl.gz"


def write_mnist(folder: Path, begin: str = "", packed: bool = False) -> None:
    for name, part in ((f"{begin}train", FIRST), (f"{begin}t10k", LAST)):
        for kind, array in (("images-idx3", IMAGES[part]), ("labels-idx1", LABELS[part])):
            path = folder / f"{name}-{kind}-ubyte"
            write_idx(path, array)
            if packed:
                path.with_suffix(".gz").write_bytes(gzip.compress(path.read_bytes()))
                path.unlink()


@form("MNIST's four IDX files, compressed or not", official=TEST_COUNT)
def mnist_idx(folder: Path) -> Path:
    write_mnist(folder, packed=True)
    return folder


@form("MNIST's four IDX files, compressed or not", official=TEST_COUNT)
def plain_idx(folder: Path) -> Path:
    write_mnist(folder)
    return folder


@form("torchvision's root (`root/MNIST/raw/`)", official=TEST_COUNT)
def torchvision(folder: Path) -> Path:
    write_mnist(folder / "MNIST" / "raw")
    (folder / "MNIST" / "processed").mkdir()
    return folder


@form("EMNIST's digits and MNIST (transposed; turned upright)", official=TEST_COUNT,
      note="emnist-digits: images are stored sideways; rotated upright")  # fmt: skip
def emnist(folder: Path) -> Path:
    for name, part in (("train", FIRST), ("test", LAST)):
        upright = IMAGES[part].transpose(0, 2, 1)
        write_idx(folder / f"emnist-digits-{name}-images-idx3-ubyte", upright)
        write_idx(folder / f"emnist-digits-{name}-labels-idx1-ubyte", LABELS[part])
        write_idx(folder / f"emnist-letters-{name}-images-idx3-ubyte", upright)
        write_idx(folder / f"emnist-letters-{name}-labels-idx1-ubyte", LABELS[part] + 9)
    return folder


@form("EMNIST's digits and MNIST (transposed; turned upright)",
      note="emnist-mnist: images are stored sideways; rotated upright")  # fmt: skip
def emnist_mnist(folder: Path) -> Path:
    raw = folder / "EMNIST" / "raw"
    write_idx(raw / "emnist-mnist-train-images-idx3-ubyte", IMAGES.transpose(0, 2, 1))
    write_idx(raw / "emnist-mnist-train-labels-idx1-ubyte", LABELS)
    return folder


@form("EMNIST's letters and other sets with letters", refusal="has letters among its classes")
def emnist_letters(folder: Path) -> Path:
    write_idx(folder / "emnist-letters-train-images-idx3-ubyte", IMAGES)
    write_idx(folder / "emnist-letters-train-labels-idx1-ubyte", LABELS + 1)
    return folder


@form("QMNIST (eight numbers per label)", official=TEST_COUNT)
def qmnist(folder: Path) -> Path:
    for name, part in (("train", FIRST), ("test", LAST)):
        labels = np.zeros((len(LABELS[part]), 8), ">i4")
        labels[:, 0], labels[:, 1:] = LABELS[part], 1234
        write_idx(folder / f"qmnist-{name}-images-idx3-ubyte", IMAGES[part])
        write_idx(folder / f"qmnist-{name}-labels-idx2-int", labels, 12)
    return folder


@form("A single pair of IDX files")
def idx_pair(folder: Path) -> Path:
    write_idx(folder / "mine-images-idx3-ubyte", IMAGES)
    write_idx(folder / "mine-labels-idx1-ubyte", LABELS)
    return folder / "mine-images-idx3-ubyte"


@form("An IDX file without its labels", refusal="only one of the two IDX files")
def half_idx(folder: Path) -> Path:
    write_idx(folder / "train-images-idx3-ubyte", IMAGES)
    return folder / "train-images-idx3-ubyte"


@form("Labels that are not 0 to 9", refusal="has the label 10: labels are the digits 0 to 9")
def shifted(folder: Path) -> Path:
    np.savez(folder / "shifted.npz", x=IMAGES, y=LABELS + 1)
    return folder / "shifted.npz"
