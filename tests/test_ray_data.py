"""Rows from Ray Data: complete and without duplicates, even if workers or jobs fail."""

import os
import shutil
import signal
import sys
import tempfile
import types
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar

import pytest

from digitnet.distributed import ray_data
from digitnet.distributed.files import list_files
from digitnet.distributed.rows import Contents, Row, RowReader, arrow_schema
from digitnet.errors import ImageError, OutputError
from digitnet.reading.recognizer import Recognizer

needs_arrow = pytest.mark.skipif(find_spec("pyarrow") is None, reason="pyarrow is not installed")

Test = TypeVar("Test", bound=Callable[..., None])

WORKERS = 2


def on_ray(test: Test) -> Test:
    """Mark a test that starts Ray: slow, and skipped unless Ray is installed."""
    for mark in (
        pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed: digitnet[ray]"),
        pytest.mark.slow,
        pytest.mark.filterwarnings("default"),
    ):
        test = mark(test)
    return test


@dataclass(frozen=True)
class FaultyReader(RowReader):
    """Records each loading of the models as a file, and fails once on the way.

    Attributes:
        folder: where these files are written.
        fail: called once, by the first worker to reach its sixth row.
    """

    folder: str = ""
    fail: Callable[[], None] | None = None

    @property  # not `cached_property`: its lock cannot be pickled
    def recognizer(self) -> Recognizer:
        if "recognizer" not in vars(self):
            tempfile.mkstemp(prefix="load ", dir=self.folder)
        return super().recognizer

    def rows(self, files: Iterable[tuple[str, Contents]]) -> Iterator[Row]:
        for number, row in enumerate(super().rows(files)):
            if self.fail and number == 5:
                try:
                    Path(self.folder, "met").touch(exist_ok=False)
                except FileExistsError:
                    pass
                else:
                    self.fail()
            yield row


def lose_the_worker() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def stop_the_job() -> None:
    raise RuntimeError("stopped")


@pytest.fixture(scope="module")
def ray() -> Iterator[types.ModuleType]:
    """A local Ray with two cores, however many the machine has."""
    import ray

    ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])
    ray.init(num_cpus=WORKERS, include_dashboard=False, log_to_driver=False)
    yield ray
    ray.shutdown()


@pytest.fixture
def scans(samples: Path, tmp_path: Path) -> Path:
    """A folder of three batches of files, one of which is empty."""
    folder = tmp_path / "scans"
    folder.mkdir()
    for number in range(90):
        shutil.copy(samples / "paint-3.png", folder / f"{number:02}.png")
    (folder / "90.png").write_bytes(b"")
    return folder


def written(folder: Path) -> list[Row]:
    """Return all rows of an output, sorted by path."""
    from pyarrow import parquet

    rows = [
        row for path in folder.glob("*.parquet") for row in parquet.read_table(path).to_pylist()
    ]
    return sorted(rows, key=lambda row: str(row["path"]))


def expected(scans: Path) -> list[Row]:
    rows = RowReader().rows((str(path), None) for path in sorted(scans.iterdir()))
    return [{name: row[name] for name in arrow_schema().names} for row in rows]


def write_rows(path: Path, rows: list[Row]) -> None:
    import pyarrow
    from pyarrow import parquet

    path.parent.mkdir(exist_ok=True)
    parquet.write_table(pyarrow.Table.from_pylist(rows, arrow_schema()), path)


@on_ray
def test_ray_gives_the_rows_of_the_reader_and_loads_the_models_once_per_worker(
    ray: types.ModuleType, scans: Path, tmp_path: Path
) -> None:
    reader = FaultyReader(folder=str(tmp_path))
    dataset = ray_data.read([str(scans)], reader, workers=WORKERS)
    rows = sorted(dataset.take_all(), key=lambda row: str(row["path"]))
    assert rows == expected(scans)
    assert len(list(tmp_path.glob("load *"))) == WORKERS


@on_ray
def test_a_ray_dataset_of_binary_files_gives_the_same_rows(
    ray: types.ModuleType, scans: Path
) -> None:
    files = ray.data.read_binary_files(str(scans), include_paths=True)
    rows = ray_data.read(files, workers=1).take_all()
    assert sorted(rows, key=lambda row: str(row["path"])) == expected(scans)


@on_ray
def test_a_lost_worker_neither_loses_nor_duplicates_rows(
    ray: types.ModuleType, scans: Path, tmp_path: Path
) -> None:
    reader = FaultyReader(folder=str(tmp_path), fail=lose_the_worker)
    ray_data.write([str(scans)], str(tmp_path / "rows"), reader, workers=WORKERS)
    assert (tmp_path / "met").exists()
    assert written(tmp_path / "rows") == expected(scans)


@on_ray
def test_a_restarted_job_writes_each_row_once(
    ray: types.ModuleType, scans: Path, tmp_path: Path
) -> None:
    reader, rows = FaultyReader(folder=str(tmp_path), fail=stop_the_job), tmp_path / "rows"
    with pytest.raises(ray.exceptions.RayError, match="stopped"):
        ray_data.write([str(scans)], str(rows), reader, workers=WORKERS, rows_per_file=1)
    assert len(written(rows)) < len(expected(scans))
    ray_data.write([str(scans)], str(rows), reader, workers=WORKERS)
    assert written(rows) == expected(scans)


