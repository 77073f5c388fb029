"""The whole vision pipeline: from images to digits."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from digitnet.vision import Layout, Region, find_digits, find_lines
from digitnet.vision.decoding.colour import to_gray
from digitnet.vision.normalize import centre

Gray = NDArray[np.uint8]


def three(side: int = 160, width: int = 9, paper: int = 255, ink: int = 0) -> Gray:
    """Return a 3 of two arcs in the middle of a square page."""
    image = np.full((side, side), paper, np.uint8)
    radius = side // 6
    for row in (-1, 1):
        middle = (side // 2, side // 2 + row * radius)
        cv2.ellipse(image, middle, (radius, radius), 0, -150, 90, ink, width, cv2.LINE_AA)
    return image


def places(regions: list[Region]) -> list[tuple[int, int, int, int, int]]:
    return [(r.x, r.y, r.width, r.height, r.row) for r in regions]


def nearly_equal(one: Gray, other: Gray) -> bool:
    """Return whether two digits are the same up to a shift of one pixel by rounding."""
    shifts = [np.roll(one.astype(int), (y, x), (0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1)]
    return min(float(np.abs(shifted - other).mean()) for shifted in shifts) < 12


def test_a_drawn_digit_is_one_region_at_its_position() -> None:
    (region,) = find_digits(three())
    mask = three() < 128
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    assert abs(region.x - columns[0]) <= 2
    assert abs(region.y - rows[0]) <= 2
    assert abs(region.x + region.width - 1 - columns[-1]) <= 2
    assert abs(region.y + region.height - 1 - rows[-1]) <= 2
    assert region.digit.shape == (28, 28)
    assert region.digit.max() == 255


def test_an_image_without_ink_has_no_digits() -> None:
    for shape in ((1, 1), (28, 28), (3000, 20), (0, 5)):
        assert find_digits(np.full(shape, 255, np.uint8)) == []
    ruled = np.full((300, 400), 240, np.uint8)
    ruled[50::60] = 120
    assert find_digits(ruled) == []


@pytest.mark.parametrize("side", [16, 28, 100, 1000, 1900])
def test_any_size_gives_nearly_the_same_digit(side: int) -> None:
    image = cv2.resize(three(400, 22), (side, side), interpolation=cv2.INTER_AREA).view(np.uint8)
    (region,) = find_digits(image)
    assert nearly_equal(region.digit, find_digits(three(400, 22))[0].digit)


def test_a_hair_thin_stroke_on_a_large_canvas_is_found_in_both_polarities() -> None:
    image = three(1500, 1)
    for canvas in (image, 255 - image):
        (region,) = find_digits(canvas)
        assert region.digit.max() == 255


def test_single_joins_all_pieces_into_one_digit() -> None:
    image = np.full((200, 300), 255, np.uint8)
    image[50:150, 40:60] = 0
    image[50:150, 200:220] = 0
    assert len(find_digits(image)) == 2
    (region,) = find_digits(image, single=True)
    assert (region.x, region.width) == (40, 180)
    assert find_digits(np.zeros((28, 28), np.uint8), single=True) == []


def test_a_digit_excludes_the_ink_of_its_neighbours() -> None:
    image = np.full((120, 200), 255, np.uint8)
    cv2.line(image, (60, 20), (30, 100), 0, 8)
    cv2.line(image, (80, 20), (50, 100), 0, 8)
    first, second = find_digits(image)
    assert nearly_equal(first.digit, second.digit)


def test_small_print_is_enlarged_and_separated() -> None:
    image = np.full((24, 90), 255, np.uint8)
    cv2.putText(image, "1 4 7", (4, 17), cv2.FONT_HERSHEY_SIMPLEX, 0.45, 0, 1, cv2.LINE_AA)
    regions = find_digits(image)
    assert len(regions) == 3
    assert all(region.x + region.width <= 90 for region in regions)


def test_images_in_mnist_format_stay_unchanged() -> None:
    (region,) = find_digits(three(400, 22))
    rows, columns = (np.flatnonzero((region.digit >= 64).any(axis=axis)) for axis in (1, 0))
    for image in (region.digit, 255 - region.digit):
        (again,) = find_digits(image)
        assert np.array_equal(again.digit, region.digit)
        assert (again.x, again.width) == (columns[0].item(), np.ptp(columns).item() + 1)
        assert (again.y, again.height) == (rows[0].item(), np.ptp(rows).item() + 1)


@pytest.mark.parametrize("change", ["moved", "fainter", "smaller"])
def test_images_nearly_in_mnist_format_are_normalized(change: str) -> None:
    (region,) = find_digits(three(400, 22))
    small = cv2.resize(region.digit[4:24, 4:24], (18, 18), interpolation=cv2.INTER_AREA)
    image = {
        "moved": np.roll(region.digit, (2, -2), (0, 1)),
        "fainter": (region.digit // 2).astype(np.uint8),
        "smaller": centre(cv2.convertScaleAbs(small, alpha=1.2).view(np.uint8)),
    }[change]
    (again,) = find_digits(image)
    assert not np.array_equal(again.digit, image)
    assert nearly_equal(again.digit, region.digit)


def test_two_pieces_in_mnist_format_are_two_digits_unless_single() -> None:
    image = np.zeros((28, 28), np.uint8)
    image[4:24, 7:10] = image[4:24, 18:21] = 255
    assert len(find_digits(image)) == 2
    assert len(find_digits(image, single=True)) == 1


digits = st.builds(three, st.integers(60, 200), st.integers(3, 10))


@settings(deadline=None, max_examples=12)
@given(digits)
def test_inverting_keeps_the_regions(image: Gray) -> None:
    before, after = find_digits(image), find_digits(255 - image)
    assert places(before) == places(after)
    assert all(nearly_equal(a.digit, b.digit) for a, b in zip(before, after, strict=True))


@settings(deadline=None, max_examples=12)
@given(digits, st.integers(0, 60), st.integers(0, 60))
def test_padding_with_paper_moves_the_regions(image: Gray, top: int, left: int) -> None:
    before = find_digits(image)
    after = find_digits(np.pad(image, ((top, 9), (left, 9)), constant_values=255))
    moved = [(x + left, y + top, w, h, row) for x, y, w, h, row in places(before)]
    assert len(moved) == len(after)
    assert np.abs(np.array(moved) - np.array(places(after))).max() <= 2


@settings(deadline=None, max_examples=8)
@given(digits, st.integers(2, 4))
def test_integer_upscaling_scales_the_regions(image: Gray, factor: int) -> None:
    before = find_digits(image)
    after = find_digits(np.kron(image, np.ones((factor, factor), np.uint8)))
    assert len(before) == len(after) == 1
    scaled = np.array(places(before)) * factor
    assert np.abs(scaled - np.array(places(after))).max() <= 2 * factor
    assert nearly_equal(before[0].digit, after[0].digit)


@settings(deadline=None, max_examples=8)
@given(digits)
def test_an_opaque_alpha_channel_changes_nothing(image: Gray) -> None:
    opaque = np.dstack([image, image, image, np.full_like(image, 255)])
    assert places(find_digits(to_gray(opaque))) == places(find_digits(image))


@settings(deadline=None, max_examples=60)
@given(
    arrays.arrays(np.uint8, arrays.array_shapes(min_dims=2, max_dims=2, max_side=70)),
    st.booleans(),
)
def test_find_digits_never_raises(image: Gray, single: bool) -> None:
    for region in find_digits(image, single=single):
        assert 0 <= region.x < region.x + region.width <= image.shape[1]
        assert 0 <= region.y < region.y + region.height <= image.shape[0]
        assert region.digit.shape == (28, 28)


@pytest.mark.parametrize("shape", [(1, 4000), (4000, 1), (2, 3), (300, 400)])
def test_noise_of_any_shape_raises_nothing(shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(3).integers(0, 256, shape, np.uint8)
    assert len(find_digits(noise)) <= 1000
    assert_consistent(find_lines(noise), noise)


def assert_consistent(layout: Layout, gray: Gray) -> None:
    """Assert that a layout is consistent with itself and its image."""
    assert layout.ink.shape == layout.parts.labels.shape
    assert len(layout.lines) == len(layout.rows) or layout.left_out
    for line in (layout.whole, *layout.lines):
        assert line.image.dtype == np.uint8
        assert line.image.shape[0] == 32
        assert line.image.shape[1] >= 1
        left, _, right, _ = line.box(0, line.image.shape[1])
        assert -1 <= left < right <= gray.shape[1] + 1


@settings(deadline=None, max_examples=40)
@given(arrays.arrays(np.uint8, arrays.array_shapes(min_dims=2, max_dims=2, max_side=70)))
def test_any_image_has_a_consistent_layout(image: Gray) -> None:
    assert_consistent(find_lines(image), image)


@settings(deadline=None, max_examples=8)
@given(digits)
def test_inverting_keeps_the_line(image: Gray) -> None:
    (before,), (after,) = find_lines(image).lines, find_lines(255 - image).lines
    assert np.allclose(before.to_image, after.to_image)
    assert np.abs(before.image.astype(int) - after.image).max() <= 2


def test_the_line_of_a_digit_has_a_margin_of_paper() -> None:
    image = three(400, 22)
    (line,) = find_lines(image).lines
    left, top, right, bottom = line.box(0, line.image.shape[1])
    (region,) = find_digits(image)
    assert left < region.x < region.x + region.width < right
    assert top < region.y < region.y + region.height < bottom


def test_find_digits_takes_each_connected_component_as_a_digit() -> None:
    image = np.full((120, 240), 255, np.uint8)
    image[20:88, 20:32] = image[20:60, 80:120] = image[64:104, 80:120] = 0
    image[96:100, 180:184] = 0  # a point, which is left out
    assert [(r.x, r.y) for r in find_digits(image)] == [(20, 20), (80, 20), (80, 64)]


def test_find_digits_leaves_out_rules_and_frames() -> None:
    image = np.pad(three(160), 30, constant_values=255)
    image[200] = 0
    cv2.rectangle(image, (4, 4), (215, 215), 0, 2)
    (region,) = find_digits(image)
    assert region.height < 120


@pytest.mark.parametrize(
    "stroke",
    [
        [(40, 3), (40, 58)],
        [(14, 8), (66, 6), (40, 58)],
        [(68, 6), (40, 6), (30, 28), (50, 26), (56, 40), (46, 56), (14, 57)],
    ],
    ids=["1", "7", "5"],
)
def test_a_thin_digit_that_fills_its_image_is_not_a_line_or_a_frame(
    stroke: list[tuple[int, int]],
) -> None:
    image = np.full((62, 82), 255, np.uint8)
    cv2.polylines(image, [np.array(stroke, np.int32)], False, 0, 2, cv2.LINE_AA)
    (region,) = find_digits(image, single=True)
    _, _, width, height = cv2.boundingRect((image < 128).view(np.uint8))
    assert abs(region.width - width) <= 2
    assert abs(region.height - height) <= 2


def test_a_frame_around_a_single_digit_is_left_out() -> None:
    image = three(100, 6)
    cv2.rectangle(image, (4, 4), (95, 95), 0, 2)
    cv2.line(image, (0, 90), (99, 90), 0, 2)
    (framed,), (alone,) = find_digits(image, single=True), find_digits(three(100, 6), single=True)
    assert nearly_equal(framed.digit, alone.digit)
