"""Figures, drawn without a display."""

import signal
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Annotation
from numpy.typing import NDArray

from digitnet import Recognizer, plots
from digitnet.cli.pictures import Pictures
from digitnet.errors import OutputError
from digitnet.model.symbols import BLANK, COLUMNS, symbol_of
from digitnet.plots.figure import MARK_COLOUR, SURE_COLOUR, UNSURE_COLOUR
from digitnet.reading.prediction import Box, Prediction, make_prediction
from digitnet.reading.read_lines import LineReading, read_lines
from digitnet.vision import find_lines
from digitnet.vision.text_line import TextLine

IMAGE = np.full((60, 90), 255, np.uint8)
INK = np.zeros((28, 28), np.uint8)


def digit(
    digit: int, confidence: float, x: int, y: int, *, named: bool = True, row: int = 0
) -> Box:
    """Return a box of 20 x 28 pixels around a digit."""
    probabilities = [(1 - confidence) / 9] * 10
    probabilities[digit] = confidence
    raw = str(digit)
    shown, symbol = (digit, raw) if named else (None, "?")
    return Box(shown, symbol, confidence, x, y, 20, 28, row, tuple(probabilities), raw, INK)


def mark(symbol: str, confidence: float, x: int, y: int, *, row: int = 0) -> Box:
    """Return a box of 4 x 4 pixels around a mark."""
    return Box(None, symbol, confidence, x, y, 4, 4, row, (), symbol, INK)


SEVEN = digit(7, 0.999, 5, 5)
UNSURE = digit(0, 0.5, 40, 6, named=False)
NEXT_ROW = digit(1, 0.9, 8, 36, row=1)
PAGE = make_prediction([SEVEN, UNSURE, NEXT_ROW], 0.45)
AMOUNT = make_prediction([SEVEN, mark(".", 0.75, 30, 29), UNSURE], 0.5)
NOTHING = make_prediction([], 1.0)


