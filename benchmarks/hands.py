"""Handwriting: single characters by writers held out from training, with pens of all widths.

UNIPEN's digits, letters and signs (train_r01_v07, International Unipen Foundation, CC BY 4.0; not
part of this repository) are read from the folder in DIGITNET_DATA, for the writers held out by
`split_by_writer`, the validation set of training on pen strokes. Digits are drawn with pens of 1
to 20 % of their height and classified without a reader. Targets: 98.5 % right by best guess, at
most 0.7 % wrong and sure. Of letters and signs, at most 4 % read as digits by `cnn` and 8 % by
`mlp` and `rnn`; those that a person may take for a digit are excluded (`may_be_digit` of
`digitnet.synthesis.characters.alphabets`: O, I, l, S, Z, B, q, ... and ! ( ) / | { } ...). Of two
scripts not used in training, Tamil and Ethiopic, in fonts from npm, at most 4 %; again, letters
like 0, 1 and 7 are excluded, and all Ethiopic syllables but those of the first vowel.
"""

import argparse
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import fonts, options
from benchmarks.harness.classified import COLUMNS, add_row, named_share
from benchmarks.harness.data_files import data_file
from benchmarks.harness.result import Result
from benchmarks.images.pens import pen_strokes
from digitnet import Recognizer
from digitnet.data.pen_strokes import PenStrokes, read_pen_strokes, split_by_writer
from digitnet.synthesis.characters.alphabets import may_be_digit
from digitnet.training.strokes import VALIDATION_WRITERS
from digitnet.vision.normalize import normalize

PENS = (0.01, 0.04, 0.08, 0.12, 0.16, 0.2)
"""Pen widths relative to the height of the character."""
HEIGHT_PX = 48

SCRIPTS = {
    "tamil": "அஆஇஈஎஏஐஒகஙசஞணதநமயரலவழளறனஜஷஸஹ",
    "ethiopic": "ሀለሐመሠረሰሸቀበተቸኀኘአከወዘዠየደጀጠጨጰጸፈ",
}
FAMILIES = {"tamil": "noto-sans-tamil", "ethiopic": "noto-sans-ethiopic"}
LETTER_HEIGHTS_PX = (16, 24, 40, 64)

TARGETS = {
    "all, best guess": "at least 98.5 %",
    "all, wrong and sure": "at most 0.7 %",
    "letters, accepted": "at most 4 %",
    "symbols, accepted": "at most 4 %",
    "tamil, printed, accepted": "at most 4 %",
    "ethiopic, printed, accepted": "at most 4 %",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--model`, `--limit` and others."""
    options.add(parser, model="cnn", limit=None, cache=options.CACHE)


def run(options: argparse.Namespace, result: Result) -> None:
    """Classify digits by pen, then non-digits."""
    recognizer = Recognizer.load(options.model, None)
    table = result.table("pen width", COLUMNS)
    if items := held_out("digits", str.isdecimal, options.limit):
        labels = items.labels.astype(np.uint8)
        drawn = [draw(items, pen) for pen in PENS]
        for pen, images in zip(PENS, drawn, strict=True):
            add_row(table, f"{pen:.0%}", recognizer, images, labels)
        everything = np.concatenate(drawn), np.tile(labels, len(PENS))
        add_row(table, "all", recognizer, *everything)
    else:
        result.say("not measured: no UNIPEN digits in the DIGITNET_DATA folder")
    table = result.table("non-digits", {"pictures": ",", "accepted": ".2%"})
    for kind in ("letters", "symbols"):
        if items := held_out(kind, is_no_digit, options.limit):
            images = np.concatenate([draw(items, pen) for pen in PENS[1::2]])
            table.row(kind, len(images), named_share(recognizer, images))
    for script, letters in SCRIPTS.items():
        faces = fonts.fetch_script(FAMILIES[script], script, options.cache)
        images = np.stack(
            [
                normalize(fonts.draw_text(letter, face, height))
                for face in faces
                for letter in letters
                for height in LETTER_HEIGHTS_PX
            ]
        )
        table.row(f"{script}, printed", len(images), named_share(recognizer, images))


def is_no_digit(label: str) -> bool:
    """Whether nobody takes a character for a digit."""
    return not may_be_digit(label)


def held_out(kind: str, wanted: Callable[[str], bool], limit: int | None) -> PenStrokes | None:
    """Return wanted characters by the validation writers; None if the data file is missing."""
    path = data_file(f"unipen_{kind}_train.npz")
    if not path:
        return None
    _, items = split_by_writer(read_pen_strokes(path), VALIDATION_WRITERS)
    chosen = np.flatnonzero([wanted(str(label)) for label in items.labels])
    chosen = np.random.default_rng(0).permutation(chosen)[:limit]
    return items.take(chosen.astype(np.int64))


def draw(items: PenStrokes, pen: float) -> NDArray[np.uint8]:
    """Draw all characters with a pen of one width and normalize them to (N, 28, 28)."""
    drawn = [draw_item(items, item, HEIGHT_PX, pen) for item in range(len(items))]
    return np.stack([normalize(ink) for ink in drawn])


def draw_item(items: PenStrokes, item: int, height: int, pen: float) -> NDArray[np.uint8]:
    """Draw a character, white on black, with a pen whose width is relative to the height."""
    paths = [stroke * (height, -height) for stroke in items.strokes(item)]
    ink, _ = pen_strokes(paths, pen * height)
    return np.rint(255 * ink).astype(np.uint8)
