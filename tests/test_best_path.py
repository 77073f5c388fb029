"""The cheapest way through a graph of pieces."""

import numpy as np
import pytest
from numpy.typing import NDArray

from digitnet.best_path import CERTAIN, MOST_UNSURE, best_path, cut_apart, doubt
from digitnet.vision import Region, find_digits

UNIFORM = np.full((1, 10), 0.1, np.float32)


def two_bars() -> Region:
    """Two upright bars with a bridge between them."""
    image = np.full((100, 80), 255, np.uint8)
    image[20:80, 20:28] = image[20:80, 48:56] = image[48:52, 20:56] = 0
    (region,) = find_digits(image)
    return region


def as_sevens(regions: list[Region]) -> NDArray[np.float32]:
    """A network that calls narrow regions a sure 7, and is unsure of all others."""
    narrow = np.array([region.width < 30 for region in regions])
    sevens = np.full((len(regions), 10), 0.001, np.float32)
    sevens[:, 7] = 0.991
    return np.where(narrow[:, None], sevens, 0.1).astype(np.float32)


def test_pieces_that_are_digits_take_the_place_of_a_whole_that_is_none() -> None:
    regions, rows = cut_apart([two_bars()], UNIFORM, as_sevens)
    assert [region.x for region in regions] == [20, pytest.approx(38, abs=10)]
    assert rows.argmax(axis=1).tolist() == [7, 7]


def test_a_sure_digit_is_not_looked_at_again() -> None:
    sure = np.eye(10, dtype=np.float32)[[4]]

    def never(regions: list[Region]) -> NDArray[np.float32]:
        raise AssertionError("a sure digit was cut")

    whole = [two_bars()]
    regions, rows = cut_apart(whole, sure, never)
    assert regions == whole
    assert rows is sure


def test_a_whole_is_kept_if_its_pieces_are_no_digits() -> None:
    whole = [two_bars()]
    regions, rows = cut_apart(whole, UNIFORM, lambda many: np.repeat(UNIFORM, len(many), axis=0))
    assert regions == whole
    np.testing.assert_array_equal(rows, UNIFORM)


def test_a_text_or_a_texture_is_not_cut() -> None:
    whole = [two_bars()] * (MOST_UNSURE + 1)
    regions, _ = cut_apart(whole, np.repeat(UNIFORM, len(whole), axis=0), as_sevens)
    assert regions == whole


def test_only_what_is_unsure_is_cut_and_the_order_stays() -> None:
    rows = np.concatenate([np.eye(10, dtype=np.float32)[[4]], UNIFORM])
    _, named = cut_apart([two_bars(), two_bars()], rows, as_sevens)
    assert named.argmax(axis=1).tolist() == [4, 7, 7]


def test_nothing_is_cut_where_nothing_is() -> None:
    assert cut_apart([], np.empty((0, 10), np.float32), as_sevens)[0] == []


def test_the_cheapest_path_is_found() -> None:
    spans = [(0, 1), (1, 2), (2, 3), (0, 2), (1, 3)]
    assert best_path(spans, [1, 1, 1, 5, 5]) == [0, 1, 2]
    assert best_path(spans, [1, 4, 4, 5, 5]) == [0, 4]


def test_the_order_of_the_pieces_does_not_matter() -> None:
    assert best_path([(2, 3), (0, 2), (1, 3), (0, 1)], [1, 2, 3, 3]) == [1, 0]


def test_there_is_no_path_over_a_gap() -> None:
    assert best_path([(0, 1), (2, 3)], [1, 1]) == []


def test_there_is_no_path_without_pieces() -> None:
    assert best_path([], []) == []


def test_a_certain_digit_leaves_no_doubt_and_a_uniform_answer_much() -> None:
    rows = np.full((3, 10), 0.1, np.float32)
    rows[0] = np.eye(10)[3]
    rows[1] = np.r_[0.9, np.full(9, 0.1 / 9)]
    none, little, much = doubt(rows)
    assert none == 0
    assert little == pytest.approx(CERTAIN - np.log(9), abs=1e-4)
    assert much == pytest.approx(CERTAIN + np.log(9), abs=1e-4)


def test_ones_alone_are_strokes_of_a_letter() -> None:
    whole = [two_bars()]
    regions, _ = cut_apart(whole, UNIFORM, lambda many: np.roll(as_sevens(many), 4, axis=1))
    assert regions == whole
