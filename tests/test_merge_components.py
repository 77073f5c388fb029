"""Pieces of broken digits, and what they make together."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from digitnet.model.probabilities import COLUMNS
from digitnet.reading.merge_components import MAX_PIECES, merge, merge_components
from digitnet.vision import Region, find_digits

UNSURE, SURE = np.full(COLUMNS, 0.1, np.float32), np.eye(COLUMNS, dtype=np.float32)[5]


def pieces(gap: int, count: int = 2) -> list[Region]:
    """Hooks of thin strokes below each other, with so many pixels between them."""
    image = np.full((60 + count * (30 + gap), 120), 255, np.uint8)
    for number in range(count):
        top = 20 + number * (30 + gap)
        left = 20 + 10 * number
        image[top : top + 8, left : left + 60] = image[top : top + 30, left : left + 8] = 0
    found = find_digits(image)
    assert len(found) == count
    return found


def high_ones_are_sure(regions: list[Region]) -> NDArray[np.float32]:
    """A network that is sure of what is higher than a piece."""
    return np.stack([SURE if region.height > 40 else UNSURE for region in regions])


def nothing_is_sure(regions: list[Region]) -> NDArray[np.float32]:
    return np.stack([UNSURE for _ in regions])


def never(regions: list[Region]) -> NDArray[np.float32]:
    """A network that must not be asked."""
    raise AssertionError("what is no pieces was put together")


def test_pieces_become_the_digit_that_the_network_is_sure_of() -> None:
    found = pieces(gap=14)
    assert [region.row for region in found] == [0, 1]
    regions, answers = merge_components(found, np.stack([UNSURE, UNSURE]), high_ones_are_sure)
    (region,) = regions
    assert (region.x, region.y, region.width, region.height, region.row) == (20, 20, 70, 74, 0)
    assert answers.tolist() == [SURE.tolist()]


def test_a_sure_piece_is_joined_by_an_unsure_one() -> None:
    regions, _ = merge_components(pieces(gap=14), np.stack([SURE, UNSURE]), high_ones_are_sure)
    assert len(regions) == 1


def test_rows_behind_it_are_numbered_anew() -> None:
    found = pieces(gap=14, count=3)
    regions, answers = merge_components(found, np.stack([UNSURE, UNSURE, SURE]), high_ones_are_sure)
    assert [region.row for region in regions] == [0, 1]
    assert len(answers) == 2


@pytest.mark.parametrize(
    ("gap", "answers", "classify"),
    [
        pytest.param(14, [UNSURE, UNSURE], nothing_is_sure, id="no digit together"),
        pytest.param(14, [SURE, SURE], never, id="two digits"),
        pytest.param(40, [UNSURE, UNSURE], never, id="far apart"),
    ],
)
def test_other_regions_stay_as_they_are(
    gap: int,
    answers: list[NDArray[np.float32]],
    classify: Callable[[list[Region]], NDArray[np.float32]],
) -> None:
    found = pieces(gap)
    regions, rows = merge_components(found, np.stack(answers), classify)
    assert regions == found
    assert np.array_equal(rows, np.stack(answers))


def test_nothing_is_put_together_where_all_is_pieces() -> None:
    found = pieces(gap=14) * (MAX_PIECES // 2 + 1)
    regions, _ = merge_components(found, np.stack([UNSURE] * len(found)), never)
    assert len(regions) == len(found)


def test_the_ink_of_pieces_lies_where_it_was() -> None:
    image = np.full((134, 120), 255, np.uint8)
    image[20:28, 20:80] = image[20:50, 20:28] = image[64:72, 30:90] = image[64:94, 30:38] = 0
    found, (whole,) = find_digits(image), find_digits(image, single=True)
    assert len(found) == 2
    assert np.array_equal(merge(found).digit, whole.digit)


def test_an_image_without_ink_has_nothing_to_put_together() -> None:
    regions, _ = merge_components([], np.empty((0, COLUMNS), np.float32), never)
    assert regions == []
