"""Output formats that can be parsed again, and output files that are written atomically."""

import csv
import io
import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import Call

from digitnet.errors import ImageError, OutputError
from digitnet.output.formats import Format, encode, format_answer, format_header, reason
from digitnet.output.output_file import OutputFile, check_replaceable
from digitnet.reading.prediction import Box, Prediction, make_prediction

INK = np.zeros((28, 28), np.uint8)
PROBABILITIES = (*(0.0,) * 7, 0.97654321, 0.0, 0.02345679)
BOX = Box(7, "7", 0.97654321, 3, 4, 20, 28, 0, PROBABILITIES, "7", INK)
POINT = Box(None, ".", 0.75, 24, 30, 4, 4, 0, (), ".", INK)
UNSURE = Box(None, "?", 0.4, 30, 4, 20, 28, 0, (0.4, 0.4, *(0.025,) * 8), "0", INK)
SEVEN = make_prediction([BOX], 0.97654321)
NOTHING = make_prediction([], 1.0)
AMOUNT = make_prediction([BOX, POINT, UNSURE], 0.39)
ODD_NAMES = [
    "a\tb.png",
    "two\nlines.png",
    'quo"te,.png',
    "back\\slash.png",
    "\x1b[31mred",
    "gnp\u202e.7",
    "seven\u200b",
    "ü \u2028",
]


def only_csv_row(text: str) -> list[str]:
    (row,) = csv.reader(io.StringIO(text, newline=""))
    return row


def test_a_text_line_is_path_digits_and_confidence() -> None:
    assert format_answer(Format.TEXT, "a.png", SEVEN) == "a.png\t7\t0.9765\n"


def test_a_text_line_for_an_image_without_digits_has_empty_fields() -> None:
    assert format_answer(Format.TEXT, "a.png", NOTHING) == "a.png\t\t\n"


def test_text_has_no_line_for_an_unreadable_image() -> None:
    assert format_answer(Format.TEXT, "a.png", ImageError("a.png: it is empty")) == ""


def test_a_text_line_has_marks_on_request() -> None:
    assert format_answer(Format.TEXT, "a.png", AMOUNT) == "a.png\t7?\t0.3900\n"
    assert format_answer(Format.TEXT, "a.png", AMOUNT, marks=True) == "a.png\t7.?\t0.3900\n"
    assert format_answer(Format.TEXT, "a.png", NOTHING, marks=True) == "a.png\t\t\n"


@pytest.mark.parametrize("name", ODD_NAMES)
@pytest.mark.skipif(os.sep == "\\", reason="a backslash separates folders on Windows")
def test_a_text_answer_is_one_line_whose_path_can_be_decoded(name: str) -> None:
    line = format_answer(Format.TEXT, name, SEVEN)
    assert line.splitlines() == [line[:-1]]
    path, digits, _ = line[:-1].split("\t")
    escapes = path.encode("latin-1", "backslashreplace").decode("unicode_escape")
    assert (escapes, digits) == (name, "7")


def test_csv_begins_with_the_names_of_its_fields() -> None:
    assert format_header(Format.CSV) == "path,digits,confidence,error\r\n"
    assert format_header(Format.TEXT) == format_header(Format.JSONL) == ""


def test_csv_with_marks_has_a_column_of_text() -> None:
    assert format_header(Format.CSV, marks=True) == "path,text,confidence,error\r\n"
    row = format_answer(Format.CSV, "a.png", AMOUNT, marks=True)
    assert only_csv_row(row) == ["a.png", "7.?", "0.3900", ""]


def test_a_csv_answer_with_a_comma_is_one_field() -> None:
    comma = Box(None, ",", 0.75, 24, 30, 4, 4, 0, (), ",", INK)
    row = format_answer(Format.CSV, "a.png", make_prediction([BOX, comma, BOX], 0.9), marks=True)
    assert only_csv_row(row) == ["a.png", "7,7", "0.9000", ""]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_csv_row_preserves_the_path(name: str) -> None:
    assert only_csv_row(format_answer(Format.CSV, name, SEVEN)) == [name, "7", "0.9765", ""]


@pytest.mark.parametrize(
    "name", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\n=1", "\uff1d1+1", "\uff20SUM"]
)
def test_a_csv_path_cannot_be_a_formula_and_names_the_same_file(name: str) -> None:
    path, *_ = only_csv_row(format_answer(Format.CSV, name, SEVEN))
    assert path == f"./{name}"


@pytest.mark.parametrize("name", ["a;=1+1", "a\t=1+1", "a|=1+1"])
def test_a_csv_path_with_another_separator_is_quoted(name: str) -> None:
    line = format_answer(Format.CSV, name, SEVEN)
    assert line.startswith(f'"{name}",')
    assert only_csv_row(line)[0] == name


