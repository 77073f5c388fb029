"""Experts: how the reader and the classifier decide together.

The first table is for images of up to two digits. They are drawn from MNIST's validation digits,
letters and signs by UNIPEN's held-out writers, and shapes: every kind of image of `robustness`,
cells with a digit and without, digits and letters with pens of all widths, drawings and textures,
and two or three digits that touch. Those that the classifier is asked about count: see
`find_candidates` in `digitnet/reading/classifying/product_of_experts.py`. The table shows the
cross-entropy of each network alone, of both with the weights in use, and with the weights that
minimize it here, which the last line shows. `digits`, `non-digits` and `touching` are the shares
that are right by best guess. UNIPEN's characters are skipped if they are not in the DIGITNET_DATA
folder.

The second table is for the isolated digits of longer numbers: those of lines with marks, of lines
and pages with a digit that is easily overlooked, and of pages on every paper. The digits that the
classifier is asked about count, if as many digits were read as are written.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from benchmarks import cells, hands, marks, pages, robustness, silence, touching
from benchmarks.harness import digits, options
from benchmarks.harness.cases import Case
from benchmarks.harness.result import Result
from benchmarks.images import overlooked, sheets
from benchmarks.images.cells import KINDS
from benchmarks.images.junk import makers
from benchmarks.images.marks import KINDS as KINDS_OF_MARKS
from benchmarks.images.writing import Digits
from digitnet.data.pen_strokes import PenStrokes
from digitnet.model.bundle import load
from digitnet.model.kinds import Kind
from digitnet.reading.answer import locate_symbols
from digitnet.reading.classifying.classifier import Classifier
from digitnet.reading.classifying.product_of_experts import (
    CLASSIFIER_WEIGHT,
    DIGIT_BIAS,
    ISOLATED_WEIGHT,
    READER_WEIGHT,
    find_candidates,
    log_digits,
    log_experts,
    log_product,
    log_product_of_digits,
    needs_classifier,
)
from digitnet.reading.ctc import LONGER, NONE, PAIR
from digitnet.reading.find_writing import ReadingMode, find_writing
from digitnet.reading.read_images import ImageReader
from digitnet.vision import Layout, find_lines
from digitnet.vision.decoding.limits import DEFAULT_LIMITS
from digitnet.vision.decoding.sources import Image, take
from digitnet.vision.normalize import normalize

DRAWINGS = "texture", "things", "scribble", "shape", "icon"
"""Kinds of images without digits, see `benchmarks/images/junk.py`."""
HEIGHTS_PX = 20, 120
"""Range of the heights of UNIPEN's characters."""

KINDS_OF_ANSWERS = "digits", "non-digits", "touching"

ALONE = {"reader alone": (1.0, 0.0, 0.0), "classifier alone": (0.0, 1.0, 0.0)}
IN_USE = READER_WEIGHT, CLASSIFIER_WEIGHT, DIGIT_BIAS


