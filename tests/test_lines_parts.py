"""Parts of synthetic lines: texts, glyphs, hands, layout, walls, paper."""

import re
from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from digitnet.model.symbols import DIGITS
from digitnet.synthesis.characters.alphabets import DIGIT_LIKE
from digitnet.synthesis.characters.digit_ways import LINE_WAYS, WORLD_WAYS, digit_strokes
from digitnet.synthesis.characters.displays import DOTS, SEGMENTS, segment_strokes
from digitnet.synthesis.characters.fonts import draw_on_baseline, find_faces
from digitnet.synthesis.characters.pens import Stroke
from digitnet.synthesis.lines.shares import Shares
from digitnet.synthesis.lines.surroundings.paper import photograph
from digitnet.synthesis.lines.surroundings.walls import Area, draw_cell
from digitnet.synthesis.lines.writing.glyphs import distance, draw_strokes, mask_glyph, stroke_glyph
from digitnet.synthesis.lines.writing.hands import DrawnHand, Hand
from digitnet.synthesis.lines.writing.layout import write_line
from digitnet.synthesis.lines.writing.print_hands import SegmentHand
from digitnet.synthesis.lines.writing.sources import Sources
from digitnet.synthesis.lines.writing.text import make_lone_other, make_text

NOTHING = Sources(np.zeros((0, 28, 28), np.uint8), np.zeros(0, np.uint8))


@pytest.fixture(scope="module")
def texts() -> list[str]:
    rng = np.random.default_rng(0)
    return [make_text(rng) for _ in range(4000)]


@pytest.mark.parametrize(
    "pattern",
    [
        r"\d",
        r"\d{18,20}",
        r"0000+",
        r"\d+000",
        r"-\d+[.,]\d+",
        r"[$€£]\d+([.,]\d{2})?",
        r"\d\d/\d\d/\d{4}",
        r"\d\d\.\d\d\.\d\d",
        r"\d{4}-\d\d-\d\d",
        r"\d{1,2}:\d\d",
        r"\+\d+ \d+ \d+",
        r"\(\d+\) \d+-\d+.*",
        r"\d+ \d+ \d+",
        r"\d+\+\d+=\d+",
        r"[✓✗] ?\d+",
        r"[A-Za-z]{3,}",
        r"[A-Za-z]+: \d+",
        r"\d+[.,]\d{3}[.,]\d\d",
    ],
)
def test_numbers_are_written_as_people_write_them(texts: list[str], pattern: str) -> None:
    assert any(re.fullmatch(pattern, text) for text in texts)


def test_numbers_have_at_most_20_digits_and_no_gap_at_an_end(texts: list[str]) -> None:
    assert max(len(run) for text in texts for run in re.findall(r"\d+", text)) <= 20
    assert all(text and text == text.strip() and "  " not in text for text in texts)


def test_characters_that_resemble_digits_never_stand_alone() -> None:
    rng = np.random.default_rng(0)
    alone = {make_lone_other(rng) for _ in range(2000)}
    assert not alone & (DIGIT_LIKE | set(DIGITS) | set(".,/:|()[]!"))


def test_at_least_half_of_a_word_does_not_resemble_digits(texts: list[str]) -> None:
    for word in (text for text in texts if text.isalpha()):
        assert sum(letter in DIGIT_LIKE for letter in word) <= len(word) / 2


def test_a_glyph_slides_until_its_ink_touches_the_previous_one() -> None:
    # an L and a T: the T slides in above the foot of the L
    corner = stroke_glyph([np.array([(0.0, -20.0), (0.0, 0.0), (10.0, 0.0)])], 20)
    tee = stroke_glyph(
        [np.array([(0.0, -20.0), (10.0, -20.0)]), np.array([(5.0, -20.0), (5.0, -9.0)])], 20
    )
    assert distance(corner.right, tee) == pytest.approx(0, abs=1)
    bar = mask_glyph(np.full((20, 4), 255, np.uint8), 0, 20)
    assert distance(corner.right, bar) == pytest.approx(10, abs=1)


@pytest.mark.parametrize("x", [-30.0, -4.0, 5.0, 38.0, 80.0])
def test_a_mask_is_clipped_at_the_left_and_right_edges(x: float) -> None:
    columns = np.arange(10, 90, 10, dtype=np.uint8)
    canvas = np.zeros((20, 40), np.uint8)
    glyph = mask_glyph(np.tile(columns, (30, 1)), 4, 20)
    glyph.draw(canvas, x, 15, 1, cv2.LINE_AA)
    wide = np.zeros((20, 200), np.uint8)
    glyph.draw(wide, x + 80, 15, 1, cv2.LINE_AA)
    assert np.array_equal(canvas, wide[:, 80:120])


