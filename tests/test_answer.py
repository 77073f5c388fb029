"""From decoded symbols to an answer: digits and text, rejected symbols (`?`), confidence."""

from collections.abc import Sequence

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from digitnet.model.probabilities import LEFT, RIGHT, TWO
from digitnet.model.symbols import BLANK, COLUMNS, SYMBOLS, symbol_of
from digitnet.reading.answer import (
    LocatedSymbol,
    answer_component,
    answer_digits,
    answer_lines,
    locate_symbols,
)
from digitnet.reading.classifying.product_of_experts import (
    MIN_SURE_PROBABILITY,
    Candidate,
    combine_experts,
    combine_symbol,
    find_candidates,
    needs_classifier,
)
from digitnet.reading.ctc import LONGER, NONE, PAIR, Columns, Reading, best_paths
from digitnet.reading.place_symbols import Place, place_only_component
from digitnet.reading.prediction import Box, Prediction, make_prediction
from digitnet.reading.read_lines import (
    ImageReading,
    LineReading,
    choose_lines,
    choose_view,
    read_lines,
)
from digitnet.vision import Layout, Region, find_lines
from digitnet.vision.line_image import LINE_HEIGHT
from digitnet.vision.text_line import COLUMN_PX

STEP = 12
"""Distance between symbols, in columns of the reader's output."""

LENIENT = [0.5] * len(SYMBOLS)

INK = np.zeros((28, 28), np.uint8)


def best_path(columns: Columns) -> list[Reading]:
    """Decode one line."""
    return best_paths([columns])[0]


def page_layout(rows: Sequence[str]) -> Layout:
    """Return the layout of a page with a bar for each character that is not a space.

    The bars are where `reader_output` has the characters.
    """
    columns = STEP * max(map(len, rows))
    page = np.full((LINE_HEIGHT * len(rows), COLUMN_PX * columns), 255, np.uint8)
    for row, text in enumerate(rows):
        for place, character in enumerate(text):
            left = COLUMN_PX * STEP * place + 8
            if character != " ":
                page[LINE_HEIGHT * row + 6 : LINE_HEIGHT * row + 26, left : left + 8] = 0
    return find_lines(page)


def reader_output(text: str, sure: dict[int, float] | None = None) -> Columns:
    """Return the output of a reader that reads `text`.

    `sure` gives the probabilities of symbols by position; the default is 0.99.
    """
    columns = np.zeros((STEP * len(text), COLUMNS), np.float32)
    columns[:, BLANK] = 1
    for place, character in enumerate(text):
        symbol = symbol_of(character)
        probability = (sure or {}).get(place, 0.99)
        column = columns[STEP * place + 5]
        column[:] = 0
        column[symbol] = probability
        # the rest goes to another digit: the reader is sure that there is ink
        column[(symbol + 1) % 10] = 1 - probability
    return columns


def read(
    text: str,
    sure: dict[int, float] | None = None,
    thresholds: Sequence[float] = LENIENT,
) -> Prediction:
    """Answer a page of one line."""
    layout = page_layout([text])
    columns = reader_output(text, sure)
    lines = [LineReading(layout.whole, columns, best_path(columns), 0.8)]
    return answer_lines(lines, locate_symbols(lines, layout), thresholds)


def test_marks_are_in_the_text_but_not_in_the_digits() -> None:
    prediction = read("-264.27")
    assert (prediction.digits, prediction.text, prediction.raw) == ("26427", "-264.27", "26427")
    assert [box.symbol for box in prediction.boxes] == list("-264.27")
    assert [box.digit for box in prediction.boxes] == [None, 2, 6, 4, None, 2, 7]
    assert [len(box.probabilities) for box in prediction.boxes] == [0, 10, 10, 10, 0, 10, 10]
    assert prediction.sure


def test_a_gap_is_a_space_in_the_text_only() -> None:
    prediction = read("07 53")
    assert (prediction.digits, prediction.text) == ("0753", "07 53")
    assert [box.after_gap for box in prediction.boxes] == [False, False, True, False]
    assert read(" 7 ").text == "7"


def test_other_writing_is_left_out() -> None:
    prediction = read("x7x 3x")
    assert (prediction.digits, prediction.text) == ("73", "7 3")
    assert len(prediction.boxes) == 2


