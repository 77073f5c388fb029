"""Digits that are slid together, and the pieces that the network learns from."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from digitnet.learning.datasets import NO_DIGIT
from digitnet.learning.fonts import find_faces
from digitnet.learning.outliers import LETTERS
from digitnet.learning.touching import make_pieces, slide_together


@pytest.fixture(scope="module")
def digits() -> NDArray[np.uint8]:
    """A ring, a bar and a hook, for a 0, a 1 and a 7."""
    made = np.zeros((3, 28, 28), np.uint8)
    cv2.ellipse(made[0], (14, 14), (6, 9), 0, 0, 360, 255, 2)
    cv2.line(made[1], (14, 4), (14, 23), 255, 2)
    cv2.polylines(made[2], [np.array([[8, 5], [19, 5], [12, 23]])], False, 255, 2)
    return made


def test_digits_that_are_slid_together_are_one_piece_of_ink(digits: NDArray[np.uint8]) -> None:
    rng = np.random.default_rng(0)
    for size in (3.0, 5.0):
        layers = slide_together([digits[0], digits[2], digits[1]], rng, size)
        assert len(layers) == 3
        count, *_ = cv2.connectedComponents((layers.max(axis=0) >= 128).view(np.uint8))
        assert count == 2  # with the background


def test_digits_that_are_slid_together_overlap_by_little(digits: NDArray[np.uint8]) -> None:
    rng = np.random.default_rng(0)
    for _ in range(10):
        left, right = slide_together([digits[0], digits[0]], rng, 3.0) >= 128
        assert 0 < (left & right).sum() < 0.1 * left.sum()


def test_digits_stand_in_the_order_they_are_given(digits: NDArray[np.uint8]) -> None:
    layers = slide_together([digits[1], digits[0], digits[1]], np.random.default_rng(0), 3.0)
    middles = [float(np.nonzero(layer)[1].mean()) for layer in layers]
    assert middles == sorted(middles)


def test_pieces_are_digits_with_their_label_and_others_without(digits: NDArray[np.uint8]) -> None:
    labels = np.array([0, 1, 7], np.uint8)
    faces = find_faces(None, LETTERS)
    pieces, answers = make_pieces(digits, labels, 60, faces, np.random.default_rng(0))
    assert pieces.shape == (60, 28, 28)
    assert pieces.dtype == np.uint8
    assert {0, 1, 7, NO_DIGIT} == set(answers.tolist())
    rings = pieces[answers == 0]
    assert all(cv2.connectedComponents((ring <= 64).view(np.uint8))[0] == 3 for ring in rings)


def test_the_same_generator_makes_the_same_pieces(digits: NDArray[np.uint8]) -> None:
    labels = np.array([0, 1, 7], np.uint8)
    faces = find_faces(None, LETTERS)
    first, again = (
        make_pieces(digits, labels, 20, faces, np.random.default_rng(5)) for _ in range(2)
    )
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])
