"""Components -> groups: joining, dropping, ordering."""

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.vision.components import Group, components, union
from digitnet.vision.segment import MAX_COMPONENTS, segment

Ink = NDArray[np.uint8]


def paper(height: int = 200, width: int = 300) -> Ink:
    return np.zeros((height, width), np.uint8)


def bar(ink: Ink, left: int, top: int, width: int, height: int) -> None:
    ink[top : top + height, left : left + width] = 255


def boxes(ink: Ink) -> list[tuple[int, int, int, int]]:
    return [(g.left, g.top, g.width, g.height) for g in segment(components(ink)).groups]


def test_no_ink_gives_no_group() -> None:
    assert boxes(paper()) == []


def test_one_piece_is_the_same_in_a_small_image_and_in_a_large_one() -> None:
    small = paper(28, 28)
    bar(small, 9, 4, 3, 20)
    bar(small, 9, 20, 10, 4)
    large = np.pad(small, ((0, 100), (0, 90)))
    one, other = components(small), components(large)
    assert one.boxes.tolist() == other.boxes.tolist() == [[9, 4, 10, 20, 88]]
    assert (one.boxes.dtype, one.labels.dtype) == (other.boxes.dtype, other.labels.dtype)
    assert np.array_equal(one.labels, other.labels[:28, :28])


def test_separate_digits_are_ordered_from_left_to_right() -> None:
    ink = paper()
    for left in (200, 20, 110):
        bar(ink, left, 50, 20, 60)
    assert [box[0] for box in boxes(ink)] == [20, 110, 200]


def test_rows_are_numbered_from_the_top() -> None:
    ink = paper()
    for left, top in ((120, 20), (20, 25), (30, 120), (140, 110)):
        bar(ink, left, top, 20, 60)
    groups = segment(components(ink)).groups
    assert [(g.left, g.row) for g in groups] == [(20, 0), (120, 0), (30, 1), (140, 1)]


def test_a_rising_line_is_one_row() -> None:
    ink = paper(300, 600)
    for place in range(8):
        bar(ink, 20 + 70 * place, 220 - 25 * place, 20, 60)
    groups = segment(components(ink)).groups
    assert [g.row for g in groups] == [0] * 8
    assert [g.left for g in groups] == sorted(g.left for g in groups)


def test_a_bar_apart_belongs_to_the_five_below_it() -> None:
    ink = paper()
    bar(ink, 100, 40, 45, 8)
    cv2.ellipse(ink, (115, 100), (30, 35), 0, -110, 150, 255, 8)
    assert len(boxes(ink)) == 1


def test_the_high_top_of_a_five_that_is_alone_belongs_to_it() -> None:
    ink = paper()
    cv2.polylines(ink, [np.array([[110, 60], [115, 40], [160, 24]])], False, 255, 8)
    cv2.ellipse(ink, (110, 110), (40, 38), 0, -90, 130, 255, 8)
    assert len(boxes(ink)) == 1


def test_holes_in_strokes_do_not_break_a_digit() -> None:
    ink = paper()
    cv2.ellipse(ink, (150, 100), (50, 80), 0, 0, 360, 255, 14)
    ink[96:104] = 0
    spots = np.random.default_rng(0).permutation(np.argwhere(ink > 0))[:150]
    for row, column in spots.tolist():
        cv2.circle(ink, (column, row), 2, 0, -1)
    assert len(boxes(ink)) == 1


def test_a_broken_stroke_is_joined() -> None:
    ink = paper()
    cv2.ellipse(ink, (150, 100), (40, 60), 0, 0, 360, 255, 12)
    ink[98:104] = 0
    cv2.line(ink, (120, 30), (180, 170), 0, 4)
    assert len(boxes(ink)) == 1


def test_an_open_four_is_one_digit() -> None:
    ink = paper()
    bar(ink, 100, 30, 8, 60)
    bar(ink, 100, 85, 34, 8)
    bar(ink, 138, 60, 8, 80)
    assert len(boxes(ink)) == 1


def test_digits_close_to_each_other_stay_apart() -> None:
    ink = paper()
    bar(ink, 100, 50, 14, 80)
    bar(ink, 118, 52, 14, 78)
    assert len(boxes(ink)) == 2


def test_dots_dashes_and_specks_between_digits_are_skipped() -> None:
    ink = paper()
    for left in (20, 130, 240):
        bar(ink, left, 50, 24, 80)
    bar(ink, 75, 90, 22, 6)
    cv2.circle(ink, (195, 125), 5, 255, -1)
    bar(ink, 280, 10, 2, 2)
    assert [box[0] for box in boxes(ink)] == [20, 130, 240]


def test_an_underline_is_no_digit_and_joins_none() -> None:
    ink = paper()
    bar(ink, 20, 50, 24, 80)
    bar(ink, 80, 50, 24, 80)
    bar(ink, 10, 134, 110, 5)
    assert [box[2:] for box in boxes(ink)] == [(24, 80), (24, 80)]


def test_what_lies_flat_along_the_border_is_dropped_beside_a_digit() -> None:
    ink = paper()
    bar(ink, 100, 60, 24, 80)
    bar(ink, 0, 0, 300, 12)
    bar(ink, 290, 20, 10, 150)
    assert [box[0] for box in boxes(ink)] == [100]


