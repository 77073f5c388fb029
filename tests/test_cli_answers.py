"""`digitnet predict`: templates, expected lengths, and copies of unsure images."""

import json
import shutil
from pathlib import Path

import pytest
from conftest import Call
from PIL import Image

import digitnet
from digitnet.vision import decode_image

pytestmark = pytest.mark.usefixtures("reader")

YEAR = "paint-year-1998.png"


@pytest.fixture
def year(samples: Path, tmp_path: Path) -> Path:
    """An image of four digits, in the working directory."""
    return Path(shutil.copy(samples / YEAR, tmp_path / "year.png"))


def test_a_template_formats_the_answer(call: Call, year: Path) -> None:
    template = r"{digits}\t{{{path}}}\\n\n{raw} {text}"
    code, output, errors = call("predict", year.name, "--format", template)
    assert (code, errors) == (0, "")
    assert output == "1998\t{year.png}\\n\n1998 1998\n"
    confidence = call("predict", year.name)[1].split("\t")[2]
    assert call("predict", year.name, "--format", "{confidence}")[1] == confidence


def test_a_template_prints_no_line_for_an_unreadable_image(call: Call, year: Path) -> None:
    code, output, errors = call("predict", "no.png", year.name, "--format", "{digits}")
    assert (code, output) == (1, "1998\n")
    assert errors.startswith("digitnet: no.png: cannot be opened")


def test_a_template_escapes_control_characters_in_paths(
    call: Call, year: Path, tmp_path: Path
) -> None:
    strange = tmp_path / "{digits}\n\x1b.png"
    try:
        year.rename(strange)
    except OSError:
        pytest.skip("no file may be called so here")
    assert call("predict", strange.name, "--format", "{path}")[1] == "{digits}\\n\\x1b.png\n"


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("xml", "'xml' is not text, csv, jsonl or a template with {path}, {digits}, {text}"),
        ("", "'' is not text, csv, jsonl or a template"),
        (
            "{name}",
            "{name} is not a field: use {path}, {digits}, {text}, {confidence}, {raw}",
        ),
        ("{}", "{} is not a field: "),
        ("{0}", "{0} is not a field: "),
        ("{path.__class__}", "{path.__class__} is not a field: "),
        ("{digits[0]}", "{digits[0]} is not a field: "),
        ("{digits!r}", "{digits!r} is not a field: "),
        ("{digits:>1000000000}", "{digits:>1000000000} is not a field: "),
        ("{path:{digits}}", "{path:{digits}} is not a field: "),
        ("{path", "'{path' has an unmatched brace"),
        ("{path}}", "'{path}}' has an unmatched brace"),
        (r"{path}\x", r"'\\x' is not an escape"),
        ("{path}\\", r"'\\' is not an escape"),
    ],
)
def test_an_invalid_template_is_a_usage_error(call: Call, template: str, reason: str) -> None:
    code, output, errors = call("predict", "photo.png", "--format", template)
    assert (code, output) == (2, "")
    assert f"Invalid value for --format: {reason}" in errors


def test_new_options_do_not_change_the_columns_of_csv(call: Call, year: Path) -> None:
    options = ("--format", "csv", "--length", "4", "--copy-unsure", "unsure")
    output = call("predict", year.name, *options)[1]
    assert output.splitlines()[0] == "path,digits,confidence,error"


@pytest.mark.parametrize("length", ["4", "1-4", "4-", "2-9"])
def test_an_answer_of_the_expected_length_is_unchanged(call: Call, year: Path, length: str) -> None:
    assert call("predict", year.name, "--length", length) == call("predict", year.name)


@pytest.mark.parametrize("length", ["5", "1-3", "5-"])
def test_an_answer_of_another_length_is_rejected_as_a_whole(
    call: Call, year: Path, length: str
) -> None:
    assert call("predict", year.name, "--length", length) == (3, "year.png\t????\t0.0000\n", "")
    record = json.loads(call("predict", year.name, "--length", length, "--format", "jsonl")[1])
    assert (record["digits"], record["text"], record["raw"]) == ("????", "????", "1998")
    assert [box["digit"] for box in record["boxes"]] == [None] * 4
    assert [max(box["probabilities"]) > 0.5 for box in record["boxes"]] == [True] * 4


