"""Somebody's own numbers: brought to lines, distorted, and learned through CTC alone."""

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


def prepare(folder: Path, told: list[str]) -> OwnNumbers:
    return prepare_numbers(NO_READER, read(folder), OPTIONS, told.append)


@pytest.fixture
def line() -> OwnLine:
    picture = np.full((32, 60), PAPER, np.uint8)
    picture[8:24, 20:24] = INK
    return OwnLine(picture, (1, 1))


def test_numbers_become_lines_with_their_symbols(tmp_path: Path) -> None:
    told: list[str] = []
    own = prepare(write_numbers(tmp_path / "mine"), told)
    assert told == []
    assert [spell(line.labels) for line in own.lines] == [LABELS[n] for n in own.train]
    assert len(own.test) == 1
    for line in own.lines:
        assert line.picture.shape[0] == 32
        assert np.median(line.picture) == PAPER


def test_numbers_without_room_for_their_symbols_are_told(tmp_path: Path) -> None:
    folder = write_numbers(tmp_path / "mine")
    table = (folder / "labels.csv").read_text().splitlines()
    long = [f"{row.split(',')[0]},{'1' * 40}" for row in table[1:]]
    (folder / "labels.csv").write_text("\n".join([table[0], *long[:4], table[5]]))
    told: list[str] = []
    prepare(folder, told)
    assert "too long or too narrow to train on: " in told[0]
    (folder / "labels.csv").write_text("\n".join([table[0], *long]))
    with pytest.raises(DatasetError, match="no number to train on"):
        prepare(folder, told)


def test_a_distorted_line_is_another_one_with_the_same_symbols(line: OwnLine) -> None:
    rng = np.random.default_rng(0)
    several = [distort_line(line, rng) for _ in range(20)]
    assert len({other.picture.tobytes() for other in several}) == 20
    for other in several:
        assert other.labels == line.labels
        assert other.picture.shape[0] == 32
        assert 60 <= other.picture.shape[1] <= 69
        assert other.picture.max() > 180


def test_where_its_symbols_stand_is_not_known(line: OwnLine) -> None:
    _, targets = pack([line], 64)
    assert targets.shape == (1, 32 + MAX_LABELS)
    assert (targets[0, :30] == UNKNOWN).all()
    assert (targets[0, 30:32] == BLANK).all()
    assert targets[0, 32:35].tolist() == [1, 1, -1]


def test_it_teaches_nothing_but_its_symbols(line: OwnLine) -> None:
    """Wherever they are said, the loss is small."""
    _, targets = pack([line], 64)
    for places in ((3, 9), (15, 20)):
        columns = np.full(32, BLANK)
        columns[list(places)] = 1
        logits = 20 * np.eye(COLUMNS, dtype=np.float32)[columns][None]
        assert float(ReaderLoss()(targets, logits)) < 1e-3
    nothing = 20 * np.eye(COLUMNS, dtype=np.float32)[np.full(32, BLANK)][None]
    assert float(ReaderLoss()(targets, nothing)) > 1


def test_a_quarter_of_the_lines_are_own_ones(line: OwnLine) -> None:
    sources = Sources(*make_drawn(100, find_faces(None, ""), np.random.default_rng(0)))
    rows = [row for _, targets in epoch_batches(sources, 0, 0, 6, [line]) for row in targets]
    assert 0.1 < np.mean([row[0] == UNKNOWN for row in rows]) < 0.6


@pytest.mark.slow
def test_old_lines_are_of_drawn_digits_where_nothing_else_is_at_hand() -> None:
    corpus = recall_corpus(NO_READER, OPTIONS)
    assert corpus.dataset.name == "drawn"
    assert len(corpus.split.train) == 4 * len(corpus.split.validation)
    assert not len(corpus.split.test)
    assert corpus.training.has_images
