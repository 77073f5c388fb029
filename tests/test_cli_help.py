"""Help and shell completion."""

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Call

from digitnet.cli import COMPLETION_VARIABLE
from digitnet.training.options import (
    FINE_TUNING_EPOCHS,
    MAX_EPOCHS,
    READER_EPOCH_LINES,
    READER_EPOCHS,
    TrainingOptions,
)

COMMANDS = ("predict", "train", "evaluate", "draw", "sheet")


@pytest.mark.parametrize("command", [(), *((command,) for command in COMMANDS)])
def test_every_command_has_h_as_short_for_help(call: Call, command: tuple[str]) -> None:
    code, output, errors = call(*command, "-h")
    assert (code, errors) == (0, "")
    assert output == call(*command, "--help")[1]


@pytest.mark.parametrize("command", [(), *((command,) for command in COMMANDS)])
def test_help_is_a_command_too(call: Call, command: tuple[str]) -> None:
    assert call("help", *command) == call(*command, "--help")


def test_without_arguments_three_examples_are_shown(call: Call) -> None:
    code, output, errors = call()
    assert (code, output) == (2, "")
    assert errors.partition("Examples:\n")[2].count("\n    digitnet ") == 2
    assert "\n    digitnet predict photo.png  " in errors


def test_help_for_an_unknown_command_suggests_a_similar_one(call: Call) -> None:
    code, output, errors = call("help", "predct")
    assert (code, output) == (2, "")
    assert errors.endswith("Error: No such command 'predct'. Did you mean 'predict'?\n")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_describes_values_in_plain_words(call: Call, command: str) -> None:
    assert "range>" not in call(command, "--help")[1]


def test_help_names_the_default_numbers_of_epochs(call: Call) -> None:
    text = " ".join(call("train", "--help")[1].split())
    of_mnist = TrainingOptions().epochs_for(50_400)
    assert f"Default: {of_mnist} for MNIST, up to {MAX_EPOCHS} for smaller data sets" in text
    assert f"for a reader {READER_EPOCHS}, of {READER_EPOCH_LINES:,} new lines each" in text
    assert f"with --from {FINE_TUNING_EPOCHS}," in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("train", "--epochs", "many"), "'--epochs': 'many' is not a whole number."),
        (("predict", "--threshold", "high"), "'--threshold': 'high' is not a number."),
    ],
)
def test_an_invalid_number_is_reported_in_plain_words(
    call: Call, arguments: tuple[str, ...], message: str
) -> None:
    code, _, errors = call(*arguments)
    assert code == 2
    assert errors.endswith(f"Error: Invalid value for {message}\n")


@pytest.mark.parametrize("asked", ["source_{}", "{}_source"])
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_each_shell_gets_its_completion_script(
    call: Call, monkeypatch: pytest.MonkeyPatch, shell: str, asked: str
) -> None:
    monkeypatch.setenv(COMPLETION_VARIABLE, asked.format(shell))
    code, output, errors = call()
    assert (code, errors) == (0, "")
    assert COMPLETION_VARIABLE in output


def test_an_unknown_shell_is_reported(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(COMPLETION_VARIABLE, "source_tcsh")
    assert call() == (1, "", "Shell tcsh not supported.\n")


@pytest.mark.parametrize(
    ("line", "completed"),
    [
        ("digitnet pre", ["predict"]),
        ("digitnet ", [*COMMANDS, "help"]),
        ("digitnet predict --format ", ["text", "csv", "jsonl"]),
        ("digitnet predict --max-", ["--max-pixels"]),
        ("digitnet predict photo", []),
        ("digitnet predict --output answers", []),
    ],
)
def test_a_command_line_is_completed_and_files_are_left_to_the_shell(
    call: Call, monkeypatch: pytest.MonkeyPatch, line: str, completed: list[str]
) -> None:
    monkeypatch.setenv(COMPLETION_VARIABLE, "complete_bash")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(len(line.split(" ")) - 1))
    code, output, errors = call()
    assert (code, output.split(), errors) == (0, completed, "")


def test_completion_is_installed_for_a_shell(
    call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setattr("typer._completion_shared._get_shell_name", lambda: "bash")
    (tmp_path / ".bashrc").write_text("alias ll='ls -l'\n")
    code, output, _ = call("--install-completion")
    script = tmp_path / ".bash_completions" / "digitnet.sh"
    assert code == 0
    assert str(script) in output
    assert COMPLETION_VARIABLE in script.read_text()
    assert (tmp_path / ".bashrc").read_text().startswith("alias ll='ls -l'\n")


SCRIPTS = {
    "bash": """
        eval "$(digitnet --show-completion)"
        COMP_WORDS=(digitnet pre) COMP_CWORD=1
        _digitnet_completion digitnet
        printf '%s\\n' "${COMPREPLY[@]}"
    """,
    "fish": """
        digitnet --show-completion | source
        complete --do-complete 'digitnet pre'
    """,
    "zsh": """
        autoload -Uz compinit && compinit -u -D
        eval "$(digitnet --show-completion)"
        words=(digitnet pre) CURRENT=2
        _arguments() { print -r -- "$@" }
        _digitnet_completion
    """,
}


@pytest.mark.parametrize("shell", SCRIPTS)
def test_a_real_shell_completes_a_command(
    shell: str, environment: dict[str, str], tmp_path: Path
) -> None:
    program = shutil.which(shell)
    if sys.platform == "win32" or program is None:
        pytest.skip(f"there is no {shell} here")
    digitnet = tmp_path / "digitnet"
    digitnet.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m digitnet "$@"\n')
    digitnet.chmod(0o755)
    result = subprocess.run(
        [program, "-c", SCRIPTS[shell]],
        env=environment | {"PATH": f"{tmp_path}:{environment['PATH']}", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "predict" in result.stdout
    assert "evaluate" not in result.stdout
    assert result.stderr == ""
