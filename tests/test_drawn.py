import numpy as np
import pytest

from digitnet.learning.drawn import make_drawn, one, seven


def test_drawn_digits_look_like_what_vision_hands_over() -> None:
    pictures, labels = make_drawn(200, np.random.default_rng(0))
    assert pictures.shape == (200, 28, 28)
    assert pictures.dtype == labels.dtype == np.uint8
    assert set(labels) == set(range(10))
    assert pictures.max(axis=(1, 2)).min() > 150


def test_half_of_them_are_the_ones_and_sevens_that_mnist_lacks() -> None:
    _, labels = make_drawn(1000, np.random.default_rng(0))
    assert 0.5 < np.isin(labels, (1, 7)).mean() < 0.7


def test_the_same_generator_draws_the_same_digits() -> None:
    first, again = (make_drawn(30, np.random.default_rng(5))[0] for _ in range(2))
    assert np.array_equal(first, again)


@pytest.mark.parametrize("seed", range(20))
def test_the_stem_of_a_seven_hangs_from_the_right_end_of_its_bar(seed: int) -> None:
    picture = seven(np.random.default_rng(seed))
    rows, columns = np.nonzero(picture)
    lowest = columns[rows > rows.max() - 5].mean()
    assert lowest < columns.max() - 5


@pytest.mark.parametrize("seed", range(20))
def test_a_one_has_nothing_to_the_right_of_its_stem_but_the_foot(seed: int) -> None:
    picture = one(np.random.default_rng(seed))
    rows, columns = np.nonzero(picture)
    height = rows.max() - rows.min()
    middle = columns[np.abs(rows - rows.mean()) < height / 10]
    upper = columns[rows < rows.min() + height / 3]
    assert upper.max() <= middle.max() + 12
