"""Numbers written on tablets: UNIPEN's, by writers held out from training.

`unipen_strings_train.npz` in the folder in DIGITNET_DATA has 1,071 numbers by 157 writers as pen
strokes (UNIPEN train_r01_v07, International Unipen Foundation, CC BY 4.0; not part of this
repository). Half of the writers may be trained on; the others are evaluated: those held out by
`split_by_writer` of `digitnet.data.pen_strokes` with a fraction of a half and the seed 0. Single
characters by many of them are in the training data; the last rows are for writers whose characters
are held out as well.

Each number is drawn 24 to 100 pixels high with a pen of 2 to 4, 4 to 8 and 8 to 12 % of its height
on paper, and read with default options. *Digits* means that `digits` is right, *text* that `text`
is right; *text without gaps* ignores all gaps. `text` leaves out dollar signs. If a label has a
space after every character, that is due to the transcription: its gaps are ignored. Targets: 93 %
of the digits of numbers without signs, and 80 % of the texts of those with signs or gaps.
"""

import argparse
from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.harness import options
from benchmarks.harness.cases import Case, Reading, read_cases, score_cases
from benchmarks.harness.data_files import data_file
from benchmarks.harness.recognizers import load_recognizer
from benchmarks.harness.result import Result, Table
from benchmarks.images.canvas import Random
from benchmarks.images.pens import pen_strokes
from benchmarks.images.sheets import finish
from benchmarks.images.writing import Glyph, on_its_own
from digitnet.data.pen_strokes import PenStrokes, read_pen_strokes, split_by_writer
from digitnet.model.symbols import DIGITS, GAP, MARKS

STRINGS = "unipen_strings_train.npz"

HELD_OUT = 0.5
"""Share of writers for evaluation."""

PENS = ((0.02, 0.04), (0.04, 0.08), (0.08, 0.12))
"""Ranges of the pen width, relative to the height of the number."""

SHARES = ("digits", "text", "text without gaps", "unsure", "wrong", "wrong and sure")


TARGETS = {
    "digits only, all, digits": "at least 93 %",
    "with signs or gaps, all, text": "at least 80 %",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--model`, `--limit` and others."""
    options.add(parser, model="cnn", reader="reader", limit=None, seed=0, save=None)


def run(options: argparse.Namespace, result: Result) -> None:
    """Read numbers without and with signs, with each pen."""
    path = data_file(STRINGS)
    if not path:
        result.say(f"not measured: no {STRINGS} in the DIGITNET_DATA folder")
        return
    recognizer = load_recognizer(options)
    strings = read_pen_strokes(path, single=False)
    _, held = split_by_writer(strings, HELD_OUT)
    _, unseen = split_by_writer(strings)
    table = result.table("numbers", {"count": ",", **dict.fromkeys(SHARES, ".1%")})
    for kind, has_signs in (("digits only", False), ("with signs or gaps", True)):
        chosen = chosen_items(held, has_signs)[: options.limit]
        together: list[Reading] = []
        for pen in PENS:
            name = f"{kind}, pens of {pen[0]:.0%} to {pen[1]:.0%}"
            cases = draw_numbers(held, chosen, pen, options.seed)
            readings = read_cases(recognizer, cases, options.save, name)
            add(table, name, readings)
            together += readings
        add(table, f"{kind}, all", together)
        writers = [*held.writers[chosen]] * len(PENS)
        pairs = zip(together, writers, strict=True)
        new = [reading for reading, writer in pairs if writer in unseen.by_writer]
        if new:
            add(table, f"{kind}, unseen writers", new)


def chosen_items(items: PenStrokes, has_signs: bool) -> list[int]:
    """Return the positions of numbers with signs or gaps, or of those without."""
    return [n for n, label in enumerate(items.labels) if str(label).isdecimal() != has_signs]


def draw_numbers(
    items: PenStrokes, chosen: Sequence[int], pen: tuple[float, float], seed: int
) -> Iterator[Case]:
    """Draw numbers on pieces of paper.

    Args:
        items: pen strokes.
        chosen: positions of the items to draw.
        pen: narrowest and widest pen, relative to the height.
        seed: random seed.
    """
    for item in chosen:
        yield draw_number(items, item, pen, np.random.default_rng([seed, PENS.index(pen), item]))


def draw_number(items: PenStrokes, item: int, pen: tuple[float, float], rng: Random) -> Case:
    """Draw one number on a piece of paper."""
    height = float(np.exp(rng.uniform(np.log(24), np.log(100))))
    strokes = items.strokes(item)
    scale = height / max(np.ptp(np.concatenate(strokes)[:, 1]), 0.02)
    paths = [stroke * (scale, -scale) for stroke in strokes]
    ink, above = pen_strokes(paths, max(1.0, height * rng.uniform(*pen)))
    image = finish(on_its_own([Glyph(ink, above, 0)], height * rng.uniform(0.2, 1)), None, rng)
    label = str(items.labels[item])
    text = "".join(one for one in label if one in DIGITS + MARKS + GAP).strip()
    is_spaced = len(label) > 1 and not label[1::2].strip()
    return Case(image, "".join(filter(str.isdecimal, label)), text, gaps_count=not is_spaced)


def add(table: Table, name: str, readings: list[Reading]) -> None:
    """Add a row to the table."""
    found = score_cases(readings)
    text = sum(reading.text_right for reading in readings)
    marks = sum(reading.marks_right for reading in readings)
    counts = found.right, text, marks, found.unsure, found.wrong, found.sure
    table.row(name, found.count, *(count / found.count for count in counts))