def test_a_symbol_below_the_threshold_of_its_class_is_a_question_mark() -> None:
    thresholds = [0.5] * len(SYMBOLS)
    thresholds[7] = 0.9
    prediction = read("37.7", {0: 0.8, 1: 0.8, 2: 0.8, 3: 0.95}, thresholds)
    assert (prediction.digits, prediction.text, prediction.raw) == ("3?7", "3?.7", "377")
    refused = prediction.boxes[1]
    assert (refused.digit, refused.symbol, refused.raw) == (None, "?", "7")
    assert not refused.is_mark
    assert not prediction.sure


def test_an_unsure_mark_is_a_question_mark_in_the_text_only() -> None:
    thresholds = [0.5] * len(SYMBOLS)
    thresholds[symbol_of("/")] = 0.9
    prediction = read("1/2", {1: 0.8}, thresholds)
    assert (prediction.digits, prediction.text) == ("12", "1?2")
    assert (prediction.boxes[1].raw, prediction.boxes[1].is_mark) == ("/", True)
    assert prediction.sure


def test_rows_are_joined_by_a_space() -> None:
    layout = page_layout(["12", "3.4"])
    columns = [reader_output("12"), reader_output("3.4")]
    lines = [
        LineReading(line, output, best_path(output), probability)
        for line, output, probability in zip(layout.lines, columns, (0.9, 0.8), strict=True)
    ]
    prediction = answer_lines(lines, locate_symbols(lines, layout), LENIENT)
    assert (prediction.digits, prediction.text) == ("12 34", "12 3.4")
    assert [box.row for box in prediction.boxes] == [0, 0, 1, 1, 1]
    assert prediction.confidence == pytest.approx(0.72)


def test_the_probabilities_of_a_digit_sum_to_1() -> None:
    for box in read("12", {0: 0.7}).boxes:
        assert sum(box.probabilities) == pytest.approx(1, abs=1e-6)
        assert int(box.raw) == int(np.argmax(box.probabilities))


@pytest.mark.parametrize("silent", [0, 1, 2])
def test_a_row_of_only_marks_leaves_the_other_rows_unchanged(silent: int) -> None:
    rows = ["12", "3.4"]
    rows.insert(silent, "-/-")
    layout = page_layout(rows)
    lines = read_lines(layout.lines, [reader_output(row) for row in rows])
    prediction = answer_lines(lines, locate_symbols(lines, layout), LENIENT)
    assert (prediction.digits, prediction.text) == ("12 34", "12 3.4")
    assert [box.row for box in prediction.boxes] == [0, 0, 1, 1, 1]


def digit_probabilities(digit: int, probability: float) -> NDArray[np.float32]:
    probabilities = np.full(10, (1 - probability) / 9, np.float32)
    probabilities[digit] = probability
    return probabilities


def test_a_single_digit_is_answered_with_its_own_probability() -> None:
    place = place_only_component(page_layout(["7"]))
    assert place
    component = np.zeros(LONGER + 1, np.float32)
    component[1], component[2], component[NONE] = 0.7, 0.1, 0.2
    prediction = answer_component(place, [], component, LENIENT)
    (box,) = prediction.boxes
    assert (prediction.digits, box.raw, box.digit) == ("1", "1", 1)
    assert prediction.confidence == box.confidence == pytest.approx(0.72)
    assert sum(box.probabilities) == pytest.approx(1, abs=1e-6)
    assert answer_component(place, [], component, [0.8] * 10).digits == "?"


def test_a_component_of_two_digits_has_two_boxes() -> None:
    page = np.full((60, 80), 255, np.uint8)
    page[10:50, 10:20] = page[20:40, 50:60] = page[28:31, 20:50] = 0
    place = place_only_component(find_lines(page))
    assert place
    component = np.zeros(LONGER + 1, np.float32)
    component[PAIR.start + 17], component[PAIR.start + 19], component[7] = 0.6, 0.3, 0.1
    prediction = answer_component(place, [], component, LENIENT)
    left, right = prediction.boxes
    assert prediction.digits == "17"
    assert prediction.confidence == pytest.approx(0.6)
    assert left.confidence == pytest.approx(0.91)
    assert right.confidence == pytest.approx(0.61)
    assert (left.x, left.y, left.height) == (10, 10, 40)
    assert left.x + left.width <= right.x
    assert right.x + right.width == 60
    found = [Place(10, 10, 9, 40, INK), Place(48, 19, 13, 22, INK)]
    boxes = answer_component(place, found, component, LENIENT).boxes
    assert [(box.x, box.y, box.width, box.height) for box in boxes] == [one[:4] for one in found]


