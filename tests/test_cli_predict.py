"""`digitnet predict`, called in this process where that is enough, otherwise as a program."""

import csv
import json
import os
import select
import shutil
import signal
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import Call, Run, Start

from digitnet.model.bundle import Bundle
from digitnet.model.symbols import SYMBOLS
from digitnet.vision import decode_image

pytestmark = pytest.mark.usefixtures("reader")


@pytest.fixture
def amount(tmp_path: Path) -> Path:
    """An image of a number with marks."""
    path = tmp_path / "amount.png"
    page = np.full((80, 320), 255, np.uint8)
    cv2.putText(page, "-264.27", (20, 60), cv2.FONT_HERSHEY_SIMPLEX, 1.8, 0, 4, cv2.LINE_AA)
    cv2.imwrite(str(path), page)
    return path


@pytest.fixture
def blank(tmp_path: Path) -> Path:
    path = tmp_path / "blank.png"
    cv2.imwrite(str(path), np.full((40, 40), 255, np.uint8))
    return path


def test_an_answer_is_a_line_with_path_digits_and_confidence(call: Call, three: Path) -> None:
    code, output, errors = call("predict", three)
    path, digits, confidence = output.removesuffix("\n").split("\t")
    assert (path, digits) == (str(three), "3")
    assert 0.5 < float(confidence) <= 1
    assert (code, errors) == (0, "")


def test_a_folder_is_read_image_by_image(call: Call, three: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    for name in ("10.png", "9.png"):
        shutil.copy(three, folder / name)
    (folder / "labels.csv").write_text("file,label\n")
    code, output, _ = call("predict", "folder")
    assert [line.split("\t")[:2] for line in output.splitlines()] == [
        [os.path.join("folder", "9.png"), "3"],
        [os.path.join("folder", "10.png"), "3"],
    ]
    assert code == 0


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("missing.png", None, "cannot be opened: no such file or directory"),
        ("empty.png", b"", "the file is empty (0 bytes); give an image"),
        ("text.png", b"Dear diary, ", "not an image: it begins with 'Dear diary, '"),
        ("folder", None, "no images in this folder"),
    ],
)
def test_an_unreadable_image_is_reported_on_one_line_and_the_others_are_answered(
    call: Call, three: Path, tmp_path: Path, name: str, content: bytes | None, reason: str
) -> None:
    if name == "folder":
        (tmp_path / name).mkdir()
    elif content is not None:
        (tmp_path / name).write_bytes(content)
    code, output, errors = call("predict", name, three)
    assert code == 1
    assert [line.split("\t")[1] for line in output.splitlines()] == ["3"]
    (line,) = errors.splitlines()
    assert line.startswith(f"digitnet: {name}: {reason}")


def test_csv_and_json_lines_have_a_record_for_an_unreadable_image(call: Call, three: Path) -> None:
    _, output, _ = call("predict", "missing.png", three, "--format", "csv")
    rows = list(csv.DictReader(output.splitlines()))
    assert [(row["path"], row["digits"]) for row in rows] == [
        ("missing.png", ""),
        (str(three), "3"),
    ]
    assert rows[0]["error"] == "cannot be opened: no such file or directory"
    _, output, _ = call("predict", "missing.png", three, "--format", "jsonl")
    first, second = (json.loads(line) for line in output.splitlines())
    assert (first["path"], first["error"]) == ("missing.png", rows[0]["error"])
    assert (second["digits"], second["error"]) == ("3", None)


def test_an_image_without_a_digit_gives_exit_code_3(call: Call, three: Path, blank: Path) -> None:
    code, output, errors = call("predict", three, blank)
    assert output.splitlines()[1] == f"{blank}\t\t"
    assert (code, errors) == (3, "")


def test_an_unsure_digit_gives_exit_code_3(call: Call, samples: Path) -> None:
    code, output, _ = call("predict", samples / "red-pen-1.png", "--threshold", "1")
    assert output.split("\t")[1] == "?"
    assert code == 3


