"""Whole numbers as people wrote them, with their gaps and joins, drawn with any pen."""

import cv2
import numpy as np

from digitnet.data.pen_strokes import PenStrokes
from digitnet.model.symbols import GAP
from digitnet.synthesis.lines.writing.glyphs import stroke_glyph
from digitnet.synthesis.lines.writing.hands import MIN_ASPECT, Hand
from digitnet.synthesis.lines.writing.layout import Placed, Writing


def write_number(
    numbers: PenStrokes, hand: Hand, height: float, pen: int, rng: np.random.Generator
) -> Writing:
    """Write a random number as a single glyph, as the positions of its symbols are unknown.

    Args:
        numbers: numbers as pen strokes, by many writers.
        hand: provides slant and width.
        height: height of the number, in pixels.
        pen: width of the pen, in pixels.
        rng: random generator.
    """
    item = int(rng.integers(len(numbers)))
    strokes = numbers.strokes(item)
    wide, tall = np.ptp(np.concatenate(strokes), axis=0)
    size = max(tall, MIN_ASPECT * wide) / max(tall, 0.02)
    glyph = stroke_glyph(hand.set_strokes(strokes, size, 0.0, height, rng), height)
    edge = cv2.LINE_AA if rng.random() < 0.8 else cv2.LINE_8
    placed = [Placed(spelled(str(numbers.labels[item])), glyph, 0.0, glyph.width)]
    return Writing(placed, glyph.width, height, pen, edge)


def spelled(label: str) -> str:
    """Return the symbols of a label.

    If a space follows every character, the spaces are part of the transcription, not of the
    writing.

    >>> spelled("1 2 - 5"), spelled("12 345")
    ('12-5', '12 345')
    """
    label = label.strip()
    return label if label[1::2].strip() or len(label) < 3 else label.replace(GAP, "")
