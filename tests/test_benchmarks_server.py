"""The benchmark of `POST /predict`, with few requests."""

import argparse
import sys

import pytest

from benchmarks import server
from benchmarks.harness.result import Result

pytest.importorskip("uvicorn", reason="the extra `serve` is not installed")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads the memory of another process in /proc")
def test_the_server_answers_like_predict_and_its_memory_is_measured_along_the_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server, "REQUESTS", 8)
    result = Result()
    server.run(argparse.Namespace(total=20), result)
    assert result.figures["different answers"] == 0
    assert result.figures["relative to predict"] > 0
    assert [*result.tables[1].rows] == ["2", "4", "10", "20"]
