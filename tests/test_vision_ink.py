"""From gray to an ink map: polarity, lighting, noise."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from digitnet.vision.ink import (
    depth_of_ink,
    ink_map,
    measure_strokes,
    noise_level,
    pool,
    stretch,
)

Gray = NDArray[np.uint8]


def ring(side: int = 200, width: int = 12, paper: int = 230, ink: int = 40) -> Gray:
    image = np.full((side, side), paper, np.uint8)
    cv2.circle(image, (side // 2, side // 2), side // 4, ink, width)
    return image


def with_noise(image: Gray, deviation: float) -> Gray:
    noise = np.random.default_rng(1).normal(0, deviation, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("width", [1, 3, 12, 40])
@pytest.mark.parametrize("side", [28, 60, 200, 900])
def test_polarity_is_detected_for_any_size_and_pen(side: int, width: int) -> None:
    width = min(width, side // 7)
    dark = ring(side, max(width, 1))
    assert measure_strokes(dark).dark
    assert not measure_strokes(255 - dark).dark


def test_dark_ink_and_light_ink_give_the_same_map() -> None:
    dark = ring(paper=255, ink=0)
    np.testing.assert_array_equal(ink_map(dark), ink_map(255 - dark))


def test_on_a_dark_table_the_digit_is_the_ink_and_not_the_sheet() -> None:
    image = np.full((300, 300), 50, np.uint8)
    image[30:260, 40:270] = 225
    cv2.circle(image, (150, 150), 30, 40, 8)
    assert measure_strokes(image).dark
    ink = ink_map(image)
    assert ink[150, 120] > 200  # on the stroke
    assert ink[150, 150] < 30  # the sheet
    assert ink[10, 150] < 60  # the table


def test_light_scratches_in_thick_dark_strokes_are_not_taken_for_ink() -> None:
    image = ring(600, 50)
    rng = np.random.default_rng(2)
    for angle in rng.uniform(0, 2 * np.pi, 10):
        x, y = (round(300 + 150 * part) for part in (np.cos(angle), np.sin(angle)))
        cv2.line(image, (x - 9, y - 7), (x + 9, y + 7), 230, 2)
    assert measure_strokes(image).dark
    assert not measure_strokes(255 - image).dark


def test_ink_in_shadow_counts_as_much_as_ink_in_light() -> None:
    light = np.linspace(1, 0.4, 200)
    image = (ring(width=8) * light).astype(np.uint8)
    ink = ink_map(image)
    assert abs(int(ink[100, 50]) - int(ink[100, 150])) < 40
    assert ink[5].max() < 60


def test_a_shadow_does_not_invert_the_polarity() -> None:
    image = np.full((240, 240), 230, np.float32)
    cv2.ellipse(image, (120, 120), (25, 60), 40, 0, 360, 45, 12)
    rows, columns = np.indices(image.shape)
    image[rows > 0.2 * columns + 40] *= 0.45
    assert measure_strokes(image.astype(np.uint8)).dark


def test_light_ink_on_noisy_dark_paper_is_found() -> None:
    image = np.full((240, 240), 45, np.uint8)
    cv2.line(image, (90, 60), (140, 170), 230, 14)
    assert not measure_strokes(with_noise(image, 30)).dark


def test_fine_printed_lines_do_not_hide_wide_strokes() -> None:
    image = np.full((240, 240), 45, np.uint8)
    image[::24] = image[:, ::24] = 150
    cv2.line(image, (60, 190), (170, 50), 230, 30)
    ink = ink_map(image)
    assert all(ink[round(190 - 1.27 * step), 60 + step] > 200 for step in range(5, 105))


@pytest.mark.parametrize(("pitch", "dot"), [(20, 6), (32, 3)])
@pytest.mark.parametrize("width", [22, 32])
def test_paper_between_printed_dots_is_not_taken_for_ink(pitch: int, dot: int, width: int) -> None:
    image = ring(240, width)
    for place in np.ndindex(240 // pitch, 240 // pitch):
        top, left = (pitch // 2 + pitch * number for number in place)
        part = image[top : top + dot, left : left + dot]
        np.minimum(part, 116, out=part)
    assert measure_strokes(image).dark
    assert not measure_strokes(255 - image).dark


def test_a_blank_image_has_no_ink() -> None:
    for level in (0, 128, 255):
        assert not ink_map(np.full((50, 80), level, np.uint8)).any()
    assert not ink_map(with_noise(np.full((100, 100), 128, np.uint8), 4)).any()
    assert ink_map(np.zeros((0, 5), np.uint8)).shape == (0, 5)


def test_a_faint_stroke_without_noise_becomes_full_ink() -> None:
    assert ink_map(ring(paper=120, ink=108)).max() == 255


def test_noise_is_smoothed_away_where_strokes_are_wide() -> None:
    ink = ink_map(with_noise(ring(width=16), 25))
    assert (ink[:40] > 128).mean() < 0.001
    assert (ink[95:105, 48:52] > 128).all()


def test_fine_strokes_on_noisy_dark_paper_are_ink_and_the_paper_is_not() -> None:
    image = np.full((300, 300), 50, np.uint8)
    for left, top in np.ndindex(6, 6):
        cv2.putText(image, "6", (30 + 40 * left, 60 + 40 * top), 0, 0.9, 180, 2, cv2.LINE_AA)
    ink = ink_map(with_noise(image, 22))
    assert (ink[image == 180] > 100).mean() > 0.95
    assert (ink[cv2.dilate(image, np.ones((9, 9))) == 50] > 64).mean() < 0.001


@pytest.mark.parametrize("deviation", [0.0, 3.0, 12.0])
def test_noise_level_is_the_standard_deviation(deviation: float) -> None:
    level = noise_level(with_noise(ring(300), deviation))
    assert level == pytest.approx(deviation, rel=0.25, abs=0.6)


def test_noise_level_of_an_image_of_two_pixels_is_zero() -> None:
    assert noise_level(np.array([[0, 255]], np.uint8)) == 0


def test_pooling_keeps_a_hair_thin_stroke_at_full_contrast() -> None:
    image = np.full((100, 103), 255, np.uint8)
    image[:, 51] = 0
    pooled = pool(image, 8, darkest=True)
    assert pooled.shape == (13, 13)
    assert (pooled[:, 51 // 8] == 0).all()
    assert (pool(255 - image, 8, darkest=False)[:, 51 // 8] == 255).all()
    assert pool(image, 1, darkest=True) is image


@pytest.mark.parametrize("shape", [(12, 9), (13, 10), (2, 30), (30, 2)])
@pytest.mark.parametrize("darkest", [True, False])
def test_pooling_keeps_the_extreme_of_each_block_even_if_it_is_partial(
    shape: tuple[int, int], darkest: bool
) -> None:
    image = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    tops, lefts = range(0, shape[0], 3), range(0, shape[1], 3)
    blocks = [[image[top : top + 3, left : left + 3] for left in lefts] for top in tops]
    extremes = [[block.min() if darkest else block.max() for block in row] for row in blocks]
    assert pool(image, 3, darkest=darkest).tolist() == np.array(extremes).tolist()


def test_depth_of_ink_is_relative_to_the_paper() -> None:
    image = np.full((80, 80), 200, np.uint8)
    image[:, 38:42] = 100
    depth = depth_of_ink(image, 5)
    assert int(depth[40, 40]) == pytest.approx(127, abs=2)
    assert depth[40, 10] == 0


def test_stretch_maps_full_ink_to_255_and_noise_to_0() -> None:
    depth = np.zeros((20, 20), np.uint8)
    depth[5:8] = 60
    depth[12] = 9
    ink = stretch(depth, 3.0)
    assert (ink[5:8] == 255).all()
    assert not ink[12].any()
    assert not stretch(np.full((4, 4), 5, np.uint8), 0.0).any()


def test_pale_ink_beside_dark_ink_is_kept() -> None:
    """For example green ink or pencil beside black ink."""
    gray = np.full((120, 200), 255, np.uint8)
    gray[30:90, 40:46] = 20
    gray[30:90, 140:146] = 120
    ink = ink_map(gray)
    assert ink[60, 42] == 255
    assert ink[60, 142] > 128
    assert ink[60, 90] == 0


@pytest.mark.parametrize("paper", [0, 255])
def test_ink_along_the_border_of_a_small_image_is_ink(paper: int) -> None:
    """Some data sets crop digits to their ink."""
    seven = np.full((16, 16), paper, np.uint8)
    seven[:3] = 255 - paper
    seven[:, 9:12] = 255 - paper
    np.testing.assert_array_equal(ink_map(seven) > 127, seven != paper)
