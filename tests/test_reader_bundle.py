"""The two kinds of model on disk: cards of readers and classifiers have different keys."""

from pathlib import Path

import pytest
from test_bundle import CARD, change_card, fill

from digitnet.errors import BundleError
from digitnet.model import bundle
from digitnet.model.kinds import Kind
from digitnet.model.symbols import SYMBOLS

READER_CARD = {name: value for name, value in CARD.items() if name != "threshold"} | {
    "kind": "reader",
    "network": "reader",
    "thresholds": dict.fromkeys(SYMBOLS, 0.5) | {"7": 0.25},
}


@pytest.fixture
def classifier(tmp_path: Path) -> Path:
    return bundle.write(tmp_path / "model", fill).folder


@pytest.fixture
def reader(tmp_path: Path) -> Path:
    return bundle.write(tmp_path / "reader", lambda folder: fill(folder) | READER_CARD).folder


def test_a_reader_has_a_threshold_for_each_symbol(reader: Path) -> None:
    loaded = bundle.load(reader)
    assert loaded.kind is Kind.READER
    assert loaded.thresholds[7] == 0.25
    assert loaded.thresholds[:7] + loaded.thresholds[8:] == (0.5,) * (len(SYMBOLS) - 1)


@pytest.mark.parametrize(
    ("wanted", "complaint"),
    [
        (Kind.CLASSIFIER, "reader is a reader: give a classifier, like cnn"),
        (Kind.READER, "model is a classifier: give a reader, like reader"),
    ],
)
def test_a_model_of_the_wrong_kind_is_refused(
    classifier: Path, reader: Path, wanted: Kind, complaint: str
) -> None:
    with pytest.raises(BundleError, match=complaint):
        bundle.load(reader if wanted is Kind.CLASSIFIER else classifier, wanted)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"kind": None}, "has the kind 'None', expected classifier or reader"),
        ({"kind": "writer"}, "has the kind 'writer', expected classifier or reader"),
        ({"kind": ["reader"]}, "has the kind"),
        ({"thresholds": 0.5}, "'thresholds' is missing or has the wrong type"),
        ({"thresholds": {"7": 0.5}}, "'thresholds' has 1 symbols, expected each of '0123456789"),
        (
            {"thresholds": dict.fromkeys(SYMBOLS, 0.5) | {"7": 1.5}},
            "has the rejection threshold 1.5 of '7': it must be from 0 to 1",
        ),
        (
            {"thresholds": dict.fromkeys(SYMBOLS, 0.5) | {"-": "much"}},
            "has the rejection threshold much of '-'",
        ),
        (
            {"thresholds": dict.fromkeys(SYMBOLS, 0.5) | {"-": True}},
            "has the rejection threshold True of '-'",
        ),
    ],
)
def test_an_invalid_reader_card_is_reported_on_one_line(
    reader: Path, changes: dict[str, object], complaint: str
) -> None:
    change_card(reader, **changes)
    with pytest.raises(BundleError, match=complaint) as caught:
        bundle.load(reader)
    assert "\n" not in str(caught.value)
