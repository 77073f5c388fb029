"""Signals that end `digitnet`: finished answers are kept, and no partial file is left."""

import importlib
import os
import signal
import sys
from pathlib import Path

import pytest
from conftest import Call, Start

from digitnet.data import datasets
from digitnet.interruption import ENDING_SIGNALS

pytestmark = pytest.mark.usefixtures("usual_ctrl_c", "usual_termination")


@pytest.fixture
def at_the_second_answer(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A list of signals that are raised just before the second answer is written."""
    numbers: list[int] = []
    answers = 0
    # (the attribute `digitnet.cli.predict` is the command, not the module)
    predict = importlib.import_module("digitnet.cli.predict")
    format_answer = predict.format_answer

    def receive(*arguments: object, **options: object) -> object:
        nonlocal answers
        answers += 1
        if answers == 2:
            for number in numbers:
                signal.raise_signal(number)
        return format_answer(*arguments, **options)

    monkeypatch.setattr(predict, "format_answer", receive)
    # (`_exit` would end the tests)
    monkeypatch.setattr(os, "_exit", sys.exit)
    return numbers


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize("number", ENDING_SIGNALS)
def test_finished_answers_are_kept_on_standard_output(
    call: Call, at_the_second_answer: list[int], number: int
) -> None:
    at_the_second_answer.append(number)
    code, output, _ = call("predict", "a.png", "b.png", "c.png", "--format", "csv")
    assert [line.split(",")[0] for line in output.splitlines()] == ["path", "a.png"]
    assert code == 128 + number


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize("number", ENDING_SIGNALS)
def test_no_partial_output_file_is_left(
    call: Call, at_the_second_answer: list[int], number: int, tmp_path: Path
) -> None:
    at_the_second_answer.append(number)
    code, _, _ = call("predict", "a.png", "b.png", "--output", "answers.txt")
    assert list(tmp_path.iterdir()) == []
    assert code == 128 + number


def test_evaluate_ends_with_the_exit_code_of_the_signal(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets, "load", lambda *_: signal.raise_signal(signal.SIGTERM))
    assert call("evaluate") == (128 + signal.SIGTERM, "", "")


def test_a_signal_during_an_import_gives_the_exit_code_of_the_signal(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(*_: object) -> None:
        try:
            signal.raise_signal(signal.SIGTERM)
        except KeyboardInterrupt:
            raise ImportError("numpy.core.multiarray failed to import") from None

    monkeypatch.setattr(datasets, "load", load)
    monkeypatch.setattr(os, "_exit", sys.exit)
    assert call("evaluate") == (128 + signal.SIGTERM, "", "")


@pytest.mark.usefixtures("reader")
@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot send SIGTERM to a program")
def test_sigterm_ends_the_program_while_it_waits_for_a_list(start: Start, tmp_path: Path) -> None:
    process = start("predict", "--files-from", "-", "missing.png", "--output", "answers.txt")
    assert process.stderr is not None
    assert process.stderr.readline().startswith(b"digitnet: missing.png: ")
    for _ in range(2):  # as `timeout` does
        process.terminate()
    assert process.wait() == 143
    assert list(tmp_path.iterdir()) == []