def test_a_digit_cut_by_the_border_is_kept() -> None:
    ink = paper()
    bar(ink, 100, 140, 40, 60)
    assert boxes(ink) == [(100, 140, 40, 60)]


def test_faint_ink_beside_a_stroke_holds_it_together() -> None:
    ink = paper(28, 28)
    ink[4:12, 14] = 255
    ink[12:14, 14] = 80
    ink[14:24, 14] = 255
    assert boxes(ink) == [(14, 4, 1, 20)]


def test_a_texture_of_thousands_of_pieces_is_bounded() -> None:
    rng = np.random.default_rng(0)
    ink = (rng.random((600, 600)) > 0.8).astype(np.uint8) * 255
    assert len(boxes(ink)) <= 1000


def test_union_is_the_box_around_all() -> None:
    one, other = Group(1, 2, 5, 9, (1,)), Group(3, 0, 8, 4, (2, 3))
    assert union([one, other]) == Group(1, 0, 8, 9, (1, 2, 3))


def test_what_a_loop_encloses_is_part_of_it() -> None:
    ink = paper()
    cv2.ellipse(ink, (150, 100), (50, 70), 0, 0, 360, 255, 8)
    bar(ink, 140, 90, 20, 20)
    group = segment(components(ink)).groups
    assert [len(g.members) for g in group] == [2]


def test_a_digit_in_a_drawn_circle_is_a_digit_of_its_own() -> None:
    ink = paper()
    cv2.circle(ink, (150, 100), 90, 255, 6)
    bar(ink, 140, 65, 20, 70)
    assert (140, 65, 20, 70) in boxes(ink)


def test_a_dash_beside_the_stem_of_a_seven_is_dropped() -> None:
    ink = paper()
    bar(ink, 100, 40, 60, 10)
    bar(ink, 150, 40, 10, 100)
    bar(ink, 110, 90, 20, 8)
    assert boxes(ink) == [(100, 40, 60, 100)]


def test_slanted_stripes_whose_gaps_close_have_no_endless_reach() -> None:
    rows, columns = np.indices((400, 400))
    ink = (((rows + columns) % 14 < 11) * 255).astype(np.uint8)
    assert len(boxes(ink)) <= 58


def test_a_line_much_higher_than_digits_is_none_of_them() -> None:
    ink = paper(400, 300)
    bar(ink, 20, 30, 3, 340)
    for left in (60, 120, 180):
        cv2.ellipse(ink, (left, 200), (18, 28), 0, 0, 360, 255, 5)
    assert [box[2] > 30 for box in boxes(ink)] == [True] * 3


def test_a_line_from_border_to_border_is_no_digit() -> None:
    ink = paper()
    bar(ink, 40, 0, 3, 200)
    assert boxes(ink) == []


def test_a_thin_one_with_a_dot_after_it_stays() -> None:
    ink = paper()
    bar(ink, 40, 40, 3, 120)
    bar(ink, 55, 150, 8, 8)
    assert boxes(ink) == [(40, 40, 3, 120)]


def test_the_box_of_a_form_is_no_part_of_the_digit_in_it() -> None:
    ink = paper()
    for left in (20, 120):
        cv2.rectangle(ink, (left, 40), (left + 70, 130), 255, 4)
        cv2.ellipse(ink, (left + 35, 85), (14, 24), 0, 0, 360, 255, 5)
    assert [box[2] < 40 for box in boxes(ink)] == [True, True]


def test_a_zero_round_a_stroke_and_an_empty_box_stay() -> None:
    ink = paper()
    cv2.ellipse(ink, (60, 100), (30, 50), 0, 0, 360, 255, 5)
    bar(ink, 56, 70, 8, 60)
    cv2.rectangle(ink, (140, 50), (200, 150), 255, 4)
    assert len(boxes(ink)) == 3


def many(columns: int, rows: int, width: int = 3, height: int = 12) -> Ink:
    """Bars in rows."""
    ink = paper(rows * 20 + 8, columns * 12 + 8)
    for row in range(rows):
        for column in range(columns):
            bar(ink, 6 + 12 * column, 6 + 20 * row, width, height)
    return ink


def test_more_digits_than_are_looked_at_are_counted() -> None:
    whole = segment(components(many(50, 20)))
    assert (len(whole.groups), whole.left_out) == (MAX_COMPONENTS, 0)
    groups, left_out = segment(components(many(50, 22)))
    assert (len(groups), left_out) == (MAX_COMPONENTS, 100)


def test_specks_beside_a_digit_are_not_missed_however_many() -> None:
    ink = np.pad(many(50, 30, width=3, height=10), ((0, 0), (60, 0)))
    bar(ink, 10, 20, 20, 90)
    assert [g.height for g in segment(components(ink)).groups] == [90]
    assert segment(components(ink)).left_out == 0


def test_the_digits_of_a_full_page_are_joined_as_on_any_other() -> None:
    ink = paper(900, 900)
    for row in range(20):
        for column in range(20):
            x, y = 10 + 44 * column, 10 + 44 * row
            bar(ink, x, y, 20, 4)
            bar(ink, x, y + 7, 4, 23)
    assert {box[2:] for box in boxes(ink)} == {(20, 30)}
    assert len(boxes(ink)) == 400
