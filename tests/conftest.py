"""What the tests share: the shipped samples and models, and the program run from outside."""

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

pytest.register_assert_rewrite("page_person")  # a plugin that its tests import, too

ROOT = Path(__file__).resolve().parent.parent

TIMEOUT_S = 600
"""Seconds after which a program is considered hung, even on a busy machine."""

Run = Callable[..., subprocess.CompletedProcess[bytes]]
Start = Callable[..., subprocess.Popen[bytes]]
Call = Callable[..., tuple[int, str, str]]
Digitnet = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def usual_ctrl_c() -> Iterator[None]:
    """Ctrl-C raises KeyboardInterrupt, though the tests may run in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def usual_termination() -> Iterator[None]:
    """SIGTERM and SIGHUP have their default effect, though the tests may run under nohup."""
    numbers = [number for number in ENDING_SIGNALS if number != signal.SIGINT]
    before = {number: signal.signal(number, signal.SIG_DFL) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def call(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> Call:
    """Call `digitnet` in this process, in an empty folder: exit code, stdout, stderr."""
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
    """The folder of the reader that ships; where there is none, the test is skipped."""
    folder = ROOT / "models" / "reader"
    if not folder.is_dir():
        pytest.skip("no reader ships yet")
    return folder


@pytest.fixture(scope="session")
def reader() -> Path:
    return shipped_reader()


@pytest.fixture(scope="session")
def recognizer(models: Path, reader: Path) -> Recognizer:
    """Reads as `digitnet predict` does."""
    return Recognizer.load(models / "cnn", reader)


@pytest.fixture(scope="session")
def simple_recognizer(models: Path) -> Recognizer:
    """Reads without a reader: each connected piece of ink is a digit."""
    return Recognizer.load(models / "cnn", None)


@pytest.fixture
def environment() -> dict[str, str]:
    """A shell's environment without display, in which this checkout is the digitnet that is run."""
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
    """Run `digitnet` as a program in a folder, and wait until it has finished."""
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
    """Run `digitnet` as a program, in an empty folder, and wait until it has finished."""

    def run_digitnet(
        *arguments: str | Path, stdin: bytes = b""
    ) -> subprocess.CompletedProcess[bytes]:
        return run_program(arguments, tmp_path, environment, input=stdin)

    return run_digitnet


@pytest.fixture
def start(environment: dict[str, str], tmp_path: Path) -> Iterator[Start]:
    """Start `digitnet` as a program with open pipes; it is ended after the test."""
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
    """The environment without coverage's, which writes files of its own: no good on a full disk."""
    return {name: value for name, value in environment.items() if not name.startswith("COVERAGE")}


@pytest.fixture
def fine_pens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shapes are looked at where they have many pixels."""
    monkeypatch.setattr(pens, "FEW_PIXELS", 0.0)


@pytest.fixture(scope="module")
def digitnet(home: Path, shell: dict[str, str]) -> Digitnet:
    """Run `digitnet` in a module's own folder `home` with its environment `shell`.

    A training may take longer than the other tests' programs.
    """

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return run_program(arguments, home, shell, text=True)

    return run
