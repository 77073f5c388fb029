"""`python -m benchmarks`: the list, runs, records, and the documents that show the figures."""

import argparse
import json
import re
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks import __main__ as program
from benchmarks.harness import catalog, documents, options, record
from benchmarks.harness.result import Result, Table

ROOT = Path(__file__).resolve().parent.parent


def add_options(parser: argparse.ArgumentParser) -> None:
    options.add(parser, limit=None, pictures=[], output=None)


def run(given: argparse.Namespace, result: Result) -> None:
    table = result.table("kind", {"images": ",", "right": ".1%"})
    table.row("all", given.limit or 1234, 0.98765432)
    result.figure("ratio", 2.5, "{:.2f} times the floor")


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Register a benchmark named `made`; return the folder of its records."""
    module = SimpleNamespace(add_options=add_options, run=run)
    monkeypatch.setattr(catalog, "NAMES", ("made",))
    monkeypatch.setattr(catalog, "load", lambda name: module)
    monkeypatch.setattr(catalog, "docstring", lambda name: "Made: how good it is.\n\nMore of it.")
    monkeypatch.setattr(record, "RECORDS", tmp_path)
    return tmp_path


def a_record(rows: dict[str, list[float]], **figures: float) -> record.Record:
    table = {"title": "digits", "columns": ["kind", "right"], "rows": rows}
    return {"figures": figures, "tables": [table], "printed": ["| kind | right |"]}


def test_the_list_has_a_line_for_each_benchmark(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    for name in catalog.NAMES:
        assert sum(line.startswith(f"{name} ") for line in lines) == 1, name


@pytest.mark.parametrize("name", catalog.NAMES)
def test_every_benchmark_has_a_title_options_and_a_run(name: str) -> None:
    assert all(catalog.headline(name))
    assert catalog.parser(name).get_default("record") is False
    assert callable(catalog.load(name).run)


def test_an_unknown_benchmark_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(["touchin"]) == 2
    assert "no benchmark is named 'touchin'" in capsys.readouterr().err


def test_a_run_prints_tables_and_sentences_in_markdown(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program.main(["made"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "| kind | images | right |",
        "| :--- | -----: | ----: |",
        "| all  |  1,234 | 98.8% |",
        "",
        "- 2.50 times the floor",
    ]
    assert not list(made.iterdir())


def test_a_record_holds_figures_command_commit_and_machine(made: Path) -> None:
    pictures = str(made / "people")
    assert program.main(["made", "--limit", "5", "--pictures", pictures, "--record"]) == 0
    kept = json.loads((made / "made.json").read_text())
    assert kept["command"] == "python -m benchmarks made --limit 5 --pictures people"
    assert kept["options"] == {"limit": 5, "pictures": ["people"]}
    assert kept["figures"] == {"ratio": 2.5}
    assert kept["tables"][0]["rows"] == {"all": [5, 0.987654]}
    assert kept["printed"][0] == "| kind | images | right |"
    assert kept["machine"]["libraries"].keys() == set(record.LIBRARIES)
    assert {"commit", "date", "seconds"} < kept.keys()


def test_a_failed_run_is_not_recorded(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: argparse.Namespace, result: Result) -> None:
        result.failure = "some cases were lost"

    monkeypatch.setattr(catalog.load("made"), "run", fail)
    assert program.main(["made", "--record"]) == 1
    assert not list(made.iterdir())


def test_all_continues_after_failures_passes_known_options_and_reports(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    commands = []

    def report() -> int:
        commands.append(["report"])
        return 0

    def fail(command: list[str], check: bool) -> SimpleNamespace:
        commands.append(command[3:])
        return SimpleNamespace(returncode=1)

    monkeypatch.setattr(subprocess, "run", fail)
    monkeypatch.setattr(program, "report", report)
    names = ["touching", "vision_cost", "underlined"]
    given = [*names, "--skip", "underlined", "--limit", "7", "--runs", "2", "--record"]
    assert program.main(["all", *given]) == 1
    assert commands == [
        ["touching", "--limit", "7", "--record"],
        ["vision_cost", "--runs", "2", "--record"],
        ["report"],
    ]
    assert "| vision_cost |" in capsys.readouterr().out


def test_all_refuses_an_option_that_no_benchmark_has(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        program.main(["all", "touching", "vision_cost", "--limt", "7"])
    assert "no benchmark takes --limt" in capsys.readouterr().err


def test_a_row_must_fit_its_table() -> None:
    table = Table("", {"kind": "", "right": ".1%"})
    table.row("a", 0.5)
    for name, values in (("b", (0.5, 0.6)), ("a", (0.5,))):
        with pytest.raises(ValueError, match="does not fit"):
            table.row(name, *values)


def test_a_commit_has_a_plus_if_code_was_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def git(*arguments: str) -> None:
        person = ("-c", "user.name=a", "-c", "user.email=a@b")
        subprocess.run(["git", *person, *arguments], cwd=tmp_path, check=True, capture_output=True)

    monkeypatch.setattr(record, "ROOT", tmp_path)
    git("init")
    git("commit", "--allow-empty", "--message", "empty")
    for written in ("benchmarks/records", "docs"):
        (tmp_path / written).mkdir(parents=True)
        (tmp_path / written / "measured.md").write_text("figures")
    assert re.fullmatch("[0-9a-f]{10}", record.commit())
    (tmp_path / "code.py").write_text("")
    assert re.fullmatch("[0-9a-f]{10}[+]", record.commit())


def test_a_figure_in_a_document_is_updated_with_its_unit_and_decimals() -> None:
    records = {"touching": a_record({"2 digits": [0.9358], "3": [12345.6]}, ratio=2.14)}
    text = (
        "of pairs 1.0 %<!-- touching: 2 digits, right -->, **2**<!-- touching: ratio -->, "
        "1 s<!-- touching: digits: 3, right -->, 7 of 9"
    )
    assert documents.refreshed(text, records) == text.replace("1.0 %", "93.6 %").replace(
        "1 s<", "12,346 s<"
    )
    one = "1.5<!-- touching: ratio -->"
    assert documents.refreshed(one, records) == "2.1<!-- touching: ratio -->"


def test_a_table_in_a_document_is_updated() -> None:
    text = "a\n<!-- record: made -->\nold\n<!-- end of record -->\nb"
    assert documents.refreshed(text, {"made": a_record({})}) == (
        "a\n<!-- record: made -->\n\n| kind | right |\n\n<!-- end of record -->\nb"
    )


@pytest.mark.parametrize(
    "text",
    ["1 %<!-- touching: 5 digits, right -->", "<!-- record: made -->\n\n<!-- end of record -->"],
)
def test_a_figure_without_a_record_is_an_error(text: str) -> None:
    with pytest.raises(LookupError, match="no record"):
        documents.refreshed(text, {"touching": a_record({})})


def test_the_documents_show_the_figures_of_the_records() -> None:
    for path, text in documents.current(record.read_all(record.RECORDS)).items():
        assert (ROOT / path).read_text("utf-8") == text, f"{path}: python -m benchmarks report"


def test_every_readme_row_with_a_benchmark_names_its_record() -> None:
    rows = re.findall(
        r"^(\|.*)\| `python -m benchmarks (\w+)[^`]*` \|$",
        (ROOT / "README.md").read_text("utf-8"),
        re.MULTILINE,
    )
    assert rows
    for row, name in rows:
        assert f"<!-- {name}: " in row


def test_no_record_contains_a_folder_of_its_machine() -> None:
    for path in record.RECORDS.glob("*.json"):
        text = path.read_text("utf-8")
        for folder in (str(ROOT), str(Path.home()), "/tmp/", "/home/"):
            assert folder not in text, path.name
