"""Connectionist temporal classification, compared with an enumeration of all paths."""

import itertools
import math
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from digitnet.model.symbols import BLANK, COLUMNS, spell, symbol_of
from digitnet.reading.ctc import (
    LONGER,
    Columns,
    Reading,
    best_paths,
    digits_only,
    log_probabilities,
    short_number_probabilities,
)


def best_path(columns: Columns) -> list[Reading]:
    """Decode one line."""
    return best_paths([columns])[0]


def log_probability(columns: NDArray[np.float32], symbols: Sequence[int]) -> float:
    """Return the log probability of one sequence."""
    return float(log_probabilities([columns], [symbols])[0])


def random_columns(length: int, symbols: int, seed: int) -> NDArray[np.float32]:
    """Return random probabilities, float32 (length, symbols + 1); the last column is the blank."""
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.ones(symbols + 1), length).astype(np.float32)


def collapse(path: Sequence[int], blank: int) -> tuple[int, ...]:
    """Collapse a path to its symbols: merge runs, then remove blanks."""
    return tuple(symbol for symbol, _ in itertools.groupby(path) if symbol != blank)


def enumerate_readings(columns: NDArray[np.float32]) -> dict[tuple[int, ...], float]:
    """Return the probability of every possible sequence, as the sum over its paths."""
    length, count = columns.shape
    readings: dict[tuple[int, ...], float] = defaultdict(float)
    for path in itertools.product(range(count), repeat=length):
        probability = math.prod(float(columns[t, symbol]) for t, symbol in enumerate(path))
        readings[collapse(path, count - 1)] += probability
    return readings


@pytest.mark.parametrize(("length", "symbols"), [(1, 1), (3, 1), (4, 2), (5, 3), (6, 2)])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_probability_of_a_reading_is_the_sum_over_all_paths(
    length: int, symbols: int, seed: int
) -> None:
    columns = random_columns(length, symbols, seed)
    readings = enumerate_readings(columns)
    assert sum(readings.values()) == pytest.approx(1, abs=1e-5)
    for read, probability in readings.items():
        assert math.exp(log_probability(columns, read)) == pytest.approx(probability, rel=1e-5)


def test_impossible_sequences_have_probability_zero() -> None:
    columns = random_columns(3, 2, 0)
    assert log_probability(columns, [0, 0, 0]) == -math.inf
    assert log_probability(columns, [0, 1, 0, 1]) == -math.inf
    columns[:, 1] = 0
    assert log_probability(columns, [1]) == -math.inf
    assert log_probability(np.zeros((0, 3), np.float32), [0]) == -math.inf
    assert log_probability(np.zeros((0, 3), np.float32), []) == 0


def test_long_lines_do_not_underflow() -> None:
    columns = np.full((20_000, 3), 1 / 3, np.float32)
    assert log_probability(columns, []) == pytest.approx(20_000 * math.log(1 / 3), rel=1e-4)
    assert -math.inf < log_probability(columns, [0, 1] * 50) < -1000


