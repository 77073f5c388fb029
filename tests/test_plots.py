"""Figures that are drawn without a display."""

import signal
from pathlib import Path

import cv2
import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.figure import Figure

from digitnet import Limits, plots
from digitnet.cli.pictures import Pictures
from digitnet.errors import OutputError
from digitnet.reading.prediction import Box, Prediction
from digitnet.vision import find_stages

IMAGE = np.full((60, 90), 255, np.uint8)
STROKES = IMAGE.copy()
STROKES[10:50, 18:22] = 0
STROKES[4:7, 79:82] = 0  # a speck
SEEN = np.zeros((28, 28), np.uint8)
SEVEN = Box(7, 0.999, 5, 5, 20, 28, 0, (0.0,) * 7 + (0.999, 0.0, 0.001), SEEN)
UNSURE = Box(None, 0.5, 40, 6, 20, 28, 0, (0.5, 0.5, *(0.0,) * 8), SEEN)
NEXT_ROW = Box(1, 0.9, 8, 36, 6, 20, 1, (0.0, 0.9, 0.1, *(0.0,) * 7), SEEN)
PAGE = Prediction("7? 1", 0.45, (SEVEN, UNSURE, NEXT_ROW))


def texts(figure: Figure) -> list[str]:
    """What is written in a figure's pictures, without the axes' numbers."""
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_a_prediction_shows_each_answer_and_its_confidence_rounded_down() -> None:
    figure = plots.prediction_figure(IMAGE, PAGE, "page.png")
    assert texts(figure) == ["7", "99%", "?", "50%", "1", "90%"]


def test_a_prediction_has_another_colour_where_it_is_not_sure() -> None:
    (axes,) = plots.prediction_figure(IMAGE, PAGE).axes
    sure, unsure, _ = (patch.get_edgecolor() for patch in axes.patches[-3:])
    assert sure != unsure


def test_a_prediction_of_one_digit_shows_the_probabilities_of_all_ten() -> None:
    figure = plots.prediction_figure(IMAGE, Prediction("7", 0.999, (SEVEN,)))
    _, probabilities = figure.axes
    assert len(probabilities.patches) == 10


@pytest.mark.parametrize("prediction", [PAGE, Prediction("", None, ())])
@pytest.mark.parametrize("suffix", ["png", "pdf", "svg"])
def test_a_prediction_is_saved_as_its_suffix_says(
    tmp_path: Path, prediction: Prediction, suffix: str
) -> None:
    path = tmp_path / f"figure.{suffix}"
    plots.save_figure(plots.prediction_figure(IMAGE, prediction, "$x_\udcff 数.png"), path)
    begins = {"png": b"\x89PNG", "pdf": b"%PDF", "svg": b"<?xml"}
    assert path.read_bytes().startswith(begins[suffix])


@pytest.mark.parametrize("shape", [(1, 2000), (2000, 1), (3, 3)])
def test_an_image_of_any_shape_is_drawn(tmp_path: Path, shape: tuple[int, int]) -> None:
    box = Box(1, 0.9, 0, 0, 1, 1, 0, (0.0, 0.9, 0.1, *(0.0,) * 7), SEEN)
    path = tmp_path / "figure.png"
    image = np.zeros(shape, np.uint8)
    plots.save_figure(plots.prediction_figure(image, Prediction("1", 0.9, (box,))), path)
    assert cv2.imread(str(path)) is not None


def test_stages_show_gray_ink_boxes_and_what_the_network_saw() -> None:
    figure = plots.prediction_figure(STROKES, PAGE, "page.png", find_stages(STROKES))
    gray, ink, boxes, *cells = figure.axes
    assert [axes.get_xlabel().split()[0] for axes in (gray, ink, boxes)] == [
        "gray",
        "ink;",
        "boxes",
    ]
    assert texts(figure) == ["7", "99%", "?", "50%", "1", "90%"]
    assert [axes.get_title() for axes in cells if axes.images] == ["7 99%", "? (0) 50%", "1 90%"]
    assert all(
        np.array_equal(np.asarray(axes.images[0].get_array()), SEEN)
        for axes in cells
        if axes.images
    )


def test_stages_show_dropped_ink_in_another_colour() -> None:
    figure = plots.prediction_figure(STROKES, PAGE, "", find_stages(STROKES))
    ink = np.asarray(figure.axes[1].images[0].get_array())
    stroke, speck, paper = (tuple(ink[place].tolist()) for place in ((30, 20), (5, 80), (5, 40)))
    assert stroke == (0, 0, 0)
    assert speck[0] > speck[1] > speck[2]
    assert paper == (255, 255, 255)


