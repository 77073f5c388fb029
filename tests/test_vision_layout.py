"""From connected components to rows of writing, on synthetic pages."""

from collections.abc import Callable, Iterable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from digitnet.vision import Layout, find_lines

Gray = NDArray[np.uint8]

STEP = 60
"""Distance between the digits of a row, in pixels."""

HEIGHT = 48
"""Height of a digit, in pixels."""


def seven(page: Gray, x: float, y: float, height: float = HEIGHT) -> None:
    """Draw a 7 with its foot at (x, y)."""
    half = height / 4
    corners = np.array([[x - half, y - height], [x + half, y - height], [x, y]])
    cv2.polylines(page, [np.rint(corners).astype(np.int32)], False, 0, 5)


def zero(page: Gray, x: float, y: float, height: float) -> None:
    """Draw a round 0 with its lowest point at (x, y)."""
    radius = round(height / 2)
    cv2.circle(page, (round(x), round(y) - radius), radius, 0, 3)


def point(page: Gray, x: float, y: float) -> None:
    cv2.circle(page, (round(x), round(y)), 4, 0, -1)


def page_of(*rows: Iterable[tuple[float, float]], shape: tuple[int, int] = (420, 700)) -> Gray:
    """Return a white page with a 7 at each position."""
    page = np.full(shape, 255, np.uint8)
    for row in rows:
        for x, y in row:
            seven(page, x, y)
    return page


def along(foot: Callable[[float], float], count: int = 9) -> list[tuple[float, float]]:
    """Return positions along a baseline, given by its y at each x."""
    return [(x, foot(x)) for x in range(60, 60 + STEP * count, STEP)]


def rows_of(page: Gray) -> list[list[int]]:
    """Return the left edges of the components in each row."""
    return [row.boxes[:, 0].tolist() for row in find_lines(page).rows]


def counts(page: Gray) -> list[int]:
    return [len(row) for row in rows_of(page)]


@pytest.mark.parametrize(
    "foot",
    [
        lambda _: 200,
        lambda x: 100 + 0.25 * x,
        lambda x: 300 - 0.25 * x,
        lambda x: 200 + 40 * np.sin(x / 110),
    ],
    ids=["level", "falling", "rising", "bent"],
)
def test_a_row_is_followed_from_left_to_right(foot: Callable[[float], float]) -> None:
    page = page_of(along(foot))
    (row,) = rows_of(page)
    assert row == sorted(row)
    assert len(row) == 9


@pytest.mark.parametrize("slope", [-0.12, 0.0, 0.12])
def test_parallel_slanted_rows_stay_separate(slope: float) -> None:
    first = along(lambda x: 130 + slope * x)
    page = page_of(*([(x, y + down) for x, y in first] for down in (0, 80, 160)))
    assert counts(page) == [9, 9, 9]
    rows = find_lines(page).rows
    tops = [float(row.boxes[:, 1].mean()) for row in rows]
    assert tops == sorted(tops)


def test_a_short_0_is_in_the_row_of_the_tall_7_beside_it() -> None:
    page = np.full((200, 400), 255, np.uint8)
    for place in range(5):
        if place % 2:
            zero(page, 60 + STEP * place, 150, HEIGHT * 0.45)
        else:
            seven(page, 60 + STEP * place, 150, HEIGHT * 1.4)
    assert counts(page) == [5]


@pytest.mark.parametrize("short", [0.3, 0.6])
def test_short_digits_in_the_middle_of_a_row_do_not_split_it(short: float) -> None:
    page = np.full((200, 500), 255, np.uint8)
    heights = [1, 1, short, short, 1, 1]
    for place, height in enumerate(heights):
        seven(page, 60 + STEP * place, 150, HEIGHT * height)
    assert counts(page) == [6]


def test_points_and_commas_belong_to_the_nearest_row() -> None:
    page = page_of(along(lambda _: 150), along(lambda _: 250))
    point(page, 90, 150)
    cv2.line(page, (270, 246), (264, 262), 0, 5)  # a comma that hangs below its row
    assert counts(page) == [10, 10]


def test_a_component_far_from_all_rows_is_a_row_of_its_own() -> None:
    page = page_of(along(lambda _: 100))
    point(page, 300, 350)
    assert counts(page) == [9, 1]


@pytest.mark.parametrize("size", [0.25, 0.35, 2, 3])
def test_much_smaller_or_larger_writing_forms_a_row_of_its_own(size: float) -> None:
    page = page_of(along(lambda _: 390))
    for place in range(4):
        seven(page, 80 + 20 * place + size * HEIGHT * place, 250, size * HEIGHT)
    assert counts(page) == [4, 9]


