"""Every data set format in docs/data.md is loaded or refused as documented."""

import re
from pathlib import Path

import array_formats
import container_formats
import format_cases
import image_formats
import numpy as np
import pytest
import text_formats
from format_cases import FORMS, IMAGES, LABELS, FormCase

from digitnet.data import datasets
from digitnet.errors import DatasetError

ROOT = Path(__file__).resolve().parent.parent.parent
MODULES = (array_formats, container_formats, format_cases, image_formats, text_formats)

READ = [case for case in FORMS if case.refusal is None]
REFUSED = [case for case in FORMS if case.refusal is not None]


def name_of(case: FormCase) -> str:
    return case.name


def listed_formats() -> list[tuple[str, str]]:
    """Return the rows of the table in docs/data.md."""
    text = (ROOT / "docs" / "data.md").read_text("utf-8")
    rows = re.findall(r"^\| (.+?) +\| (.+?) +\|$", text, re.MULTILINE)
    return [row for row in rows if row[0] != "format"]


@pytest.mark.parametrize("case", READ, ids=name_of)
def test_format_is_loaded(case: FormCase, tmp_path: Path) -> None:
    notes: list[str] = []
    dataset = datasets.load(str(case.make(tmp_path)), notes.append, case.pattern)
    order = np.lexsort((np.arange(len(dataset)), dataset.labels))
    expected = np.argsort(LABELS, kind="stable")
    assert dataset.labels[order].tolist() == LABELS[expected].tolist()
    assert dataset.official.sum() == case.official
    assert case.note in "; ".join(notes)
    if not case.note:
        assert notes == []
    if case.exact:
        assert np.array_equal(dataset.images[order], IMAGES[expected])
    else:
        assert (dataset.images.max(axis=(1, 2)) > 200).all()
        assert (dataset.images[:, [0, -1]] == 0).all()


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_format_is_refused_in_one_line(case: FormCase, tmp_path: Path) -> None:
    path = case.make(tmp_path)
    with pytest.raises(DatasetError) as caught:
        datasets.load(str(path), lambda note: None, case.pattern)
    told = str(caught.value)
    assert str(case.refusal) in told
    assert "\n" not in told
    assert str(tmp_path) in told


def test_docs_list_exactly_the_tested_formats() -> None:
    names = [name for name, _ in listed_formats()]
    assert len(names) == len({*names}) >= 45
    assert {*names} == {case.name for case in FORMS}


def test_docs_list_exactly_the_refused_formats() -> None:
    refused = {name for name, result in listed_formats() if result.startswith("refused")}
    assert refused == {case.name for case in REFUSED}
