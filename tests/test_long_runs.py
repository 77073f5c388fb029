"""digitnet leaks no resources: short forms of the long runs in `benchmarks/faults.py`."""

import sys
from pathlib import Path

import pytest

from benchmarks import faults

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="asks Linux's /proc")


@pytest.mark.slow
def test_predict_leaks_nothing_over_thousands_of_images(tmp_path: Path) -> None:
    result = faults.predict_long(6_000, tmp_path)
    assert result.lost == 0, result.note


@pytest.mark.slow
def test_train_leaks_nothing_over_many_epochs(tmp_path: Path) -> None:
    result = faults.train_long(30, tmp_path, augment=False)
    assert result.lost == 0, result.note


@pytest.mark.parametrize(
    ("last", "lost"),
    [
        *[((105, 9, 9), 0), ((95, 13, 9), 0), ((95, 9, 11), 0)],
        *[((106, 9, 9), 1), ((95, 14, 9), 1), ((95, 9, 12), 1)],
    ],
)
def test_growth_is_detected(last: tuple[int, int, int], lost: int) -> None:
    held = [faults.Resources(*amounts) for amounts in ((95, 9, 9), (94, 9, 9), (94, 9, 9), last)]
    assert faults.watched("made", 5, 0, held).lost == lost


def test_a_run_that_ends_early_counts_as_lost() -> None:
    assert faults.watched("made", 5, 0, []).lost == 1
