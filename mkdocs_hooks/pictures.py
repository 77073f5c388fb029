"""Figures of the documentation: how images are read, training examples, and errors of the models.

They are drawn with the shipped models and scikit-learn's digits, without a download.
"""

import io
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import cv2
import numpy as np
import PIL.Image
from matplotlib.figure import Figure
from numpy.typing import NDArray

from digitnet import Recognizer
from digitnet.data import datasets
from digitnet.evaluation.evaluate import evaluate
from digitnet.evaluation.lines import collapse_other
from digitnet.model import bundle
from digitnet.model.symbols import spell
from digitnet.plots import prediction_figure
from digitnet.reading.ctc import best_paths
from digitnet.reading.reader import Reader
from digitnet.synthesis.augment import distort
from digitnet.synthesis.characters.alphabets import FOREIGN, LETTERS, PLAIN
from digitnet.synthesis.characters.digit_ways import (
    LINE_WAYS,
    WORLD_WAYS,
    digit_strokes,
    max_rounding,
)
from digitnet.synthesis.characters.fonts import find_faces
from digitnet.synthesis.characters.strokes import write
from digitnet.synthesis.lines.line import Line, make_line
from digitnet.synthesis.lines.writing.sources import Sources
from digitnet.synthesis.outliers import make_outliers
from digitnet.vision.line_image import normalize_line

ROOT = Path(__file__).resolve().parent.parent

LINES_SHOWN, LINES_A_ROW = 24, 3
LINES_READ = 200
MISREAD_SHOWN = 12

CLASSIFIERS = ("cnn", "mlp", "rnn")


COLOURS = 64
"""Colours of a figure: with all 16 million, its file is twice as large and looks the same."""


def draw(name: str) -> bytes:
    """Draw a figure of `PICTURES` and return it as a PNG file."""
    figure = PICTURES[name]()
    if isinstance(figure, np.ndarray):
        return cv2.imencode(".png", figure)[1].tobytes()
    drawn, small = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", dpi=110)
    image = PIL.Image.open(drawn).convert("RGB").quantize(COLOURS)
    image.save(small, format="png", optimize=True)
    return small.getvalue()


def _stages(sample: str) -> Figure:
    """Draw every stage of reading a sample image."""
    recognizer = Recognizer.load(ROOT / "models" / "cnn", ROOT / "models" / "reader")
    gray = np.asarray(
        cv2.imread(str(ROOT / "samples" / sample), cv2.IMREAD_GRAYSCALE), dtype=np.uint8
    )
    prediction = recognizer.predict(gray)
    return prediction_figure(gray, prediction, sample, stages=recognizer.find_lines(gray))