def test_an_image_without_digits_has_no_confidence() -> None:
    prediction = answer_lines([], [], LENIENT)
    assert (prediction.digits, prediction.text, prediction.raw) == ("", "", "")
    assert (prediction.confidence, prediction.boxes) == (None, ())


def box(symbol: str, row: int, *, after_gap: bool = False) -> Box:
    digit = int(symbol) if symbol.isdigit() else None
    probabilities = () if digit is None else (0.1,) * 10
    return Box(digit, symbol, 0.9, 0, 0, 5, 5, row, probabilities, symbol, INK, after_gap)


def test_a_row_of_only_marks_is_left_out() -> None:
    prediction = make_prediction([box("-", 0), box("4", 1), box(".", 1), box("/", 2)], 0.9)
    assert (prediction.digits, prediction.text) == ("4", "4.")
    assert [one.symbol for one in prediction.boxes] == ["4", "."]
    assert make_prediction([box("-", 0)], 0.9).confidence is None


def test_without_a_reader_digits_below_the_threshold_are_question_marks() -> None:
    regions = [Region(x, 2, 5, 9, row, INK) for x, row in ((1, 0), (8, 0), (1, 1))]
    rows = [
        digit_probabilities(3, 0.9).tolist(),
        digit_probabilities(5, 0.4).tolist(),
        digit_probabilities(0, 0.8).tolist(),
    ]
    prediction = answer_digits(regions, rows, threshold=0.5)
    assert (prediction.digits, prediction.text, prediction.raw) == ("3? 0", "3? 0", "35 0")
    assert prediction.confidence == pytest.approx(0.9 * 0.4 * 0.8)
    assert [(one.x, one.y, one.width, one.height) for one in prediction.boxes][1] == (8, 2, 5, 9)


def candidate(text: str, sure: dict[int, float] | None = None) -> Candidate | None:
    """Return the writing that the classifier sees."""
    layout = page_layout([text])
    (whole,) = read_lines([layout.whole], [reader_output(text, sure)])
    rows = [whole._replace(line=line) for line in layout.lines]
    reading = ImageReading(whole, rows, choose_lines(whole, rows))
    return find_candidates([reading], [layout])[0]


def test_the_classifier_is_asked_about_a_single_unsure_digit() -> None:
    unsure = candidate("7", {0: 0.9})
    assert unsure is not None
    assert unsure.by_reader[7] == pytest.approx(0.9)
    assert candidate("7", {0: (1 + MIN_SURE_PROBABILITY) / 2}) is None
    assert candidate("73", {0: 0.9}) is None


def touching_rings(*, underlined: bool) -> Layout:
    page = np.full((60, 100), 255, np.uint8)
    for column in (34, 64):
        cv2.circle(page, (column, 30), 16, 0, 3)
    page[47:50, 14:84] = 0 if underlined else 255
    return find_lines(page)


def asked(layout: Layout, text: str) -> Candidate | None:
    (line,) = read_lines([layout.whole], [reader_output(text, {0: 0.9})])
    return find_candidates([ImageReading(line, [], [line])], [layout])[0]


def test_the_classifier_is_asked_about_two_digits_in_one_component() -> None:
    layout = touching_rings(underlined=False)
    unsure = asked(layout, "73")
    assert unsure
    assert unsure.by_reader[PAIR.start + 73] == pytest.approx(0.9 * 0.99)
    assert asked(layout, "735") is None


def test_the_classifier_is_not_asked_about_an_underlined_pair() -> None:
    layout = touching_rings(underlined=True)
    assert place_only_component(layout)
    assert asked(layout, "73") is None
    assert asked(layout, "7")


def test_the_classifier_is_not_asked_about_digits_beside_the_component() -> None:
    layout = page_layout(["7 "])
    assert place_only_component(layout)
    assert asked(layout, "7")
    assert asked(layout, "73") is None


def test_the_classifier_is_asked_about_the_only_component_without_a_digit() -> None:
    nothing = candidate("-", {0: 0.9})
    assert nothing is not None
    assert nothing.by_reader[NONE] == pytest.approx(0.9)
    assert nothing.place.ink.max() == 255
    assert candidate("-", {0: MIN_SURE_PROBABILITY - 0.01}) is not None
    assert candidate("-", {0: 1.0}) is None
    assert candidate("--", {0: 0.9}) is None


