"""The answers of the default model match the references.

Images are only added: an image is never removed because its answer has changed.
"""

from dataclasses import replace
from pathlib import Path

import pytest
import references
import update
from references import IMAGES, Answer, Answers, count_of, differences, load, path_of, read_images

from digitnet import Recognizer

COMMAND = "python tests/references/update.py"
MAX_LINES = 20

THRESHOLD = 0.6
NUMBER = Answer("17", 0.9, ((10, 10, 8, 40, 1, 0.95), (30, 10, 20, 40, 7, 0.947)))


@pytest.mark.parametrize("source", IMAGES)
def test_answers_match_the_references(source: str, recognizer: Recognizer) -> None:
    lines = differences(
        load(path_of(source)), read_images(source, recognizer), recognizer.threshold
    )
    if lines:
        message = [
            f"answers differ from {source}.jsonl ({count_of(lines)}):",
            *lines[:MAX_LINES],
            *(["..."] if len(lines) > MAX_LINES else []),
            f"if this is on purpose, write the references anew: {COMMAND}",
        ]
        pytest.fail("\n".join(message), pytrace=False)


def changes(old: Answers, new: Answers) -> list[str]:
    return differences(old, new, THRESHOLD)


def test_there_are_hundreds_of_references() -> None:
    assert len(load(path_of("generated"))) >= 300


def test_changed_new_and_removed_images_have_a_line_each() -> None:
    old = {"a": NUMBER, "b": NUMBER}
    new = {"a": replace(NUMBER, digits="11"), "c": NUMBER}
    new["a"] = replace(new["a"], boxes=(NUMBER.boxes[0], (30, 10, 20, 40, 1, 0.947)))
    lines = changes(old, new)
    assert lines == ["changed  a: '17' -> '11'", "gone     b: '17'", "new      c: '17'"]
    assert count_of(lines) == "1 changed, 1 new, 1 gone"


@pytest.mark.parametrize(
    ("box", "change"),
    [
        ((32, 8, 22, 38, 7, 0.947), []),
        ((33, 10, 20, 40, 7, 0.947), ["box (30, 10, 20, 40) -> (33, 10, 20, 40)"]),
        ((30, 10, 20, 40, 7, 0.917), []),
        ((30, 10, 20, 40, 7, 0.9), ["confidence 0.947 -> 0.900"]),
    ],
)
def test_small_changes_of_boxes_and_confidences_are_tolerated(
    box: references.PlacedDigit, change: list[str]
) -> None:
    new = replace(NUMBER, boxes=(NUMBER.boxes[0], box))
    assert changes({"a": NUMBER}, {"a": new}) == [f"changed  a: '17', {text}" for text in change]


def answer(digits: str, *confidences: float) -> Answer:
    boxes = zip(digits, confidences, strict=True)
    return Answer(
        digits,
        0.5,
        tuple((0, 0, 9, 9, None if digit == "?" else int(digit), sure) for digit, sure in boxes),
    )


@pytest.mark.parametrize(
    ("old", "new", "tolerated"),
    [
        (answer("12", 0.9, 0.605), answer("1?", 0.9, 0.595), True),
        (answer("12", 0.9, 0.62), answer("1?", 0.9, 0.595), True),
        (answer("12", 0.9, 0.605), answer("??", 0.9, 0.595), True),
        (answer("12", 0.9, 0.605), answer("?2", 0.9, 0.605), False),
        (answer("12", 0.9, 0.605), answer("17", 0.9, 0.605), False),
        (answer("12", 0.9, 0.9), answer("??", 0.9, 0.9), False),
    ],
)
def test_digits_near_the_threshold_may_be_accepted_or_rejected(
    old: Answer, new: Answer, tolerated: bool
) -> None:
    assert (changes({"a": old}, {"a": new}) == []) == tolerated


def test_saved_references_load_unchanged(tmp_path: Path) -> None:
    answers = {"a": NUMBER, "b": Answer("", None, ())}
    references.save(tmp_path / "x.jsonl", answers)
    assert load(tmp_path / "x.jsonl") == answers


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, samples: Path) -> Path:
    """An empty folder for the references of one image."""
    picture = samples / "paint-3.png"
    monkeypatch.setattr(references, "HERE", tmp_path)
    monkeypatch.setattr(references, "IMAGES", {"one": lambda: iter([("three", picture)])})
    monkeypatch.setattr(update, "IMAGES", references.IMAGES)
    return tmp_path


def test_check_writes_nothing_and_exits_with_1(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert update.main(["--check"]) == 1
    assert list(folder.iterdir()) == []
    assert capsys.readouterr().out == "new      three: '3'\none.jsonl: 0 changed, 1 new, 0 gone\n"


def test_update_writes_the_references_and_prints_the_changes(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    references.save(folder / "one.jsonl", {"three": NUMBER})
    assert update.main([]) == 0
    assert load(folder / "one.jsonl")["three"].digits == "3"
    assert update.main(["--check"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "changed  three: '17' -> '3'",
        "one.jsonl: 1 changed, 0 new, 0 gone",
        "one.jsonl: 0 changed, 0 new, 0 gone",
    ]