def test_stages_of_many_digits_show_the_first_and_say_so() -> None:
    page = Prediction("7" * 100, 0.9, (SEVEN,) * 100)
    figure = plots.prediction_figure(STROKES, page, "", find_stages(STROKES))
    (lower,) = (part for part in figure.subfigs if "network" in part.get_supxlabel())
    assert lower.get_supxlabel().endswith("the first 72 of 100")
    assert sum(1 for axes in figure.axes[3:] if axes.images) == 72


@pytest.mark.parametrize("shape", [(1, 2000), (2000, 1), (60, 90)])
def test_stages_of_an_image_without_digit_are_drawn(tmp_path: Path, shape: tuple[int, int]) -> None:
    path = tmp_path / "figure.png"
    blank = np.full(shape, 255, np.uint8)
    nothing = Prediction("", None, ())
    plots.save_figure(plots.prediction_figure(blank, nothing, "", find_stages(blank)), path)
    assert cv2.imread(str(path)) is not None


def test_a_history_shows_loss_and_error_of_both_parts() -> None:
    row = {"loss": 0.3, "error": 0.1, "validation_loss": 0.2, "validation_error": 0.05}
    figure = plots.history_figure([{"epoch": 1.0, **row}, {"epoch": 2.0, **row}])
    loss, error = figure.axes
    assert [line.get_label() for line in loss.lines] == ["training", "validation"]
    assert [list(np.asarray(line.get_ydata())) for line in error.lines] == [[0.1] * 2, [0.05] * 2]


def test_a_confusion_matrix_shows_how_many_are_wrong() -> None:
    matrix = np.diag([100] * 10)
    matrix[4, 9] = 3
    axes, _ = plots.confusion_figure(matrix.tolist()).axes
    assert axes.get_title() == "3 of 1,003 wrong (0.30%)"
    assert [text.get_text() for text in axes.texts].count("100") == 10


def test_misses_are_the_wrong_answers_with_the_surest_first() -> None:
    images = np.zeros((4, 28, 28), np.uint8)
    labels, predicted = np.array([1, 2, 3, 4]), np.array([1, 7, 5, 4])
    figure = plots.misses_figure(images, labels, predicted, np.array([0.9, 0.6, 0.8, 0.9]))
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert titles == ["3 read as 5\n80%", "2 read as 7\n60%"]


def test_misses_can_be_none(tmp_path: Path) -> None:
    nothing = np.zeros(0, np.int64)
    figure = plots.misses_figure(np.zeros((0, 28, 28), np.uint8), nothing, nothing, nothing * 0.5)
    plots.save_figure(figure, tmp_path / "misses.png")


def test_reliability_shows_how_often_each_confidence_is_right(tmp_path: Path) -> None:
    confidence = np.array([0.95, 0.95, 1.0, 0.99, 0.5])
    figure = plots.reliability_figure(confidence, np.array([True, True, True, False, False]))
    above, _ = figure.axes
    heights = [bar.get_height() for bar in above.patches if hasattr(bar, "get_height")]
    assert heights == [0, 0.75]
    plots.save_figure(figure, tmp_path / "reliability.png")


def test_a_figure_that_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"no such file or directory; give another --plot$"):
        plots.save_figure(plots.confusion_figure([[1]]), tmp_path / "missing" / "figure.png")


def test_no_window_can_be_opened_without_a_terminal() -> None:
    assert not plots.can_open_windows()


def test_a_window_shows_the_figure_and_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
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
    plots.show_prediction(STROKES, PAGE, "page.png", find_stages(STROKES))
    assert shown == ["ink; erased or dropped in orange"]


@pytest.mark.usefixtures("usual_ctrl_c")
def test_ctrl_c_waits_for_the_figure(
    samples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = plots.save_figure

    def interrupted(figure: Figure, path: Path) -> None:
        signal.raise_signal(signal.SIGINT)
        draw(figure, path)

    monkeypatch.setattr("digitnet.plots.save_figure", interrupted)
    image, target = str(samples / "paint-3.png"), tmp_path / "three.png"
    pictures = Pictures(str(target), show=False, stages=False, image=image, quiet=True)
    with pytest.raises(KeyboardInterrupt):
        pictures.draw(image, image, PAGE, Limits())
    assert target.exists()
