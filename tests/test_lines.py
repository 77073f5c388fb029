"""Synthetic training lines and cells: symbols are where their labels say."""

import math
from dataclasses import replace

import numpy as np
import pytest

from digitnet.data.pen_strokes import PenStrokes
from digitnet.model.symbols import DIGITS, GAP, MARKS, OTHER, SYMBOLS, symbol_of
from digitnet.synthesis.characters.digit_ways import WAYS, digit_strokes
from digitnet.synthesis.characters.drawn import draw_digit
from digitnet.synthesis.characters.fonts import find_faces
from digitnet.synthesis.characters.pens import Picture
from digitnet.synthesis.lines import line as line_module
from digitnet.synthesis.lines.line import Line, make_line
from digitnet.synthesis.lines.shares import Shares
from digitnet.synthesis.lines.surroundings import others, photographs
from digitnet.synthesis.lines.surroundings.clutter import draw_neighbour_rows
from digitnet.synthesis.lines.surroundings.paper import photograph
from digitnet.synthesis.lines.surroundings.photographs import MIN_CONTRAST
from digitnet.synthesis.lines.surroundings.walls import Area
from digitnet.synthesis.lines.writing.hands import Hand
from digitnet.synthesis.lines.writing.print_hands import make_hand
from digitnet.synthesis.lines.writing.sources import Sources
from digitnet.vision.line_image import LINE_HEIGHT, LINE_WIDTHS, MIN_LINE_WIDTH
from digitnet.vision.normalize import normalize

TEXTS = Shares(empty=0, single=0, lone_other=0, thing=0, page=0, print_words=0, scene=0)
SINGLE = replace(TEXTS, single=1, text=0)
EMPTY = replace(TEXTS, empty=1, text=0)
PLAIN = replace(TEXTS, pristine=1, light_ink=0, faint=0)


@pytest.fixture(scope="module")
def sources() -> Sources:
    """Digits drawn by code in place of MNIST and of pen strokes, and Matplotlib's fonts."""
    rng = np.random.default_rng(0)
    labels = np.arange(30, dtype=np.uint8) % 10
    images = np.stack([normalize(draw_digit(int(digit), rng)) for digit in labels])
    items = [digit_strokes(int(digit), WAYS[int(digit)], rng) for digit in labels]
    strokes = [stroke for item in items for stroke in item]
    pens = PenStrokes(
        (np.concatenate(strokes) * 12).astype(np.int16),
        np.cumsum([len(stroke) for stroke in strokes]),
        np.cumsum([len(item) for item in items]),
        labels.astype("U1"),
        np.repeat(np.arange(3), 10),
    )
    return Sources(images, labels, pens, faces=find_faces(None, ""))


@pytest.fixture(scope="module")
def lines(sources: Sources) -> list[Line]:
    """Lines of all kinds."""
    rng = np.random.default_rng(1)
    return [make_line(sources, rng) for _ in range(300)]


def made(sources: Sources, shares: Shares, count: int, seed: int = 0) -> list[Line]:
    rng = np.random.default_rng(seed)
    return [make_line(sources, rng, shares) for _ in range(count)]