def _sheet(
    pictures: list[NDArray[np.uint8]], titles: list[str], columns: int, height: float
) -> Figure:
    """Arrange pictures with titles in a grid."""
    rows = -(-len(pictures) // columns)
    figure = Figure(figsize=(9, rows * height), layout="constrained")
    cells = figure.subplots(rows, columns, squeeze=False)
    for axes in cells.flat:
        axes.set_axis_off()
    for axes, picture, title in zip(cells.flat, pictures, titles, strict=False):
        axes.imshow(picture, cmap="gray", vmin=0, vmax=255)
        axes.set_title(title, fontsize=8)
    return figure


@cache
def _digits() -> datasets.Dataset:
    return datasets.load("digits")


def _lines(count: int, seed: int) -> list[Line]:
    """Draw lines as in the training of the reader."""
    digits = _digits()
    sources = Sources(digits.images, digits.labels, faces=find_faces(None, LETTERS + FOREIGN))
    rng = np.random.default_rng(seed)
    return [make_line(sources, rng) for _ in range(count)]


def _training_lines() -> Figure:
    lines = [line for line in _lines(2 * LINES_SHOWN, 1) if line.symbols][:LINES_SHOWN]
    return _sheet(
        [line.gray for line in lines],
        [collapse_other(line.text) for line in lines],
        LINES_A_ROW,
        0.75,
    )


def _distortions() -> Figure:
    """Draw a digit of each class, followed by five distortions of it."""
    digits, rng = _digits(), np.random.default_rng(0)
    ten = np.stack([digits.images[digits.labels == digit][0] for digit in range(10)])
    rows = [ten, *(distort(ten, rng) for _ in range(5))]
    pictures = [255 - picture for row in rows for picture in row]
    return _sheet(pictures, [""] * len(pictures), 10, 0.9)


def _digit_shapes() -> Figure:
    """Draw every shape of digits that MNIST lacks."""
    rng = np.random.default_rng(0)
    shapes = [
        (digit, way)
        for digit in range(10)
        for way in dict.fromkeys(WORLD_WAYS[digit] + LINE_WAYS.get(digit, []))
    ]
    pictures = [
        255 - write(digit_strokes(digit, [way], rng), max_rounding(digit), rng)
        for digit, way in shapes
    ]
    return _sheet(pictures, [str(digit) for digit, _ in shapes], 14, 0.8)


def _no_digits() -> Figure:
    """Draw training examples of non-digits, including touching digits."""
    faces = find_faces(None, PLAIN)
    pictures, _ = make_outliers(_digits().images, 40, faces, np.random.default_rng(3))
    return _sheet([255 - picture for picture in pictures], [""] * 40, 10, 0.9)


def _misread_digits(model: str) -> Figure:
    """Draw a classifier's most confident errors on scikit-learn's digits, not used in training."""
    return evaluate(bundle.load(ROOT / "models" / model), _digits()).plot_misses()


def _misread_lines() -> Figure:
    """Draw lines misread by the reader."""
    lines = _lines(LINES_READ, 2)
    columns = Reader(bundle.load(ROOT / "models" / "reader")).read(
        [normalize_line(line.gray) for line in lines]
    )
    answers = [spell(each.symbol for each in path) for path in best_paths(columns)]
    wrong = [
        (line, answer)
        for line, answer in zip(lines, answers, strict=True)
        if collapse_other(line.text) != answer
    ]
    shown = wrong[:MISREAD_SHOWN]
    titles = [
        f"{collapse_other(line.text)}  read as  {answer or 'nothing'}" for line, answer in shown
    ]
    figure = _sheet([line.gray for line, _ in shown], titles, 2, 0.8)
    figure.suptitle(
        f"the first {len(shown)} of {len(wrong)} misread of {len(lines)} lines", fontsize=11
    )
    return figure


def _board() -> NDArray[np.uint8]:
    """Draw a table of three rows and three columns with four digits, as input for `--grid`."""
    side, margin = 60, 20
    board = np.full((3 * side + 2 * margin, 3 * side + 2 * margin), 255, np.uint8)
    for line in range(margin, 3 * side + margin + 1, side):
        cv2.line(board, (line, margin), (line, 3 * side + margin), 0, 2)
        cv2.line(board, (margin, line), (3 * side + margin, line), 0, 2)
    for row, column, digit in [(0, 0, "5"), (0, 2, "3"), (1, 1, "7"), (2, 0, "9")]:
        place = (margin + column * side + 18, margin + row * side + 45)
        cv2.putText(board, digit, place, cv2.FONT_HERSHEY_SIMPLEX, 1.2, 0, 3)
    return board


PICTURES: dict[str, Callable[[], Figure | NDArray[np.uint8]]] = {
    "board": _board,
    "stages-page": partial(_stages, "page-two-rows.png"),
    "stages-squared-paper": partial(_stages, "squared-paper-73.png"),
    "training-lines": _training_lines,
    "distortions": _distortions,
    "digit-shapes": _digit_shapes,
    "no-digits": _no_digits,
    **{f"misread-{name}": partial(_misread_digits, name) for name in CLASSIFIERS},
    "misread-reader": _misread_lines,
}