def classified(digit: int, probability: float) -> NDArray[np.float32]:
    """Return the output of a classifier that sees a digit with this probability, or none."""
    output = np.zeros(32, np.float32)
    output[:10] = (1 - probability) / 10
    output[digit] += probability
    return output


def by_reader(digit: int, probability: float) -> NDArray[np.float64]:
    """Return the output of a reader that sees a digit with this probability, or none."""
    output = np.zeros(LONGER + 1)
    output[digit], output[NONE] = probability, 1 - probability
    return output


def test_a_classifier_that_agrees_raises_the_probability() -> None:
    agreed = combine_experts(by_reader(7, 0.6), classified(7, 0.9))
    assert agreed.sum() == pytest.approx(1, abs=1e-5)
    assert agreed.argmax() == 7
    assert agreed[7] > combine_experts(by_reader(7, 0.6), classified(8, 0.9))[7]
    assert agreed[7] > combine_experts(by_reader(7, 0.6), classified(7, 0.1))[7]


def test_a_sure_classifier_finds_a_digit_that_an_unsure_reader_misses() -> None:
    assert combine_experts(by_reader(7, 0.4), classified(7, 0.999)).argmax() == 7
    assert combine_experts(by_reader(7, 0.4), classified(7, 0.001)).argmax() == NONE
    assert combine_experts(by_reader(7, 0.0), classified(7, 0.9)).argmax() == NONE


def test_a_classifier_that_sees_a_pair_finds_the_digit_that_the_reader_dropped() -> None:
    output = np.zeros(32, np.float32)
    output[:10], output[TWO] = 0.1, 1
    output[LEFT.start + 9] = output[RIGHT.start + 1] = 1
    reader = by_reader(9, 0.9)
    reader[NONE], reader[PAIR.start + 91] = 0, 0.1
    assert combine_experts(reader, output).argmax() == PAIR.start + 91


def located_digit(text: str, sure: dict[int, float]) -> LocatedSymbol:
    """Return the second symbol of a line."""
    layout = page_layout([text])
    lines = read_lines([layout.whole], [reader_output(text, sure)])
    return locate_symbols(lines, layout)[1]


def test_the_classifier_is_asked_about_unsure_isolated_digits_of_longer_numbers() -> None:
    assert needs_classifier(located_digit("735", {1: 0.6}))
    assert not needs_classifier(located_digit("735", {1: 1.0}))
    assert not needs_classifier(located_digit("7-5", {1: 0.6}))
    touching = located_digit("735", {1: 0.6})
    touching = touching._replace(place=touching.place._replace(isolated=False))
    assert not needs_classifier(touching)


def test_both_networks_decide_which_digit_an_isolated_one_is() -> None:
    three = located_digit("735", {1: 0.6})  # with 0.4, it is a 4
    agreed = combine_symbol(three, classified(3, 0.99))
    assert agreed.reading.symbol == 3
    assert agreed.reading.confidence > 0.9
    corrected = combine_symbol(three, classified(4, 0.99))
    assert corrected.reading.symbol == 4
    assert corrected.reading.confidence > 0.6
    unhelpful = combine_symbol(three, classified(4, 0))
    assert unhelpful.reading.symbol == 3
    assert unhelpful.reading.confidence == pytest.approx(0.6, abs=0.1)


def test_a_corrected_digit_corrects_the_confidence_of_the_number() -> None:
    layout = page_layout(["735"])
    lines = read_lines([layout.whole], [reader_output("735", {1: 0.6})])
    first, second, third = locate_symbols(lines, layout)
    second = combine_symbol(second, classified(4, 0.99))
    prediction = answer_lines(lines, [first, second, third], LENIENT)
    assert prediction.digits == "745"
    expected = 0.99 * second.reading.confidence * 0.99
    assert prediction.confidence == pytest.approx(expected, rel=1e-3)
    (box,) = [one for one in prediction.boxes if one.digit == 4]
    assert int(np.argmax(box.probabilities)) == 4


def test_an_image_is_read_by_rows_only_if_a_row_has_a_digit() -> None:
    layout = page_layout(["12", "xx"])
    whole, nothing, *rows = read_lines(
        [layout.whole, layout.whole, *layout.lines],
        [reader_output("12"), reader_output("x.x"), reader_output("12"), reader_output("x-")],
    )
    assert [line.digits for line in choose_lines(whole, rows) if line.digits] == [[1, 2]]
    assert choose_lines(whole, rows[1:]) == [whole]
    assert choose_lines(nothing, rows[1:]) == choose_lines(nothing, []) == []


