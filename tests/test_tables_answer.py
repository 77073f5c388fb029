"""From the cells of a table to the rows of an answer."""

from collections.abc import Sequence

import numpy as np

from digitnet.model.symbols import BLANK, COLUMNS, SYMBOLS, symbol_of
from digitnet.reading.answer import answer_lines, locate_symbols
from digitnet.reading.prediction import Prediction
from digitnet.reading.read_lines import LineReading, choose_lines, read_lines
from digitnet.vision import find_lines
from digitnet.vision.text_line import TextLine

STEP = 12
"""Distance between symbols, in columns of the reader's output."""

PAGE = np.full((64, 96), 255, np.uint8)


def reading(text: str, probability: float, *, cell: bool = True) -> LineReading:
    """Return a line on which the reader reads `text`."""
    columns = np.zeros((STEP * max(len(text), 1), COLUMNS), np.float32)
    columns[:, BLANK] = 1
    for place, character in enumerate(text):
        columns[STEP * place + 5] = 0
        columns[STEP * place + 5, symbol_of(character)] = 1
    line = TextLine(np.full((32, 2 * len(columns)), 100, np.uint8), np.eye(2, 3), cell=cell)
    return read_lines([line], [columns])[0]._replace(probability=probability)


def answer(table: Sequence[Sequence[LineReading]]) -> Prediction:
    lines = choose_lines(reading("", 1.0, cell=False), [], table)
    symbols = locate_symbols(lines, find_lines(PAGE))
    return answer_lines(lines, symbols, [0.5] * len(SYMBOLS))


def test_a_table_row_joins_its_digits_and_separates_its_cells_in_the_text() -> None:
    prediction = answer([[reading("12", 1.0), reading("-3", 1.0)], [reading("4", 1.0)]])
    assert prediction.digits == "123 4"
    assert prediction.text == "12 -3 4"
    assert [box.row for box in prediction.boxes] == [0, 0, 0, 0, 1]


def test_table_rows_without_digits_are_left_out() -> None:
    empty = [reading("", 1.0), reading("x-", 1.0)]
    prediction = answer([empty, [reading("7", 1.0)], empty, [reading("", 1.0), reading("8", 1.0)]])
    assert (prediction.digits, prediction.text) == ("7 8", "7 8")
    assert [box.row for box in prediction.boxes] == [0, 1]


def test_the_confidence_includes_cells_without_digits() -> None:
    sure = answer([[reading("7", 0.9), reading("", 1.0)]])
    unsure = answer([[reading("7", 0.9), reading("", 0.6)], [reading("x", 0.5)]])
    assert sure.confidence is not None
    assert unsure.confidence is not None
    assert abs(sure.confidence - 0.9) < 1e-6
    assert abs(unsure.confidence - 0.9 * 0.6 * 0.5) < 1e-6


def test_a_table_without_digits_in_its_cells_is_read_as_a_whole() -> None:
    whole = reading("5", 0.9, cell=False)
    beside = [reading("5", 0.9, cell=False)]
    assert choose_lines(whole, [], [[reading("", 1.0)], beside]) == [whole]
