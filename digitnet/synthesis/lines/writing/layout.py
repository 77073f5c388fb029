"""Sets characters side by side on a line, with handwriting's spacing and irregularity."""

from dataclasses import dataclass

import cv2
import numpy as np

from digitnet.model.symbols import DIGITS, GAP, MARKS
from digitnet.synthesis.characters.pens import Stroke
from digitnet.synthesis.lines.chance import pick, weighted
from digitnet.synthesis.lines.writing.glyphs import Glyph, Silhouette, distance
from digitnet.synthesis.lines.writing.hands import Hand

MAX_PEN = 0.2
"""The widest pen, in heights of a digit."""
MAX_FINE_PEN = 0.1
"""The widest one for characters of close strokes, which it would join otherwise."""
CLOSE_STROKES = frozenset("=+%#€")
LOOSE_MARKS = frozenset("-/:")
"""Marks that some hands set far from the digits beside them, without a gap being meant."""
MAX_LOOSE = 0.5
"""How much farther, in heights of a digit."""
GAP_WIDTH, WIDE_GAP = (0.5, 1.5), (1.5, 4.0)
"""Width of gaps between numbers, in heights of a digit."""
COMB_PITCH = 1.15
"""Digits farther apart than this, in their heights, are in boxes: they would be numbers of one
digit with gaps between them otherwise."""


@dataclass(frozen=True)
class Placed:
    """A character, or a wide gap, at its place. Positions are pixels from the writing's left edge.

    Attributes:
        character: its symbol; for a number written by a person, all of its symbols.
        glyph: how it looks; None for a gap.
        left: where it begins.
        right: where it ends.
        drop: the distance below the baseline.
    """

    character: str
    glyph: Glyph | None
    left: float
    right: float
    drop: float = 0.0


@dataclass(frozen=True)
class Writing:
    """Characters set out on a line.

    Attributes:
        placed: the characters and gaps, in the order of the text.
        width: from the left edge of the first to the right edge of the last, in pixels.
        height: of a digit, in pixels.
        pen: width of the pen, in pixels.
        edge: OpenCV's kind of line: soft or hard.
        pitch: the spacing of the boxes around the characters, or None.
        boxes: the left edge of each box, where there is a pitch.
    """

    placed: list[Placed]
    width: float
    height: float
    pen: int
    edge: int
    pitch: float | None = None
    boxes: tuple[float, ...] = ()


def write_line(text: str, hand: Hand, height: float, pen: int, rng: np.random.Generator) -> Writing:
    """Write a text and set it out.

    Args:
        text: at least one character other than a gap.
        hand: the writer.
        height: of a digit, in pixels.
        pen: width of the pen, in pixels; a finer one writes marks of close strokes.
        rng: random generator.
    """
    if CLOSE_STROKES.intersection(text):
        pen = max(1, min(pen, int(MAX_FINE_PEN * height)))
    hand.keep_to_full_size(text)
    edge = cv2.LINE_AA if rng.random() < 0.8 else cv2.LINE_8
    setting = weighted(((_slid, 0.58), (_apart, 0.28), (_in_boxes, 0.14)), rng)
    if len(text) == 1:
        setting = _apart
    placed, boxes, pitch = setting(text, hand, height, pen, rng)
    ink = [one for one in placed if one.glyph is not None]
    first = min(one.left for one in ink)
    width = max(one.right for one in ink) - first
    drops = _baseline(len(placed), height, pitch is not None, rng)
    moved = []
    for one, (jitter, drift, bend) in zip(placed, drops, strict=True):
        middle = ((one.left + one.right) / 2 - first) / max(width, 1.0)
        drop = jitter + drift * middle * width + bend * (1 - (2 * middle - 1) ** 2)
        moved.append(Placed(one.character, one.glyph, one.left - first, one.right - first, drop))
    edges = tuple(box - first for box in boxes)
    return Writing(moved, width, height, pen, edge, pitch, edges)


def pen_width(height: float, rng: np.random.Generator) -> int:
    """The width of a pen for digits of a height, both in pixels; a twelfth of it is usual."""
    width = height * float(np.exp(rng.normal(np.log(0.085), 0.45)))
    return max(1, round(min(width, MAX_PEN * height)))


def _baseline(
    count: int, height: float, in_boxes: bool, rng: np.random.Generator
) -> list[tuple[float, float, float]]:
    """How far each character jumps, the slope and the bend of the line; jump and bend in pixels."""
    drift, bend = rng.normal(0, 0.04), rng.normal(0, 0.15) * height
    if in_boxes or rng.random() < 0.6:
        drift, bend = drift * 0.3, 0.0
    jumps = rng.normal(0, 1, count) * abs(rng.normal(0, 0.05)) * height
    return [(float(jump), drift, bend) for jump in jumps]


Setting = tuple[list[Placed], list[float], float | None]


def _apart(text: str, hand: Hand, height: float, pen: int, rng: np.random.Generator) -> Setting:
    """Side by side with gaps, each character in columns of its own."""
    space = rng.uniform(0.05, 0.35) * height + pen / 2
    loose = _looseness(height, rng)
    placed: list[Placed] = []
    x = 0.0
    for character in text:
        if character == GAP:
            wide = max(_gap(height, rng), 2 * space)
            placed.append(Placed(GAP, None, x, x + wide))
            x += wide
            continue
        glyph = hand.glyph(character, height, rng)
        own = max(space + rng.normal(0, 0.04) * height, 0.0)
        if character in ".," and rng.random() < 0.8:
            own = min(own, rng.uniform(0, 0.15) * height)
        if placed and LOOSE_MARKS & {character, placed[-1].character}:
            own += loose * rng.uniform(0.5, 1)
        left = x + (own if placed and placed[-1].glyph else 0.0)
        placed.append(Placed(character, glyph, left, left + glyph.width))
        x = left + glyph.width
    return placed, [], None


