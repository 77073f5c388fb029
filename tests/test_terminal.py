"""Output on the terminal: reports, progress, escaping, silenced libraries."""

import itertools
import os
import subprocess
import sys

import pytest

from digitnet.cli.terminal import (
    MIN_ITEMS_FOR_PROGRESS,
    Progress,
    print_result,
    progress_is_useful,
    report,
)


def test_a_report_is_one_line_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    report("two\nlines")
    assert capsys.readouterr() == ("", "digitnet: two\\nlines\n")


@pytest.mark.parametrize(("terminal", "shown"), [(True, b"\\udc9b31m"), (False, b"\x9b31m")])
def test_bytes_that_are_not_utf_8_are_escaped_on_a_terminal(
    capfdbinary: pytest.CaptureFixture[bytes],
    monkeypatch: pytest.MonkeyPatch,
    terminal: bool,
    shown: bytes,
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    print_result("\udc9b31m\n")
    assert capfdbinary.readouterr().out == shown + b"\n"


@pytest.mark.parametrize("total", [MIN_ITEMS_FOR_PROGRESS, None])
def test_short_work_shows_no_progress(capfd: pytest.CaptureFixture[str], total: int | None) -> None:
    with Progress(total, wanted=True) as progress:
        for _ in range(MIN_ITEMS_FOR_PROGRESS - 1):
            progress.step()
    assert capfd.readouterr() == ("", "")


def test_long_work_shows_complete_progress_on_stderr(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    with Progress(3 * MIN_ITEMS_FOR_PROGRESS, wanted=True) as progress:
        for _ in range(3 * MIN_ITEMS_FOR_PROGRESS):
            progress.step()
    output, errors = capfd.readouterr()
    assert output == ""
    assert f"{3 * MIN_ITEMS_FOR_PROGRESS}/{3 * MIN_ITEMS_FOR_PROGRESS}" in errors


def test_progress_shows_the_rate_if_the_total_is_unknown(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    now = itertools.count()
    monkeypatch.setattr("time.monotonic", lambda: float(next(now)))
    with Progress(None, wanted=True) as progress:
        for _ in range(3 * MIN_ITEMS_FOR_PROGRESS):
            progress.step()
    errors = capfd.readouterr().err
    assert f"{3 * MIN_ITEMS_FOR_PROGRESS}/?" in errors
    assert " images/s" in errors


def test_no_progress_is_shown_without_a_terminal() -> None:
    assert not progress_is_useful(quiet=False, answers_on_stdout=False)


def test_native_code_is_silenced_and_python_is_not(environment: dict[str, str]) -> None:
    code = """
import os, sys
from digitnet.silence import silent_native_code
with silent_native_code():
    os.write(2, b"libpng warning")
    sys.stderr.write("inside, ")
os.write(2, b"outside")
"""
    result = subprocess.run(
        [sys.executable, "-c", code], stderr=subprocess.PIPE, env=environment, check=True
    )
    assert result.stderr == b"inside, outside"


def test_a_log_opened_while_silenced_still_works(environment: dict[str, str]) -> None:
    code = """
import logging
from digitnet.silence import silent_native_code
with silent_native_code():
    logging.basicConfig(format="%(message)s")  # as TensorFlow's log does when it is imported
logging.warning("later")
"""
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        stderr=subprocess.PIPE,
        env=environment,
        check=True,
    )
    assert result.stderr.split() == [b"later"]


@pytest.mark.skipif(os.name == "nt", reason="needs a shell that can close a descriptor")
def test_a_closed_stderr_does_not_crash_predict(environment: dict[str, str]) -> None:
    command = f"{sys.executable} -m digitnet predict missing.png 2>&-"
    result = subprocess.run(["sh", "-c", command], env=environment, check=False)
    assert result.returncode == 1
