"""Benchmarks on drawn images: the images, and the scores of answers to them."""

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks import calibration, cells, experts, layout_rules, marks, pages, silence, unipen
from benchmarks.harness import catalog
from benchmarks.harness.cases import Case, Reading, read_cases, score_cases
from benchmarks.harness.result import Result
from benchmarks.images.cells import KINDS as CELLS
from benchmarks.images.cells import draw_cell, draw_walls
from benchmarks.images.cheques import draw_cheque
from benchmarks.images.marks import KINDS as MARKED
from benchmarks.images.marks import draw_marked
from benchmarks.images.overlooked import FORMS, draw_overlooked
from benchmarks.images.overlooked import KINDS as OVERLOOKED
from benchmarks.images.pens import pen_strokes
from benchmarks.images.sheets import KINDS as PAGES
from benchmarks.images.sheets import PAPERS, draw_line, draw_sheet
from benchmarks.images.tables import draw_table
from benchmarks.images.writing import Digits, Hand, on_its_own, write_digit
from digitnet import Prediction, Recognizer

DRAWN = (pages, cells, marks, silence)

Answers = Callable[[Case], Prediction]


def printed(digit: int) -> NDArray[np.uint8]:
    """Draw a digit of OpenCV's font, white on black, at the size of MNIST."""
    image = np.zeros((28, 28), np.uint8)
    return cv2.putText(image, str(digit), (5, 23), 0, 0.8, 255, 2, cv2.LINE_AA).view(np.uint8)


@pytest.fixture
def digits() -> Digits:
    return Digits(np.stack([printed(digit) for digit in range(10)]), np.arange(10, dtype=np.uint8))


def use_printed_digits(module: ModuleType, monkeypatch: pytest.MonkeyPatch, digits: Digits) -> None:
    """Let a benchmark draw with these digits instead of MNIST's, and load no network."""
    monkeypatch.setattr("benchmarks.harness.digits.load_part", lambda _: digits)
    monkeypatch.setattr(module, "load_recognizer", lambda _: None)


@pytest.fixture(params=DRAWN, ids=lambda module: module.__name__.partition(".")[2])
def benchmark(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, digits: Digits
) -> ModuleType:
    """A benchmark with printed digits in place of MNIST, and without a network."""
    module: ModuleType = request.param
    use_printed_digits(module, monkeypatch, digits)
    return module


def read_by(answers: Answers) -> Callable[..., list[Reading]]:
    def read(_: object, cases: Iterable[Case], *__: object) -> list[Reading]:
        return [Reading(case, answers(case)) for case in cases]

    return read


def right(case: Case) -> Prediction:
    text = case.label if case.text is None else case.text
    return Prediction(case.label, text, case.label, 1.0, ())


def without_last(case: Case) -> Prediction:
    return Prediction(case.label[:-1], "", case.label[:-1], 0.95, ())


def run(module: ModuleType, *words: str) -> Result:
    name = module.__name__.partition(".")[2]
    result = Result()
    module.run(catalog.parser(name).parse_args(words), result)
    return result


def column(result: Result, name: str) -> list[object]:
    (table,) = result.tables
    return [values[[*table.columns].index(name) - 1] for values in table.rows.values()]


