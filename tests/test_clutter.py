"""Clutter over digits varies, and leaves the digits visible."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from digitnet.synthesis.clutter import KINDS, clutter
from digitnet.vision.normalize import SIDE

Lay = Callable[[NDArray[np.uint8], np.random.Generator], None]
each_kind = pytest.mark.parametrize("lay", KINDS, ids=lambda lay: lay.__name__)


@pytest.fixture
def rings() -> NDArray[np.uint8]:
    """Identical rings, as zeros."""
    digits = np.zeros((60, SIDE, SIDE), np.uint8)
    digits[:, 5:23, 8:20] = 255
    digits[:, 8:20, 11:17] = 0
    return digits


@each_kind
def test_each_image_is_cluttered_differently(lay: Lay, rings: NDArray[np.uint8]) -> None:
    cluttered = rings.copy()
    lay(cluttered, np.random.default_rng(0))
    assert (cluttered != rings).any(axis=(1, 2)).all()
    assert len({picture.tobytes() for picture in cluttered}) > 50


@each_kind
def test_digits_stay_visible_under_clutter(lay: Lay, rings: NDArray[np.uint8]) -> None:
    cluttered = rings.copy()
    lay(cluttered, np.random.default_rng(0))
    alike = [np.corrcoef(rings[0].ravel(), picture.ravel())[0, 1] for picture in cluttered]
    assert np.mean(alike) > 0.5


def test_only_the_given_share_of_digits_is_cluttered(rings: NDArray[np.uint8]) -> None:
    many = np.tile(rings, (10, 1, 1))
    cluttered = many.copy()
    clutter(cluttered, np.random.default_rng(0), 0.2)
    assert 0.12 < (cluttered != many).any(axis=(1, 2)).mean() < 0.28
    clutter(many, np.random.default_rng(0), 0)
    assert np.array_equal(many[: len(rings)], rings)


def test_the_same_seed_gives_the_same_clutter(rings: NDArray[np.uint8]) -> None:
    first, again = rings.copy(), rings.copy()
    for digits in (first, again):
        clutter(digits, np.random.default_rng(3), 0.8)
    assert np.array_equal(first, again)
