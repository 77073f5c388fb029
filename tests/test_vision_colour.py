"""From any channels and bit depth to gray with visible ink."""

import numpy as np
import pytest
from numpy.typing import NDArray

from digitnet.vision.decoding.colour import to_8_bit, to_gray


def stroke(paper: tuple[int, ...], ink: tuple[int, ...]) -> NDArray[np.uint8]:
    image = np.empty((60, 60, len(paper)), np.uint8)
    image[:] = paper
    image[10:50, 28:33] = ink
    return image


def contrast(gray: NDArray[np.uint8]) -> int:
    return abs(int(gray[30, 30]) - int(gray[30, 5]))


@pytest.mark.parametrize(
    ("paper", "ink"),
    [
        ((255, 255, 255), (0, 240, 255)),  # yellow on white
        ((0, 128, 0), (0, 0, 251)),  # red on a green of equal luminance
        ((255, 255, 255), (255, 40, 40)),  # blue on white
        ((200, 220, 230), (40, 30, 30)),  # pencil on cream
    ],
)
def test_coloured_ink_differs_from_paper_in_gray(
    paper: tuple[int, ...], ink: tuple[int, ...]
) -> None:
    assert contrast(to_gray(stroke(paper, ink))) > 60


def test_gray_in_three_channels_stays_unchanged() -> None:
    gray = np.arange(256, dtype=np.uint8).reshape(16, 16)
    np.testing.assert_array_equal(to_gray(np.dstack([gray] * 3)), gray)
    np.testing.assert_array_equal(to_gray(gray[:, :, None]), gray)


@pytest.mark.parametrize("ink", [(0, 0, 0), (255, 255, 255), (0, 200, 255)])
def test_a_transparent_drawing_gets_contrasting_paper(ink: tuple[int, ...]) -> None:
    assert contrast(to_gray(stroke((0, 0, 0, 0), (*ink, 255)))) > 120


def test_half_transparent_ink_is_visible() -> None:
    assert contrast(to_gray(stroke((0, 0, 0, 0), (0, 0, 0, 90)))) > 60


@pytest.mark.parametrize("shade", [0, 255])
def test_transparent_ink_on_opaque_paper_is_visible(shade: int) -> None:
    assert contrast(to_gray(stroke((shade, shade, shade, 255), (shade, shade, shade, 0)))) == 255


def test_transparent_areas_get_the_colour_of_the_paper() -> None:
    image = stroke((240, 240, 240, 255), (20, 20, 20, 255))
    image[:5] = 0
    assert abs(int(to_gray(image)[0, 0]) - 240) < 3


def test_a_fully_transparent_image_is_blank() -> None:
    assert np.unique(to_gray(np.zeros((5, 5, 4), np.uint8))).size == 1


def test_gray_with_alpha_is_composited() -> None:
    image = stroke((0, 0), (0, 255))
    assert contrast(to_gray(image)) == 255


def test_floats_are_stretched_to_8_bits() -> None:
    values = np.array([[0.25, 0.5], [np.nan, 0.75]], np.float32)
    assert to_8_bit(values).tolist() == [[85, 170], [85, 255]]
    assert not to_8_bit(np.zeros((2, 2), np.float32)).any()


def test_infinite_and_huge_floats_are_stretched_too() -> None:
    values = np.array([[-np.inf, 1e308], [-1e308, np.nan]])
    assert to_8_bit(values).tolist() == [[0, 255], [0, 0]]
