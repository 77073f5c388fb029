"""The output of `digitnet predict`: answer files, figures, and standard output."""

import csv
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import pytest
from conftest import Call, Run, Start

pytestmark = pytest.mark.usefixtures("reader")


def test_output_goes_to_a_file(call: Call, three: Path, tmp_path: Path) -> None:
    code, output, _ = call("predict", three, "--format", "csv", "--output", "answers.csv")
    assert (code, output) == (0, "")
    assert (tmp_path / "answers.csv").read_text().count("\n") == 2


def test_output_replaces_answers_with_and_without_marks(
    call: Call, three: Path, tmp_path: Path
) -> None:
    for options in (("--marks",), (), ("--marks",)):
        options = (*options, "--format", "csv", "--output", "answers.csv")
        assert call("predict", three, *options) == (0, "", "")
    assert (tmp_path / "answers.csv").read_text().startswith("path,text,confidence,error")


@pytest.mark.parametrize(
    "arguments",
    [
        ("three.png", "--output", "three.png"),
        ("three.png", "--output", "link.png"),
        ("--files-from", "list.txt", "--output", "list.txt"),
        ("three.png", "--plot", "new.png", "--output", "new.png"),
    ],
)
def test_answers_never_overwrite_an_input_or_a_figure(
    call: Call, three: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    shutil.copy(three, tmp_path / "three.png")
    (tmp_path / "link.png").symlink_to(tmp_path / "three.png")
    (tmp_path / "list.txt").write_text("three.png\n")
    before = {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    code, output, errors = call("predict", *arguments)
    assert (code, output) == (2, "")
    assert "itself" in errors
    assert before == {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}


def test_figures_cannot_go_to_standard_output(call: Call, three: Path, tmp_path: Path) -> None:
    code, output, errors = call("predict", three, "--plot", "-")
    assert (code, output) == (2, "")
    assert "figures are files" in errors
    assert not (tmp_path / "-").exists()


@pytest.mark.parametrize("named", [("folder",), ("--files-from", "list.txt")])
def test_answers_never_overwrite_an_image_in_a_folder_or_a_list(
    call: Call, three: Path, tmp_path: Path, named: tuple[str, ...]
) -> None:
    image = tmp_path / "folder" / "one.png"
    image.parent.mkdir()
    image.write_bytes(three.read_bytes())
    (tmp_path / "list.txt").write_text("folder/one.png\n")
    code, output, errors = call("predict", *named, "--output", image)
    assert (code, output) == (1, "")
    assert "one.png is not an answer file, so it is not replaced: move it away, or give" in errors
    assert image.read_bytes() == three.read_bytes()


def test_an_unwritable_output_is_reported_before_any_image_is_read(call: Call) -> None:
    code, output, errors = call("predict", "missing.png", "--output", "nowhere/answers.csv")
    assert (code, output) == (1, "")
    assert errors.startswith("digitnet: nowhere/answers.csv cannot be written: no such file")
    assert errors.count("\n") == 1


@pytest.mark.parametrize(
    ("terminal", "name"), [(True, "gone\\x1b[31m\\u202e"), (False, "gone\x1b[31m\u202e")]
)
def test_csv_escapes_names_only_on_a_terminal(
    call: Call, monkeypatch: pytest.MonkeyPatch, terminal: bool, name: str
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    _, output, _ = call("predict", "gone\x1b[31m\u202e", "--format", "csv", "--quiet")
    assert next(csv.DictReader(output.splitlines()))["path"] == name


def test_plot_draws_one_image_into_a_file(call: Call, three: Path, tmp_path: Path) -> None:
    code, output, errors = call("predict", three, "--plot", "figure.png")
    assert (code, output.count("\n"), errors) == (0, 1, "")
    assert cv2.imread(str(tmp_path / "figure.png")) is not None


def test_stages_are_drawn_with_a_plot(call: Call, three: Path, tmp_path: Path) -> None:
    assert call("predict", three, "--plot", "answer.png")[0] == 0
    code, output, errors = call("predict", three, "--plot", "stages.png", "--stages")
    assert (code, output.count("\n"), errors) == (0, 1, "")
    answer, stages = (cv2.imread(str(tmp_path / f"{n}.png")) for n in ("answer", "stages"))
    assert answer is not None
    assert stages is not None
    assert stages.shape[1] > answer.shape[1]


def test_figures_in_a_folder_get_unique_names(call: Call, three: Path, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        shutil.copy(three, tmp_path / folder / "1.png")
    shutil.copy(three, tmp_path / "1-2.png")
    images = ("a/1.png", "b/1.png", "1-2.png", "missing.png")
    code, _, _ = call("predict", *images, "--plot", "figures")
    assert code == 1
    names = sorted(path.name for path in (tmp_path / "figures").iterdir())
    assert names == ["1-2-2.digits.png", "1-2.digits.png", "1.digits.png"]


def test_plot_never_overwrites_the_image(call: Call, three: Path, tmp_path: Path) -> None:
    image = tmp_path / "3.png"
    shutil.copy(three, image)
    before = image.read_bytes()
    code, _, errors = call("predict", "3.png", "--plot", "3.png")
    assert (code, "is the image itself" in errors) == (2, True)
    assert call("predict", "3.png", "--plot", ".")[0] == 0
    assert image.read_bytes() == before


def test_plot_into_a_file_as_a_folder_is_reported_on_one_line(
    call: Call, three: Path, tmp_path: Path
) -> None:
    (tmp_path / "figures").write_text("a file")
    code, _, errors = call("predict", three, "--plot", "figures")
    assert code == 1
    assert errors.startswith("digitnet: the folder figures cannot be created: ")


def test_a_closed_pipe_ends_the_program_quietly(start: Start, three: Path) -> None:
    process = start("predict", *[three] * 300)
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline().split(b"\t")[1] == b"3"
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait() == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no Ctrl-C to one program")
def test_ctrl_c_leaves_no_partial_file(start: Start, three: Path, tmp_path: Path) -> None:
    process = start("predict", "--files-from", "-", "missing.png", "--output", "answers.txt")
    assert process.stdin is not None
    assert process.stderr is not None
    assert process.stderr.readline().startswith(b"digitnet: missing.png: ")
    process.send_signal(signal.SIGINT)
    assert process.wait() == 130
    assert list(tmp_path.iterdir()) == []


def test_neither_plot_nor_show_needs_a_display(run: Run, three: Path, tmp_path: Path) -> None:
    result = run("predict", three, "--plot", "figure.png", "--show")
    assert result.returncode == 0
    assert result.stderr.startswith(b"digitnet: --show needs a terminal and a display, ")
    assert result.stderr.count(b"\n") == 1
    assert (tmp_path / "figure.png").exists()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_a_full_disk_behind_standard_output_is_reported_on_one_line(
    environment: dict[str, str], three: Path
) -> None:
    with open("/dev/full", "wb") as full:
        result = subprocess.run(
            [sys.executable, "-m", "digitnet", "predict", three],
            stdout=full,
            stderr=subprocess.PIPE,
            env=environment,
            check=False,
        )
    message = b"digitnet: standard output cannot be written: no space left on device\n"
    assert (result.returncode, result.stderr) == (1, message)
