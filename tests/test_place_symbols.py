"""From symbols read on a line to their ink and bounding boxes."""

import numpy as np
import pytest
from numpy.typing import NDArray

from digitnet.model.symbols import BLANK
from digitnet.reading.ctc import Reading
from digitnet.reading.place_symbols import Place, place_only_component, place_symbols
from digitnet.vision import find_lines
from digitnet.vision.text_line import COLUMN_PX, TextLine

Gray = NDArray[np.uint8]
Box = tuple[int, int, int, int]

BARS: list[Box] = [(40, 30, 30, 60), (100, 40, 12, 50), (150, 30, 34, 60)]
"""x, y, width and height of three bars about as wide as digits."""


def page_of(boxes: list[Box], size: int = 1) -> Gray:
    page = np.full((120 * size, 230 * size), 255, np.uint8)
    for x, y, width, height in boxes:
        page[y * size : (y + height) * size, x * size : (x + width) * size] = 0
    return page


def readings_at(line: TextLine, boxes: list[Box], size: int = 1) -> list[Reading]:
    """Return a reading of a 1 in the middle third of each box."""
    pixel = float(line.to_image[0, 0]) * COLUMN_PX
    left = float(line.to_image[0, 2])
    nothing = np.zeros(BLANK, np.float32)
    readings = []
    for x, _, width, _ in boxes:
        middle = ((x + width / 2) * size - left) / pixel
        reach = max(0.5, width * size / pixel / 6)
        readings.append(Reading(1, round(middle - reach), round(middle + reach), nothing))
    return readings


def boxes_of(places: list[Place]) -> list[Box]:
    return [(p.x, p.y, p.width, p.height) for p in places]


def assert_near(found: list[Box], expected: list[Box], pixels: float) -> None:
    """Assert that each edge is at most `pixels` from its expected position."""
    edges = [
        np.array([(x, y, x + width, y + height) for x, y, width, height in boxes])
        for boxes in (found, expected)
    ]
    assert np.abs(edges[0] - edges[1]).max() <= pixels


@pytest.mark.parametrize("whole", [True, False])
def test_a_symbol_has_the_box_of_its_ink(whole: bool) -> None:
    layout = find_lines(page_of(BARS))
    line = layout.whole if whole else layout.lines[0]
    places = place_symbols(readings_at(line, BARS), line, layout)
    assert_near(boxes_of(places), BARS, 1)


def test_the_ink_of_a_symbol_excludes_its_neighbours() -> None:
    layout = find_lines(page_of(BARS))
    for one, (_, _, width, height) in zip(
        place_symbols(readings_at(layout.whole, BARS), layout.whole, layout), BARS, strict=True
    ):
        assert one.ink.dtype == np.uint8
        inked = one.ink >= 128
        assert abs(int(inked.any(axis=0).sum()) - width) <= 1
        assert abs(int(inked.any(axis=1).sum()) - height) <= 1


def test_boxes_are_in_pixels_of_the_original_if_it_is_reduced() -> None:
    layout = find_lines(page_of(BARS, size=12))
    assert layout.scale > 1
    places = place_symbols(readings_at(layout.whole, BARS, size=12), layout.whole, layout)
    expected = [(12 * x, 12 * y, 12 * width, 12 * height) for x, y, width, height in BARS]
    assert_near(boxes_of(places), expected, layout.scale)


def test_boxes_are_in_pixels_of_the_original_if_it_is_enlarged() -> None:
    page = np.full((14, 24), 255, np.uint8)
    page[3:11, 4:7] = page[3:11, 15:19] = 0
    layout = find_lines(page)
    assert layout.scale < 1
    boxes = [(4, 3, 3, 8), (15, 3, 4, 8)]
    places = place_symbols(readings_at(layout.whole, boxes), layout.whole, layout)
    assert_near(boxes_of(places), boxes, 1)


