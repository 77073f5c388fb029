"""Numbers that hang together by a line under them, and the combs of forms."""

import cv2
import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from digitnet import Recognizer
from digitnet.model.probabilities import COLUMNS, DIGIT
from digitnet.reading.remove_underline import MAX_UNCERTAIN, remove_underlines
from digitnet.vision import Region, find_digits
from digitnet.vision.normalize import normalize
from digitnet.vision.underline import split_off_underline

Ink = NDArray[np.uint8]

STROKES = {
    "1": [[(20, 0), (16, 60)]],
    "3": [[(2, 6), (20, 0), (28, 12), (12, 28), (30, 40), (22, 58), (0, 56)]],
    "4": [[(12, 0), (0, 34), (34, 34)], [(26, 14), (24, 60)]],
    "7": [[(0, 2), (32, 0), (12, 60)]],
}


def number(text: str, *, line: int | None = 124, tilt: int = 0) -> Ink:
    """Digits of 60 pixels from row 60 on, black on white, and a line under them."""
    page = np.full((200, 90 + 56 * len(text)), 255, np.uint8)
    for place, digit in enumerate(text):
        for stroke in STROKES[digit]:
            points = np.array([(50 + 56 * place + x, 60 + y) for x, y in stroke], np.int32)
            cv2.polylines(page, [points], False, 0, 6, cv2.LINE_AA)
    if line is not None:
        cv2.line(page, (40, line), (page.shape[1] - 40, line + tilt), 0, 5, cv2.LINE_AA)
    return page


def only_region(page: Ink) -> Region:
    (region,) = find_digits(page)
    return region


def answers(regions: list[Region], *, piece: int = 7, sure: float = 0.99) -> NDArray[np.float32]:
    """A network that knows nothing wider than high, and takes all else for one digit."""
    rows = np.full((len(regions), COLUMNS), 0.1, np.float32)
    rows[:, DIGIT.stop :] = 0
    for row, region in zip(rows, regions, strict=True):
        if region.width < region.height:
            row[DIGIT] = (1 - sure) / 9
            row[piece] = sure
    return rows


def read(page: Ink, *, piece: int = 7, sure: float = 0.99) -> list[Region]:
    """What is found with such a network."""
    regions = find_digits(page)

    def classify(some: list[Region]) -> NDArray[np.float32]:
        return answers(some, piece=piece, sure=sure)

    found, rows = remove_underlines(regions, classify(regions), classify)
    assert len(found) == len(rows)
    return found


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer.load()


@pytest.mark.parametrize("tilt", [-6, 0, 3])
def test_an_underlined_number_is_read(recognizer: Recognizer, tilt: int) -> None:
    page = number("4737", tilt=tilt)
    assert len(find_digits(page)) == 1
    assert recognizer.predict(page).digits == "4737"


def test_a_number_that_stands_deep_in_a_line_is_read(recognizer: Recognizer) -> None:
    page = number("7347", line=112)
    assert len(find_digits(page)) == 1
    assert recognizer.predict(page).digits == "7347"


def test_the_digits_keep_their_places(recognizer: Recognizer) -> None:
    with_line = recognizer.predict(number("437"))
    without = recognizer.predict(number("437", line=None))
    for one, other in zip(with_line.boxes, without.boxes, strict=True):
        assert abs(one.x - other.x) <= 2
        assert abs(one.y - other.y) <= 2
        assert abs(one.width - other.width) <= 4


def test_the_pieces_are_what_stands_on_the_line() -> None:
    pieces = split_off_underline(only_region(number("347")))
    assert [piece.digit.shape for piece in pieces] == [(28, 28)] * 3
    assert [piece.x for piece in pieces] == sorted(piece.x for piece in pieces)
    assert all(50 <= piece.height <= 75 for piece in pieces)


def test_what_hangs_together_without_a_line_stays() -> None:
    page = number("7", line=None)
    zigzag = np.array([(40, 110), (70, 80), (100, 110), (140, 60)], np.int32)
    cv2.polylines(page, [zigzag], False, 0, 6)
    assert all(split_off_underline(region) == [] for region in find_digits(page))


def test_a_bar_on_top_is_no_underline() -> None:
    page = number("337", line=60)
    assert split_off_underline(only_region(page)) == []


def test_a_line_stays_where_the_network_is_not_sure_without_it() -> None:
    page = number("347")
    assert len(read(page)) == 3
    assert len(read(page, sure=0.7)) == 1
    assert len(read(page, piece=1, sure=0.9)) == 1


def test_the_comb_of_a_form_is_left_out() -> None:
    page = number("3473", line=None)
    teeth = range(34, page.shape[1] - 20, 56)
    cv2.line(page, (teeth[0], 140), (teeth[-1], 140), 0, 4)
    for left in teeth:
        cv2.line(page, (left, 110), (left, 140), 0, 4)
    assert len(find_digits(page)) == 5
    assert len(read(page)) == 4


def test_a_text_of_underlined_words_is_left_alone() -> None:
    region = only_region(number("347"))
    many = [region._replace(y=200 * count, row=count) for count in range(MAX_UNCERTAIN + 1)]
    found, _ = remove_underlines(many, answers(many), answers)
    assert found == many
    found, _ = remove_underlines(many[1:], answers(many[1:]), answers)
    assert len(found) == 3 * MAX_UNCERTAIN
    assert [region.row for region in found] == sorted(region.row for region in found)


@settings(max_examples=60, deadline=None)
@given(
    ink=arrays.arrays(
        np.uint8,
        st.tuples(st.integers(1, 40), st.integers(1, 90)),
        elements=st.sampled_from([0, 70, 255]),
        fill=st.just(255),
    )
)
def test_any_ink_can_be_asked_for_its_lines(ink: Ink) -> None:
    height, width = ink.shape
    region = Region(3, 4, width, height, 0, ink, normalize(ink))
    for piece in split_off_underline(region):
        assert piece.digit.shape == (28, 28)
        assert piece.width >= 1 <= piece.height
