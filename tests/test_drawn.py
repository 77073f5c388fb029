"""Digits drawn by code: their shapes and pens."""

import cv2
import numpy as np
import pytest

from digitnet.synthesis.characters import pens
from digitnet.synthesis.characters.drawn import draw_digit, make_drawn
from digitnet.synthesis.characters.fonts import Face, find_faces


@pytest.fixture(scope="module")
def faces() -> list[Face]:
    return find_faces(None, "")


def test_drawn_digits_have_the_format_of_vision(faces: list[Face]) -> None:
    pictures, labels = make_drawn(200, faces, np.random.default_rng(0))
    assert pictures.shape == (200, 28, 28)
    assert pictures.dtype == labels.dtype == np.uint8
    assert set(labels) == set(range(10))
    assert pictures.max(axis=(1, 2)).min() > 150


def test_ones_are_drawn_more_often_than_other_digits(faces: list[Face]) -> None:
    _, labels = make_drawn(1000, faces, np.random.default_rng(0))
    assert 0.16 < (labels == 1).mean() < 0.28


def test_the_same_seed_gives_the_same_digits(faces: list[Face]) -> None:
    first, again = (make_drawn(30, faces, np.random.default_rng(5))[0] for _ in range(2))
    assert np.array_equal(first, again)


@pytest.mark.usefixtures("fine_pens")
@pytest.mark.parametrize("seed", range(20))
def test_the_stem_of_a_seven_hangs_from_the_right_end_of_its_bar(seed: int) -> None:
    picture = draw_digit(7, np.random.default_rng(seed))
    rows, columns = np.nonzero(picture)
    lowest = columns[rows > rows.max() - 5].mean()
    assert lowest < columns.max() - 5


@pytest.mark.usefixtures("fine_pens")
@pytest.mark.parametrize("seed", range(20))
def test_a_one_has_nothing_to_the_right_of_its_stem_but_the_foot(seed: int) -> None:
    picture = draw_digit(1, np.random.default_rng(seed))
    rows, columns = np.nonzero(picture)
    height = rows.max() - rows.min()
    middle = columns[np.abs(rows - rows.mean()) < height / 10]
    upper = columns[rows < rows.min() + height / 3]
    assert upper.max() <= middle.max() + 12


@pytest.mark.usefixtures("fine_pens")
@pytest.mark.parametrize("seed", range(20))
def test_a_zero_is_a_loop(seed: int) -> None:
    picture = draw_digit(0, np.random.default_rng(seed))
    paper = (cv2.dilate(picture, np.ones((5, 5), np.uint8)) == 0).view(np.uint8)
    outside_and_inside = cv2.connectedComponents(paper, connectivity=4)[0] - 1
    assert outside_and_inside >= 2


@pytest.mark.usefixtures("fine_pens")
@pytest.mark.parametrize("digit", range(10))
def test_a_digit_drawn_by_hand_is_taller_than_wide(digit: int) -> None:
    for seed in range(20):
        picture = draw_digit(digit, np.random.default_rng([digit, seed]))
        rows, columns = np.nonzero(picture)
        assert np.ptp(rows) > 0.6 * np.ptp(columns)


def test_some_digits_are_drawn_with_hard_edges_on_a_small_canvas() -> None:
    pictures = [draw_digit(4, np.random.default_rng(seed)) for seed in range(100)]
    small = [picture for picture in pictures if len(picture) < pens.CANVAS]
    assert 20 < len(small) < 50
    assert all(set(np.unique(picture)) == {0, 255} for picture in small)
    assert len({len(picture) for picture in small}) > 10