def _slid(text: str, hand: Hand, height: float, pen: int, rng: np.random.Generator) -> Setting:
    """Slid together until the strokes nearly touch, touch or overlap."""
    touch = rng.random() < 0.7
    space = rng.uniform(-0.04, 0.03) * height if touch else rng.uniform(0.02, 0.2) * height
    spread = (0.015 if touch else 0.04) * height
    loose = _looseness(height, rng)
    placed: list[Placed] = []
    before: Silhouette | None = None
    x, middle, half = 0.0, 0.0, 0.0
    for character in text:
        if character == GAP:
            wide = 0.9 * _gap(height, rng)
            placed.append(Placed(GAP, None, x, x + wide))
            x, before = x + wide, None
            continue
        glyph = hand.glyph(character, height, rng)
        own_half = pen / 2 if glyph.mask is None else 0.0
        left = x
        if before is not None:
            near = distance(before, glyph)
            near = near if np.isfinite(near) else x
            own = space + rng.normal(0, spread)
            if character in ".," and rng.random() < 0.8:
                own = min(own, rng.uniform(0, 0.1) * height)
            is_mark = character not in DIGITS or placed[-1].character not in DIGITS
            if is_mark and rng.random() < 0.8:
                own = max(own, 0.02 * height)
            if LOOSE_MARKS & {character, placed[-1].character}:
                own += loose * rng.uniform(0.5, 1)
            # in the order of the text, wherever one slides below the other
            step = (0.15 if is_mark else 0.2) * height
            left = max(near + own + half + own_half, middle + step - glyph.width / 2)
            left = min(left, x + 0.4 * height + loose)
        placed.append(Placed(character, glyph, left, left + glyph.width))
        right = left + glyph.right
        before = right if before is None else np.maximum(before, right)
        x, middle, half = max(x, left + glyph.width), left + glyph.width / 2, own_half
    return placed, [], None


def _in_boxes(text: str, hand: Hand, height: float, pen: int, rng: np.random.Generator) -> Setting:
    """One character to a box, or to a column of the same width without one."""
    pitch = rng.uniform(0.8, 2.0) * height
    placed: list[Placed] = []
    box, on_wall, x = 0, rng.random() < 0.5, -pitch
    for character in text:
        if character == GAP:
            left = max(box * pitch, x)
            placed.append(Placed(GAP, None, left, x := max(left + pitch / 2, (box + 1) * pitch)))
            box += 1
            continue
        glyph = hand.glyph(character, height, rng)
        left = box * pitch + (pitch - glyph.width) / 2 + rng.normal(0, 0.06) * pitch
        if character in MARKS and on_wall and box > 0:
            left = box * pitch - glyph.width / 2
        else:
            box += 1
        # not over the previous character, if a mark or a wide letter crosses its box
        left = max(left, x + pen)
        placed.append(Placed(character, glyph, left, x := left + glyph.width))
    boxes = [number * pitch for number in range(box)]
    return placed, boxes, pitch


def _gap(height: float, rng: np.random.Generator) -> float:
    """The width of a gap between numbers in pixels; some are as wide as the gaps of columns."""
    return rng.uniform(*(WIDE_GAP if rng.random() < 0.15 else GAP_WIDTH)) * height


def _looseness(height: float, rng: np.random.Generator) -> float:
    """How many pixels farther than others loose marks of a line stand; mostly none."""
    return rng.uniform(0, MAX_LOOSE) * height if rng.random() < 0.35 else 0.0


def strike(glyph: Glyph, height: float, rng: np.random.Generator) -> list[Stroke]:
    """The strokes that cross a character out, about its own origin.

    A single bar would make another 7 or 0 of it: it is an X, parallel lines or a scribble.
    """
    over = 0.12 * height
    left, right = -over, glyph.width + over
    top, bottom = glyph.top - over, glyph.bottom + over
    kind = rng.integers(3)
    if kind == 0:
        return [
            np.array([(left, top), (right, bottom)]),
            np.array([(left, bottom), (right, top)]),
        ]
    if kind == 1:
        rows = np.linspace(top, bottom, 5)[1:-1] + rng.normal(0, 0.03 * height, 3)
        rise = rng.uniform(0, 0.3) * height
        return [np.array([(left, row + rise / 2), (right, row - rise / 2)]) for row in rows]
    turns = int(rng.integers(7, 14))
    across = np.where(np.arange(turns) % 2, right, left) + rng.normal(0, 0.05 * height, turns)
    down = np.linspace(top, bottom, turns) + rng.normal(0, 0.05 * height, turns)
    return [np.column_stack([across, down])]


def is_drawn_in_boxes(writing: Writing, rng: np.random.Generator) -> bool:
    """Whether the boxes of a line are to be seen: always, where its digits are far apart."""
    if writing.pitch is None:
        return False
    return writing.pitch > COMB_PITCH * writing.height or rng.random() < 0.6


def ink_extent(writing: Writing) -> tuple[float, float]:
    """The highest and the lowest row of the ink, in pixels about the baseline."""
    ink = [(one.drop, one.glyph) for one in writing.placed if one.glyph is not None]
    top = min(drop + glyph.top for drop, glyph in ink)
    return top, max(drop + glyph.bottom for drop, glyph in ink)


def choose_digit(writing: Writing, rng: np.random.Generator) -> int:
    """The place of one of the digits in `placed`."""
    places = [n for n, one in enumerate(writing.placed) if one.character in DIGITS]
    return pick(places, rng)
