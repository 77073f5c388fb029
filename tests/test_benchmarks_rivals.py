"""The comparison with other programs: answers, scores, and programs that are left out."""

import argparse
import io
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks import rivals
from benchmarks.harness import environments
from benchmarks.harness.pictures import labelled
from benchmarks.harness.reader import Piece, answer, in_reading_order, tesseract
from benchmarks.harness.result import Result
from benchmarks.harness.scoring import Answer, score

READER = """
import json, sys
for line in sys.stdin:
    said = {"digits": "12", "confidence": 0.95, "error": "", "seconds": 0.5}
    print(json.dumps(said))
print(json.dumps({"MiB": 7}))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three labelled pictures, one of them without a digit."""
    rows = ["kind,file,label", "photo,a.png,12", "photo,b.png,5", "nondigit,c.png,"]
    (tmp_path / "labels.csv").write_text("\n".join(rows))
    return tmp_path


def test_pieces_of_a_row_are_joined_and_rows_separated_by_a_space() -> None:
    pieces = [
        Piece(50, 12, 32, "34", 0.9),
        Piece(0, 50, 70, "No. 5", 0.8),
        Piece(0, 10, 30, "1 2", 0.5),
        Piece(90, 10, 30, "m", 0.1),
    ]
    digits, confidence = in_reading_order(pieces)
    assert (digits, round(confidence, 6)) == ("1234 5", 0.36)


def test_text_without_digits_is_an_empty_answer() -> None:
    assert in_reading_order([Piece(0, 0, 9, "abc", 0.9)])[0] == ""


def test_words_of_a_tesseract_line_are_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    head = "level\tblock_num\tpar_num\tline_num\tword_num\tconf\ttext\n"
    words = (
        "4\t1\t1\t1\t0\t-1\t\n5\t1\t1\t1\t1\t50\t14\n5\t1\t1\t1\t2\t80\t7\n5\t1\t1\t2\t1\t100\t8\n"
    )
    done = SimpleNamespace(stdout=head + words)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)
    digits, confidence = tesseract("6")("a.png")
    assert (digits, round(confidence, 6)) == ("147 8", 0.4)


def test_a_failure_on_an_image_is_an_empty_answer_with_its_error() -> None:
    def read(path: str) -> tuple[str, float]:
        return path, 1 / float(path)

    output = io.StringIO()
    answer(read, ["2\n", "0\n"], output)
    first, second, last = map(json.loads, output.getvalue().splitlines())
    assert (first["digits"], first["confidence"], first["error"]) == ("2", 0.5, "")
    assert (second["digits"], second["confidence"]) == ("", 0)
    assert second["error"].startswith("ZeroDivisionError")
    assert last["MiB"] > 0


def test_answers_are_right_unsure_or_wrong() -> None:
    labels = ["12", "12", "12", "345", "7", "", ""]
    answers = ["12", "1?", "", "315", "1", "", "8"]
    confidence = [0.99, 0.2, 0.0, 0.95, 0.5, 0.0, 0.91]
    found = score(labels, list(map(Answer, answers, confidence)))
    assert (found.count, found.right, found.unsure, found.wrong, found.sure) == (7, 2, 2, 3, 2)
    assert found.digits == pytest.approx(1 - (0 + 1 + 2 + 1) / 9)


def test_single_digits_have_no_digit_accuracy() -> None:
    assert score(["7"], [Answer("7", 1.0)]).digits is None


def test_a_table_of_labels_that_lacks_a_column_is_refused(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("file,label\na.png,1\n")
    with pytest.raises(SystemExit, match="has no column 'kind'"):
        labelled(tmp_path)


def test_every_package_of_a_rival_is_pinned() -> None:
    required = environments.requirements(rivals.REQUIREMENTS)
    assert required.keys() <= {name.partition(":")[0] for name in rivals.NAMES}
    assert all("==" in package for packages in required.values() for package in packages)


def test_a_failed_pip_install_is_reported_on_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = SimpleNamespace(returncode=1, stderr="looking\nERROR: no such package\n", stdout="")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(OSError, match=r"^ERROR: no such package$"):
        environments.python_with(["none==1"], tmp_path)


def test_programs_are_compared_and_missing_ones_left_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def command_of(name: str, _: argparse.Namespace) -> list[str]:
        if name == "rapidocr":
            raise OSError("ERROR: no such package")
        return [sys.executable, "-c", READER]

    monkeypatch.setattr(rivals, "command_of", command_of)
    options = argparse.Namespace(pictures=[folder], only=["digitnet", "rapidocr"], limit=None)
    result = Result()
    rivals.run(options, result)
    costs, *tables = result.tables
    assert costs.rows["digitnet"][1:] == (0.5, 7)
    kinds = [table.title.rpartition(", ")[2] for table in tables]
    assert kinds == ["all kinds", "nondigit", "photo"]
    assert [table.rows["digitnet"] for table in tables] == [
        (3, pytest.approx(1 / 3), 0, 2, 2, 1.0),
        (1, 0.0, 0, 1, 1, None),
        (2, 0.5, 0, 1, 1, 1.0),
    ]
    assert result.sentences == ["RapidOCR skipped: not installed, or it failed"]


def test_a_program_that_ends_early_raises_an_error(folder: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('no network')"]
    with pytest.raises(OSError, match="no network"):
        rivals.read(command, [folder / "a.png"])