@pytest.mark.parametrize("format", Format)
@pytest.mark.parametrize(
    "name", ["\x1b[31mred", "two\nlines", "\x7f", "gnp\u202e.7", "\u200b", "\udc9b31m"]
)
def test_no_format_lets_a_name_control_a_terminal(format: Format, name: str) -> None:
    line = format_answer(format, name, SEVEN, terminal=True).removesuffix("\n").removesuffix("\r")
    assert line.replace("\t", "").isprintable()


def test_a_csv_row_on_a_terminal_leaves_harmless_names_unchanged() -> None:
    name = "C:\\seven, ü.png"
    on_terminal = format_answer(Format.CSV, name, SEVEN, terminal=True)
    assert on_terminal == format_answer(Format.CSV, name, SEVEN)


def test_csv_names_standard_input_by_a_hyphen() -> None:
    assert only_csv_row(format_answer(Format.CSV, "-", SEVEN))[0] == "-"


def test_csv_has_a_row_with_the_reason_for_an_unreadable_image() -> None:
    row = only_csv_row(format_answer(Format.CSV, "a.png", ImageError("a.png: it is empty")))
    assert row == ["a.png", "", "", "it is empty"]


def test_a_json_line_has_every_field_of_the_answer() -> None:
    assert json.loads(format_answer(Format.JSONL, "a.png", SEVEN)) == {
        "path": "a.png",
        "digits": "7",
        "text": "7",
        "raw": "7",
        "confidence": 0.976543,
        "boxes": [
            {
                "digit": 7,
                "symbol": "7",
                "confidence": 0.976543,
                "x": 3,
                "y": 4,
                "width": 20,
                "height": 28,
                "row": 0,
                "probabilities": [0, 0, 0, 0, 0, 0, 0, 0.976543, 0, 0.023457],
            }
        ],
        "error": None,
    }


@pytest.mark.parametrize("marks", [False, True])
def test_a_json_line_has_digits_text_and_rejected_symbols(marks: bool) -> None:
    record = json.loads(format_answer(Format.JSONL, "a.png", AMOUNT, marks=marks))
    assert (record["digits"], record["text"], record["raw"]) == ("7?", "7.?", "70")
    boxes = [(box["digit"], box["symbol"], len(box["probabilities"])) for box in record["boxes"]]
    assert boxes == [(7, "7", 10), (None, ".", 0), (None, "?", 10)]


def test_json_distinguishes_no_digits_from_an_unreadable_image() -> None:
    nothing = json.loads(format_answer(Format.JSONL, "a.png", NOTHING))
    unread = json.loads(format_answer(Format.JSONL, "a.png", ImageError("a.png: it is empty")))
    empty: dict[str, object] = {"path": "a.png", "confidence": None, "boxes": []}
    assert nothing == empty | {"digits": "", "text": "", "raw": "", "error": None}
    assert unread == empty | {"digits": None, "text": None, "raw": None, "error": "it is empty"}
    assert list(nothing) == list(unread)


@pytest.mark.parametrize("name", [*ODD_NAMES, os.fsdecode(b"not utf-8 \xff")])
def test_a_json_line_is_ascii_and_preserves_the_path(name: str) -> None:
    line = format_answer(Format.JSONL, name, SEVEN)
    assert line.isascii()
    assert json.loads(line)["path"] == name


@pytest.mark.parametrize("format", [Format.TEXT, Format.CSV])
def test_a_name_that_is_not_utf_8_keeps_its_bytes(format: Format) -> None:
    name = os.fsdecode(b"not utf-8 \xff")
    assert encode(format_answer(format, name, SEVEN)).startswith(b"not utf-8 \xff")


def test_a_reason_is_one_line_without_the_path() -> None:
    assert reason("a\nb", ImageError("a\\nb: is\nodd")) == "is\\nodd"


def test_an_output_file_appears_when_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"
    with OutputFile(path) as file:
        file.write(b"all of it")
        assert not path.exists()
    assert path.read_bytes() == b"all of it"
    assert list(tmp_path.iterdir()) == [path]


def test_an_interrupted_output_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"
    path.write_bytes(b"old")

    def interrupted() -> None:
        with OutputFile(path) as file:
            file.write(b"half of")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.usefixtures("usual_ctrl_c")
