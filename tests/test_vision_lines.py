"""Ruled paper, squares and boxes go; the digits on them stay."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from digitnet.vision.lines import erase_lines

Ink = NDArray[np.uint8]


def digit(side: int = 300) -> Ink:
    ink = np.zeros((side, side), np.uint8)
    cv2.ellipse(ink, (side // 2, side // 2), (45, 70), 0, 0, 360, 255, 14)
    return ink


def left_over(ink: Ink, clean: Ink) -> tuple[float, float]:
    """Parts of the digit that are lost, and of the rest that is still inked."""
    result = erase_lines(ink, 128) >= 128
    return float((~result)[clean > 0].mean()), float(result[clean == 0].mean())


@pytest.mark.parametrize("slope", [-12, 0, 7])
@pytest.mark.parametrize("thickness", [1, 3, 5])
def test_ruled_lines_are_erased_and_the_digit_stays(slope: int, thickness: int) -> None:
    ink = digit()
    for y in range(20, 300, 55):
        cv2.line(ink, (0, y), (299, y + slope), 255, thickness)
    lost, noise = left_over(ink, digit())
    assert lost < 0.02
    assert noise < 0.01


def test_a_stroke_that_runs_along_a_line_stays() -> None:
    ink = np.zeros((400, 700), np.uint8)
    cv2.ellipse(ink, (300, 160), (30, 40), 0, 0, 360, 255, 8)
    clean = ink.copy()
    ink[197:200] = 255
    lost, noise = left_over(ink, clean)
    assert lost < 0.05
    assert noise < 0.01


def test_squared_paper_is_erased() -> None:
    ink = digit()
    for at in range(10, 300, 40):
        cv2.line(ink, (0, at), (299, at), 255, 2)
        cv2.line(ink, (at, 0), (at, 299), 255, 2)
    lost, noise = left_over(ink, digit())
    assert lost < 0.03
    assert noise < 0.02


@pytest.mark.parametrize("gap", [0, 30])
def test_a_box_is_erased_even_where_the_digit_touches_it(gap: int) -> None:
    ink = digit()
    cv2.rectangle(ink, (60, 73 - gap), (240, 260), 255, 3)
    lost, noise = left_over(ink, digit())
    assert lost < 0.05
    assert noise < 0.01


def test_a_row_of_boxes_is_erased() -> None:
    ink = np.zeros((120, 500), np.uint8)
    cv2.rectangle(ink, (20, 20), (480, 100), 255, 2)
    for x in range(112, 480, 92):
        cv2.line(ink, (x, 20), (x, 100), 255, 2)
    cv2.ellipse(ink, (66, 60), (14, 22), 0, 0, 360, 255, 6)
    result = erase_lines(ink, 128)
    assert np.count_nonzero(result[:, 110:]) < 120  # crumbs where lines cross
    assert result[60, 52] == 255


@pytest.mark.parametrize("width", [70, 130, 210])
def test_a_line_that_a_stroke_hides_runs_as_the_others_do(width: int) -> None:
    ink = np.zeros((240, 300), np.uint8)
    ink[122:136, 150 - width // 2 : 150 + width // 2] = 255
    clean = ink.copy()
    for y in range(10, 240, 30):
        ink[y : y + 2] = 255
    lost, noise = left_over(ink, clean)
    assert lost < 0.02
    assert noise < 0.001


@pytest.mark.parametrize("slope", [-9, 9])
def test_a_line_of_squared_paper_that_leaves_the_image_is_erased(slope: int) -> None:
    ink = digit()
    for at in range(5, 330, 45):
        cv2.line(ink, (0, at), (299, at + slope), 255, 2)
        cv2.line(ink, (at, 0), (at - slope, 299), 255, 2)
    kept = (erase_lines(ink, 128) >= 128) & (digit() == 0)
    _, _, stats, _ = cv2.connectedComponentsWithStats(kept.view(np.uint8))
    assert stats[1:, 2:4].max() < 20  # crumbs where lines cross


def test_ruled_paper_without_a_digit_ends_blank() -> None:
    ink = np.zeros((200, 300), np.uint8)
    ink[40::50] = 255
    assert not erase_lines(ink, 128).any()


def test_a_lone_upright_line_may_be_a_one_and_a_lone_box_a_zero() -> None:
    one = np.zeros((200, 100), np.uint8)
    one[5:195, 49:51] = 255
    np.testing.assert_array_equal(erase_lines(one, 128), one)
    box = np.zeros((200, 200), np.uint8)
    cv2.rectangle(box, (50, 40), (150, 160), 255, 2)
    np.testing.assert_array_equal(erase_lines(box, 128), box)


def test_bars_of_a_digit_that_fills_the_image_are_no_lines() -> None:
    seven = np.zeros((200, 120), np.uint8)
    cv2.line(seven, (8, 8), (111, 8), 255, 14)
    cv2.line(seven, (111, 8), (50, 199), 255, 14)
    np.testing.assert_array_equal(erase_lines(seven, 128), seven)


def test_small_images_are_left_alone() -> None:
    ink = np.zeros((28, 28), np.uint8)
    ink[14] = 255
    assert erase_lines(ink, 128) is ink


def bricks() -> Ink:
    ink = np.zeros((300, 320), np.uint8)
    for row in range(6):
        cv2.line(ink, (0, 25 + 50 * row), (319, 25 + 50 * row), 255, 4)
        for column in range(5):
            x = 30 + 80 * column - 40 * (row % 2)
            cv2.line(ink, (x, 25 + 50 * row), (x, 75 + 50 * row), 255, 4)
    return ink


def test_bricks_are_erased() -> None:
    assert (erase_lines(bricks(), 128) >= 128).mean() < 0.002


def test_ones_from_line_to_line_stay_beside_other_digits() -> None:
    ink = np.zeros((300, 320), np.uint8)
    for y in range(25, 300, 50):
        ink[y : y + 3] = 255
    clean = np.zeros_like(ink)
    for x in (60, 180):
        cv2.line(clean, (x, 128), (x, 174), 255, 8)
        cv2.ellipse(clean, (x + 50, 151), (15, 18), 0, 0, 360, 255, 8)
    lost, _ = left_over(np.maximum(ink, clean), clean)
    assert lost < 0.15


def test_digits_below_more_rungs_than_a_page_has_stay() -> None:
    ink = np.zeros((700, 1200), np.uint8)
    ink[20:311:24] = ink[21:311:24] = 255
    for number in range(12):
        top, left = 20 + 24 * number, 70 + 26 * (number % 2)
        ink[top : top + 24, left:1130:52] = ink[top : top + 24, left + 1 : 1131 : 52] = 255
    clean = np.zeros_like(ink)
    for y in range(340, 680, 50):
        for x in range(60, 1150, 25):
            cv2.ellipse(clean, (x, y), (6, 16), 0, 0, 360, 255, 3)
    lost, _ = left_over(np.maximum(ink, clean), clean)
    assert lost < 0.01


def test_all_boxes_of_a_full_page_are_erased() -> None:
    ink = np.zeros((900, 900), np.uint8)
    clean = np.zeros_like(ink)
    for y in range(10, 860, 42):
        for x in range(10, 860, 42):
            cv2.rectangle(ink, (x, y), (x + 36, y + 36), 255, 1)
            cv2.ellipse(clean, (x + 18, y + 18), (4, 5), 0, 0, 360, 255, 2)
    lost, stayed = left_over(np.maximum(ink, clean), clean)
    assert lost < 0.01
    assert stayed < 0.01
