"""Untrusted model cards: any content is accepted, or refused with a one-line error."""

import contextlib
import json
import shutil
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitnet.data.datasets import Dataset
from digitnet.data.parts import Part
from digitnet.errors import BundleError, DatasetError
from digitnet.evaluation.evaluate import has_changed, select_part, trained_on
from digitnet.model import bundle

Place = tuple[str | int, ...]
"""The keys and indices that lead to a value in a card."""


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Path:
    return shutil.copytree(models / "mlp", tmp_path_factory.mktemp("card") / "mlp")


@pytest.fixture
def card(models: Path) -> Any:
    return json.loads((models / "mlp" / bundle.CARD_FILE).read_bytes())


@pytest.fixture(scope="session")
def digits() -> Dataset:
    labels = (np.arange(60) % 10).astype(np.uint8)
    return Dataset("made", np.zeros((60, 28, 28), np.uint8), labels, np.zeros(60, bool))


def load(model: Path, card: object) -> bundle.Bundle:
    (model / bundle.CARD_FILE).write_text(json.dumps(card))
    return bundle.load(model)


def refusal(model: Path, card: object) -> str:
    """Return the one-line error with which a card is refused."""
    with pytest.raises(BundleError) as caught:
        load(model, card)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 600
    message.encode()
    return message


@pytest.mark.parametrize(
    ("place", "told"),
    [
        (("network",), "'network'"),
        (("datasets", 0, "name"), "'datasets.0.name'"),
        (("datasets", 0, "sha256"), "'datasets.0.sha256'"),
        (("versions", "keras"), "'versions.keras'"),
        (("hyper_parameters", "fonts"), "'hyper_parameters.fonts'"),
        (("files", "model.keras"), "'files.model.keras'"),
        (("extra",), "'extra'"),
    ],
)
@pytest.mark.parametrize(
    "text",
    ["lone \ud800", "\udfff", "nul \0", "a/" * 2049],
    ids=["high surrogate", "low surrogate", "nul", "long"],
)
def test_an_invalid_string_is_refused_anywhere(
    model: Path, card: Any, place: Place, told: str, text: str
) -> None:
    line = refusal(model, changed(card, place, text))
    assert f"model.json is not a model card of digitnet: {told} has the text" in line
    assert "restore it, or train again" in line


def test_an_invalid_key_is_refused(model: Path, card: Any) -> None:
    card["versions"]["\ud800"] = "1.0"
    assert r"'versions' has the text '\ud800'" in refusal(model, card)


def test_a_path_that_is_not_utf_8_is_accepted(model: Path, card: Any) -> None:
    card["datasets"][0]["name"] = "d\udcff.npz"  # how Python decodes the byte FF in a path
    assert load(model, card).card["datasets"][0]["name"] == "d\udcff.npz"


@pytest.mark.parametrize(
    "number",
    [float("nan"), float("inf"), -float("inf"), 10**30, -(10**4000)],
    ids=["nan", "inf", "-inf", "large", "4000 digits"],
)
@pytest.mark.parametrize(
    ("place", "told"),
    [
        (("threshold",), "'threshold'"),
        (("parameters",), "'parameters'"),
        (("datasets", 0, "rehearsed"), "'datasets.0.rehearsed'"),
        (("measured", "test", "error_interval", 0), "'measured.test.error_interval.0'"),
    ],
)
def test_a_non_finite_or_huge_number_is_refused_anywhere(
    model: Path, card: Any, place: Place, told: str, number: float
) -> None:
    assert f"{told} has the number" in refusal(model, changed(card, place, number))


def test_a_number_that_overflows_to_infinity_is_refused(model: Path, card: Any) -> None:
    text = json.dumps(card).replace('"seconds": ', '"seconds": 1e400, "again": ')
    (model / bundle.CARD_FILE).write_text(text)
    with pytest.raises(BundleError, match="'seconds' has the number inf"):
        bundle.load(model)


def test_a_deeply_nested_card_is_refused(model: Path, card: Any) -> None:
    deep: Any = []
    for _ in range(500):
        deep = [deep]
    assert "more than 16 levels" in refusal(model, card | {"extra": deep})


@pytest.mark.parametrize("digest", ["", "0" * 63, "0" * 63 + "g", "A" * 64, "\x1b[31m" * 13])
def test_an_invalid_digest_is_refused(model: Path, card: Any, digest: str) -> None:
    assert "lacks a digest" in refusal(model, changed(card, ("files", "model.tflite"), digest))
    told = refusal(model, changed(card, ("datasets", 0, "sha256"), digest))
    assert "does not describe the split" in told


ODD: tuple[object, ...] = (
    *(None, True, 0, -1, 2**63, 10**300, 0.5, float("nan"), [], {}, [[]], {"name": "mnist"}),
    *("", "\ud800", "\0", "\x1b[2J", "two\nlines", "a" * 300, "a/" * 1500, "mnist"),
)


@pytest.mark.slow
def test_no_value_in_a_card_causes_a_crash(model: Path, card: Any, digits: Dataset) -> None:
    """Remove each value, and replace it by each odd one: an accepted card must be usable."""
    card["datasets"][0]["sha256"] = digits.digest
    accepted = 0
    for place in places(card):
        for odd in (*ODD, LEFT_OUT):
            loaded = load_or_refuse(model, changed(card, place, odd))
            if loaded:
                accepted += 1
                has_changed(loaded, replace(digits, name="hand"))
                json.dumps(loaded.card, allow_nan=False, indent=2)  # a child's card includes it
                if place[0] == "datasets" and trained_on(loaded, digits):
                    with contextlib.suppress(DatasetError):  # too few digits for some splits
                        select_part(loaded, digits, Part.TEST)
    assert accepted > 100


def load_or_refuse(model: Path, card: object) -> bundle.Bundle | None:
    """Load a card; return None if it is refused with a one-line error."""
    try:
        return load(model, card)
    except BundleError as error:
        if "\n" in str(error):
            raise ValueError(f"not one line: {error}") from error
        return None


LEFT_OUT = object()
"""Marks a value to remove."""


def changed(card: Any, place: Place, value: object) -> Any:
    """Copy a card with one value replaced or removed."""
    copy = deepcopy(card)
    inner: Any = copy
    for key in place[:-1]:
        inner = inner[key]
    if value is LEFT_OUT:
        del inner[place[-1]]
    else:
        inner[place[-1]] = value
    return copy


def places(card: Any) -> Iterator[Place]:
    """Yield the place of every value in a card."""
    parts: Any = card.items() if isinstance(card, dict) else ()
    for key, value in enumerate(card) if isinstance(card, list) else parts:
        yield (key,)
        yield from ((key, *rest) for rest in places(value))
