"""The user's own numbers as training lines: normalized, distorted, and learned with CTC only."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from test_whole_numbers import LABELS, read, write_numbers

from digitnet.errors import DatasetError
from digitnet.model.symbols import BLANK, COLUMNS, spell
from digitnet.synthesis.characters.drawn import make_drawn
from digitnet.synthesis.characters.fonts import find_faces
from digitnet.synthesis.lines.writing.sources import Sources
from digitnet.training.options import Network, TrainingOptions
from digitnet.training.reader.batches import epoch_batches
from digitnet.training.reader.distort_line import distort_line
from digitnet.training.reader.loss import ReaderLoss
from digitnet.training.reader.own_numbers import OwnNumbers, prepare_numbers, recall_corpus
from digitnet.training.reader.targets import MAX_LABELS, UNKNOWN, OwnLine, pack
from digitnet.vision.line_image import INK, PAPER

OPTIONS = TrainingOptions(network=Network.READER, dataset="mine", start="reader")
NO_READER: Any = SimpleNamespace(card={"datasets": [], "pen_strokes": []})


def prepare(folder: Path, messages: list[str]) -> OwnNumbers:
    return prepare_numbers(NO_READER, read(folder), OPTIONS, messages.append)


@pytest.fixture
def line() -> OwnLine:
    picture = np.full((32, 60), PAPER, np.uint8)
    picture[8:24, 20:24] = INK
    return OwnLine(picture, (1, 1))


def test_numbers_become_lines_with_their_labels(tmp_path: Path) -> None:
    messages: list[str] = []
    own = prepare(write_numbers(tmp_path / "mine"), messages)
    assert messages == []
    assert [spell(line.labels) for line in own.lines] == [LABELS[n] for n in own.train]
    assert len(own.test) == 1
    for line in own.lines:
        assert line.picture.shape[0] == 32
        assert np.median(line.picture) == PAPER


def test_numbers_too_long_or_too_narrow_are_reported(tmp_path: Path) -> None:
    folder = write_numbers(tmp_path / "mine")
    table = (folder / "labels.csv").read_text().splitlines()
    long = [f"{row.split(',')[0]},{'1' * 40}" for row in table[1:]]
    (folder / "labels.csv").write_text("\n".join([table[0], *long[:4], table[5]]))
    messages: list[str] = []
    prepare(folder, messages)
    assert "too long or too narrow to train on: " in messages[0]
    (folder / "labels.csv").write_text("\n".join([table[0], *long]))
    with pytest.raises(DatasetError, match="no usable training number"):
        prepare(folder, messages)


def test_distortion_changes_a_line_but_not_its_symbols(line: OwnLine) -> None:
    rng = np.random.default_rng(0)
    several = [distort_line(line, rng) for _ in range(20)]
    assert len({other.picture.tobytes() for other in several}) == 20
    for other in several:
        assert other.labels == line.labels
        assert other.picture.shape[0] == 32
        assert 60 <= other.picture.shape[1] <= 69
        assert other.picture.max() > 180


def test_the_targets_of_an_own_line_have_labels_but_no_positions(line: OwnLine) -> None:
    _, targets = pack([line], 64)
    assert targets.shape == (1, 32 + MAX_LABELS)
    assert (targets[0, :30] == UNKNOWN).all()
    assert (targets[0, 30:32] == BLANK).all()
    assert targets[0, 32:35].tolist() == [1, 1, -1]


def test_the_loss_of_an_own_line_ignores_the_positions_of_its_symbols(line: OwnLine) -> None:
    """The loss is small wherever the symbols are predicted, and large if they are missing."""
    _, targets = pack([line], 64)
    for places in ((3, 9), (15, 20)):
        columns = np.full(32, BLANK)
        columns[list(places)] = 1
        logits = 20 * np.eye(COLUMNS, dtype=np.float32)[columns][None]
        assert float(ReaderLoss()(targets, logits)) < 1e-3
    nothing = 20 * np.eye(COLUMNS, dtype=np.float32)[np.full(32, BLANK)][None]
    assert float(ReaderLoss()(targets, nothing)) > 1


def test_about_a_quarter_of_the_lines_are_own_numbers(line: OwnLine) -> None:
    sources = Sources(*make_drawn(100, find_faces(None, ""), np.random.default_rng(0)))
    rows = [row for _, targets in epoch_batches(sources, 0, 0, 6, [line]) for row in targets]
    assert 0.1 < np.mean([row[0] == UNKNOWN for row in rows]) < 0.6


@pytest.mark.slow
def test_rehearsal_uses_drawn_digits_if_no_other_data_is_available() -> None:
    corpus = recall_corpus(NO_READER, OPTIONS)
    assert corpus.dataset.name == "drawn"
    assert len(corpus.split.train) == 4 * len(corpus.split.validation)
    assert not len(corpus.split.test)
    assert corpus.training.has_images
