import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from digitnet.learning import outliers


@pytest.fixture(scope="module")
def digits() -> NDArray[np.uint8]:
    made = np.zeros((20, 28, 28), np.uint8)
    made[:, 4:24, 10:18] = 255
    made[:, 8:20, 13:15] = 0
    return made


def test_outliers_look_like_what_vision_hands_over(digits: NDArray[np.uint8]) -> None:
    pictures = outliers.make_outliers(digits, 100, np.random.default_rng(0))
    assert pictures.shape == (100, 28, 28)
    assert pictures.dtype == np.uint8
    has_ink = pictures.max(axis=(1, 2)) > 60
    assert has_ink.mean() > 0.95


def test_the_same_generator_draws_the_same_outliers(digits: NDArray[np.uint8]) -> None:
    first, again = (outliers.make_outliers(digits, 30, np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(first, again)


def test_digits_that_ran_together_are_wider_than_one(digits: NDArray[np.uint8]) -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        _, _, width, height = cv2.boundingRect(outliers.run_together(digits, rng))
        assert width > 8 + 3
        assert 20 <= height <= 28


def test_no_letter_looks_like_a_digit() -> None:
    assert not set(outliers.LETTERS) & set("0123456789BDGIOQSZbgloqsz|")


def test_a_blank_training_digit_does_no_harm() -> None:
    blank = np.zeros((3, 28, 28), np.uint8)
    assert outliers.make_outliers(blank, 20, np.random.default_rng(0)).shape == (20, 28, 28)