def test_the_length_counts_the_digits_of_all_rows(call: Call, samples: Path) -> None:
    page = samples / "page-two-rows.png"
    assert call("predict", page, "--length", "9")[0] == 0
    assert call("predict", page, "--length", "5")[1].split("\t")[1] == "????? ????"


def test_an_invalid_length_is_a_usage_error(call: Call) -> None:
    code, _, errors = call("predict", "photo.png", "--length", "four")
    assert code == 2
    assert "--length: 'four' is not a range of positive numbers: give 3, 1-3 or 3-" in errors


def test_only_images_with_unsure_answers_are_copied(
    call: Call, year: Path, samples: Path, tmp_path: Path
) -> None:
    blank = samples / "not-digits" / "blank-white.png"
    three = samples / "paint-3.png"
    code, _, errors = call("predict", blank, three, "no.png", "--copy-unsure", "a/b")
    assert code == 1
    assert errors.startswith("digitnet: no.png: ")
    (copy,) = (tmp_path / "a" / "b").iterdir()
    assert (copy.name, copy.read_bytes()) == (blank.name, blank.read_bytes())
    assert call("predict", year.name, "--length", "2", "--copy-unsure", "a/b")[0] == 3
    assert (tmp_path / "a" / "b" / year.name).read_bytes() == year.read_bytes()


def test_a_copy_replaces_nothing_and_is_made_once(
    call: Call, samples: Path, tmp_path: Path
) -> None:
    blank = samples / "not-digits" / "blank-white.png"
    images = []
    for number, side in enumerate((30, 40, 50)):
        folder = tmp_path / str(number)
        folder.mkdir()
        images.append(folder / "1.png")
        Image.new("L", (side, side), 255).save(images[-1])
    unsure = tmp_path / "unsure"
    unsure.mkdir()
    (unsure / "1.png").write_bytes(b"mine")
    (unsure / "1-3.png").mkdir()
    for _ in range(2):
        assert call("predict", *images, blank, "--copy-unsure", unsure)[0] == 3
        found = {path.name: path.read_bytes() for path in unsure.iterdir() if path.is_file()}
        assert found == {
            "1.png": b"mine",
            "1-2.png": images[0].read_bytes(),
            "1-4.png": images[1].read_bytes(),
            "1-5.png": images[2].read_bytes(),
            blank.name: blank.read_bytes(),
        }


def test_an_unsure_page_is_copied_as_an_image(call: Call, tmp_path: Path) -> None:
    pages = [Image.new("L", (40, 40 + number), 255) for number in range(3)]
    pages[0].save(tmp_path / "scan.tif", save_all=True, append_images=pages[1:])
    assert call("predict", "scan.tif", "--pages", "2-", "--copy-unsure", "unsure")[0] == 3
    names = sorted((tmp_path / "unsure").iterdir())
    assert [path.name for path in names] == ["scan-2.png", "scan-3.png"]
    assert [decode_image(path).shape for path in names] == [(41, 40), (42, 40)]


def test_copies_cannot_go_to_a_folder_that_is_read(call: Call, tmp_path: Path) -> None:
    (tmp_path / "scans").mkdir()
    for arguments in (("scans", "--copy-unsure", "scans"), (".", "-r", "--copy-unsure", "scans/a")):
        code, output, errors = call("predict", *arguments)
        assert (code, output) == (2, "")
        assert f"is one of the folders to read: give a folder outside '{arguments[0]}'" in errors


def test_a_failure_to_create_the_folder_of_copies_is_reported_on_one_line(
    call: Call, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    code, output, errors = call("predict", "photo.png", "--copy-unsure", "file")
    assert (code, output) == (1, "")
    assert errors.startswith("digitnet: the folder file cannot be created: ")
    assert errors.endswith("give another --copy-unsure\n")


def test_the_version_lists_the_models(call: Call, tmp_path: Path) -> None:
    code, output, errors = call("--version")
    lines = output.splitlines()
    assert (code, errors, lines[0]) == (0, "", f"digitnet {digitnet.__version__}")
    assert [line.split(" ")[0] for line in lines[1:]] == ["cnn", "reader"]
    (tmp_path / "models" / "cnn").mkdir(parents=True)
    assert call("--version")[1].splitlines()[1].startswith("cnn: models")