def test_an_unsure_mark_gives_exit_code_3_only_with_marks(
    call: Call, amount: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Bundle, "thresholds", tuple(float(symbol == ".") for symbol in SYMBOLS))
    code, output, _ = call("predict", amount)
    assert (code, output.split("\t")[1]) == (0, "26427")
    code, output, _ = call("predict", amount, "--marks")
    assert (code, output.split("\t")[1]) == (3, "-264?27")


def test_marks_are_printed_on_request(call: Call, amount: Path) -> None:
    for options, answer in (((), "26427"), (("--marks",), "-264.27")):
        code, output, errors = call("predict", amount, *options)
        assert (code, output.split("\t")[1], errors) == (0, answer, "")
    _, output, _ = call("predict", amount, "--marks", "--format", "csv")
    (row,) = csv.DictReader(output.splitlines())
    assert list(row) == ["path", "text", "confidence", "error"]
    assert row["text"] == "-264.27"
    _, output, _ = call("predict", amount, "--format", "jsonl")
    record = json.loads(output)
    assert (record["digits"], record["text"], record["raw"]) == ("26427", "-264.27", "26427")
    assert [box["symbol"] for box in record["boxes"]] == list("-264.27")


def test_without_a_reader_each_piece_of_ink_is_a_digit(
    call: Call, samples: Path, amount: Path, tmp_path: Path
) -> None:
    page = samples / "paint-two-rows.png"
    code, output, _ = call("predict", page, "--reader", "none")
    assert (code, output.split("\t")[1]) == (0, "307 64")
    _, output, _ = call("predict", amount, "--reader", "none", "--format", "jsonl")
    record = json.loads(output)
    assert record["text"] == record["digits"]
    stages = ("--plot", tmp_path / "stages.png", "--stages")
    assert call("predict", page, "--reader", "none", *stages)[0] == 0


def test_a_reader_is_named_by_its_folder(call: Call, reader: Path, three: Path) -> None:
    assert call("predict", three, "--reader", reader) == call("predict", three)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--reader", "cnn"), "is a classifier: give a reader, like reader\n"),
        (("--model", "reader"), "is a reader: give a classifier, like cnn\n"),
        (("--reader", "nothing"), "a folder written by `digitnet train`\n"),
    ],
)
def test_a_model_of_the_wrong_kind_is_reported_on_one_line(
    call: Call, three: Path, options: tuple[str, str], message: str
) -> None:
    code, output, errors = call("predict", three, *options)
    assert (code, output, errors.count("\n")) == (1, "", 1)
    assert errors.startswith("digitnet: ")
    assert errors.endswith(message)


def test_an_unreadable_image_outweighs_an_unsure_one(call: Call, blank: Path) -> None:
    assert call("predict", blank, "missing.png")[0] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "no images given"),
        (["a.png", "--null"], "requires --files-from"),
        (["-", "--files-from", "-"], "standard input can be read only once"),
        (["a.png", "--plot", "figure.docx"], "cannot be written as '.docx'"),
        (["a.png", "b.png", "--plot", "figure.png"], "give a folder"),
        (["--files-from", "list.txt", "--plot", "figure.png"], "give a folder"),
        (["a.png", "--stages"], "requires --plot or --show"),
        (["a.png", "--threshold", "2"], "--threshold"),
        (["a.png", "--jobs", "0"], "--jobs"),
        (["a.png", "--format", "xml"], "--format"),
    ],
)
def test_a_usage_error_gives_exit_code_2(call: Call, arguments: list[str], message: str) -> None:
    code, output, errors = call("predict", *arguments)
    assert (code, output) == (2, "")
    assert errors.startswith("Usage: digitnet predict")
    assert message in errors


def test_an_unknown_model_is_reported_on_one_line(call: Call, three: Path, tmp_path: Path) -> None:
    code, output, errors = call("predict", three, "--model", "resnet", "--output", "answers.txt")
    assert (code, output) == (1, "")
    assert errors.startswith("digitnet: unknown model 'resnet'")
    assert errors.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_missing_list_of_paths_is_reported_on_one_line(call: Call) -> None:
    code, _, errors = call("predict", "--files-from", "list.txt")
    assert code == 1
    assert errors == (
        "digitnet: list.txt: the list of paths cannot be opened: no such file or directory\n"
    )