@pytest.mark.parametrize("y", [-50.0, 15.0, 60.0])
def test_a_mask_is_clipped_at_the_top_and_bottom_edges(y: float) -> None:
    rows = np.arange(10, 160, 5, dtype=np.uint8)[:, None]
    canvas = np.zeros((20, 8), np.uint8)
    glyph = mask_glyph(np.tile(rows, (1, 8)), 4, 20)
    glyph.draw(canvas, 0, y, 1, cv2.LINE_AA)
    tall = np.zeros((200, 8), np.uint8)
    glyph.draw(tall, 0, y + 90, 1, cv2.LINE_AA)
    assert np.array_equal(canvas, tall[90:110])


@pytest.mark.parametrize("place", [5.0, 5.25, 5.5, 5.9])
@pytest.mark.parametrize("edge", [cv2.LINE_AA, cv2.LINE_8])
def test_a_dot_of_the_thinnest_pen_is_visible(place: float, edge: int) -> None:
    canvas = np.zeros((12, 12), np.uint8)
    draw_strokes(canvas, [np.zeros((1, 2)), np.full((2, 2), 0.1)], (place, place), 1, edge, 255)
    assert canvas.max() > 100


@pytest.mark.parametrize("digit", range(10))
def test_digits_in_ways_from_around_the_world_stand_on_the_baseline(digit: int) -> None:
    rng = np.random.default_rng(digit)
    for way in WORLD_WAYS[digit]:
        hand = DrawnHand(NOTHING, rng)
        hand.ways[digit], hand.own_sizes, hand.size_spread = [way], {}, 0.0
        hand.shrinks = False
        glyph = hand.glyph(str(digit), 40, rng)
        assert glyph.bottom == pytest.approx(0, abs=1)
        assert -40.5 < glyph.top < -14


def test_a_shape_that_needs_context_is_drawn_in_numbers_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn: list[str] = []

    def record(digit: int, ways: Sequence[str], rng: np.random.Generator) -> list[Stroke]:
        drawn.extend(ways)
        return digit_strokes(digit, ways, rng)

    monkeypatch.setattr("digitnet.synthesis.lines.writing.hands.digit_strokes", record)
    rng = np.random.default_rng(0)
    hand = DrawnHand(NOTHING, rng)
    hand.line_ways = {5: LINE_WAYS[5][:1]}
    for text in ("5", "1975"):
        hand.prepare(text)
        hand.glyph("5", 40, rng)
    assert drawn == [*hand.ways[5], LINE_WAYS[5][0]]


def test_some_hands_write_small_digits_beside_tall_ones() -> None:
    rng = np.random.default_rng(0)
    ratios = []
    for _ in range(200):
        hand: Hand = DrawnHand(NOTHING, rng)
        if hand.own_sizes:
            tall = [hand.glyph(digit, 40, rng) for digit in DIGITS]
            heights = [glyph.bottom - glyph.top for glyph in tall]
            ratios.append(min(heights) / max(heights))
    assert np.median(ratios) < 0.6


def test_digits_are_short_only_beside_tall_ones() -> None:
    hand = DrawnHand(NOTHING, np.random.default_rng(0))
    for text, kept in (("77", 0), ("7,7", 0), ("71", 1), ("x", 1)):
        hand.own_sizes = {"7": (0.5, 0.0)}
        write_line(text, hand, 40, 3, np.random.default_rng(0))
        assert len(hand.own_sizes) == kept


def test_a_hurried_hand_writes_repeated_zeros_low_and_wide() -> None:
    rng = np.random.default_rng(0)
    hand = DrawnHand(NOTHING, rng)
    hand.own_sizes, hand.size_spread, hand.shrinks, hand.line_ways = {}, 0.0, False, {}
    hand.hurries, hand.hurried_size, hand.hurried_stretch = True, 0.5, 1.8
    aspects = []
    for text in ("505", "5000"):
        hand.prepare(text)
        zeros = [hand.glyph("0", 40, rng) for _ in range(20)]
        aspects.append(np.mean([zero.width / (zero.bottom - zero.top) for zero in zeros]))
        assert hand.glyph("5", 40, rng).top < -35
    assert aspects[1] > 1.5 * aspects[0]
    assert np.mean([zero.top for zero in zeros]) > -25