class Example(NamedTuple):
    """An image that both networks are asked about.

    Attributes:
        experts: (2, N), the logarithms of their probabilities of all short numbers, or of the ten
            digits.
        label: the index of the right one, see `label_of`.
    """

    experts: NDArray[np.float64]
    label: int


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--model`, `--limit` and others."""
    options.add(parser, model="cnn", reader="reader", limit=40, seed=0)


def run(options: argparse.Namespace, result: Result) -> None:
    """Ask both networks about all images and fit the weights."""
    examples = list(ask(options, draw(options.limit, options.seed)))
    labels = np.array([one.label for one in examples])
    compared, fitted = compare(examples, log_product, IN_USE)
    table = result.table(
        "weights", {"images": ",", "cross-entropy": ".4f", **dict.fromkeys(KINDS_OF_ANSWERS, ".1%")}
    )
    kinds = labels < NONE, labels == NONE, labels > NONE
    for name, (entropy, right) in compared.items():
        table.row(name, len(labels), entropy, *(float(right[kind].mean()) for kind in kinds))
    result.say("fitted: reader {:.2f}, classifier {:.2f}, digits {:+.2f}".format(*fitted))
    run_isolated(options, result)


def run_isolated(options: argparse.Namespace, result: Result) -> None:
    """Ask both networks about the isolated digits of longer numbers and fit the weights."""
    examples = list(ask_isolated(options, draw_numbers(options.limit, options.seed)))
    in_use = ISOLATED_WEIGHT, ISOLATED_WEIGHT
    compared, fitted = compare(examples, log_product_of_digits, in_use)
    table = result.table(
        "weights, isolated digits", {"digits": ",", "cross-entropy": ".4f", "wrong": ".2%"}
    )
    for name, (entropy, right) in compared.items():
        table.row(name, len(examples), entropy, float((~right).mean()))
    result.say("fitted, isolated digits: reader {:.2f}, classifier {:.2f}".format(*fitted))


def compare(
    examples: Sequence[Example],
    product: Callable[..., NDArray[np.float64]],
    in_use: tuple[float, ...],
) -> tuple[dict[str, tuple[float, NDArray[np.bool_]]], NDArray[np.float64]]:
    """Compare each network alone, the weights in use, and those with the least cross-entropy.

    Args:
        examples: what both networks were asked about.
        product: the log probabilities of both together, given `Example.experts` and the weights.
        in_use: the weights in use.

    Returns:
        By name, the cross-entropy and whether each best guess is right; and the fitted weights.
    """
    experts = np.stack([one.experts for one in examples])
    labels = np.array([one.label for one in examples])

    def cross_entropy(weights: Sequence[float]) -> float:
        return float(-product(experts, *weights)[np.arange(len(labels)), labels].mean())

    fitted = minimize(cross_entropy, in_use, method="Nelder-Mead").x
    alone = {name: weights[: len(in_use)] for name, weights in ALONE.items()}
    compared = {
        name: (cross_entropy(weights), product(experts, *weights).argmax(axis=1) == labels)
        for name, weights in {**alone, "in use": in_use, "fitted": fitted}.items()
    }
    return compared, fitted


def draw(limit: int, seed: int) -> Iterator[tuple[Image, int]]:
    """Draw `limit` images of each kind, ten times as many numbers and characters, and labels."""
    images, labels = digits.load_whole("validation")
    yield from robustness.draw(images, labels, limit, seed)
    for kind in KINDS:
        for content in cells.CONTENTS:
            drawn = cells.draw_cells(kind, content, Digits(images, labels), limit, seed)
            yield from ((case.image, label_of(case.label)) for case in drawn)
    for length in (2, 3):
        for case in touching.draw_numbers(images, labels, length, 10 * limit, seed):
            yield case.image, label_of(case.label)
    drawings = makers([], [])
    for kind in DRAWINGS:
        for number in range(2 * limit):
            yield drawings[kind](np.random.default_rng([seed, 77, number])), NONE
    for kind, wanted in (
        ("digits", str.isdecimal),
        ("letters", hands.is_no_digit),
        ("symbols", hands.is_no_digit),
    ):
        if items := hands.held_out(kind, wanted, 10 * limit):
            yield from draw_characters(items, np.random.default_rng(seed))


def draw_numbers(limit: int, seed: int) -> Iterator[Case]:
    """Draw `limit` lines of each kind, and a quarter as many pages of each."""
    numbers = Digits(*digits.load_whole("validation"))
    for kind in KINDS_OF_MARKS:
        yield from marks.draw_numbers(kind, numbers, limit, seed)
    for kind in overlooked.KINDS:
        for form in overlooked.FORMS:
            yield from silence.draw_images(kind, form, numbers, limit, seed)
    for kind in sheets.KINDS:
        for paper in sheets.PAPERS:
            yield from pages.draw_pages(kind, paper, numbers, max(1, limit // 4), seed)


def draw_characters(items: PenStrokes, rng: np.random.Generator) -> Iterator[tuple[Image, int]]:
    """Draw characters on white paper, with pens of any width."""
    for item in range(len(items)):
        height = int(rng.integers(*HEIGHTS_PX))
        ink = hands.draw_item(items, item, height, rng.choice(hands.PENS))
        margin = int(height * rng.uniform(0, 0.6))
        yield 255 - np.pad(ink, margin), label_of(str(items.labels[item]))


def label_of(text: str) -> int:
    """Return the index of a label among the short numbers, see `digitnet.reading.ctc`."""
    if not text.isdecimal():
        return NONE
    if len(text) > 2:
        return LONGER
    return int(text) + (PAIR.start if len(text) == 2 else 0)


def ask(options: argparse.Namespace, images: Iterator[tuple[Image, int]]) -> Iterator[Example]:
    """Ask both networks about the images of which the reader is not sure."""
    reader = ImageReader(load(options.reader, Kind.READER), None)
    classifier = Classifier(load(options.model, Kind.CLASSIFIER))
    for image, label in images:
        source = take(image, DEFAULT_LIMITS)
        layout = find_writing(source, ReadingMode(by_lines=True), DEFAULT_LIMITS, print)
        if not isinstance(layout, Layout):
            continue  # in MNIST's format, or empty: only the classifier is asked
        (reading,) = reader.read([layout])
        (candidate,) = find_candidates([reading], [layout])
        if candidate:
            (classified,) = classifier.answer([normalize(candidate.place.ink)])
            yield Example(log_experts(candidate.by_reader, classified), label)


def ask_isolated(options: argparse.Namespace, cases: Iterator[Case]) -> Iterator[Example]:
    """Ask both networks about the isolated digits of which the reader is not sure."""
    reader = ImageReader(load(options.reader, Kind.READER), None)
    classifier = Classifier(load(options.model, Kind.CLASSIFIER))
    for case in cases:
        layout = find_lines(case.image)
        (reading,) = reader.read([layout])
        symbols = [one for one in locate_symbols(reading.chosen, layout) if one.is_digit]
        labels = [int(character) for character in case.label if character.isdecimal()]
        if len(symbols) != len(labels):
            continue
        asked = [n for n, symbol in enumerate(symbols) if needs_classifier(symbol)]
        classified = classifier.answer([normalize(symbols[n].place.ink) for n in asked])
        for n, output in zip(asked, classified, strict=True):
            yield Example(log_digits(symbols[n], output), labels[n])
