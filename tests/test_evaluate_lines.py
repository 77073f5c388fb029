"""Evaluation of a reader: errors of numbers, texts and digits, loss and calibration."""

import numpy as np
import pytest

from digitnet.data.parts import Part
from digitnet.evaluation.line_report import as_record, as_text
from digitnet.evaluation.lines import LineEvaluation, LineMeasurement, measure_answers
from digitnet.model.symbols import BLANK, COLUMNS, SYMBOLS
from digitnet.reading.ctc import Columns


def columns_for(text: str, probability: float) -> Columns:
    """Return columns that spell a text, each symbol with the given probability."""
    columns = np.zeros((2 * len(text) + 1, COLUMNS), np.float32)
    columns[:, BLANK] = 1
    for place, character in enumerate(text):
        columns[2 * place + 1, [SYMBOLS.index(character), BLANK]] = probability, 1 - probability
    return columns


@pytest.fixture
def measured() -> LineMeasurement:
    answers, labels = ["12", "3,5", "", "99"], ["12", "35", "", "9"]
    columns = [columns_for(answer, 0.9) for answer in answers]
    return measure_answers(answers, labels, columns, rejected=1)


def test_numbers_texts_and_digits_have_separate_errors(measured: LineMeasurement) -> None:
    assert measured.count == 4
    assert measured.error == 1 / 4  # marks do not count
    assert measured.text_error == 2 / 4
    assert measured.digit_error == 1 / 5
    low, high = measured.error_interval
    assert 0 < low < 1 / 4 < high < 1


def test_calibration_compares_confidence_with_accuracy_on_numbers(
    measured: LineMeasurement,
) -> None:
    """Three answers have 81 % confidence, and one of them is wrong; the empty one has 100 %."""
    assert measured.calibration_error == pytest.approx((3 * (0.81 - 2 / 3)) / 4, abs=1e-3)
    # the label 9, read as 99: one of the two must be blank
    losses = [-2 * np.log(0.9), -2 * np.log(0.9), 0, -np.log(2 * 0.9 * 0.1)]
    assert measured.loss == pytest.approx(np.mean(losses), abs=1e-3)


def test_a_label_of_probability_zero_has_a_finite_loss() -> None:
    measured = measure_answers([""], ["7"], [columns_for("", 1.0)], rejected=0)
    assert measured.error == 1
    assert 30 < measured.loss < 40


def test_the_report_lists_each_figure(measured: LineMeasurement) -> None:
    evaluation = LineEvaluation("reader", "mnist", Part.TEST, measured)
    text = as_text(evaluation)
    for line in (
        "lines              4, made of mnist, the test set",
        "error of numbers   25.00 % (95 % interval ",
        "error of text      50.00 % (with marks and gaps)",
        "error of digits    20.00 % (edit distance)",
        "rejected           1 (25.00 %, lines with a symbol below its threshold)",
    ):
        assert line in text
    record = as_record(evaluation)
    assert (record["model"], record["split"], record["error"]) == ("reader", "test", 0.25)
    assert record["error_interval"] == list(measured.error_interval)
