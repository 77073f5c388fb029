from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from digitnet.synthesis.augment import Distortion, distort
from digitnet.vision.normalize import SIDE

STILL = Distortion(
    rotation=0,
    shear=0,
    scale=0,
    aspect=0,
    shift=0,
    elastic=0,
    pen=0,
    marker=0,
    coarse=0,
    broken=0,
    smudge=0,
    clutter=0,
)


@pytest.fixture
def bars() -> NDArray[np.uint8]:
    """Vertical bars from the top edge to the bottom edge."""
    digits = np.zeros((50, SIDE, SIDE), np.uint8)
    digits[:, :, 12:16] = 255
    return digits


def test_no_distortion_gives_the_same_digits(bars: NDArray[np.uint8]) -> None:
    assert np.array_equal(distort(bars, np.random.default_rng(0), STILL), bars)


def test_each_digit_is_distorted_differently(bars: NDArray[np.uint8]) -> None:
    distorted = distort(bars, np.random.default_rng(0))
    assert distorted.shape == bars.shape
    assert distorted.dtype == np.uint8
    assert len(np.unique(distorted, axis=0)) == len(bars)


def test_a_batch_may_exceed_the_rows_that_opencv_allows(bars: NDArray[np.uint8]) -> None:
    many = np.tile(bars, (45, 1, 1))
    moved = distort(many, np.random.default_rng(0), Distortion(clutter=0))
    assert moved.shape == many.shape
    assert (moved.max(axis=(1, 2)) > 128).all()


def test_the_same_seed_gives_the_same_digits(bars: NDArray[np.uint8]) -> None:
    first, again = (distort(bars, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(first, again)


def test_the_input_is_not_modified(bars: NDArray[np.uint8]) -> None:
    before = bars.copy()
    distort(bars, np.random.default_rng(0))
    assert np.array_equal(bars, before)


def test_no_ink_runs_into_neighbouring_digits(bars: NDArray[np.uint8]) -> None:
    bars[1::2] = 0
    distorted = distort(
        bars, np.random.default_rng(0), Distortion(marker=1, pen=1, shift=3, smudge=0, clutter=0)
    )
    # the blur of a pen may cross the border by a row, but no stroke does
    assert distorted[1::2].max() < 64


def test_a_marker_widens_strokes(bars: NDArray[np.uint8]) -> None:
    wide = distort(bars, np.random.default_rng(0), replace(STILL, marker=1))
    assert (wide[:, 14] > 127).sum(axis=1).min() == 6


def test_paper_stays_black() -> None:
    blank = np.zeros((20, SIDE, SIDE), np.uint8)
    drawn = distort(blank, np.random.default_rng(0), Distortion(pen=1, smudge=0, clutter=0))
    assert drawn.max() == 0


def test_a_smudge_adds_faint_ink_and_removes_none(bars: NDArray[np.uint8]) -> None:
    smudged = distort(bars, np.random.default_rng(0), replace(STILL, smudge=1))
    added = smudged.astype(int) - bars
    assert added.min() == 0
    assert (added.max(axis=(1, 2)) > 0).mean() > 0.9
    assert added.mean() < 40


def test_a_coarse_digit_has_soft_edges_in_the_same_place(bars: NDArray[np.uint8]) -> None:
    coarse = distort(bars, np.random.default_rng(0), replace(STILL, coarse=1))
    soft = (coarse > 16) & (coarse < 239)
    # (at half the size, the edges of a bar fall on whole pixels again)
    assert soft.any(axis=(1, 2)).mean() > 0.8
    assert np.abs(coarse.mean(axis=(1, 2)) / bars.mean() - 1).max() < 0.5
    assert coarse[:, :, :8].max() < 32


def test_broken_strokes_lose_some_ink_but_keep_most(bars: NDArray[np.uint8]) -> None:
    broken = distort(bars, np.random.default_rng(0), replace(STILL, broken=1))
    assert (broken <= bars).all()
    left = broken.sum(axis=(1, 2)) / bars.sum(axis=(1, 2))
    assert left.min() > 0.5
    assert left.max() < 1


def test_a_blank_picture_has_no_stroke_to_break() -> None:
    blank = np.zeros((20, SIDE, SIDE), np.uint8)
    assert distort(blank, np.random.default_rng(0), replace(STILL, broken=1)).max() == 0