def test_lines_in_a_batch_give_the_same_bits_as_single_lines() -> None:
    rng = np.random.default_rng(0)
    lines = [random_columns(length, 4, length) for length in [0, 1, *rng.integers(2, 90, 150)]]
    sequences = [rng.integers(0, 4, rng.integers(0, 1 + len(line) // 2)).tolist() for line in lines]
    together = log_probabilities(lines, sequences)
    for line, symbols, probability in zip(lines, sequences, together, strict=True):
        assert log_probability(line, symbols) == probability


def test_the_probability_of_a_short_number_is_that_of_its_sequence_in_lines_of_any_length() -> None:
    lines = [random_columns(length, BLANK, length) for length in (1, 2, 7, 30)]
    pairs = [[first, second] for first in range(10) for second in range(10)]
    for line, short in zip(lines, short_number_probabilities(lines), strict=True):
        for number, sequence in enumerate([*([digit] for digit in range(10)), [], *pairs]):
            expected = math.exp(log_probability(digits_only(line), sequence))
            assert short[number] == pytest.approx(expected, rel=1e-5)
        assert short.sum() == pytest.approx(1)


def test_three_digits_are_a_longer_number() -> None:
    line = columns_of([("1", 2, 0.99), ("_", 2, 0.99), ("1", 2, 0.99), ("2", 2, 0.99)])
    assert short_number_probabilities([line])[0, LONGER] > 0.9


def columns_of(runs: Sequence[tuple[str, int, float]]) -> Columns:
    """Build columns from runs of a symbol or the blank (`_`): character, length, probability."""
    columns = []
    for character, length, probability in runs:
        column = np.full(COLUMNS, 0.0)
        if character == "_":
            column[0], column[BLANK] = 1 - probability, probability
        else:
            column[symbol_of(character)], column[BLANK] = probability, 1 - probability
        columns += [column] * length
    return np.array(columns, np.float32)


def test_a_run_is_one_symbol_and_a_blank_separates_two() -> None:
    readings = best_path(columns_of([("_", 2, 1), ("7", 3, 0.9), ("_", 1, 0.9), ("7", 2, 0.9)]))
    assert [(spell([r.symbol]), r.start, r.end) for r in readings] == [("7", 2, 5), ("7", 6, 8)]


def test_different_symbols_need_no_blank_between_them() -> None:
    readings = best_path(columns_of([("1", 2, 0.9), ("2", 2, 0.9), ("-", 1, 0.9)]))
    assert spell(r.symbol for r in readings) == "12-"


def test_other_writing_is_one_symbol_however_long() -> None:
    runs = [("x", 3, 0.9), ("_", 4, 0.9), ("x", 2, 0.9), ("_", 1, 1), ("5", 2, 0.9), ("x", 1, 0.9)]
    readings = best_path(columns_of(runs))
    assert [(spell([r.symbol]), r.start, r.end) for r in readings] == [
        ("#", 0, 9),
        ("5", 10, 12),
        ("#", 12, 13),
    ]


def test_ambiguous_ink_is_read_as_the_likeliest_symbol() -> None:
    columns = columns_of([("_", 2, 1), ("_", 2, 0.4), ("_", 2, 1)])
    columns[2:4, symbol_of("4")] = 0.25
    columns[2:4, 0] = 0.35
    (reading,) = best_path(columns)
    assert (reading.symbol, reading.start, reading.end) == (0, 2, 4)
    assert reading.confidence < 0.75


def test_the_probabilities_of_a_symbol_are_those_of_its_surest_column() -> None:
    columns = columns_of([("3", 1, 0.6), ("3", 1, 0.9), ("3", 1, 0.7)])
    (reading,) = best_path(columns)
    assert reading.probabilities.shape == (BLANK,)
    assert reading.probabilities[3] == pytest.approx(0.9)


def test_the_confidence_of_a_symbol_sums_the_paths_that_read_only_it() -> None:
    columns = columns_of([("_", 1, 0.95), ("3", 1, 0.6), ("3", 1, 0.9), ("_", 1, 0.9)])
    (reading,) = best_path(columns)
    used = columns[:, [0, 3, BLANK]]
    assert reading.confidence == pytest.approx(enumerate_readings(used)[(1,)], rel=1e-5)


def test_an_unsure_mark_does_not_lower_the_confidence_of_a_digit() -> None:
    columns = columns_of([("7", 2, 1), ("_", 1, 1), (".", 1, 0.6), ("_", 1, 1)])
    seven, mark = best_path(columns)
    assert seven.confidence == pytest.approx(1)
    assert mark.confidence == pytest.approx(0.6)


def test_digits_only_counts_all_other_symbols_as_blank() -> None:
    columns = random_columns(5, BLANK, 0)
    digits = digits_only(columns)
    assert digits.shape == (5, 11)
    assert np.array_equal(digits[:, :10], columns[:, :10])
    assert np.allclose(digits.sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("length", [0, 1, 7])
def test_paper_reads_as_nothing(length: int) -> None:
    assert best_path(columns_of([("_", length, 0.9)]).reshape(length, COLUMNS)) == []