def test_the_ones_of_some_hands_lean_more_than_their_other_digits() -> None:
    rng = np.random.default_rng(0)
    hand = DrawnHand(NOTHING, rng)
    hand.ways[1], hand.line_ways, hand.slant, hand.careless = ["40 49"], {}, 0.0, 0.0
    hand.prepare("1991")
    widths = []
    for lean in (0.0, 0.4):
        hand.lean_of_one = lean
        widths.append(np.mean([hand.glyph("1", 40, rng).width for _ in range(20)]))
    assert widths[1] > widths[0] + 8


def test_displays_have_distinct_segments_and_dots_for_all_digits() -> None:
    assert len({frozenset(lit) for lit in SEGMENTS.values()}) == 10
    assert len(set(DOTS.values())) == 10
    assert {len(row) for face in DOTS.values() for row in face.split()} == {5}


def test_segments_end_before_they_meet() -> None:
    ends = np.concatenate(segment_strokes("8", 0.1))
    assert len(np.unique(ends.round(6), axis=0)) == 14
    hand = SegmentHand(NOTHING, np.random.default_rng(0))
    assert hand.glyph("8", 40, np.random.default_rng(0)).top == pytest.approx(-40)


def test_the_characters_of_a_font_share_a_baseline() -> None:
    face = next(face for face in find_faces(None, "") if face.path.stem == "DejaVuSans")
    heights = {}
    for character in "8.,-":
        mask, eight, below = draw_on_baseline(face.path, character) or (np.zeros((0, 0)), 1, 0)
        assert mask[[0, -1]].any(axis=1).all()
        heights[character] = (below - mask.shape[0]) / eight, below / eight
    assert heights["8"] == pytest.approx((-1, 0))
    assert heights["."][0] > -0.3
    assert heights[","][1] > 0.05
    assert heights["-"][1] < -0.2
    assert draw_on_baseline(face.path, "\U0010fffd") is None


@pytest.mark.parametrize("seed", range(20))
def test_sliding_characters_together_keeps_their_order(seed: int) -> None:
    rng = np.random.default_rng(seed)
    writing = write_line("1,7/4.0-9:6", DrawnHand(NOTHING, rng), 40, 3, rng)
    middles = [(one.left + one.right) / 2 for one in writing.placed]
    assert middles == sorted(middles)
    assert min(one.left for one in writing.placed) == pytest.approx(0)


@pytest.mark.parametrize("seed", range(40))
def test_walls_stay_in_the_outer_quarters_and_off_the_writing(seed: int) -> None:
    canvas = np.zeros((80, 80), np.uint8)
    area = Area(30, 24, 50, 56, 32)
    draw_cell(canvas, area, np.random.default_rng(seed))
    assert canvas.any()
    # a wall is up to a tenth thick, and may touch the writing
    assert not canvas[30:50, 33:47].any()


def test_walls_occur_on_any_combination_of_sides() -> None:
    sides = set()
    for seed in range(60):
        canvas = np.zeros((80, 80), np.uint8)
        draw_cell(canvas, Area(36, 36, 44, 44, 8), np.random.default_rng(seed))
        ink = canvas > 60
        rows, columns = ink[:, 30:50].max(axis=1), ink[30:50].max(axis=0)
        found = (part.any() for part in (columns[:30], rows[:30], columns[50:], rows[50:]))
        sides.add(tuple(bool(side) for side in found))
    assert len(sides) > 8
    assert (True, True, True, True) in sides


def test_pristine_paper_has_only_two_levels() -> None:
    ink = np.zeros((32, 40), np.uint8)
    ink[8:24, 10:14] = 255
    shares = Shares(pristine=1, light_ink=0)
    gray = photograph(ink, np.zeros_like(ink), shares, 1.0, np.random.default_rng(0))
    assert len(np.unique(gray)) == 2
    assert gray[10, 11] < gray[0, 0] - 100


def test_paper_and_light_vary_between_photographs() -> None:
    ink = np.zeros((32, 40), np.uint8)
    ink[8:24, 10:14] = 255
    rng = np.random.default_rng(0)
    shots = [photograph(ink, ink * 0, Shares(pristine=0), 1.0, rng) for _ in range(60)]
    assert len({shot.tobytes() for shot in shots}) == 60
    assert np.std([np.median(shot) for shot in shots]) > 40
