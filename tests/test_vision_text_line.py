"""From a row of writing to a line image of 32 pixels for the reader, and back."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from digitnet.vision import find_lines
from digitnet.vision.layout import Row
from digitnet.vision.line_image import INK, LINE_HEIGHT, PAPER, line_image, normalize_line
from digitnet.vision.text_line import TextLine, text_line, whole_image

Gray = NDArray[np.uint8]
Box = tuple[float, float, float, float]


def bars(slope: float, size: float = 1.0, count: int = 8) -> tuple[Gray, list[Box]]:
    """Return a page with a slanted row of upright bars, and the box of each bar."""
    page = np.full((round(300 * size), round(600 * size)), 240, np.uint8)
    boxes = []
    for place in range(count):
        left, width, height = 60 + 60 * place, 8 + 2 * (place % 3), 50.0
        top = 120 + slope * (left - 250)
        box = left * size, top * size, (left + width) * size, (top + height) * size
        corners = np.rint(np.array(box)).astype(int).tolist()
        page[corners[1] : corners[3], corners[0] : corners[2]] = 30
        boxes.append(box)
    return page, boxes


def only_line(page: Gray) -> TextLine:
    (line,) = find_lines(page).lines
    return line


def runs(line: TextLine) -> list[tuple[int, int]]:
    """Return the start and end of each run of columns with ink in the line image."""
    has_ink = (line.image >= (PAPER + INK) / 2).any(axis=0)
    edges = np.flatnonzero(np.diff(has_ink, prepend=False, append=False))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


slopes = pytest.mark.parametrize("slope", [-0.25, -0.1, 0.0, 0.1, 0.25])


@slopes
def test_a_slanted_row_becomes_level(slope: float) -> None:
    line = only_line(bars(slope)[0])
    middles = [
        float(np.flatnonzero((line.image[:, start:end] >= 150).any(axis=1)).mean())
        for start, end in runs(line)
    ]
    assert len(middles) == 8
    assert np.ptp(middles) <= 1.5


def test_a_row_with_all_its_parts_above_one_another_is_not_turned() -> None:
    boxes = np.array([[10, 20, 290, 40], [20, 45, 280, 60], [30, 65, 270, 80]])
    line = text_line(np.full((100, 300), 255, np.uint8), Row(np.arange(1, 4), boxes), 1.0)
    assert line.to_image[0, 1] == line.to_image[1, 0] == 0


@slopes
@pytest.mark.parametrize("size", [0.3, 1.0, 4.0])
def test_boxes_on_the_line_map_back_to_the_page(slope: float, size: float) -> None:
    page, boxes = bars(slope, size)
    line = only_line(page)
    pixel = float(line.to_image[0, 0])
    found = runs(line)
    assert len(found) == len(boxes)
    for (start, end), (left, top, right, bottom) in zip(found, boxes, strict=True):
        x, y, x_end, y_end = line.box(start, end)
        assert abs(x - left) <= 1.5 * pixel
        assert abs(x_end - right) <= 1.5 * pixel
        assert y <= top
        assert y_end >= bottom


def test_a_line_has_paper_around_its_writing() -> None:
    line = only_line(bars(0.0)[0])
    inked = np.flatnonzero((line.image >= 150).any(axis=1))
    assert 2 <= inked[0] <= 8
    assert 23 <= inked[-1] <= 29
    assert line.image[:, 0].max() < 110


def test_a_line_is_cut_at_the_edge_of_the_image() -> None:
    page, _ = bars(0.0)
    line = only_line(page[110:, 62:])
    left, top, right, bottom = line.box(0, line.image.shape[1])
    assert left >= 0
    assert top >= 0
    assert right <= page.shape[1] - 62
    assert bottom <= page.shape[0] - 110


def test_the_whole_image_can_be_a_line() -> None:
    page, _ = bars(0.0)
    line = whole_image(page)
    assert line.image.shape == (LINE_HEIGHT, 64)
    assert line.box(0, 64) == pytest.approx((0, 0, 600, 300))


@pytest.mark.parametrize(
    ("shape", "width"), [((32, 100), 100), ((64, 100), 50), ((16, 100), 200), ((300, 3), 8)]
)
def test_a_line_keeps_its_aspect_ratio(shape: tuple[int, int], width: int) -> None:
    gray = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    assert line_image(gray).shape == (LINE_HEIGHT, width)


@pytest.mark.parametrize(("paper", "ink"), [(255, 0), (0, 255), (200, 170), (90, 130), (15, 45)])
def test_paper_and_ink_of_any_levels_are_normalized(paper: int, ink: int) -> None:
    gray = np.full((32, 60), paper, np.uint8)
    gray[8:24, 20:28] = ink
    line = line_image(gray)
    assert line.dtype == np.uint8
    assert (line[8:24, 20:28] == INK).all()
    assert (line[:, :20] == PAPER).all()


def test_polarity_does_not_matter() -> None:
    gray = cv2.GaussianBlur(bars(0.0)[0], (5, 5), 0).view(np.uint8)
    assert np.array_equal(line_image(gray), line_image(255 - gray))


def test_marks_lighter_than_the_paper_are_not_ink() -> None:
    gray = np.full((32, 60), 128, np.uint8)
    gray[4:28, 10:20] = 20
    gray[4:28, 40:44] = 160
    line = line_image(gray)
    assert (line[4:28, 10:20] == INK).all()
    assert (line[4:28, 40:44] < PAPER).all()


def test_noise_of_the_paper_does_not_become_ink() -> None:
    gray = np.random.default_rng(0).integers(198, 203, (32, 200), np.uint8)
    line = normalize_line(gray)
    assert line.min() > PAPER - 60
    assert line.max() < PAPER + 60
    assert (normalize_line(np.full((32, 50), 7, np.uint8)) == PAPER).all()