@pytest.mark.parametrize(
    ("first", "second", "digits"),
    [
        ("12", "12", [[1, 2]]),
        ("182", "142", [[1, 8, 2]]),
        ("182", "  2", [[1, 8, 2]]),
        ("  2", "182", [[1, 8, 2]]),
        ("182", "346", [[1, 8, 2], [3, 4, 6]]),
        ("18 ", "  2", [[1, 8], [2]]),
    ],
)
def test_a_digit_that_is_read_in_two_rows_is_answered_once(
    first: str, second: str, digits: list[list[int]]
) -> None:
    layout = page_layout(["333", "333"])
    line = layout.lines[0]
    sure = dict.fromkeys(range(3), 0.9)
    whole, *rows = read_lines(
        [layout.whole, line, line],
        [reader_output("xxx"), reader_output(first), reader_output(second, sure)],
    )
    assert [line.digits for line in choose_lines(whole, rows)] == digits


def test_equal_rows_are_both_answered() -> None:
    layout = page_layout(["12", "12"])
    whole, *rows = read_lines(
        [layout.whole, *layout.lines],
        [reader_output("xx"), reader_output("12"), reader_output("12")],
    )
    assert [line.digits for line in choose_lines(whole, rows)] == [[1, 2], [1, 2]]


@pytest.mark.parametrize(
    ("of_row", "of_other", "rows"),
    [(0.98, 0.9, [[1, 2], [3]]), (0.98, 0.6, [[1, 2], [3]]), (0.7, 0.6, [[1, 2]])],
)
def test_a_row_that_the_whole_image_overlooks_is_answered_if_it_probably_has_digits(
    of_row: float, of_other: float, rows: list[list[int]]
) -> None:
    first, second = page_layout(["12", "34"]).lines
    other = reader_output("3 ", {0: of_other, 1: 0})
    other[:, BLANK] += other[:, 4:10].sum(axis=1)  # or there is no digit
    other[:, 4:10] = 0
    whole, *read = read_lines(
        [first, first, second],
        [reader_output("12"), reader_output("12", dict.fromkeys(range(2), of_row)), other],
    )
    assert [line.digits for line in choose_lines(whole, read)] == rows


@pytest.mark.parametrize(
    ("of_whole", "of_inked", "chosen"),
    [
        ("1", {0: 0.9}, "7"),
        ("1", {0: 0.7}, "1"),
        ("x", {0: 0.6}, "7"),
    ],
)
def test_the_more_probable_view_with_digits_counts(
    of_whole: str, of_inked: dict[int, float], chosen: str
) -> None:
    layout = page_layout(["7"])
    whole, inked, nothing = read_lines(
        [layout.whole] * 3,
        [reader_output(of_whole, {0: 0.8}), reader_output("7", of_inked), reader_output("x")],
    )
    assert choose_view(whole, inked).digits == [int(chosen)]
    assert choose_view(inked, whole).digits == [int(chosen)]
    assert choose_view(nothing, nothing._replace(line=inked.line)) is nothing


@pytest.mark.parametrize(
    ("of_whole", "of_row", "digits"),
    [("x", 0.9, [[7]]), ("x", 0.6, []), ("1", 0.9, [[7]]), ("1", 0.6, [[1]])],
)
def test_the_more_probable_reading_of_a_single_large_row_counts(
    of_whole: str, of_row: float, digits: list[list[int]]
) -> None:
    layout = page_layout(["7"])
    whole, row = read_lines(
        [layout.whole, layout.whole],
        [reader_output(of_whole, {0: 0.8}), reader_output("7", {0: of_row})],
    )
    assert [line.digits for line in choose_lines(whole, [row]) if line.digits] == digits


def test_the_probability_of_a_line_sums_the_paths_that_give_its_digits() -> None:
    layout = page_layout(["1.2"])
    (line,) = read_lines([layout.whole], [reader_output("1.2", {0: 0.9, 1: 0.6, 2: 0.8})])
    # an unsure point may also be a digit, so its probability counts
    assert line.probability == pytest.approx(0.9 * 0.6 * 0.8, rel=1e-4)
    assert line.digits == [1, 2]