@on_ray
def test_a_restarted_job_reads_only_what_the_output_lacks(
    ray: types.ModuleType, scans: Path, tmp_path: Path
) -> None:
    rows, whole = expected(scans), tmp_path / "rows"
    write_rows(whole / "first.parquet", rows[:40])
    data = (whole / "first.parquet").read_bytes()
    (whole / "second.parquet").write_bytes(data[: len(data) // 2])
    reader = FaultyReader(folder=str(tmp_path))
    ray_data.write([str(scans)], str(whole), reader, workers=1, rows_per_file=20)
    assert written(whole) == rows
    assert len(list(whole.glob("*.parquet"))) > 2
    before = sorted(whole.iterdir())
    ray_data.write([str(scans)], str(whole), reader, workers=1)
    assert sorted(whole.iterdir()) == before


@needs_arrow
def test_an_output_of_another_model_or_program_is_refused(tmp_path: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    rows = list(RowReader(reader=None).rows([("missing.png", None)]))
    write_rows(tmp_path / "rows" / "a.parquet", rows)
    assert ray_data.finished_files(str(tmp_path / "rows"), rows[0]["model"]) == {"missing.png"}
    with pytest.raises(OutputError, match="rows of another model"):
        ray_data.finished_files(str(tmp_path / "rows"), "another")
    (tmp_path / "others").mkdir()
    damaged = tmp_path / "others" / "a.parquet"
    damaged.write_bytes(b"PAR1")
    parquet.write_table(pyarrow.table({"path": ["b"]}), tmp_path / "others" / "b.parquet")
    with pytest.raises(OutputError, match="other Parquet files"):
        ray_data.finished_files(str(tmp_path / "others"), rows[0]["model"])
    assert damaged.exists()


@needs_arrow
def test_an_unreadable_output_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for output in (tmp_path / "file", "nowhere://x"):
        with pytest.raises(OutputError, match="cannot be read"):
            ray_data.finished_files(str(output), "")


@pytest.mark.skipif(find_spec("ray") is not None, reason="Ray is installed")
def test_without_ray_the_command_says_what_to_install() -> None:
    with pytest.raises(SystemExit, match=r"digitnet: Ray .* pip install 'ray\[data\]' pyarrow"):
        ray_data.main(["scans", "--output", "rows"])


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--output", "", "the value is empty"),
        ("--threshold", "5", "'5' is not a number from 0 to 1"),
        ("--threshold", "nan", "'nan' is not a number from 0 to 1"),
        ("--max-pixels", "0", "'0' is not a positive whole number"),
        ("--workers", "two", "'two' is not a positive whole number"),
        ("--rows-per-file", "-1", "'-1' is not a positive whole number"),
    ],
)
def test_an_invalid_option_value_is_a_usage_error(
    option: str, value: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        ray_data.main(["a.png", "--output", "rows", f"{option}={value}"])
    assert ended.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1].endswith(f"argument {option}: {message}")


@needs_arrow
def test_the_command_reports_errors_on_one_line(
    samples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: True)
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    image, rows = str(samples / "paint-3.png"), str(tmp_path / "rows")
    for arguments, message in (
        ([str(tmp_path / "empty"), "--output", rows], "no files found"),
        (["nowhere://x/", "--output", rows], "nowhere://x/ cannot be listed"),
        ([image, "--output", rows, "--model", "nope"], "unknown model 'nope'"),
        ([image, "--output", str(tmp_path / "file")], "file cannot be read"),
        ([image, "--output", str(tmp_path / "file" / "x")], "x cannot be written"),
    ):
        with pytest.raises(SystemExit, match=f"digitnet: .*{message}"):
            ray_data.main(arguments)


def test_a_missing_path_gives_exit_code_1_after_the_others_were_read(
    samples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[list[str]] = []
    monkeypatch.setattr("importlib.util.find_spec", lambda name: True)
    monkeypatch.setattr(ray_data, "write", lambda files, *_, **options: written.append(files))
    image = str(samples / "paint-3.png")
    with pytest.raises(SystemExit, match=r"digitnet: not found: no\\n.png; all other") as ended:
        ray_data.main([image, "no\n.png", "--output", "rows"])
    assert isinstance(ended.value.code, str)  # Python prints it to stderr and exits with 1
    ray_data.main([image, str(samples), "--output", "rows"])
    assert written == [[image, "no\n.png"], [image, str(samples)]]


def test_ctrl_c_ends_the_command_with_one_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def interrupted(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("importlib.util.find_spec", lambda name: True)
    monkeypatch.setattr(ray_data, "write", interrupted)
    with pytest.raises(SystemExit) as ended:
        ray_data.main(["a.png", "--output", "rows"])
    assert ended.value.code == 130
    assert caplog.messages == ["stopped; run the same command again to continue"]


def test_storage_that_arrow_does_not_support_is_reported_on_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fs = pytest.importorskip("pyarrow.fs")

    class WithoutStorage:
        @staticmethod
        def from_uri(uri: str) -> None:
            raise NotImplementedError("compiled without GCS support")

    monkeypatch.setattr(fs, "FileSystem", WithoutStorage)
    with pytest.raises(ImageError, match="gs://bucket cannot be listed: compiled without GCS"):
        list_files(["gs://bucket"])
