"""Printed digits: digits and numbers in fonts not used in training, as in screenshots.

The ten digits and two numbers of 3 to 6 digits, in each face of twelve font families (upright,
italic, bold) and at each height: antialiased, dark on light or light on dark, black, gray or
coloured, cropped with a margin. They are read as by `digitnet predict` with default options. The
first table shows, by height: single digits with a right answer (target: at least 99 % at every
height from 12), rejected ones, numbers with a right answer, and digits of the numbers: 1 - edit
distance / digits.

The height is that of the digit 8 in pixels: 9 corresponds to a font size of 12 pixels, and is below
the target. Zeros with a slash or a dot, as in programming fonts, count as zeros.
"""

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import fonts, options
from benchmarks.harness.recognizers import load_recognizer
from benchmarks.harness.result import Result
from benchmarks.harness.scoring import digits_right
from digitnet import Recognizer
from digitnet.reading.prediction import UNSURE

HEIGHTS = (9, 12, 16, 24, 32, 48, 64, 100, 140, 200)
LOWEST_HEIGHT = 12
"""Minimum height for which the target holds."""

NUMBERS = 2


TARGETS = {
    "lowest": "at least 99 %",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--heights` and others."""
    options.add(parser, model="cnn", reader="reader", seed=5, fonts=None, cache=options.CACHE)
    parser.add_argument(
        "--heights", type=int, nargs="+", default=HEIGHTS, metavar="PIXELS", help="of the digits"
    )


def run(options: argparse.Namespace, result: Result) -> None:
    """Read printed digits of each height, and compare the font families."""
    recognizer = load_recognizer(options)
    faces = fonts.find_faces(options, fonts.PRINT)
    table = result.table(
        "height",
        {
            "digits": ",",
            "right": ".1%",
            "rejected": ".1%",
            "numbers": ",",
            "numbers right": ".1%",
            "their digits right": ".1%",
        },
    )
    singles: list[Reading] = []
    lowest = 1.0
    for height in options.heights:
        readings = list(read(recognizer, faces, height, options.seed))
        digits = [reading for reading in readings if len(reading.text) == 1]
        numbers = [reading for reading in readings if len(reading.text) > 1]
        if height >= LOWEST_HEIGHT:
            lowest = min(lowest, share_right(digits))
        table.row(
            str(height),
            len(digits),
            share_right(digits),
            sum(digit.rejected for digit in digits) / len(digits),
            len(numbers),
            share_right(numbers),
            digits_right([one.text for one in numbers], [one.answer for one in numbers]),
        )
        singles += digits
    result.figure("lowest", lowest, "at least {:.1%} of single digits right at each height from 12")
    table = result.table("family", {"single digits right": ".1%"})
    for family in dict.fromkeys(digit.family for digit in singles):
        table.row(family, share_right([digit for digit in singles if digit.family == family]))
    wrong = [digit for digit in singles if not digit.right]
    faults = Counter(f"{digit.text} read as {digit.answer or 'nothing'}" for digit in wrong)
    if faults:
        often = ", ".join(f"{name} ({count})" for name, count in faults.most_common(9))
        result.say(f"most often misread: {often}")


@dataclass(frozen=True)
class Reading:
    """A text printed in a font of a family, and the answer to it."""

    family: str
    text: str
    answer: str

    @property
    def right(self) -> bool:
        """Whether the whole answer is correct."""
        return self.answer == self.text

    @property
    def rejected(self) -> bool:
        """Whether the answer has no digit."""
        return not self.answer.strip(f"{UNSURE} ")


def read(
    recognizer: Recognizer, faces: dict[str, Path], height: int, seed: int
) -> Iterator[Reading]:
    """Read digits and numbers in each face at a height in pixels."""
    for number, (name, path) in enumerate(faces.items()):
        rng = np.random.default_rng([seed, height, number])
        for text in texts(rng):
            answer = recognizer.predict(screenshot(text, path, height, rng)).digits
            yield Reading(name.split()[0], text, answer)


def share_right(readings: list[Reading]) -> float:
    """Return the share of readings that are entirely correct."""
    return sum(reading.right for reading in readings) / len(readings)


def texts(rng: np.random.Generator) -> list[str]:
    """Return the ten digits and some random numbers."""
    numbers = ["".join(map(str, rng.integers(0, 10, rng.integers(3, 7)))) for _ in range(NUMBERS)]
    return [*"0123456789", *numbers]


def screenshot(text: str, path: Path, height: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Draw text as in a cropped screenshot.

    Args:
        text: one line.
        path: path of the font file.
        height: height of the digits in pixels.
        rng: draws colours and margins.

    Returns:
        (H, W, 3) RGB.
    """
    margins = rng.integers(max(2, height // 5), max(4, 2 * height), (2, 2))
    share = np.pad(fonts.draw_text(text, path, height), margins)[..., None] / 255
    pale, deep = rng.uniform(200, 255, 3), rng.uniform(0, 100, 3)
    if rng.random() < 0.5:  # most screens are gray
        pale, deep = np.full(3, rng.choice([255, 240, 220])), np.full(3, rng.choice([0, 40, 80]))
    back, ink = (pale, deep) if rng.random() < 0.6 else (deep, pale)
    return np.asarray(np.rint(back + share * (ink - back)), np.uint8)
