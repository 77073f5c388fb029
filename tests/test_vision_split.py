"""Ink of several digits is cut up, among other ways between them."""

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.vision.find import Region, find_digits
from digitnet.vision.normalize import widths
from digitnet.vision.split import cut_out, propose_cuts, split


def two_bars(*, joined_at: int = 30) -> NDArray[np.uint8]:
    """Two upright bars of 8 x 60 pixels, 12 apart, with a bridge of 3 rows between them."""
    ink = np.zeros((60, 28), np.uint8)
    ink[:, :8] = ink[:, -8:] = 255
    ink[joined_at : joined_at + 3] = 255
    return ink


def cut(
    ink: NDArray[np.uint8], left: NDArray[np.intp], right: NDArray[np.intp]
) -> NDArray[np.uint8] | None:
    return cut_out(ink, left, right, widths(ink)[0])


def as_image(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Black on white, with a margin of 20 pixels."""
    return np.pad(255 - ink, 20, constant_values=255)


def region_of(ink: NDArray[np.uint8]) -> Region:
    (region,) = find_digits(as_image(ink))
    return region


def test_a_cut_goes_through_the_bridge_between_two_digits() -> None:
    cuts = propose_cuts(two_bars())
    assert any((cut >= 8).all() and (cut <= 20).all() for cut in cuts)


def test_the_first_and_the_last_cut_are_the_edges() -> None:
    cuts = propose_cuts(two_bars())
    assert (cuts[0] == 0).all()
    assert (cuts[-1] == 28).all()


def test_cuts_are_in_reading_order() -> None:
    ink = two_bars()
    left = [ink[np.arange(28) < cut[:, None]].sum() for cut in propose_cuts(ink)]
    assert left == sorted(left)


def test_a_cut_takes_one_column_aside_in_a_row_at_most() -> None:
    cuts = propose_cuts(two_bars())[1:-1]
    assert np.abs(np.diff(cuts, axis=1)).max() <= 1


def test_a_cut_follows_the_slant_of_digits_that_upright_lines_cannot_part() -> None:
    ink = np.zeros((60, 60), np.uint8)
    cv2.line(ink, (5, 56), (35, 4), 255, 5)
    cv2.line(ink, (22, 56), (52, 4), 255, 5)
    first = ink.copy()
    first[:, 1:] = np.where(np.cumsum(ink > 0, axis=1)[:, 1:] > 8, 0, ink[:, 1:])
    ink[30:33, 20:45] = 255
    cuts = propose_cuts(ink)
    rows, columns = np.nonzero(first)
    cut_well = [
        (columns < cut[rows]).mean() > 0.9
        and ((ink > 0) & (np.arange(60) < cut[:, None])).sum() < 1.25 * rows.size
        for cut in cuts[1:-1]
    ]
    assert any(cut_well)


def test_a_cut_goes_round_a_7_that_hangs_over_its_neighbour() -> None:
    ink = np.zeros((60, 60), np.uint8)
    cv2.polylines(ink, [np.array([[3, 4], [40, 4], [12, 56]])], False, 255, 5)
    under = np.zeros_like(ink)
    cv2.circle(under, (38, 42), 11, 255, 5)
    cuts = propose_cuts(np.maximum(ink, under))
    assert any(
        (np.where(np.arange(60) < cut[:, None], ink, 0) > 0).sum() > 0.95 * (ink > 0).sum()
        and (np.where(np.arange(60) >= cut[:, None], under, 0) > 0).sum() > 0.95 * (under > 0).sum()
        for cut in cuts[1:-1]
    )


def test_a_piece_is_the_ink_between_its_cuts() -> None:
    ink = two_bars()
    piece = cut(ink, np.full(60, 0), np.full(60, 10))
    assert piece is not None
    np.testing.assert_array_equal(piece[:, :10], ink[:, :10])
    assert not piece[:, 10:].any()


def test_a_piece_is_without_the_crumbs_of_its_neighbour() -> None:
    ink = two_bars()
    ink[:3, 12:14] = 255
    piece = cut(ink, np.full(60, 0), np.full(60, 15))
    assert piece is not None
    assert not piece[:3, 12:14].any()
    assert piece[:, :8].all()


def test_a_piece_too_low_for_a_digit_is_none() -> None:
    ink = np.zeros((60, 40), np.uint8)
    ink[:, :8] = ink[25:35, 8:] = 255
    assert cut(ink, np.full(60, 8), np.full(60, 40)) is None


def test_a_piece_too_wide_for_a_digit_is_none() -> None:
    assert cut(np.full((20, 60), 255, np.uint8), np.full(20, 0), np.full(20, 40)) is None


def test_a_piece_without_ink_is_none() -> None:
    assert cut(two_bars(), np.full(60, 5), np.full(60, 5)) is None


def test_pieces_have_their_places_in_the_image() -> None:
    large = cv2.resize(two_bars(), None, fx=5, fy=5, interpolation=cv2.INTER_NEAREST)
    region = region_of(large.view(np.uint8))
    places = [piece.region for piece in split(region)]
    assert min(place.x for place in places) == region.x
    assert max(place.x + place.width for place in places) == region.x + region.width
    for place in places:
        assert region.x <= place.x < place.x + place.width <= region.x + region.width
        assert region.y <= place.y < place.y + place.height <= region.y + region.height
        assert place.row == region.row


def test_the_whole_is_no_piece_of_itself() -> None:
    pieces = split(region_of(two_bars()))
    last = max(piece.end for piece in pieces)
    assert pieces
    assert (0, last) not in [(piece.start, piece.end) for piece in pieces]


def test_a_line_of_script_is_not_cut_up() -> None:
    assert split(region_of(np.full((8, 60), 255, np.uint8))) == []


def test_every_piece_is_a_picture_as_the_network_wants_it() -> None:
    for piece in split(region_of(two_bars())):
        assert piece.region.digit.shape == (28, 28)
        assert piece.region.digit.dtype == np.uint8
        assert piece.region.digit.max() == 255


def test_more_cuts_are_found_if_less_ink_lies_between_them() -> None:
    assert len(propose_cuts(two_bars(), alike=0.5)) > len(propose_cuts(two_bars(), alike=2))


def test_ink_whose_right_end_is_no_digit_is_not_cut_up() -> None:
    """Or what is read would leave the end out, and nobody would know."""
    digits = two_bars()
    dash = np.zeros((len(digits), 120), np.uint8)
    dash[29:32] = 255
    assert split(region_of(np.hstack([digits, dash]))) == []
