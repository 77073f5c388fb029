"""Training lines for the reader: column targets, batches, reproducibility."""

import numpy as np
import pytest

from digitnet.model.kinds import columns_of
from digitnet.model.symbols import BLANK, OTHER, SYMBOLS
from digitnet.synthesis.characters.drawn import make_drawn
from digitnet.synthesis.characters.fonts import find_faces
from digitnet.synthesis.lines.drawing import PlacedSymbol
from digitnet.synthesis.lines.line import Line
from digitnet.synthesis.lines.writing.sources import Sources
from digitnet.training.reader.batches import epoch_batches, epoch_steps, validation_batches
from digitnet.training.reader.targets import (
    MAX_LABELS,
    NO_LABEL,
    UNKNOWN,
    classes_of,
    labels_of,
    pack,
)
from digitnet.vision.line_image import LINE_WIDTHS, PAPER

_OTHER = SYMBOLS.index(OTHER)


@pytest.fixture(scope="module")
def sources() -> Sources:
    return Sources(*make_drawn(100, find_faces(None, ""), np.random.default_rng(0)))


def test_a_symbol_is_the_target_of_the_columns_around_its_centre() -> None:
    classes = classes_of([PlacedSymbol(7, 20, 60)], 50)
    labelled = np.flatnonzero(classes != BLANK)
    assert (classes[labelled] == 7).all()
    assert labelled.tolist() == [*range(16, 24)]  # 0.22 of 20 columns on each side of column 20


def test_the_narrowest_symbol_has_its_own_column() -> None:
    classes = classes_of([PlacedSymbol(1, 10, 10.5), PlacedSymbol(2, 14, 15)], 20)
    assert sorted(classes[classes != BLANK].tolist()) == [1, 2]


def test_other_writing_is_the_target_of_its_ink_and_the_gaps_in_it() -> None:
    run = [PlacedSymbol(_OTHER, 4, 10), PlacedSymbol(_OTHER, 16, 20)]
    assert np.flatnonzero(classes_of(run, 20) == _OTHER).tolist() == [*range(2, 10)]


def test_columns_shared_by_several_symbols_are_unknown() -> None:
    classes = classes_of([PlacedSymbol(1, 8, 20), PlacedSymbol(2, 8, 20)], 20)
    assert np.flatnonzero(classes == UNKNOWN).tolist() == [*range(4, 10)]
    assert np.isin(classes, [UNKNOWN, BLANK]).all()


def test_a_run_of_other_writing_is_one_label() -> None:
    placed = [PlacedSymbol(symbol, 0, 1) for symbol in (_OTHER, _OTHER, 3, 3, _OTHER)]
    assert labels_of(placed) == [_OTHER, 3, 3, _OTHER]


def test_lines_are_padded_with_paper_and_targets_with_blanks() -> None:
    gray = np.full((32, 20), 255, np.uint8)
    gray[8:24, 9:11] = 0
    pictures, targets = pack([Line(gray, (PlacedSymbol(1, 9, 11),))], 32)
    assert pictures.shape == (1, 32, 32)
    assert targets.shape == (1, 16 + MAX_LABELS)
    assert (pictures[0, :, 11:] == PAPER).all()
    assert pictures[0, 16, 10] == 2 * PAPER
    assert (targets[0, 6:16] == BLANK).all()
    assert targets[0, 16:].tolist() == [1] + [NO_LABEL] * (MAX_LABELS - 1)


def test_an_epoch_has_the_requested_batches_of_fresh_lines(
    sources: Sources,
) -> None:
    batches = list(epoch_batches(sources, 0, 0, 3))
    assert len(batches) == 3
    for pictures, targets in batches:
        lines, _, width = pictures.shape
        assert width in LINE_WIDTHS
        assert lines == max(8, 3072 // width)
        assert targets.shape == (lines, columns_of(width) + MAX_LABELS)
    seen = {picture.tobytes() for pictures, _ in batches for picture in pictures if picture.any()}
    assert len(seen) > 0.9 * sum(len(pictures) for pictures, _ in batches)


def test_lines_depend_on_seed_and_epoch_only(
    sources: Sources,
) -> None:
    first = [*epoch_batches(sources, 7, 0, 1), *epoch_batches(sources, 7, 1, 1)][1:]
    again = list(epoch_batches(sources, 7, 1, 1))
    other = next(epoch_batches(sources, 8, 1, 1))
    for (pictures, targets), (same, same_targets) in zip(first, again, strict=True):
        np.testing.assert_array_equal(pictures, same)
        np.testing.assert_array_equal(targets, same_targets)
    assert other[0].shape != first[0][0].shape or (other[0] != first[0][0]).any()


def test_validation_lines_are_always_the_same(sources: Sources) -> None:
    first, again = (validation_batches(sources, 30) for _ in range(2))
    assert sum(len(pictures) for pictures, _ in first) == 30
    for (pictures, _), (same, _) in zip(first, again, strict=True):
        np.testing.assert_array_equal(pictures, same)


@pytest.mark.parametrize(("lines", "steps"), [(1, 1), (40_000, 1250), (320, 10)])
def test_an_epoch_has_about_the_requested_number_of_lines(lines: int, steps: int) -> None:
    assert epoch_steps(lines) == steps
