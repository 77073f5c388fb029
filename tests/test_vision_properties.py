"""Property-based tests: changes that must keep the answer, and input that must not raise."""

import contextlib
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from digitnet.errors import ImageError
from digitnet.reading.recognizer import Recognizer
from digitnet.vision import Limits, decode_image, find_digits, find_lines
from digitnet.vision.decoding.colour import to_gray

Gray = NDArray[np.uint8]

# Drawn with a paint program: their paper has one shade, so they can be padded with it.
DRAWN = {
    "paint-0.png": "0",
    "paint-1-white-on-black.png": "1",
    "paint-3.png": "3",
    "paint-9.bmp": "9",
    "off-centre-7.png": "7",
    "paint-two-rows.png": "307 64",
}

drawn = st.sampled_from(sorted(DRAWN))
colours = st.tuples(*[st.integers(0, 255)] * 3)

Properties = Callable[[Callable[..., None]], Callable[..., None]]


def properties(examples: int) -> Properties:
    """Return settings with the same examples in every run and no deadline."""
    return settings(derandomize=True, deadline=None, database=None, max_examples=examples)


def load(name: str) -> Gray:
    return decode_image(ROOT / "samples" / name)


@properties(6)
@given(drawn)
def test_inverting_keeps_the_answer(recognizer: Recognizer, name: str) -> None:
    assert recognizer.predict(255 - load(name)).digits == DRAWN[name]


@properties(12)
@given(drawn, *[st.integers(0, 150)] * 4)
def test_padding_with_paper_keeps_the_answer(
    recognizer: Recognizer, name: str, top: int, bottom: int, left: int, right: int
) -> None:
    image = load(name)
    padded = np.pad(image, ((top, bottom), (left, right)), constant_values=int(image[0, 0]))
    assert recognizer.predict(padded).digits == DRAWN[name]


@properties(8)
@given(drawn, st.integers(2, 4))
def test_integer_upscaling_keeps_the_answer(recognizer: Recognizer, name: str, factor: int) -> None:
    large = np.kron(load(name), np.ones((factor, factor), np.uint8))
    assert recognizer.predict(large).digits == DRAWN[name]


@properties(16)
@given(drawn, colours, colours)
def test_other_colours_keep_the_answer(
    recognizer: Recognizer, name: str, one: tuple[int, ...], other: tuple[int, ...]
) -> None:
    first, second = np.array(one, np.float64), np.array(other, np.float64)
    if np.linalg.norm(first - second) < 60:
        second = (first + 128) % 256
    share = load(name)[:, :, None] / 255
    image = np.rint(first + (second - first) * share).astype(np.uint8)
    assert recognizer.predict(image).digits == DRAWN[name]


@properties(6)
@given(drawn)
def test_an_opaque_alpha_channel_keeps_the_answer(recognizer: Recognizer, name: str) -> None:
    rgb = cv2.cvtColor(load(name), cv2.COLOR_GRAY2RGB).view(np.uint8)
    rgba = np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)])
    assert recognizer.predict(rgba) == recognizer.predict(rgb)


depths = st.sampled_from([np.uint8, np.int8, np.uint16, np.int16, np.int32, np.float32, np.float64])
shapes = st.tuples(st.integers(1, 60), st.integers(1, 60)).flatmap(
    lambda sides: st.sampled_from([sides, *((*sides, channels) for channels in (1, 2, 3, 4))])
)


@properties(150)
@given(depths.flatmap(lambda depth: arrays.arrays(depth, shapes)), st.booleans())
def test_vision_accepts_any_pixels(image: NDArray[np.generic], single: bool) -> None:
    gray = to_gray(image)
    assert gray.shape == image.shape[:2]
    assert gray.dtype == np.uint8
    for region in find_digits(gray, single=single):
        assert region.digit.shape == (28, 28)
    for line in find_lines(gray).lines:
        assert line.image.shape[0] == 32


FORMATS = (".png", ".jpg", ".bmp", ".gif", ".tiff", ".webp", ".pgm", ".ppm", ".jp2", ".avif")


@pytest.mark.parametrize("extension", FORMATS)
@properties(12)
@given(st.data())
def test_a_damaged_file_is_read_or_refused(extension: str, draw: st.DataObject) -> None:
    picture = cv2.resize(load("paint-3.png"), (40, 40), interpolation=cv2.INTER_AREA)
    colour = picture if extension == ".pgm" else cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)
    data = bytearray(cv2.imencode(extension, colour)[1])
    places = st.lists(st.integers(0, len(data) - 1), min_size=1, max_size=5)
    for place in draw.draw(places):
        data[place] = draw.draw(st.integers(0, 255))
    with contextlib.suppress(ImageError):
        find_digits(decode_image(bytes(data), Limits(pixels=100_000)))
