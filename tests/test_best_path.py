"""The cheapest way through a graph of pieces."""

import numpy as np
import pytest

from digitnet.best_path import CERTAIN, best_path, doubt


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