def texts(figure: Figure) -> list[str]:
    """Return the texts inside the axes of a figure, without tick labels."""
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def read_as(text: str, image: NDArray[np.uint8] = IMAGE, width: int = 90) -> LineReading:
    """Return a line of `width` pixels on which the reader reads `text`, ten columns apart."""
    columns = np.zeros(((width + 1) // 2, COLUMNS), np.float32)
    columns[:, BLANK] = 1
    for place, character in enumerate(text):
        run = slice(4 + 10 * place, 8 + 10 * place)
        columns[run] = 0
        columns[run, symbol_of(character)] = 1
    picture = np.full((32, width), 100, np.uint8)
    scale = np.diag([image.shape[1] / width, image.shape[0] / 32])
    line = TextLine(picture, np.column_stack([scale, [0, 0]]))
    return read_lines([line], [columns])[0]


def strips(figure: Figure) -> list[Axes]:
    """Return the axes below the three pictures: an image and a heat map for each line."""
    return figure.axes[3:]


def test_a_prediction_shows_each_answer_and_its_confidence_rounded_down() -> None:
    figure = plots.prediction_figure(IMAGE, PAGE, "page.png")
    assert texts(figure) == ["7", "99%", "?", "50%", "1", "90%"]


def test_digits_marks_and_unsure_symbols_have_different_colours() -> None:
    figure = plots.prediction_figure(IMAGE, AMOUNT)
    (axes,) = figure.axes
    colours = [to_hex(patch.get_edgecolor()).upper() for patch in axes.patches[-3:]]
    assert colours == [SURE_COLOUR, MARK_COLOUR, UNSURE_COLOUR]
    assert texts(figure) == ["7", "99%", ".", "75%", "?", "50%"]


def test_labels_of_a_mark_are_level_with_those_of_the_digits_beside_it() -> None:
    (axes,) = plots.prediction_figure(IMAGE, AMOUNT).axes
    heights = [text.xy[1] for text in axes.texts if isinstance(text, Annotation)]
    assert heights == [5, 33, 5, 34, 6, 34]


def test_labels_of_two_rows_do_not_overlap() -> None:
    page = np.full((140, 200), 255, np.uint8)
    rows = [digit(7, 0.99, 20 + 50 * x, 20 + 50 * y, row=y) for y in range(2) for x in range(3)]
    figure = plots.prediction_figure(page, make_prediction(rows, 0.9))
    figure.draw_without_rendering()
    (axes,) = figure.axes
    labels = [text.get_window_extent() for text in axes.texts]
    assert len(labels) == 12
    assert not any(one.overlaps(other) for one, other in combinations(labels, 2))


def test_a_prediction_of_one_digit_shows_the_probabilities_of_all_ten() -> None:
    figure = plots.prediction_figure(IMAGE, make_prediction([SEVEN], 0.999))
    _, probabilities = figure.axes
    assert len(probabilities.patches) == 10


@pytest.mark.parametrize("prediction", [PAGE, AMOUNT, NOTHING])
@pytest.mark.parametrize("suffix", ["png", "pdf", "svg"])
def test_a_prediction_is_saved_in_the_format_of_the_suffix(
    tmp_path: Path, prediction: Prediction, suffix: str
) -> None:
    path = tmp_path / f"figure.{suffix}"
    plots.save_figure(plots.prediction_figure(IMAGE, prediction, "$x_\udcff 数.png"), path)
    begins = {"png": b"\x89PNG", "pdf": b"%PDF", "svg": b"<?xml"}
    assert path.read_bytes().startswith(begins[suffix])


@pytest.mark.parametrize("shape", [(1, 2000), (2000, 1), (3, 3)])
def test_an_image_of_any_shape_is_drawn(tmp_path: Path, shape: tuple[int, int]) -> None:
    box = replace(NEXT_ROW, x=0, y=0, width=1, height=1)
    path = tmp_path / "figure.png"
    image = np.zeros(shape, np.uint8)
    plots.save_figure(plots.prediction_figure(image, make_prediction([box], 0.9)), path)
    assert cv2.imread(str(path)) is not None


def test_a_long_answer_fits_above_the_figure() -> None:
    page = np.full((400, 20), 255, np.uint8)
    figure = plots.prediction_figure(page, make_prediction([SEVEN] * 100, 0.5))
    figure.draw_without_rendering()
    (headline,) = figure.texts
    assert headline.get_text() == f"{'7' * 40} …  (50%)"
    assert headline.get_window_extent().width <= figure.bbox.width


def test_stages_show_gray_ink_boxes_and_each_line_with_its_probabilities() -> None:
    lines = [read_as("7.0"), read_as("1")]
    figure = plots.prediction_figure(IMAGE, AMOUNT, "page.png", (find_lines(IMAGE), lines))
    gray, ink, boxes = figure.axes[:3]
    assert [axes.get_xlabel() for axes in (gray, ink, boxes)] == [
        "grayscale",
        "ink and text lines",
        "boxes in reading order",
    ]
    assert len(ink.patches) == 2
    picture, heat, _, _ = strips(figure)
    (shown,), (probabilities,) = picture.images, heat.images
    assert np.array_equal(np.asarray(shown.get_array()), lines[0].line.image)
    rows = [symbol_of(symbol) for symbol in "07."]
    assert np.array_equal(np.asarray(probabilities.get_array()), lines[0].columns[:, rows].T)
    assert [label.get_text() for label in heat.get_yticklabels()] == ["0", "7", "point"]
    assert picture.get_xlim() == heat.get_xlim() == (0, 90)


def test_stages_label_a_line_with_its_answers_in_their_colours() -> None:
    figure = plots.prediction_figure(
        IMAGE, AMOUNT, "", (find_lines(IMAGE), [read_as("7 .x0", width=120)])
    )
    labels = [(text.get_text(), text.get_color()) for text in strips(figure)[0].texts]
    neutral = labels[1][1]
    assert labels == [
        ("7", SURE_COLOUR),
        ("\u2423", neutral),
        (".", MARK_COLOUR),
        ("#", neutral),
        ("?", UNSURE_COLOUR),
    ]


def test_stages_label_each_cell_of_a_row_with_its_answer() -> None:
    cells = [read_as("7"), read_as("0")._replace(beside=True), read_as("1")]
    figure = plots.prediction_figure(IMAGE, PAGE, "", (find_lines(IMAGE), cells))
    assert [[text.get_text() for text in axes.texts] for axes in strips(figure)[::2]] == [
        ["7"],
        ["?"],
        ["1"],
    ]


def test_stages_assign_answers_to_the_lines_with_digits() -> None:
    lines = [read_as("-"), read_as("70"), read_as("/x"), read_as("1")]
    figure = plots.prediction_figure(IMAGE, PAGE, "", (find_lines(IMAGE), lines))
    labels = [[text.get_text() for text in axes.texts] for axes in strips(figure)[::2]]
    assert labels == [["-"], ["7", "?"], ["/", "#"], ["1"]]


def test_stages_of_wide_lines_have_a_bounded_size() -> None:
    lines = [read_as("7", width=384)] * 100
    figure = plots.prediction_figure(IMAGE, PAGE, "", (find_lines(IMAGE), lines))
    assert len(strips(figure)) == 2 * 18
    assert figure.get_figheight() < 100


def test_stages_of_an_image_without_digits_show_what_the_reader_read(tmp_path: Path) -> None:
    figure = plots.prediction_figure(IMAGE, NOTHING, "", (find_lines(IMAGE), [read_as("x-")]))
    assert [text.get_text() for text in strips(figure)[0].texts] == ["#", "-"]
    figure = plots.prediction_figure(IMAGE, NOTHING, "", (find_lines(IMAGE), [read_as("")]))
    plots.save_figure(figure, tmp_path / "figure.png")


def test_stages_cut_a_wide_line_into_parts() -> None:
    line = read_as("7" * 40, width=801)
    boxes = [digit(7, 0.9, 5 + 2 * x, 5) for x in range(40)]
    figure = plots.prediction_figure(
        IMAGE, make_prediction(boxes, 0.5), "", (find_lines(IMAGE), [line])
    )
    pictures = strips(figure)[::2]
    assert [axes.get_xlim() for axes in pictures] == [(0, 384), (384, 768), (768, 802)]
    assert sum(len(axes.texts) for axes in pictures) == 40


def test_stages_of_many_lines_show_the_first_and_say_so() -> None:
    lines = [read_as("7")] * 100
    figure = plots.prediction_figure(IMAGE, PAGE, "", (find_lines(IMAGE), lines))
    assert len(strips(figure)) == 2 * 48
    captions = [text.get_text() for part in figure.subfigs for text in part.texts]
    assert captions[0].endswith("the first 48 of 100 parts")


def test_stages_stay_inside_the_figure() -> None:
    lines = [read_as("0123456789", width=width) for width in (200, 384, 40, 300, 90, 90)]
    figure = plots.prediction_figure(IMAGE, PAGE, "", (find_lines(IMAGE), lines))
    figure.draw_without_rendering()
    places = [axes.get_tightbbox() for axes in figure.axes]
    assert all(figure.bbox.contains(*corner) for p in places if p for corner in p.corners())
    pictures = [axes.get_window_extent() for axes in strips(figure)]
    overlaps = [one.overlaps(other.padded(-1)) for one, other in combinations(pictures, 2)]
    assert not any(overlaps)


def test_stages_without_a_reader_show_what_the_classifier_saw() -> None:
    figure = plots.prediction_figure(IMAGE, PAGE, "page.png", (find_lines(IMAGE), []))
    _, ink, _, *cells = figure.axes
    assert ink.get_xlabel() == "ink"
    assert not ink.patches
    shown = [axes for axes in cells if axes.images]
    assert [axes.get_title() for axes in shown] == ["7 99%", "? (0) 50%", "1 90%"]
    assert all(np.array_equal(np.asarray(axes.images[0].get_array()), INK) for axes in shown)


def test_stages_of_many_digits_show_the_first_and_say_so() -> None:
    page = make_prediction([SEVEN] * 100, 0.9)
    figure = plots.prediction_figure(IMAGE, page, "", (find_lines(IMAGE), []))
    (lower,) = (part for part in figure.subfigs if "classifier" in part.get_supxlabel())
    assert lower.get_supxlabel().endswith("the first 72 of 100")
    assert sum(1 for axes in figure.axes[3:] if axes.images) == 72


@pytest.mark.parametrize("shape", [(1, 2000), (2000, 1), (60, 90)])
@pytest.mark.parametrize("lines", [[], [read_as("")]])
def test_stages_of_an_image_without_digits_are_drawn(
    tmp_path: Path, shape: tuple[int, int], lines: list[LineReading]
) -> None:
    path = tmp_path / "figure.png"
    blank = np.full(shape, 255, np.uint8)
    stages = find_lines(blank), lines
    plots.save_figure(plots.prediction_figure(blank, NOTHING, "", stages), path)
    assert cv2.imread(str(path)) is not None


def test_a_history_shows_loss_and_error_of_training_and_validation() -> None:
    row = {"loss": 0.3, "error": 0.1, "validation_loss": 0.2, "validation_error": 0.05}
    figure = plots.history_figure([{"epoch": 1.0, **row}, {"epoch": 2.0, **row}])
    loss, error = figure.axes
    assert [line.get_label() for line in loss.lines] == ["training", "validation"]
    assert [list(np.asarray(line.get_ydata())) for line in error.lines] == [[0.1] * 2, [0.05] * 2]


def test_a_confusion_matrix_shows_the_number_of_errors() -> None:
    matrix = np.diag([100] * 10)
    matrix[4, 9] = 3
    axes, _ = plots.confusion_figure(matrix.tolist()).axes
    assert axes.get_title() == "3 of 1,003 wrong (0.30%)"
    assert [text.get_text() for text in axes.texts].count("100") == 10


def test_misses_are_sorted_by_descending_confidence() -> None:
    images = np.zeros((4, 28, 28), np.uint8)
    labels, predicted = np.array([1, 2, 3, 4]), np.array([1, 7, 5, 4])
    figure = plots.misses_figure(images, labels, predicted, np.array([0.9, 0.6, 0.8, 0.9]))
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert titles == ["3 read as 5\n80%", "2 read as 7\n60%"]


def test_misses_may_be_empty(tmp_path: Path) -> None:
    nothing = np.zeros(0, np.int64)
    figure = plots.misses_figure(np.zeros((0, 28, 28), np.uint8), nothing, nothing, nothing * 0.5)
    plots.save_figure(figure, tmp_path / "misses.png")


def test_the_reliability_figure_shows_the_accuracy_at_each_confidence(tmp_path: Path) -> None:
    confidence = np.array([0.95, 0.95, 1.0, 0.99, 0.5])
    figure = plots.reliability_figure(confidence, np.array([True, True, True, False, False]))
    above, _ = figure.axes
    heights = [bar.get_height() for bar in above.patches if hasattr(bar, "get_height")]
    assert heights == [0, 0.75]
    plots.save_figure(figure, tmp_path / "reliability.png")


def test_an_unwritable_figure_is_reported_on_one_line(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"no such file or directory; give another --plot$"):
        plots.save_figure(plots.confusion_figure([[1]]), tmp_path / "missing" / "figure.png")


def test_no_window_can_be_opened_without_a_terminal() -> None:
    assert not plots.can_open_windows()


def test_a_window_shows_the_figure_and_is_released(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[list[str]] = []
    monkeypatch.setattr(pyplot, "show", lambda block: shown.append(texts(pyplot.gcf())))
    plots.show_prediction(IMAGE, PAGE, "page.png")
    assert shown == [["7", "99%", "?", "50%", "1", "90%"]]
    assert pyplot.get_fignums() == []


def test_a_window_shows_stages_too(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setattr(
        pyplot, "show", lambda block: shown.append(pyplot.gcf().axes[1].get_xlabel())
    )
    plots.show_prediction(IMAGE, PAGE, "page.png", (find_lines(IMAGE), [read_as("7")]))
    assert shown == ["ink and text lines"]


@pytest.mark.usefixtures("usual_ctrl_c")
def test_ctrl_c_waits_for_the_figure(
    samples: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    simple_recognizer: Recognizer,
) -> None:
    draw = plots.save_figure

    def interrupted(figure: Figure, path: Path) -> None:
        signal.raise_signal(signal.SIGINT)
        draw(figure, path)

    monkeypatch.setattr("digitnet.plots.save_figure", interrupted)
    image, target = str(samples / "paint-3.png"), tmp_path / "three.png"
    pictures = Pictures(
        str(target), show=False, stages=True, single=False, grid=None, image=image, quiet=True
    )
    with pytest.raises(KeyboardInterrupt):
        pictures.draw(image, image, PAGE, simple_recognizer)
    assert target.exists()
