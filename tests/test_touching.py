"""Touching digits and their pieces, as generated for training."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from digitnet.model.targets import MORE, NO_DIGIT, PAIR
from digitnet.synthesis.characters.alphabets import PLAIN
from digitnet.synthesis.characters.fonts import Face, find_faces
from digitnet.synthesis.touching import make_pairs, make_pieces, slide_together
from digitnet.vision.normalize import normalize


@pytest.fixture(scope="module")
def faces() -> list[Face]:
    return find_faces(None, PLAIN)


@pytest.fixture(scope="module")
def bars() -> NDArray[np.uint8]:
    """Digits that are all upright bars."""
    made = np.zeros((10, 28, 28), np.uint8)
    made[:, 4:24, 12:16] = 255
    return made


@pytest.fixture(scope="module")
def pieces(faces: list[Face]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    small = load_digits()
    images = [
        normalize(cv2.resize(image, (80, 80)).astype(np.uint8))
        for image in small.images[:200] * (255 / 16)
    ]
    labels = small.target[:200].astype(np.uint8)
    return make_pieces(np.stack(images), labels, 300, faces, np.random.default_rng(0))


def test_pieces_are_digits_numbers_and_non_digits(
    pieces: tuple[NDArray[np.uint8], NDArray[np.uint8]],
) -> None:
    pictures, labels = pieces
    assert pictures.shape == (300, 28, 28)
    assert pictures.dtype == labels.dtype == np.uint8
    assert {NO_DIGIT, MORE} < set(labels)
    assert (labels >= PAIR).mean() > 0.1
    assert 0.2 < (labels < 10).mean() < 0.6


def test_a_piece_that_is_one_digit_is_narrower_than_a_number(
    pieces: tuple[NDArray[np.uint8], NDArray[np.uint8]],
) -> None:
    pictures, labels = pieces
    columns = (pictures > 60).any(axis=1).sum(axis=1)
    rows = (pictures > 60).any(axis=2).sum(axis=1)
    aspects = columns / rows
    assert np.median(aspects[labels < 10]) < 0.9
    assert np.median(aspects[labels > NO_DIGIT]) > 1


def test_the_same_seed_makes_the_same_pieces(bars: NDArray[np.uint8], faces: list[Face]) -> None:
    labels = np.ones(10, np.uint8)
    first, again = (
        make_pieces(bars, labels, 30, faces, np.random.default_rng(3))[0] for _ in range(2)
    )
    assert np.array_equal(first, again)


def test_a_pair_is_labelled_from_left_to_right(bars: NDArray[np.uint8]) -> None:
    images = bars[:2].copy()
    images[1] = images[1].T  # a horizontal bar
    labels = np.array([1, 7], np.uint8)
    pairs, answers = make_pairs(images, labels, 40, np.random.default_rng(0))
    assert pairs.shape == (40, 28, 28)
    assert set(answers) == {PAIR + 11, PAIR + 17, PAIR + 71, PAIR + 77}
    left_heavy = pairs[:, :, :14].sum(axis=(1, 2)) > pairs[:, :, 14:].sum(axis=(1, 2))
    assert len(set(left_heavy[answers == PAIR + 17])) == 1


def test_blank_training_digits_make_no_pairs() -> None:
    blank = np.zeros((5, 28, 28), np.uint8)
    pairs, answers = make_pairs(blank, np.ones(5, np.uint8), 20, np.random.default_rng(0))
    assert (len(pairs), len(answers)) == (0, 0)


def test_blank_training_digits_give_only_non_digits(faces: list[Face]) -> None:
    blank = np.zeros((5, 28, 28), np.uint8)
    _, answers = make_pieces(blank, np.ones(5, np.uint8), 20, faces, np.random.default_rng(0))
    assert set(answers) == {NO_DIGIT}


def test_digits_that_slide_together_touch_but_keep_their_layers(
    bars: NDArray[np.uint8],
) -> None:
    for seed in range(10):
        layers = slide_together(list(bars[:3]), np.random.default_rng(seed), 3.0)
        assert layers.shape[0] == 3
        middles = [np.flatnonzero(layer.max(axis=0)).mean() for layer in layers]
        assert middles == sorted(middles)
        inked = (layers.max(axis=0) >= 128).any(axis=0)
        assert inked[np.argmax(inked) : len(inked) - np.argmax(inked[::-1])].all()
