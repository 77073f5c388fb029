"""Fuzz targets: every part of digitnet that reads files, called as by its commands."""

import io
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from corpus import ROOT

from digitnet.data import datasets
from digitnet.data.parts import Part
from digitnet.data.unipen import read_unipen
from digitnet.errors import DigitnetError
from digitnet.evaluation.evaluate import has_changed, select_part, trained_on
from digitnet.model import bundle
from digitnet.model.keras_file import find_fault
from digitnet.model.litert import Network
from digitnet.reading.recognizer import Recognizer
from digitnet.training.checkpoint import Checkpoint, best_epoch
from digitnet.training.strokes import is_number


class Targets:
    """Functions that read each kind of file.

    Args:
        folder: where files are written for functions that read from disk.
    """

    def __init__(self, folder: Path) -> None:
        cv2.setNumThreads(1)
        self._folder = folder
        models = ROOT / "models"
        self._recognizer = Recognizer.load(models / "cnn", models / "reader", notify=lambda _: None)
        self._digits = datasets.load("digits")
        self._bundle = folder / "bundle"
        shutil.copytree(models / "cnn", self._bundle)
        self._idx = folder / "idx"
        self._idx.mkdir()
        for name, shape in (("t10k-images-idx3", (9, 28, 28)), ("t10k-labels-idx1", (9,)),
                            ("train-labels-idx1", (40,))):  # fmt: skip
            header = bytes([0, 0, 8, len(shape)]) + np.array(shape, ">u4").tobytes()
            content = header + bytes(int(np.prod(shape)))
            (self._idx / f"{name}-ubyte").write_bytes(content)
        self._table = folder / "table"
        self._table.mkdir()
        shutil.copy(ROOT / "samples" / "paint-3.png", self._table / "3.png")
        self._strokes = folder / "strokes"
        self._strokes.mkdir()
        (self._strokes / "more.dat").write_text(".PEN_DOWN\n1 2 3\n4 5 6\n")
        self._state = Checkpoint(folder / "model")
        self._state.folder.mkdir()
        self._readers: dict[str, Callable[[bytes], object]] = {
            "image": self._read_image,
            "network": self._read_network,
            "card": self._read_card,
            "keras": self._read_keras,
            "layers": self._read_layers,
            "history": self._read_history,
            "options": self._read_options,
            "epoch": self._read_epoch,
            "archive": self._read_archive,
            "array": self._read_array,
            "idx": self._read_idx,
            "packed idx": self._read_packed_idx,
            "table": self._read_table,
            "digits": self._read_digits,
            "strokes": self._read_strokes,
        }

    def answers(self, kind: str, data: bytes) -> bool:
        """Whether a file is read; False if it is refused with a `DigitnetError`.

        Raises:
            Exception: any other error, which is a fault.
        """
        try:
            self._readers[kind](data)
        except DigitnetError as error:
            if "\n" in str(error):
                raise ValueError(f"not one line: {error}") from error
            return False
        return True

    def _read_image(self, data: bytes) -> None:
        if len(data) % 4:
            list(self._recognizer.predict_pages(data, jobs=1))
        else:
            self._recognizer.predict(data, single=True)

    def _read_network(self, data: bytes) -> None:
        network = Network(data, "fuzzed")
        network.answer(np.zeros((2, 28, 28), np.uint8))

    def _read_card(self, data: bytes) -> None:
        (self._bundle / bundle.CARD_FILE).write_bytes(data)
        loaded = bundle.load(self._bundle)
        trained_on(loaded, self._digits)
        has_changed(loaded, self._digits)
        select_part(loaded, self._digits, Part.TEST)
        Recognizer(loaded)

    def _read_keras(self, data: bytes) -> None:
        if reason := find_fault(data, bundle.MAX_MODEL_BYTES):
            raise DigitnetError(reason)

    def _read_layers(self, data: bytes) -> None:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("config.json", data)
            archive.writestr("metadata.json", "{}")
            archive.writestr("model.weights.h5", b"")
        self._read_keras(buffer.getvalue())

    def _read_history(self, data: bytes) -> None:
        self._state.history.write_bytes(data)
        rows = self._state.read_history()
        if rows:
            best_epoch(rows, 0)

    def _read_options(self, data: bytes) -> None:
        self._state.options.write_bytes(data)
        self._state.read_options()

    def _read_epoch(self, data: bytes) -> None:
        (self._state.folder / "epoch-1.npz").write_bytes(data)
        self._state.read_variables(1)

    def _read_archive(self, data: bytes) -> None:
        path = self._folder / "fuzzed.npz"
        path.write_bytes(data)
        datasets.load(str(path))

    def _read_array(self, data: bytes) -> None:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("x.npy", data)
            with archive.open("y.npy", "w") as file:
                np.save(file, (np.arange(40) % 10).astype(np.uint8))
        self._read_archive(buffer.getvalue())

    def _read_idx(self, data: bytes) -> None:
        path = self._idx / "train-images-idx3-ubyte"
        path.write_bytes(data)
        datasets.load(str(self._idx))
        path.unlink()

    def _read_packed_idx(self, data: bytes) -> None:
        path = self._idx / "train-images-idx3-ubyte.gz"
        path.write_bytes(data)
        datasets.load(str(self._idx))
        path.unlink()

    def _read_table(self, data: bytes) -> None:
        (self._table / "labels.csv").write_bytes(data)
        datasets.load(str(self._table))

    def _read_strokes(self, data: bytes) -> None:
        (self._strokes / "fuzzed.dat").write_bytes(data)
        read_unipen(self._strokes, is_number)

    def _read_digits(self, data: bytes) -> None:
        path = self._folder / "digits"
        path.write_bytes(data)
        datasets.load(str(path))