def test_the_digits_of_a_heading_are_one_row_even_if_only_some_are_much_larger() -> None:
    page = page_of(along(lambda _: 300), along(lambda _: 390))
    for place, size in enumerate([1.7, 2.0, 1.7, 2.0]):
        seven(page, 80 + 120 * place, 200, size * HEIGHT)
    assert counts(page) == [4, 9, 9]


def test_columns_of_the_same_height_are_read_row_by_row() -> None:
    left = [[(x, y) for x in (60, 120)] for y in (100, 200, 300)]
    right = [[(x, y) for x in (500, 560)] for y in (100, 200, 300)]
    page = page_of(*left, *right)
    assert counts(page) == [4, 4, 4]
    assert all(row == sorted(row) for row in rows_of(page))


def members_at(layout: Layout, where: NDArray[np.bool_]) -> set[int]:
    """Return the labels of components in rows that have ink at the given pixels."""
    members = {int(number) for row in layout.rows for number in row.members}
    return members & set(np.unique(layout.parts.labels[where]).tolist())


def test_a_small_component_joins_the_row_of_the_nearest_character() -> None:
    page = page_of(along(lambda x: 120 + 0.2 * x), along(lambda x: 210 + 0.2 * x))
    point(page, 60, 164)
    assert counts(page) == [9, 10]


def test_rules_and_frames_are_in_no_row() -> None:
    page = page_of(along(lambda _: 150))
    page[200:203, 20:680] = 0
    cv2.rectangle(page, (5, 5), (690, 410), 0, 3)
    layout = find_lines(page)
    assert counts(page) == [9]
    drawn = page < 128
    lines = np.zeros_like(drawn)
    lines[200:203, 20:680] = lines[4:7, 10:680] = True
    assert not members_at(layout, lines)


def test_dark_ruled_lines_do_not_become_rows_with_the_writing_on_them() -> None:
    page = page_of(along(lambda _: 150), along(lambda _: 330))
    for y in range(30, 410, 60):
        page[y - 3 : y, 10:690] = 60
    layout = find_lines(page)
    assert len(layout.rows) == len(layout.lines) == 2
    assert layout.left_out == 0
    assert all(row.boxes[0, 0] > 20 and row.boxes[-1, 2] < 680 for row in layout.rows)


def test_closely_ruled_lines_joined_by_a_margin_are_in_no_row() -> None:
    page = page_of(along(lambda _: 150), along(lambda _: 330))
    for y in range(10, 410, 20):
        page[y : y + 6, 10:690] = 60
    page[:, 20:26] = 60
    layout = find_lines(page)
    assert len(layout.rows) == 2
    assert all(row.boxes[0, 0] > 26 for row in layout.rows)


def test_digits_that_cross_ruled_lines_stay_whole() -> None:
    page = np.full((420, 700), 255, np.uint8)
    for x, y in (*along(lambda _: 150), *along(lambda _: 330)):
        zero(page, x, y, HEIGHT)
    whole = [row.boxes for row in find_lines(page).rows]
    for y in (130, 310):
        page[y : y + 3, 10:690] = 60
    page[:, 20:23] = 60  # a margin
    np.testing.assert_allclose([row.boxes for row in find_lines(page).rows], whole, atol=2)


def test_writing_and_the_ruled_lines_on_it_are_one_more_line() -> None:
    page = page_of(along(lambda _: 150))
    assert find_lines(page).inked is None
    page[148:152, 40:640] = 0
    inked = find_lines(page).inked
    assert inked is not None
    left, top, right, bottom = inked.box(0, inked.image.shape[1])
    assert left < 40 < 640 < right
    assert 80 < top < 100 < 152 < bottom < 170


def test_members_are_component_labels() -> None:
    layout = find_lines(page_of(along(lambda _: 150)))
    (row,) = layout.rows
    for member, (left, top, right, bottom) in zip(
        row.members.tolist(), row.boxes.tolist(), strict=True
    ):
        rows, columns = np.nonzero(layout.parts.labels == member)
        assert (columns.min(), columns.max() + 1) == (left, right)
        assert (rows.min(), rows.max() + 1) == (top, bottom)


def test_blank_paper_has_no_rows() -> None:
    assert counts(np.full((300, 400), 255, np.uint8)) == []


def test_a_texture_has_a_bounded_number_of_rows() -> None:
    noise = np.random.default_rng(1).integers(0, 2, (900, 1100), np.uint8) * np.uint8(255)
    assert len(find_lines(noise).rows) <= 100
    dots = np.full((1100, 1100), 255, np.uint8)
    dots[5::10, 5::10] = dots[6::10, 5::10] = dots[7::10, 5::10] = 0
    assert len(find_lines(dots).rows) <= 100