def test_a_perfect_reader_scores_100_percent(
    benchmark: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(benchmark, "read_cases", read_by(right))
    result = run(benchmark, "--limit", "2")
    names = ("digits", "text") if benchmark is marks else ("right",)
    for name in names:
        assert set(column(result, name)) == {1.0}


def test_silence_counts_sure_answers_with_a_missing_digit(
    digits: Digits, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_printed_digits(silence, monkeypatch, digits)
    monkeypatch.setattr(silence, "read_cases", read_by(without_last))
    result = run(silence, "--limit", "2")
    assert set(column(result, "missing and sure")) == {1.0}
    assert result.figures["most"] == 1


@pytest.mark.parametrize("said", ["1?", "12", "1 2"])
def test_a_rejected_or_wrong_digit_does_not_count_as_missing(said: str) -> None:
    image = np.zeros((9, 9), np.uint8)
    assert not silence.misses(Reading(Case(image, "15"), Prediction(said, "", said, 0.99, ())))


def test_a_page_in_two_columns_may_be_read_in_three_ways(digits: Digits) -> None:
    case = draw_sheet("two columns", "plain", digits, np.random.default_rng(3))
    numbers = case.label.split()
    joined = " ".join(a + b for a, b in zip(numbers[::2], numbers[1::2], strict=True))
    down = " ".join([*numbers[::2], *numbers[1::2]])
    for said in (case.label, joined, down):
        assert Reading(case, Prediction(said, said, said, 1.0, ())).right
    assert not Reading(case, Prediction(numbers[0], "", "", 1.0, ())).right


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("kind", PAGES)
def test_a_page_is_reproducible_with_ink_and_2_to_12_numbers(
    kind: str, paper: str, digits: Digits
) -> None:
    case = draw_sheet(kind, paper, digits, np.random.default_rng(0))
    again = draw_sheet(kind, paper, digits, np.random.default_rng(0))
    assert (case.image == again.image).all()
    assert 2 <= len(case.label.split()) <= 12
    assert case.image.std() > 3


def test_a_number_is_whole_with_a_margin_around_it(digits: Digits) -> None:
    hand = Hand(40, slant=0.2)
    glyphs = [write_digit(image, hand, np.random.default_rng(0)) for image in digits.images[:4]]
    canvas = on_its_own(glyphs, 10)
    pieces, _, boxes, _ = cv2.connectedComponentsWithStats((canvas > 0.3).astype(np.uint8))
    assert pieces - 1 == 4
    assert canvas[:8].max() == canvas[-8:].max() == canvas[:, :8].max() == 0
    assert abs(boxes[1:, 3] - 40).max() < 8


@pytest.mark.parametrize("kind", CELLS)
def test_the_walls_of_a_cell_leave_room_for_its_digit(kind: str) -> None:
    for seed in range(20):
        walls = draw_walls(kind, (60, 60), np.random.default_rng(seed))
        top, bottom, left, right = (round(edge) for edge in walls.room)
        inside = walls.ink[top + 2 : bottom - 2, left + 2 : right - 2]
        assert inside.size
        assert inside.max() < 0.5
        assert (walls.ink.max() > 0) == (kind != "no walls")


def test_cells_vary_in_size_and_polarity() -> None:
    images = [draw_cell(CELLS[1], printed(5), np.random.default_rng(seed)) for seed in range(60)]
    heights = [len(image) for image in images]
    assert min(heights) < 40
    assert max(heights) > 150
    assert {bool(np.median(image) > 128) for image in images} == {True, False}


@pytest.mark.parametrize("kind", MARKED)
def test_the_text_of_a_number_has_only_its_digits_and_marks(kind: str, digits: Digits) -> None:
    for seed in range(10):
        case = draw_marked(kind, digits, np.random.default_rng(seed))
        assert case.text is not None
        assert "".join(filter(str.isdigit, case.text)) == case.label
        assert set(case.text) <= set("0123456789.,-/:+= ")
        assert case.label


def test_gaps_in_a_text_are_ignored_if_they_do_not_count() -> None:
    image = np.zeros((9, 9), np.uint8)
    said = Prediction("12", "1 - 2", "12", 1.0, ())
    assert not Reading(Case(image, "12", "1-2"), said).text_right
    assert Reading(Case(image, "12", "1-2", gaps_count=False), said).text_right


def test_pen_strokes_have_the_given_width() -> None:
    ink, above = pen_strokes([np.array([[0.0, 0.0], [0.0, 50.0]])], 6)
    assert abs(ink.shape[1] - 6) <= 1
    assert abs(ink.shape[0] - 56) <= 2
    assert abs(above - 53) <= 1
    dot, _ = pen_strokes([np.array([[3.0, 3.0]])], 5)
    assert 4 <= min(dot.shape) <= max(dot.shape) <= 6


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", OVERLOOKED)
def test_easily_overlooked_digits_are_in_the_label(kind: str, form: str, digits: Digits) -> None:
    for seed in range(5):
        case = draw_overlooked(kind, form, digits, np.random.default_rng(seed))
        assert len(case.label.replace(" ", "")) >= 2
        assert (len(case.label.split()) == 1) == (form == "line")


def test_a_cut_digit_touches_the_edge_of_its_page(digits: Digits) -> None:
    for seed in range(20):
        case = draw_overlooked("cut by the edge", "page", digits, np.random.default_rng(seed))
        gray = cv2.GaussianBlur(case.image, (0, 0), 1).astype(np.float32)
        ends = np.abs(gray - np.median(gray, axis=0))[:, [0, -1]]
        assert (ends.max(axis=0) > 25).any()


def test_lines_and_cheques_are_the_same_for_the_same_seed(digits: Digits) -> None:
    for draw in (draw_line, draw_cheque):
        one, other = (draw(digits, np.random.default_rng(7)) for _ in range(2))
        assert one.label == other.label
        assert (one.image == other.image).all()


def test_tablet_numbers_are_those_of_held_out_writers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels, strokes = np.array(["12", "1-2", "1 2 3", "$ 10"] * 10), 40
    points = np.tile(np.array([[0, 0], [500, 300]], np.int16), (strokes, 1))
    file = tmp_path / "strings.npz"
    np.savez(
        file,
        points=points,
        stroke_ends=2 * np.arange(1, strokes + 1),
        item_ends=np.arange(1, strokes + 1),
        labels=labels,
        writers=np.repeat(np.arange(10), 4),
    )
    cases: list[Case] = []

    def keep(case: Case) -> Prediction:
        cases.append(case)
        return right(case)

    monkeypatch.setattr(unipen, "STRINGS", file)
    monkeypatch.setattr(unipen, "load_recognizer", lambda _: None)
    monkeypatch.setattr(unipen, "read_cases", read_by(keep))
    result = run(unipen)
    assert set(column(result, "text")) == {1.0}
    assert 0 < len(cases) < 3 * len(labels)
    assert {case.text for case in cases} == {"12", "1-2", "1 2 3", "10"}
    assert {case.gaps_count for case in cases if case.text == "1 2 3"} == {False}


def test_a_missing_file_of_tablet_numbers_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGITNET_DATA", str(tmp_path))
    result = run(unipen)
    assert not result.tables
    assert "no unipen_strings_train.npz" in result.sentences[0]


def test_calibration_judges_answers_by_their_best_guess() -> None:
    answers = [Prediction("?", "?", "7", 0.6, ()), Prediction("", "", "", None, ())]
    result = Result()
    columns = ("answers", "right", "confidence", "error", "by chance", "not found")
    table = result.table("images", dict.fromkeys(columns, ""))
    given = argparse.Namespace(seed=0, output=None)
    calibration.judge("numbers", answers, ["7", "3"], given, result, table)
    count, share, confidence, _, _, missing = table.rows["numbers"]
    assert (count, share, missing) == (1, 1.0, 1)
    assert confidence == pytest.approx(0.6)


class Silent:
    """A recognizer that finds no digits."""

    def predict_many(self, images: Iterable[object]) -> Iterable[Prediction]:
        return (Prediction("", "", "", None, ()) for _ in images)


def test_misread_images_are_saved(tmp_path: Path) -> None:
    image = np.full((9, 9), 200, np.uint8)
    cases = [Case(image, "12"), Case(image, ""), Case(image, "12", "1/2")]
    readings = read_cases(Silent(), cases, tmp_path / "kept", "cell")  # type: ignore[arg-type]
    assert sorted(path.name for path in (tmp_path / "kept").iterdir()) == [
        "cell 0, 12 read as .png",
        "cell 2, 1_2 read as .png",
    ]
    found = score_cases(readings)
    assert (found.right, found.unsure, found.wrong) == (1, 2, 0)


def test_each_layout_rule_is_disabled_in_turn(
    digits: Digits, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_printed_digits(layout_rules, monkeypatch, digits)
    monkeypatch.setattr(layout_rules, "read_cases", read_by(right))
    (table,) = run(layout_rules, "--limit", "1").tables
    assert table.rows == dict.fromkeys(layout_rules.RULES, (*6 * (1.0,), 0.0))


@pytest.mark.parametrize("rule", layout_rules.RULES)
def test_images_are_read_with_a_layout_rule_disabled(
    rule: str, digits: Digits, recognizer: Recognizer
) -> None:
    rng = np.random.default_rng(2)
    drawn = [
        draw_marked("decimals", digits, rng).image,
        draw_sheet("slanted", "ruled", digits, rng).image,
        draw_table("mark sheet", "in perspective", "thin", digits, rng).image,
    ]
    with layout_rules.RULES[rule]():
        predictions = [recognizer.predict(image) for image in drawn]
    assert predictions[0].digits


def test_the_fitted_weights_of_experts_have_the_least_cross_entropy(
    digits: Digits, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("benchmarks.harness.digits.load_part", lambda _: digits)
    monkeypatch.setenv("DIGITNET_DATA", str(tmp_path))
    chosen = argparse.Namespace(model="cnn", reader="reader", limit=2, seed=0)
    result = Result()
    experts.run(chosen, result)
    assert len(result.tables) == 2
    for table in result.tables:
        entropies = {name: float(values[1] or 0) for name, values in table.rows.items()}
        assert min(entropies, key=lambda name: entropies[name]) == "fitted"
        assert entropies["fitted"] < min(entropies["reader alone"], entropies["classifier alone"])
