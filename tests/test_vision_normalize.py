"""Normalization of one digit to the MNIST format."""

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from digitnet.vision.normalize import centre, normalize, widths

Ink = NDArray[np.uint8]


def bar(height: int, width: int, margin: int = 5) -> Ink:
    return np.pad(np.full((height, width), 255, np.uint8), margin)


def box(digit: Ink) -> tuple[int, int]:
    _, _, width, height = cv2.boundingRect((digit >= 16).view(np.uint8))
    return height, width


@pytest.mark.parametrize(("height", "width"), [(200, 50), (50, 200), (7, 4), (20, 20), (900, 30)])
def test_the_longer_side_is_20_pixels_and_the_aspect_is_kept(height: int, width: int) -> None:
    tall, wide = box(normalize(bar(height, width)))
    assert max(tall, wide) == 20
    # Thin strokes are thickened; otherwise the aspect is kept to within a pixel.
    if min(height, width) >= max(height, width) / 12:
        expected = min(height, width) * 20 / max(height, width)
        assert min(tall, wide) == pytest.approx(expected, abs=1)


def test_the_centre_of_mass_is_in_the_middle() -> None:
    ink = np.zeros((100, 80), np.uint8)
    cv2.line(ink, (10, 10), (10, 90), 255, 12)
    cv2.line(ink, (10, 90), (70, 90), 255, 12)
    moments = cv2.moments(normalize(ink))
    assert moments["m10"] / moments["m00"] == pytest.approx(14, abs=0.5)
    assert moments["m01"] / moments["m00"] == pytest.approx(14, abs=0.5)


def test_a_normalized_digit_stays_unchanged() -> None:
    digit = np.zeros((28, 28), np.uint8)
    cv2.ellipse(digit, (14, 14), (6, 9), 0, 0, 360, 255, 2)
    digit = centre(normalize(digit)[4:24, 4:24])
    np.testing.assert_array_equal(normalize(digit), digit)


@pytest.mark.parametrize("side", [40, 200, 1500])
def test_hair_thin_strokes_are_thickened(side: int) -> None:
    ink = np.zeros((side, side), np.uint8)
    cv2.circle(ink, (side // 2, side // 2), side // 3, 255, 1)
    digit = normalize(ink)
    assert 1.5 < widths(digit)[0] < 3.2
    assert digit.max() == 255


@pytest.mark.parametrize("side", [12, 100, 400])
def test_blurred_strokes_are_sharpened(side: int) -> None:
    ink = np.zeros((400, 400), np.uint8)
    cv2.circle(ink, (200, 200), 140, 255, 44)
    large = cv2.GaussianBlur(ink, (0, 0), 26)
    soft = np.asarray(cv2.resize(large, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
    assert widths(soft)[1] * 20 / side > 2
    assert widths(normalize(soft))[1] < 1.5


@pytest.mark.parametrize("side", [10, 12, 14])
def test_a_soft_edge_does_not_make_a_digit_smaller(side: int) -> None:
    ink = np.zeros((400, 400), np.uint8)
    cv2.circle(ink, (200, 200), 140, 255, 44)
    few = cv2.resize(ink, (side, side), interpolation=cv2.INTER_AREA)
    enlarged = cv2.resize(few, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC).view(np.uint8)
    strong = (normalize(enlarged) >= 96).view(np.uint8)
    assert cv2.boundingRect(strong)[2:] == (20, 20)


def test_uniformly_faint_ink_is_kept() -> None:
    assert normalize(np.full((60, 60), 40, np.uint8)).any()


def test_thick_strokes_stay_thick() -> None:
    ink = np.zeros((200, 200), np.uint8)
    cv2.circle(ink, (100, 100), 70, 255, 40)
    assert widths(normalize(ink))[0] > 3.5


def test_faint_ink_becomes_full_ink() -> None:
    assert normalize(bar(60, 30) // 2).max() >= 250


def test_a_blank_image_stays_blank() -> None:
    assert not normalize(np.zeros((9, 9), np.uint8)).any()
    assert not normalize(np.full((9, 9), 10, np.uint8)).any()
    assert widths(np.zeros((9, 9), np.uint8)) == (0, 0)


def test_stroke_width_of_a_bar_is_its_width() -> None:
    assert widths(bar(200, 9))[0] == pytest.approx(9, rel=0.3)


@settings(deadline=None, max_examples=40)
@example(np.full((1, 12), 16, np.uint8))
@given(arrays.arrays(np.uint8, arrays.array_shapes(min_dims=2, max_dims=2, max_side=90)))
def test_any_array_becomes_28_by_28(ink: Ink) -> None:
    digit = normalize(ink)
    assert digit.shape == (28, 28)
    assert digit.dtype == np.uint8
