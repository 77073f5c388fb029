"""The reader network on lines of any width, in batches and in parts."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from digitnet.errors import BundleError
from digitnet.model import bundle
from digitnet.model.kinds import Kind
from digitnet.model.litert import Network
from digitnet.reading.ctc import best_paths
from digitnet.reading.reader import MAX_WIDTH_PX, OVERLAP_PX, Reader
from digitnet.vision.line_image import LINE_HEIGHT, LINE_WIDTHS, PAPER, line_image

Line = NDArray[np.uint8]

TOLERANCE = 1e-5


def print_line(width: int, seed: int = 0) -> Line:
    """Return a line of random printed digits on slightly noisy paper."""
    rng = np.random.default_rng(seed)
    page = rng.integers(225, 236, (2 * LINE_HEIGHT, 2 * width), np.uint8)
    text = "".join(map(str, rng.integers(0, 10, 2 * width // 30 + 1)))
    cv2.putText(page, text, (8, 50), cv2.FONT_HERSHEY_SIMPLEX, 1.4, 40, 3, cv2.LINE_AA)
    return line_image(page)


@pytest.fixture(scope="module")
def model(reader: Path) -> bundle.Bundle:
    return bundle.load(reader, Kind.READER)


@pytest.fixture(scope="module")
def lines_reader(model: bundle.Bundle) -> Reader:
    return Reader(model)


def in_one(model: bundle.Bundle, line: Line) -> NDArray[np.float32]:
    answers = Network(model.tflite, model.name, Kind.READER).answer(line[None])
    return np.asarray(answers[0], np.float32)


def padded(line: Line, width: int) -> Line:
    more = ((0, 0), (0, width - line.shape[1]))
    return np.pad(line, more, constant_values=PAPER)


@pytest.mark.parametrize("parts", [2, 3, 5])
def test_a_line_read_in_parts_gives_the_same_output_as_in_one(
    lines_reader: Reader, model: bundle.Bundle, parts: int
) -> None:
    width = MAX_WIDTH_PX + (parts - 1) * (MAX_WIDTH_PX - OVERLAP_PX)
    line = print_line(width)
    (columns,) = lines_reader.read([line])
    assert columns.shape == (width // 2, 20)
    np.testing.assert_allclose(columns, in_one(model, line), atol=TOLERANCE)


@pytest.mark.parametrize("width", [385, 401, 447, 449, 705])
def test_a_last_part_of_any_width_gives_the_same_output_as_in_one(
    lines_reader: Reader, model: bundle.Bundle, width: int
) -> None:
    line = print_line(width)
    (columns,) = lines_reader.read([line])
    step = MAX_WIDTH_PX - OVERLAP_PX
    start = step * -(-(width - MAX_WIDTH_PX) // step)
    end = start + min(w for w in LINE_WIDTHS if w >= width - start)
    whole = in_one(model, padded(line, end))[: (width + 1) // 2]
    np.testing.assert_allclose(columns, whole, atol=TOLERANCE)


def widths_of(columns: Sequence[NDArray[np.float32]]) -> list[int]:
    return [len(one) for one in columns]


def test_a_batch_gives_the_same_output_as_single_lines_in_order(lines_reader: Reader) -> None:
    widths = [100, 8, 900, 33, 384, 100, 64, 385, 12]
    lines = [print_line(width, seed) for seed, width in enumerate(widths)]
    together = lines_reader.read(lines)
    assert widths_of(together) == [(width + 1) // 2 for width in widths]
    for line, columns in zip(lines, together, strict=True):
        assert columns.dtype == np.float32
        assert np.allclose(columns.sum(axis=1), 1, atol=1e-3)
        assert np.array_equal(lines_reader.read([line])[0], columns)


def test_print_of_any_width_is_read(lines_reader: Reader) -> None:
    page = np.full((60, 3000), 255, np.uint8)
    text = "0123456789" * 8
    cv2.putText(page, text, (20, 48), cv2.FONT_HERSHEY_SIMPLEX, 1.5, 0, 3, cv2.LINE_AA)
    page = page[:, : int(np.flatnonzero((page < 128).any(axis=0))[-1]) + 20]
    (readings,) = best_paths(lines_reader.read([line_image(page)]))
    assert "".join(str(reading.symbol) for reading in readings) == text


def test_no_lines_give_no_output(lines_reader: Reader) -> None:
    assert lines_reader.read([]) == []


def test_a_classifier_is_refused_as_a_reader(models: Path) -> None:
    with pytest.raises(BundleError, match=r"^the network of mlp is not a digitnet reader"):
        Reader(bundle.load(models / "mlp"))
