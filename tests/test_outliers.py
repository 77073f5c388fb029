import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from digitnet.model.targets import MORE, NO_DIGIT, TWO
from digitnet.synthesis import outliers
from digitnet.synthesis.characters import alphabets
from digitnet.synthesis.characters.fonts import Face, find_faces
from digitnet.synthesis.characters.signs import draw_sign
from digitnet.synthesis.figures import draw_figure
from digitnet.synthesis.scenes import make_scene


@pytest.fixture(scope="module")
def digits() -> NDArray[np.uint8]:
    made = np.zeros((20, 28, 28), np.uint8)
    made[:, 4:24, 10:18] = 255
    made[:, 8:20, 13:15] = 0
    return made


@pytest.fixture(scope="module")
def faces() -> list[Face]:
    return find_faces(None, alphabets.PLAIN)


def test_outliers_have_the_same_form_as_normalized_digits(
    digits: NDArray[np.uint8], faces: list[Face]
) -> None:
    pictures, labels = outliers.make_outliers(digits, 100, faces, np.random.default_rng(0))
    assert pictures.shape == (100, 28, 28)
    assert pictures.dtype == labels.dtype == np.uint8
    assert set(labels) == {NO_DIGIT, TWO, MORE}
    assert (labels == NO_DIGIT).mean() > 0.7
    has_ink = pictures.max(axis=(1, 2)) > 60
    assert has_ink.mean() > 0.95


def test_the_same_seed_draws_the_same_outliers(
    digits: NDArray[np.uint8], faces: list[Face]
) -> None:
    first, again = (
        outliers.make_outliers(digits, 30, faces, np.random.default_rng(5))[0] for _ in range(2)
    )
    assert np.array_equal(first, again)


def test_touching_digits_are_wider_than_one_digit(digits: NDArray[np.uint8]) -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        _, _, width, height = cv2.boundingRect(outliers.run_together(digits, 2, rng))
        assert width > 8 + 3
        assert 20 <= height <= 28


def test_letters_that_look_like_digits_are_excluded() -> None:
    assert not set(alphabets.PLAIN) & set("0123456789BDGIOQSZbgloqsz|βσοЗОзобЧ")


def test_blank_training_digits_are_tolerated(faces: list[Face]) -> None:
    blank = np.zeros((3, 28, 28), np.uint8)
    assert outliers.make_outliers(blank, 20, faces, np.random.default_rng(0))[0].shape == (
        20,
        28,
        28,
    )


def test_a_fragment_is_at_least_as_wide_as_one_digit_and_narrower_than_two(
    digits: NDArray[np.uint8],
) -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        _, _, width, _ = cv2.boundingRect(outliers.fragment(digits, rng))
        assert 8 <= width < 24


@pytest.mark.usefixtures("fine_pens")
@pytest.mark.parametrize("seed", range(40))
def test_a_sign_fits_its_canvas(seed: int) -> None:
    picture = draw_sign(np.random.default_rng(seed))
    assert picture.max() == 255
    assert picture[[0, -1]].max() == picture[:, [0, -1]].max() == 0


def test_a_scene_has_contrast() -> None:
    for seed in range(10):
        scene = make_scene(np.random.default_rng(seed))
        assert scene.dtype == np.uint8
        assert min(scene.shape) >= 120
        assert scene.std() > 5


def test_the_digits_of_a_printed_number_touch(faces: list[Face]) -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        ink = (outliers.number(faces, 2, rng) >= 128).view(np.uint8)
        assert cv2.connectedComponents(ink)[0] == 2


def test_figures_differ_and_fit_their_canvas() -> None:
    figures = [draw_figure(np.random.default_rng(seed)) for seed in range(40)]
    for figure in figures:
        assert figure.dtype == np.uint8
        _, _, width, height = cv2.boundingRect(figure)
        assert min(width, height) > 20
        assert figure.mean() < 200
    assert len({figure.tobytes() for figure in figures}) == 40