def test_touching_symbols_are_cut_halfway() -> None:
    bridge = (70, 80, 80, 6)
    layout = find_lines(page_of([BARS[0], bridge, BARS[2]]))
    read = [BARS[0], BARS[2]]
    first, last = place_symbols(readings_at(layout.whole, read), layout.whole, layout)
    assert first.x == pytest.approx(40, abs=1)
    assert last.x + last.width == pytest.approx(184, abs=1)
    assert first.x + first.width <= last.x + 4
    assert 70 <= first.x + first.width <= 120


def test_pieces_above_each_other_are_one_symbol() -> None:
    broken = [(40, 30, 30, 24), (44, 60, 22, 30)]
    layout = find_lines(page_of([*broken, BARS[2]]))
    read = [(40, 30, 30, 60), BARS[2]]
    first, _ = place_symbols(readings_at(layout.whole, read), layout.whole, layout)
    assert_near(boxes_of([first]), [read[0]], 1)


def test_a_symbol_is_isolated_if_it_is_one_component_away_from_all_else() -> None:
    def isolated(drawn: list[Box]) -> bool:
        layout = find_lines(page_of(drawn))
        _, place, _ = place_symbols(readings_at(layout.whole, BARS), layout.whole, layout)
        return place.isolated

    first, (x, y, width, height), last = BARS
    assert isolated(BARS)
    bridge = (first[0], y + 20, x - first[0] + 4, 6)
    assert not isolated([*BARS, bridge])
    above, below = (x, y, width, height // 2 - 4), (x, y + height // 2, width, height // 2)
    assert not isolated([first, above, below, last])
    assert not isolated([first, (x, 0, width, y + height), last])


def test_a_symbol_of_a_table_is_not_isolated() -> None:
    layout = find_lines(page_of(BARS))
    layout = layout._replace(table=[layout.lines])
    places = place_symbols(readings_at(layout.whole, BARS), layout.whole, layout)
    assert not any(place.isolated for place in places)


def test_a_symbol_without_ink_has_a_box_where_it_was_read() -> None:
    layout = find_lines(page_of(BARS[:1]))
    readings = readings_at(layout.whole, [BARS[0], (150, 30, 30, 60)])
    _, faint = place_symbols(readings, layout.whole, layout)
    assert not faint.ink.any()
    assert 140 <= faint.x <= 190
    assert min(faint.width, faint.height) >= 1


def slanted() -> Gray:
    page = np.full((120, 400), 255, np.uint8)
    for place in range(6):
        page[20 + 10 * place : 60 + 10 * place, 5 + 65 * place : 20 + 65 * place] = 0
    return page


@pytest.mark.parametrize(
    "page",
    [
        page_of([(0, 0, 30, 119), (100, 40, 12, 80), (200, 30, 30, 60)]),
        slanted(),
        np.pad(page_of(BARS, size=6)[500:, :], ((0, 0), (0, 21)), constant_values=0),
    ],
    ids=["at the edge", "slanted", "reduced"],
)
def test_every_box_is_within_the_image(page: Gray) -> None:
    layout = find_lines(page)
    nothing = np.zeros(BLANK, np.float32)
    for line in (layout.whole, *layout.lines):
        columns = line.image.shape[1] // COLUMN_PX
        readings = [Reading(1, start, start + 1, nothing) for start in range(columns)]
        for x, y, width, height in boxes_of(place_symbols(readings, line, layout)):
            assert 0 <= x < x + width <= page.shape[1]
            assert 0 <= y < y + height <= page.shape[0]


def test_no_symbols_give_no_places() -> None:
    layout = find_lines(page_of(BARS))
    assert place_symbols([], layout.whole, layout) == []


def test_the_only_component_of_an_image_is_placed_unless_it_touches_an_edge() -> None:
    only = place_only_component(find_lines(page_of(BARS[:1])))
    assert only is not None
    assert_near([only[:4]], BARS[:1], 1)
    assert only.ink.max() == 255
    assert place_only_component(find_lines(page_of(BARS))) is None
    page = page_of(BARS[:1])
    assert place_only_component(find_lines(page[BARS[0][1] :])) is None
    assert place_only_component(find_lines(np.full((40, 40), 255, np.uint8))) is None
