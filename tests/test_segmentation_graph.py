"""The cheapest way through a graph of pieces."""

import numpy as np
import pytest
from numpy.typing import NDArray

from digitnet.model.probabilities import COLUMNS, DIGIT, LEFT, MORE, RIGHT, TWO
from digitnet.reading.segmentation_graph import (
    MAX_LOG_ODDS,
    MAX_SPLIT_REGIONS,
    edge_cost,
    shortest_path,
    split_touching,
)
from digitnet.vision import Region, find_digits


def answer(digit: int | None = None, sure: float = 1.0, **others: float) -> NDArray[np.float32]:
    """A network's answer: a digit, or the probability of `two` digits or of `more`."""
    row = np.full((1, COLUMNS), 0.1, np.float32)
    row[0, TWO], row[0, MORE] = others.get("two", 0), others.get("more", 0)
    if digit is not None:
        row[0, DIGIT] = (1 - sure) / 9
        row[0, digit] = sure
    return row


SEVERAL = answer(more=0.9)
LETTER = answer(more=0.01)
SEVEN = answer(7)


def two_bars() -> Region:
    """Two upright bars with a bridge between them."""
    image = np.full((100, 80), 255, np.uint8)
    image[20:80, 20:28] = image[20:80, 48:56] = image[48:52, 20:56] = 0
    (region,) = find_digits(image)
    return region


def as_ones(regions: list[Region]) -> NDArray[np.float32]:
    """A network that calls narrow regions a sure 1, and is unsure of all others."""
    narrow = np.array([region.width < 30 for region in regions])
    return np.where(narrow[:, None], answer(1, 0.991), LETTER)


def never(regions: list[Region]) -> NDArray[np.float32]:
    """A network that must not be asked."""
    raise AssertionError("what is not several digits was cut")


def test_pieces_that_are_digits_take_the_place_of_a_whole_that_is_none() -> None:
    regions, rows = split_touching([two_bars()], SEVERAL, as_ones)
    assert [region.x for region in regions] == [20, pytest.approx(38, abs=10)]
    assert rows[:, :10].argmax(axis=1).tolist() == [1, 1]


@pytest.mark.parametrize("one", [SEVEN, LETTER])
def test_what_is_not_several_digits_is_not_looked_at_again(one: NDArray[np.float32]) -> None:
    whole = [two_bars()]
    regions, rows = split_touching(whole, one, never)
    assert regions == whole
    assert rows is one


def test_a_whole_is_kept_if_its_pieces_are_no_digits() -> None:
    whole = [two_bars()]
    regions, rows = split_touching(
        whole, SEVERAL, lambda many: np.repeat(LETTER, len(many), axis=0)
    )
    assert regions == whole
    np.testing.assert_array_equal(rows, SEVERAL)


def test_a_text_or_a_texture_is_not_cut() -> None:
    whole = [two_bars()] * (MAX_SPLIT_REGIONS + 1)
    regions, _ = split_touching(whole, np.repeat(SEVERAL, len(whole), axis=0), as_ones)
    assert regions == whole


def test_only_what_is_several_digits_is_cut_and_the_order_stays() -> None:
    rows = np.concatenate([SEVEN, SEVERAL])
    _, named = split_touching([two_bars(), two_bars()], rows, as_ones)
    assert named[:, :10].argmax(axis=1).tolist() == [7, 1, 1]


def test_nothing_is_cut_where_nothing_is() -> None:
    assert split_touching([], np.empty((0, COLUMNS), np.float32), as_ones)[0] == []


def test_the_cheapest_path_is_found() -> None:
    spans = [(0, 1), (1, 2), (2, 3), (0, 2), (1, 3)]
    assert shortest_path(spans, [1, 1, 1, 5, 5]) == [0, 1, 2]
    assert shortest_path(spans, [1, 4, 4, 5, 5]) == [0, 4]


def test_the_order_of_the_pieces_does_not_matter() -> None:
    assert shortest_path([(2, 3), (0, 2), (1, 3), (0, 1)], [1, 2, 3, 3]) == [1, 0]


def test_there_is_no_path_over_a_gap() -> None:
    assert shortest_path([(0, 1), (2, 3)], [1, 1]) == []


def test_there_is_no_path_without_pieces() -> None:
    assert shortest_path([], []) == []


def test_a_certain_digit_leaves_no_doubt_and_several_digits_much() -> None:
    rows = np.concatenate([SEVEN, answer(7, 0.9), SEVERAL])
    none, little, much = edge_cost(rows)
    assert none == 0
    assert little == pytest.approx(MAX_LOG_ODDS - np.log(9), abs=1e-4)
    assert much == pytest.approx(MAX_LOG_ODDS + np.log(9), abs=1e-4)


@pytest.mark.parametrize(("digit", "count"), [(7, 2), (1, 1)])
def test_a_piece_that_is_a_1_must_be_surer_than_others(digit: int, count: int) -> None:
    unsure = answer(digit, 0.85)

    def classify(regions: list[Region]) -> NDArray[np.float32]:
        narrow = np.array([region.width < 30 for region in regions])
        return np.where(narrow[:, None], unsure, LETTER)

    regions, _ = split_touching([two_bars()], SEVERAL, classify)
    assert len(regions) == count


def pair(left: int, right: int) -> NDArray[np.float32]:
    """The answer to a picture of two digits."""
    row = answer(two=0.99)
    row[0, LEFT], row[0, RIGHT] = np.eye(10)[left] * 0.89 + 0.01, np.eye(10)[right] * 0.89 + 0.01
    return row


def test_two_digits_are_named_by_the_picture_of_both_where_the_pieces_are_unsure() -> None:
    regions, rows = split_touching(
        [two_bars()], pair(4, 6), lambda many: np.repeat(LETTER, len(many), axis=0)
    )
    assert [region.x for region in regions] == [20, pytest.approx(38, abs=10)]
    assert rows[:, DIGIT].argmax(axis=1).tolist() == [4, 6]
    np.testing.assert_allclose(rows[:, DIGIT].sum(axis=1), 1, atol=1e-6)


def test_pieces_that_are_sure_outvote_the_picture_of_both() -> None:
    row = pair(4, 6)
    row[0, LEFT], row[0, RIGHT] = 0.1, 0.1
    _, rows = split_touching([two_bars()], row, as_ones)
    assert rows[:, DIGIT].argmax(axis=1).tolist() == [1, 1]
