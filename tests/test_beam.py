"""Apache Beam on its direct runner: the transform, and the pipeline of docs/clusters.md."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from digitnet.distributed.rows import Row, RowReader, arrow_schema
from digitnet.reading.recognizer import Recognizer

pytestmark = [
    pytest.mark.skipif(
        find_spec("apache_beam") is None, reason="Beam is not installed: digitnet[beam]"
    ),
    pytest.mark.slow,
    pytest.mark.filterwarnings("default"),
]

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Counted(RowReader):
    """Creates a file in a folder each time the models are loaded."""

    folder: str = ""

    @cached_property
    def recognizer(self) -> Recognizer:
        tempfile.mkstemp(prefix="load ", dir=self.folder)
        return super().recognizer


@pytest.fixture
def scans(samples: Path, tmp_path: Path) -> Path:
    """A folder of files, one of them broken."""
    folder = tmp_path / "scans"
    folder.mkdir()
    for number in range(50):
        shutil.copy(samples / "paint-3.png", folder / f"{number:02}.png")
    (folder / "50.png").write_bytes(b"")
    return folder


def expected(scans: Path) -> list[Row]:
    rows = RowReader().rows((str(path), None) for path in sorted(scans.iterdir()))
    return [{name: row[name] for name in arrow_schema().names} for row in rows]


def test_the_documented_pipeline_writes_all_rows_with_several_workers(
    scans: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    from pyarrow import parquet

    text = (ROOT / "docs" / "clusters.md").read_text("utf-8")
    (pipeline,) = re.findall(r"<!-- beam -->\n```python\n(.*?)```", text, re.DOTALL)
    (tmp_path / "pipeline.py").write_text(pipeline)
    options = ["--runner=DirectRunner", "--direct_running_mode=multi_processing"]
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [
            sys.executable,
            *(str(tmp_path / "pipeline.py"), f"{scans}/*", str(tmp_path / "rows" / "part")),
            *(*options, "--direct_num_workers=4"),
        ],
        env=environment | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    parts = [parquet.read_table(path).to_pylist() for path in (tmp_path / "rows").iterdir()]
    rows = sorted((row for part in parts for row in part), key=lambda row: str(row["path"]))
    assert rows == expected(scans)


def test_pairs_of_path_and_content_are_read_and_errors_counted(scans: Path) -> None:
    import apache_beam as beam
    from apache_beam.runners.direct.direct_runner import BundleBasedDirectRunner
    from apache_beam.testing.util import assert_that

    from digitnet.distributed.beam import ReadDigits

    wanted = expected(scans)

    def equal(rows: list[Row]) -> None:
        by_path = {row["path"]: json.dumps(row, sort_keys=True) for row in rows}
        assert len(rows) == len(by_path)
        assert by_path == {row["path"]: json.dumps(row, sort_keys=True) for row in wanted}

    files = [(str(path), path.read_bytes()) for path in scans.iterdir()]
    pipeline: Any = beam.Pipeline(runner=BundleBasedDirectRunner())
    assert_that(pipeline | beam.Create(files) | ReadDigits(), equal)
    result = pipeline.run()
    result.wait_until_finish()
    (counter,) = result.metrics().query()["counters"]
    assert (counter.key.metric.name, counter.committed) == ("errors", 1)


def test_an_unreadable_file_gives_a_row_with_its_error(tmp_path: Path) -> None:
    from apache_beam.io.fileio import ReadableFile
    from apache_beam.io.filesystem import FileMetadata

    from digitnet.distributed.beam import _Read

    gone = ReadableFile(FileMetadata(str(tmp_path / "gone.png"), 10), "auto")
    large = ReadableFile(FileMetadata(str(tmp_path / "large.png"), 10**12), "auto")
    first, second = _Read(RowReader()).process([gone, large])
    assert first["error"].startswith("cannot be opened: ")
    assert second["error"].startswith("too large: 1,000,000,000,000 bytes")


def test_threads_of_one_process_share_the_models(scans: Path, tmp_path: Path) -> None:
    import apache_beam as beam
    from apache_beam.options.pipeline_options import PipelineOptions

    from digitnet.distributed.beam import ReadDigits

    options = PipelineOptions(
        runner="DirectRunner", direct_running_mode="multi_threading", direct_num_workers=2
    )
    with beam.Pipeline(options=options) as pipeline:
        files = pipeline | beam.Create([(str(path), None) for path in scans.iterdir()])
        _ = files | beam.Reshuffle() | ReadDigits(Counted(folder=str(tmp_path)))
    assert len(list(tmp_path.glob("load *"))) == 1