def test_the_partial_file_is_removed_despite_a_second_ctrl_c(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlink = Path.unlink

    def press_ctrl_c_first(path: Path, missing_ok: bool = False) -> None:
        signal.raise_signal(signal.SIGINT)
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", press_ctrl_c_first)
    with pytest.raises(KeyboardInterrupt), OutputFile(tmp_path / "answers.csv"):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_programs_with_the_same_process_id_write_to_different_files(tmp_path: Path) -> None:
    """Process IDs repeat between containers, or after a program was killed in one."""
    path = tmp_path / "answers.csv"
    with OutputFile(path) as first, OutputFile(path) as second:
        first.write(b"first")
        second.write(b"second")
    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_replacing_a_file_keeps_its_permissions_and_follows_links(
    tmp_path: Path,
) -> None:
    path, link = tmp_path / "answers.csv", tmp_path / "link"
    path.write_bytes(b"old")
    path.chmod(0o640)
    link.symlink_to(path)
    with OutputFile(link) as file:
        file.write(b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert link.is_symlink()


def test_a_device_is_written_to_and_not_replaced() -> None:
    with OutputFile(Path(os.devnull)) as file:
        file.write(b"gone")
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)


def test_an_output_file_in_a_missing_folder_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"no such file or directory; give another --output$"):
        OutputFile(tmp_path / "missing" / "answers.csv")


@pytest.mark.skipif(sys.platform == "win32", reason="needs /dev/stdout")
@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_an_open_file_is_appended_to_and_not_replaced(name: str, tmp_path: Path) -> None:
    if not Path(name).exists():
        pytest.skip(f"there is no {name} here")
    log = tmp_path / "log.txt"
    code = (
        "import pathlib; from digitnet.output.output_file import OutputFile\n"
        "print('before', flush=True)\n"
        f"with OutputFile(pathlib.Path({name!r})) as file: file.write(b'answer\\n')\n"
        "print('after')"
    )
    with log.open("wb") as stdout:
        subprocess.run([sys.executable, "-c", code], stdout=stdout, check=True)
    assert log.read_text().split() == ["before", "answer", "after"]


def test_a_folder_cannot_be_an_output_file(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="it is a folder"):
        OutputFile(tmp_path)


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
def test_an_output_file_knows_whether_it_is_a_terminal(tmp_path: Path) -> None:
    terminal, other = os.openpty()
    with OutputFile(Path(os.ttyname(other))) as file:
        assert file.is_terminal
    with OutputFile(tmp_path / "answers.csv") as file:
        assert not file.is_terminal
    os.close(terminal)
    os.close(other)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_a_full_disk_is_reported_on_one_line() -> None:
    def fill() -> None:
        with OutputFile(Path("/dev/full")) as file:
            file.write(b"x")

    with pytest.raises(OutputError, match=r"^/dev/full cannot be written: no space left on device"):
        fill()


def test_an_invalid_file_descriptor_is_reported(tmp_path: Path) -> None:
    for name in ("/dev/fd/999999999", "/dev/fd/99999999999"):
        with pytest.raises(OutputError, match="cannot be written"), OutputFile(Path(name)):
            pass


ANSWERS = ["a.png", "tab\tname.png", ODD_NAMES[0], os.fsdecode(b"not utf-8 \xff")]


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize("answer", [SEVEN, NOTHING, AMOUNT])
@pytest.mark.parametrize("marks", [False, True])
@pytest.mark.parametrize("format", Format)
def test_earlier_answers_are_replaced(
    tmp_path: Path, format: Format, marks: bool, name: str, answer: Prediction
) -> None:
    path = tmp_path / "answers"
    begin = format_header(format, marks=marks)
    path.write_bytes(encode(begin + format_answer(format, name, answer, marks=marks)))
    check_replaceable(path)


@pytest.mark.parametrize(
    "content",
    [
        b"Dear diary,\n",
        b"\x89PNG\r\n\x1a\n",
        b"name\tage\nAnna\t12\n",
        b"path,size\na,3\n",
        b'{"name": 1}\n',
        b"x" * 2**20,
    ],
)
def test_a_file_without_answers_is_not_replaced(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "diary.txt"
    path.write_bytes(content)
    with pytest.raises(
        OutputError, match="is not an answer file, so it is not replaced: move it away"
    ):
        check_replaceable(path)


def test_empty_missing_and_special_files_are_accepted(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    for path in (tmp_path / "empty", tmp_path / "missing", tmp_path, Path(os.devnull)):
        check_replaceable(path)


@pytest.mark.usefixtures("reader")
def test_answers_do_not_overwrite_a_users_file(call: Call, samples: Path, tmp_path: Path) -> None:
    (tmp_path / "diary.txt").write_text("Dear diary,\n")
    code, output, errors = call("predict", samples / "paint-3.png", "--output", "diary.txt")
    assert (code, output) == (1, "")
    assert errors == (
        "digitnet: diary.txt is not an answer file, so it is not replaced: move it away, or give "
        "another --output\n"
    )
    assert (tmp_path / "diary.txt").read_text() == "Dear diary,\n"


@pytest.mark.usefixtures("reader")
def test_answers_overwrite_earlier_answers(call: Call, samples: Path) -> None:
    for _ in range(2):
        assert call("predict", samples / "paint-3.png", "--output", "answers.txt") == (0, "", "")
