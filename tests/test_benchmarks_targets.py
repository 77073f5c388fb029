"""Targets of benchmarks: missed ones are listed in docs/measured.md."""

from typing import Any

import pytest

from benchmarks.harness import catalog, documents, record, targets


def a_record(title: str = "", figures: dict[str, float] | None = None) -> record.Record:
    rows: dict[str, list[Any]] = {"digitnet": [9, 0.94], "other": [9, 0.92], "best": [9, 0.96]}
    table = {"title": title, "columns": ["reader", "images", "right"], "rows": rows}
    return {"figures": figures or {}, "tables": [table]}


@pytest.mark.parametrize(
    ("target", "reached", "sentence"),
    [
        ("at least 94 %", True, "digitnet, right: 94.00 % (at least 94 %)"),
        ("at least 95 %", False, "digitnet, right: 94.00 % (at least 95 %)"),
        ("at most 0.9", False, "digitnet, right: 0.94 (at most 0.9)"),
        (targets.BEST_OTHER_ROW, False, "photos: 94.0 % right (best: 96.0 %)"),
    ],
)
def test_a_figure_is_compared_with_its_target(target: str, reached: bool, sentence: str) -> None:
    (found,) = targets.outcomes("made", a_record("photos"), {"digitnet, right": target})
    assert found == (reached, sentence)


def test_a_target_without_a_figure_or_of_another_form_is_an_error() -> None:
    with pytest.raises(LookupError, match="made: speed"):
        targets.outcomes("made", a_record(), {"speed": "at least 2"})
    with pytest.raises(ValueError, match="fast"):
        targets.outcomes("made", a_record(figures={"speed": 1.0}), {"speed": "fast"})


def test_missed_targets_are_listed_and_reached_ones_counted() -> None:
    reached, missed = targets.Outcome(True, "a: 1"), targets.Outcome(False, "b: 2 (at most 1)")
    assert documents.missed_targets([]) == ""
    assert documents.missed_targets([reached]) == "Missed targets: none of 1."
    assert documents.missed_targets([reached, missed]) == (
        "**Missed targets: 1 of 2**\n\n- b: 2 (at most 1)"
    )


@pytest.mark.parametrize("name", catalog.NAMES)
def test_a_benchmark_that_speaks_of_a_target_declares_it(name: str) -> None:
    recorded = (record.RECORDS / f"{name}.json").is_file()
    if recorded and "target" in catalog.docstring(name).lower():
        assert catalog.targets(name)