def test_the_same_seed_gives_the_same_lines(sources: Sources) -> None:
    first, again = (made(sources, Shares(), 40, seed=3) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        assert np.array_equal(one.gray, other.gray)
        assert one.symbols == other.symbols


def test_another_seed_gives_other_lines(sources: Sources) -> None:
    first, other = (made(sources, TEXTS, 20, seed) for seed in (3, 4))
    assert [line.text for line in first] != [line.text for line in other]


def test_a_line_is_gray_32_rows_high_and_not_too_wide(lines: list[Line]) -> None:
    for line in lines:
        assert line.gray.dtype == np.uint8
        assert line.gray.shape[0] == LINE_HEIGHT == 32
        assert MIN_LINE_WIDTH <= line.gray.shape[1] <= LINE_WIDTHS[-1]


def test_each_symbol_lies_inside_its_line(lines: list[Line]) -> None:
    for line in lines:
        for placed in line.symbols:
            assert 0 <= placed.left < placed.right <= line.gray.shape[1]


def test_a_narrow_mark_far_away_lies_inside_its_image(
    sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(others, "make_text", lambda _: ".")
    rng = np.random.default_rng(0)
    for _ in range(500):
        drawing = others.draw_page(make_hand(sources, Shares(), rng), rng)
        (other,) = drawing.symbols
        assert 0 <= other.left < other.right <= drawing.ink.shape[1]


@pytest.fixture
def inks(monkeypatch: pytest.MonkeyPatch) -> list[Picture]:
    """The ink that is passed to each call of `photograph`: the writing without clutter."""
    taken: list[Picture] = []

    def keep_ink(
        ink: Picture, clutter: Picture, shares: Shares, severity: float, rng: np.random.Generator
    ) -> Picture:
        taken.append(ink)
        return photograph(ink, clutter, shares, severity, rng)

    monkeypatch.setattr(photographs, "photograph", keep_ink)
    return taken


def test_each_symbol_covers_ink(sources: Sources, inks: list[Picture]) -> None:
    rng = np.random.default_rng(5)
    for _ in range(150):
        line = make_line(sources, rng, TEXTS)
        for placed in line.symbols:
            columns = inks[-1][:, int(placed.left) : math.ceil(placed.right)]
            if SYMBOLS[placed.symbol] != GAP:
                assert columns.max() > 30


def test_a_gap_covers_paper(
    sources: Sources, inks: list[Picture], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_module, "make_text", lambda rng: "12 34")
    monkeypatch.setattr(line_module, "draw_neighbour_rows", lambda *arguments: None)
    rng = np.random.default_rng(5)
    for _ in range(60):
        line = make_line(sources, rng, TEXTS)
        gap = next(placed for placed in line.symbols if SYMBOLS[placed.symbol] == GAP)
        middle = (gap.left + gap.right) / 2
        assert inks[-1][:, int(middle)].max() < 100


def test_symbols_are_in_the_order_of_the_text(
    sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_module, "make_text", lambda rng: "-7,24 x 1+3=0")
    for line in made(sources, replace(TEXTS, struck=0), 80):
        middles = [(placed.left + placed.right) / 2 for placed in line.symbols]
        assert middles == sorted(middles)
        assert line.text == "-7,24 # 1+3=0"


def test_an_empty_line_has_no_symbols_but_may_have_clutter(sources: Sources) -> None:
    lines = made(sources, EMPTY, 80)
    assert not any(line.symbols for line in lines)
    assert np.mean([np.ptp(line.gray) > 60 for line in lines]) > 0.5


def test_a_single_line_is_one_digit(sources: Sources) -> None:
    lines = made(sources, SINGLE, 120)
    assert {line.text for line in lines} == set(DIGITS)


def test_single_digits_vary_in_size_within_their_cells(
    sources: Sources, inks: list[Picture], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("draw_neighbour_rows", "draw_neighbour_columns"):
        monkeypatch.setattr(line_module, name, lambda *arguments: None)
    made(sources, replace(SINGLE, faint=0), 200)
    heights = [np.ptp(np.flatnonzero(ink.max(axis=1) > 60)) + 1 for ink in inks]
    assert np.mean(heights) / LINE_HEIGHT == pytest.approx(0.6, abs=0.1)
    assert min(heights) < 0.35 * LINE_HEIGHT
    assert max(heights) > 0.9 * LINE_HEIGHT


def test_about_a_tenth_of_lines_is_empty_and_a_third_has_one_character(sources: Sources) -> None:
    lengths = np.array([len(line.symbols) for line in made(sources, Shares(), 1000)])
    assert 0.05 < (lengths == 0).mean() < 0.14  # with scenes
    assert 0.3 < (lengths == 1).mean() < 0.5


def test_every_symbol_occurs(sources: Sources) -> None:
    written = "".join(line.text for line in made(sources, TEXTS, 400))
    assert set(written) == set(SYMBOLS)


def test_both_polarities_occur(sources: Sources) -> None:
    shares = replace(PLAIN, light_ink=0.5)
    dark_paper = [np.median(line.gray) < 128 for line in made(sources, shares, 60)]
    assert 0.2 < np.mean(dark_paper) < 0.8


def test_widths_vary(lines: list[Line]) -> None:
    widths = [line.gray.shape[1] for line in lines]
    assert min(widths) < 32
    assert max(widths) > 160


def test_the_longest_numbers_are_complete(
    sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_module, "make_text", lambda rng: "12345678901234567890")
    kept = [len(line.symbols) for line in made(sources, replace(TEXTS, struck=0), 40)]
    assert np.median(kept) == 20


def test_a_line_with_a_hidden_symbol_is_photographed_again(
    sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hide(
        ink: Picture, clutter: Picture, shares: Shares, severity: float, rng: np.random.Generator
    ) -> Picture:
        if severity > 0:
            return np.full_like(ink, 128)
        return photograph(ink, clutter, shares, severity, rng)

    monkeypatch.setattr(photographs, "photograph", hide)
    for line in made(sources, TEXTS, 40):
        assert np.ptp(line.gray) > MIN_CONTRAST


def test_clutter_that_covers_a_digit_is_removed(
    sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cover(canvas: Picture, *rest: object) -> None:
        canvas[:] = 255

    monkeypatch.setattr(line_module, "draw_cell", cover)
    for line in made(sources, replace(SINGLE, walls=1, faint=0), 40):
        placed = line.symbols[0]
        columns = line.gray[:, int(placed.left) : int(placed.right) + 1]
        assert np.ptp(columns) > MIN_CONTRAST


def test_a_pen_of_one_pixel_stays_visible_at_32_rows(
    sources: Sources, inks: list[Picture], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_module, "pen_width", lambda height, rng: 1)
    made(sources, replace(SINGLE, faint=0), 60)
    assert min(ink.max() for ink in inks) > 80


def test_a_crossed_out_digit_is_other_writing(
    sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_module, "make_text", lambda rng: "246")
    texts = {line.text for line in made(sources, replace(TEXTS, struck=1), 40)}
    assert texts == {OTHER + "46", "2" + OTHER + "6", "24" + OTHER}


def test_lines_are_made_without_mnist_strokes_or_fonts() -> None:
    nothing = Sources(np.zeros((0, 28, 28), np.uint8), np.zeros(0, np.uint8))
    lines = made(nothing, TEXTS, 60)
    assert {symbol for line in lines for symbol in line.text} >= set(DIGITS)


def test_neighbouring_rows_reach_in_without_adding_symbols(
    sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached = []

    def watch(canvas: Picture, hand: Hand, area: Area, pen: int, rng: np.random.Generator) -> None:
        before = canvas.copy()
        draw_neighbour_rows(canvas, hand, area, pen, rng)
        middle = slice(canvas.shape[0] * 2 // 5, canvas.shape[0] * 3 // 5)
        reached.append(bool((canvas != before).any()))
        assert np.array_equal(canvas[middle], before[middle])

    monkeypatch.setattr(line_module, "draw_neighbour_rows", watch)
    assert not any(line.symbols for line in made(sources, EMPTY, 300))
    assert any(reached)


def test_characters_map_to_the_symbols_of_the_alphabet() -> None:
    assert [symbol_of(character) for character in DIGITS] == list(range(10))
    assert SYMBOLS == DIGITS + MARKS + GAP + OTHER
    assert symbol_of("x") == symbol_of("€") == SYMBOLS.index(OTHER)


def test_the_label_of_a_handwritten_number_becomes_its_text(sources: Sources) -> None:
    assert sources.digits is not None
    labels = np.array(["1 2 - 5", "$12 345"] * (len(sources.digits) // 2))
    numbers = replace(sources.digits, labels=labels)
    lines = made(replace(sources, numbers=numbers), replace(TEXTS, written=1, text=0), 20)
    assert {line.text for line in lines} == {"12-5", OTHER + "12 345"}
    for line in lines:
        assert len({symbol[1:] for symbol in line.symbols}) == 1


def test_the_edge_may_cut_the_first_or_the_last_digit(
    sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_module, "make_text", lambda rng: "080")
    monkeypatch.setattr(line_module, "TOP_CUT_PROBABILITY", 0.0)
    monkeypatch.setattr(line_module, "SIDE_CUT_PROBABILITY", 1.0)
    cut = [
        (line.symbols[0].left == 0, line.symbols[-1].right == line.gray.shape[1])
        for line in made(sources, TEXTS, 80)
    ]
    assert (True, False) in cut or (False, True) in cut


def test_the_edge_never_cuts_off_a_whole_symbol(
    sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_module, "TOP_CUT_PROBABILITY", 0.5)
    monkeypatch.setattr(line_module, "SIDE_CUT_PROBABILITY", 1.0)
    for shares in (SINGLE, TEXTS):
        for line in made(sources, replace(shares, faint=0), 60):
            assert line.text
            assert all(placed.right - placed.left > 0.3 for placed in line.symbols)
