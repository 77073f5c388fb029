"""Training images for the classifier, drawn from pen strokes."""

from pathlib import Path

import numpy as np
import pytest
from test_cli_train_reader import write_strokes

from digitnet.data.pen_strokes import PenStrokes, read_pen_strokes
from digitnet.model.targets import NO_DIGIT
from digitnet.synthesis.pen_characters import PenCharacters, draw_item

LINE = [np.array([(0.0, 0.0), (0.0, 1.0)])]


def strokes_of(folder: Path, labels: str) -> PenStrokes:
    return read_pen_strokes(write_strokes(folder / "strokes.npz", labels))


def test_digits_have_the_same_form_as_normalized_digits(tmp_path: Path) -> None:
    by_pen = PenCharacters([strokes_of(tmp_path, "0123456789")])
    pictures, labels = by_pen.draw_digits(100, np.random.default_rng(0))
    assert pictures.shape == (100, 28, 28)
    assert pictures.dtype == labels.dtype == np.uint8
    assert set(labels) == set(range(10))
    assert pictures.max(axis=(1, 2)).min() > 150


def test_characters_that_look_like_digits_are_left_out(tmp_path: Path) -> None:
    characters = PenCharacters([strokes_of(tmp_path, "3OoIlSZBqgE!|/{K")])
    assert [str(items.labels[item]) for items, item in characters.digits] == 3 * ["3"]
    assert {str(items.labels[item]) for items, item in characters.others} == {"E", "K"}


def test_letters_and_signs_are_labelled_as_non_digits(tmp_path: Path) -> None:
    by_pen = PenCharacters([strokes_of(tmp_path, "AK#")])
    pictures, labels = by_pen.draw_others(20, np.random.default_rng(0))
    assert len(pictures) == 20
    assert set(labels) == {NO_DIGIT}
    assert len(by_pen.draw_digits(20, np.random.default_rng(0))[0]) == 0


def test_the_same_seed_draws_the_same_characters(tmp_path: Path) -> None:
    by_pen = PenCharacters([strokes_of(tmp_path, "123")])
    first, again = (by_pen.draw_digits(30, np.random.default_rng(5))[0] for _ in range(2))
    assert np.array_equal(first, again)


def test_pen_widths_are_from_one_to_twenty_percent_of_the_height() -> None:
    pictures = [draw_item(LINE, np.random.default_rng(seed)) for seed in range(300)]
    widths = [(p > 127).sum(axis=1).max() / (p > 127).any(axis=1).sum() for p in pictures]
    assert min(widths) < 0.04
    assert 0.15 < max(widths) < 0.25


@pytest.mark.parametrize("seed", range(20))
def test_all_ink_is_inside_the_image(seed: int) -> None:
    picture = draw_item(LINE, np.random.default_rng(seed))
    assert picture.max() > 100
    assert picture[[0, -1]].max() == picture[:, [0, -1]].max() == 0