def test_a_folder_in_place_of_a_list_of_paths_is_reported_on_one_line(
    call: Call, tmp_path: Path
) -> None:
    code, _, errors = call("predict", "--files-from", tmp_path)
    assert code == 1
    assert errors == (
        f"digitnet: {tmp_path} is a folder, not a list of paths: leave out --files-from to read "
        "the images in it\n"
    )


def test_an_image_in_place_of_a_list_of_paths_is_reported_on_one_line(
    call: Call, three: Path
) -> None:
    code, output, errors = call("predict", "--files-from", three)
    assert (code, output) == (1, "")
    assert errors == (
        "digitnet: the list of paths is a PNG image: leave out --files-from to read it\n"
    )


def test_an_empty_list_of_paths_gives_only_a_note(call: Call, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_bytes(b"\r\n\n")
    note = "digitnet: the list of paths is empty: no images were read\n"
    assert call("predict", "--files-from", "list.txt") == (0, "", note)
    assert call("predict", "--files-from", "list.txt", "--quiet") == (0, "", "")


def test_listed_paths_are_read_after_those_on_the_command_line(
    call: Call, samples: Path, three: Path, tmp_path: Path
) -> None:
    (tmp_path / "list.txt").write_text(f"{samples / 'paint-0.png'}\n")
    _, output, _ = call("predict", "--files-from", "list.txt", three)
    assert [line.split("\t")[1] for line in output.splitlines()] == ["3", "0"]


def test_a_threshold_that_is_not_finite_is_a_usage_error(call: Call, three: Path) -> None:
    code, _, errors = call("predict", three, "--threshold", "nan")
    assert code == 2
    assert "nan is not a finite number" in errors


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")
def test_odd_file_names_are_preserved(call: Call, three: Path, tmp_path: Path) -> None:
    names = ["=1+1.png", "two\nlines.png", "tab\t.png", 'quo"te, .png', "-r.png"]
    for name in names:
        shutil.copy(three, tmp_path / name)
    code, output, _ = call("predict", "--format", "jsonl", "--", *names)
    assert [json.loads(line)["path"] for line in output.splitlines()] == names
    assert code == 0


@pytest.mark.parametrize(
    "arguments", [["--\u202e"], ["evaluate", "\u202e\x1b"], ["predict", "-\u202e"], ["\u202e"]]
)
def test_usage_errors_contain_no_control_characters(call: Call, arguments: list[str]) -> None:
    code, _, errors = call(*arguments)
    assert code == 2
    assert errors.replace("\n", "").isprintable()
    assert r"\u202e" in errors


def test_the_error_about_a_large_image_names_the_option(call: Call, three: Path) -> None:
    code, _, errors = call("predict", three, "--max-pixels", "1000")
    assert code == 1
    assert "too large" in errors
    assert errors.endswith("raise the limit with --max-pixels\n")


def test_only_the_first_frame_of_an_animated_png_is_read_with_a_note(
    call: Call, three: Path, tmp_path: Path
) -> None:
    frame = cv2.cvtColor(decode_image(three), cv2.COLOR_GRAY2BGR)
    moving = cv2.Animation()
    moving.frames = [frame, np.full_like(frame, 255)]
    moving.durations = [100, 100]
    path = tmp_path / "moving.png"
    cv2.imwriteanimation(str(path), moving)
    code, output, errors = call("predict", path)
    assert (code, output.split("\t")[1]) == (0, "3")
    assert errors == f"digitnet: {path}: this PNG has several frames; only the first is read\n"
    assert call("predict", path, "--quiet") == (code, output, "")


def test_single_reads_one_digit(call: Call, samples: Path) -> None:
    _, output, _ = call("predict", "--single", samples / "paint-year-1998.png", "--format", "jsonl")
    assert len(json.loads(output)["boxes"]) == 1


def test_any_number_of_jobs_gives_the_same_bytes(call: Call, samples: Path) -> None:
    one, three = (
        call("predict", samples, "missing.png", "--format", "jsonl", "--jobs", jobs)
        for jobs in ("1", "3")
    )
    assert one == three


def test_a_long_list_is_answered_in_order_with_any_number_of_jobs(run: Run, tmp_path: Path) -> None:
    for number in range(7):
        page = np.full((40, 30 + 5 * number), 255, np.uint8)
        cv2.putText(page, str(13 * number), (5, 32), cv2.FONT_HERSHEY_SIMPLEX, 1, 0, 2)
        cv2.imwrite(str(tmp_path / f"{number}.png"), page)
    paths = [f"{number % 7}.png" if number % 10 else "gone" for number in range(300)]
    stdin = "\n".join(paths).encode()
    options = ("--files-from", "-", "--format", "jsonl")
    one, two = (run("predict", *options, "--jobs", jobs, stdin=stdin) for jobs in ("1", "2"))
    assert [json.loads(line)["path"] for line in one.stdout.splitlines()] == paths
    assert (one.stdout, one.stderr) == (two.stdout, two.stderr)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows selects no pipes")
def test_a_list_is_read_no_faster_than_the_answers_are_consumed(start: Start) -> None:
    process = start("predict", "--files-from", "-", "--format", "csv", "--quiet")
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline().startswith(b"path,")
    os.set_blocking(process.stdin.fileno(), False)
    written, most = 0, 2**19
    # Nobody reads the answers, so the program eventually stops reading the list.
    while written < most and select.select([], [process.stdin], [], 3)[1]:
        written += os.write(process.stdin.fileno(), b"missing.png\n" * 300)
    assert 0 < written < most


def test_quiet_keeps_errors_and_drops_notes(call: Call, three: Path) -> None:
    assert "no window" in call("predict", three, "--show")[2]
    assert call("predict", three, "--show", "--quiet")[2] == ""
    assert "missing.png" in call("predict", "missing.png", "--quiet")[2]


def test_the_version_is_shown(run: Run) -> None:
    result = run("--version")
    assert (result.returncode, result.stdout.split()[0]) == (0, b"digitnet")


def test_an_image_is_read_from_standard_input(run: Run, three: Path) -> None:
    result = run("predict", "-", "--format", "jsonl", stdin=three.read_bytes())
    record = json.loads(result.stdout)
    assert (record["path"], record["digits"]) == ("-", "3")
    assert (result.returncode, result.stderr) == (0, b"")


@pytest.mark.skipif(sys.platform != "linux", reason="names may be any bytes on Linux alone")
def test_a_nul_separated_list_is_read_from_standard_input(
    run: Run, three: Path, tmp_path: Path
) -> None:
    names = [b"two\nlines.png", b"not utf-8 \xff.png"]
    for name in names:
        shutil.copy(os.fsencode(three), os.path.join(os.fsencode(tmp_path), name))
    result = run("predict", "--files-from", "-", "--null", stdin=b"\0".join([*names, b"gone"]))
    assert result.stdout.splitlines()[0].startswith(rb"two\nlines.png" + b"\t3\t")
    assert result.stdout.splitlines()[1].startswith(b"not utf-8 \xff.png\t3\t")
    assert result.stderr == b"digitnet: gone: cannot be opened: no such file or directory\n"
    assert result.returncode == 1


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_answers_appear_while_the_list_is_still_being_written(
    start: Start, three: Path, jobs: str
) -> None:
    process = start("predict", "--files-from", "-", "--jobs", jobs)
    assert process.stdin is not None
    assert process.stdout is not None
    for _ in range(2):
        process.stdin.write(bytes(three) + b"\n")
        process.stdin.flush()
        assert process.stdout.readline().split(b"\t")[1] == b"3"
    assert process.communicate() == (b"", b"")
    assert process.returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no Ctrl-C to one program")
def test_ctrl_c_keeps_finished_answers_and_gives_exit_code_130(start: Start, three: Path) -> None:
    process = start("predict", "--files-from", "-")
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(bytes(three) + b"\n")
    process.stdin.flush()
    assert process.stdout.readline().split(b"\t")[1] == b"3"
    process.send_signal(signal.SIGINT)
    assert process.wait() == 130
    assert process.communicate() == (b"", b"")
