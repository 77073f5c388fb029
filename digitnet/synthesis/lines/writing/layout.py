"""Layout of characters side by side on a line, with the irregular spacing of handwriting."""

from dataclasses import dataclass

import cv2
import numpy as np

from digitnet.model.symbols import DIGITS, GAP, MARKS
from digitnet.synthesis.characters.pens import Stroke
from digitnet.synthesis.lines.chance import pick, weighted
from digitnet.synthesis.lines.writing.glyphs import Glyph, Silhouette, distance
from digitnet.synthesis.lines.writing.hands import Hand

MAX_PEN = 0.2
"""Maximum pen width, in heights of a digit."""
MAX_FINE_PEN = 0.1
"""Maximum pen width for characters with close strokes, which a wider pen would join."""
CLOSE_STROKES = frozenset("=+%#€")
MAX_NARROW = 0.3
"""Maximum width of a narrow digit, like a 1, in heights of a digit. It would vanish in the strokes
of its neighbours, so most are kept apart."""
LOOSE_MARKS = frozenset("-/:")
"""Marks that some writers place far from neighbouring digits without meaning a gap."""
MAX_LOOSE = 0.5
"""Maximum extra space beside such marks, in heights of a digit."""
GAP_WIDTH, WIDE_GAP = (0.5, 1.5), (1.5, 4.0)
"""Ranges of the width of gaps between numbers, in heights of a digit."""
COMB_PITCH = 1.15
"""Spacing, in heights of a digit, above which digits always have visible boxes.

Without boxes they would be one-digit numbers with gaps between them.
"""


@dataclass(frozen=True)
class Placed:
    """A character or wide gap with its position, in pixels from the writing's left edge.

    Attributes:
        character: the character; for a number recorded as a whole, all of its characters.
        glyph: glyph to draw; None for a gap.
        left: left edge.
        right: right edge.
        drop: distance below the baseline, in pixels.
    """

    character: str
    glyph: Glyph | None
    left: float
    right: float
    drop: float = 0.0


@dataclass(frozen=True)
class Writing:
    """Characters laid out on a line.

    Attributes:
        placed: the characters and gaps, in the order of the text.
        width: distance from the leftmost to the rightmost edge of the characters, in pixels.
        height: height of a digit, in pixels.
        pen: width of the pen, in pixels.
        edge: OpenCV line type, soft or hard.
        pitch: spacing of the boxes around the characters, in pixels, or None.
        boxes: left edge of each box; empty without a pitch.
    """

    placed: list[Placed]
    width: float
    height: float
    pen: int
    edge: int
    pitch: float | None = None
    boxes: tuple[float, ...] = ()


def write_line(text: str, hand: Hand, height: float, pen: int, rng: np.random.Generator) -> Writing:
    """Write a text and lay it out.

    Args:
        text: at least one character other than a gap.
        hand: the writer.
        height: height of a digit, in pixels.
        pen: width of the pen, in pixels; reduced for texts with `CLOSE_STROKES`.
        rng: random generator.
    """
    if CLOSE_STROKES.intersection(text):
        pen = max(1, min(pen, int(MAX_FINE_PEN * height)))
    hand.prepare(text)
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
    """Choose a pen width for digits of a given height, both in pixels: typically a twelfth."""
    width = height * float(np.exp(rng.normal(np.log(0.085), 0.45)))
    return max(1, round(min(width, MAX_PEN * height)))


def _baseline(
    count: int, height: float, in_boxes: bool, rng: np.random.Generator
) -> list[tuple[float, float, float]]:
    """Return the vertical jitter of each character, and the slope and bend of the line.

    Jitter and bend are in pixels.
    """
    drift, bend = rng.normal(0, 0.04), rng.normal(0, 0.15) * height
    if in_boxes or rng.random() < 0.6:
        drift, bend = drift * 0.3, 0.0
    jumps = rng.normal(0, 1, count) * abs(rng.normal(0, 0.05)) * height
    return [(float(jump), drift, bend) for jump in jumps]


Setting = tuple[list[Placed], list[float], float | None]
"""The placed characters, the left edges of their boxes, and the spacing of the boxes."""


def _apart(text: str, hand: Hand, height: float, pen: int, rng: np.random.Generator) -> Setting:
    """Place characters apart from each other, each in its own columns."""
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
    """Slide characters together until their strokes nearly touch, touch or overlap."""
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
            narrow = min(glyph.width, placed[-1].right - placed[-1].left) < MAX_NARROW * height
            if narrow and not is_mark and rng.random() < 0.7:
                own = max(own, rng.uniform(0.03, 0.1) * height)
            if LOOSE_MARKS & {character, placed[-1].character}:
                own += loose * rng.uniform(0.5, 1)
            # keep the order of the text even if a character slides below another
            step = (0.15 if is_mark else 0.2) * height
            left = max(near + own + half + own_half, middle + step - glyph.width / 2)
            left = min(left, x + 0.4 * height + loose)
        placed.append(Placed(character, glyph, left, left + glyph.width))
        right = left + glyph.right
        before = right if before is None else np.maximum(before, right)
        x, middle, half = max(x, left + glyph.width), left + glyph.width / 2, own_half
    return placed, [], None


def _in_boxes(text: str, hand: Hand, height: float, pen: int, rng: np.random.Generator) -> Setting:
    """Place one character per box, which may be invisible; some marks are on the walls."""
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
        # keep clear of a previous mark or wide letter that crosses its box
        left = max(left, x + pen)
        placed.append(Placed(character, glyph, left, x := left + glyph.width))
    boxes = [number * pitch for number in range(box)]
    return placed, boxes, pitch


def _gap(height: float, rng: np.random.Generator) -> float:
    """Choose the width of a gap between numbers, in pixels; some are as wide as between columns."""
    return rng.uniform(*(WIDE_GAP if rng.random() < 0.15 else GAP_WIDTH)) * height


def _looseness(height: float, rng: np.random.Generator) -> float:
    """Choose the extra space beside the loose marks of a line, in pixels; mostly none."""
    return rng.uniform(0, MAX_LOOSE) * height if rng.random() < 0.35 else 0.0


def strike(glyph: Glyph, height: float, rng: np.random.Generator) -> list[Stroke]:
    """Return strokes that cross out a character, relative to the glyph's origin.

    They form an X, parallel lines or a zigzag, as a single bar could be part of a 7 or a 0.
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
    """Decide whether the boxes of a line are visible: always if its digits are far apart."""
    if writing.pitch is None:
        return False
    return writing.pitch > COMB_PITCH * writing.height or rng.random() < 0.6


def ink_extent(writing: Writing) -> tuple[float, float]:
    """Return the top and bottom of the ink, in pixels relative to the baseline."""
    ink = [(one.drop, one.glyph) for one in writing.placed if one.glyph is not None]
    top = min(drop + glyph.top for drop, glyph in ink)
    return top, max(drop + glyph.bottom for drop, glyph in ink)


def choose_digit(writing: Writing, rng: np.random.Generator) -> int:
    """Return the index in `placed` of a random digit."""
    places = [n for n, one in enumerate(writing.placed) if one.character in DIGITS]
    return pick(places, rng)
