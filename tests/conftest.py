"""Shared fixtures: the shipped samples and models, and functions to run `digitnet`."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from digitnet.cli import main
from digitnet.data import datasets
from digitnet.data.datasets import Dataset
from digitnet.interruption import ENDING_SIGNALS
from digitnet.reading.recognizer import Recognizer
from digitnet.synthesis.characters import pens

pytest.register_assert_rewrite("page_person", "server_process")  # plugins that tests import, too

ROOT = Path(__file__).resolve().parent.parent

TIMEOUT_S = 600
"""Timeout of a program in seconds, long enough for a busy machine."""

Run = Callable[..., subprocess.CompletedProcess[bytes]]
Start = Callable[..., subprocess.Popen[bytes]]
Call = Callable[..., tuple[int, str, str]]
Digitnet = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def usual_ctrl_c() -> Iterator[None]:
    """Let Ctrl-C raise KeyboardInterrupt, even if the tests run in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def usual_termination() -> Iterator[None]:
    """Restore the default effect of SIGTERM and SIGHUP, even if the tests run under nohup."""
    numbers = [number for number in ENDING_SIGNALS if number != signal.SIGINT]
    before = {number: signal.signal(number, signal.SIG_DFL) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def call(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> Call:
    """Call `digitnet` in this process, in an empty folder; returns exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)

    def call_digitnet(*arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["digitnet", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        code = ended.value.code
        assert isinstance(code, int)
        return code, *capfd.readouterr()

    return call_digitnet


@pytest.fixture(scope="session")
def samples() -> Path:
    return ROOT / "samples"


@pytest.fixture(scope="session")
def models() -> Path:
    return ROOT / "models"


@pytest.fixture
def three(samples: Path) -> Path:
    """An image of a 3."""
    return samples / "paint-3.png"


@pytest.fixture(scope="module")
def digits() -> Dataset:
    """The digits of scikit-learn."""
    return datasets.load("digits")


def shipped_reader() -> Path:
    """Return the folder of the shipped reader; skip the test if there is none."""
    folder = ROOT / "models" / "reader"
    if not folder.is_dir():
        pytest.skip("no reader ships yet")
    return folder


@pytest.fixture(scope="session")
def reader() -> Path:
    return shipped_reader()


@pytest.fixture(scope="session")
def recognizer(models: Path, reader: Path) -> Recognizer:
    """Recognizer with the shipped models, as used by `digitnet predict`."""
    return Recognizer.load(models / "cnn", reader)


@pytest.fixture(scope="session")
def simple_recognizer(models: Path) -> Recognizer:
    """Recognizer without a reader: each connected component is a digit."""
    return Recognizer.load(models / "cnn", None)


@pytest.fixture
def environment() -> dict[str, str]:
    """Environment without a display in which `digitnet` is this checkout."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DISPLAY", "WAYLAND_DISPLAY", "DIGITNET_DATA")
    }
    paths = [str(ROOT), *filter(None, [kept.get("PYTHONPATH")])]
    return kept | {"PYTHONPATH": os.pathsep.join(paths)}


def run_program(
    arguments: Iterable[str | Path], folder: Path, environment: dict[str, str], **how: Any
) -> subprocess.CompletedProcess[Any]:
    """Run `digitnet` as a program in a folder and wait until it finishes."""
    return subprocess.run(
        [sys.executable, "-m", "digitnet", *map(str, arguments)],
        capture_output=True,
        cwd=folder,
        env=environment,
        timeout=TIMEOUT_S,
        check=False,
        **how,
    )


@pytest.fixture
def run(environment: dict[str, str], tmp_path: Path) -> Run:
    """Run `digitnet` as a program in an empty folder and wait until it finishes."""

    def run_digitnet(
        *arguments: str | Path, stdin: bytes = b""
    ) -> subprocess.CompletedProcess[bytes]:
        return run_program(arguments, tmp_path, environment, input=stdin)

    return run_digitnet


@pytest.fixture
def start(environment: dict[str, str], tmp_path: Path) -> Iterator[Start]:
    """Start `digitnet` as a program with open pipes; it is killed after the test."""
    started: list[subprocess.Popen[bytes]] = []

    def start_digitnet(*arguments: str | Path) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "digitnet", *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=tmp_path,
            env=environment,
        )
        started.append(process)
        return process

    yield start_digitnet
    for process in started:
        process.kill()
        process.communicate()


def unmeasured(environment: dict[str, str]) -> dict[str, str]:
    """Remove coverage's variables, as coverage would write files to a full disk."""
    return {name: value for name, value in environment.items() if not name.startswith("COVERAGE")}


@pytest.fixture
def fine_pens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw all shapes with many pixels."""
    monkeypatch.setattr(pens, "SMALL_CANVAS_SHARE", 0.0)


@pytest.fixture(scope="module")
def digitnet(home: Path, shell: dict[str, str]) -> Digitnet:
    """Run `digitnet` in a module's own folder `home` with its environment `shell`."""

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return run_program(arguments, home, shell, text=True)

    return run
