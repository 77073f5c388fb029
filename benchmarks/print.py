"""Print: digits in fonts that training has not seen, as a screenshot shows them.

    python benchmarks/print.py

draws the ten digits one by one and two numbers of 3 to 6 digits, in each face of the twelve
families of `fonts.PRINT` (upright, italic, bold) and at each height: antialiased, dark on light or
light on dark, black, gray or coloured, cut out with a margin. They are read as `digitnet predict`
does, without any option. Printed by height are the single digits whose whole answer is right (at
least 98 % should be, at every height), the share of refused ones, the numbers whose whole answer is
right, and the digits of the numbers: 1 - edit distance / digits.

The height is that of the digit 8 in pixels: 9 are a font of 12 pixels, and below the target.
Zeros with a slash or a dot, as fonts for programs have them, are zeros.
"""

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import fonts
import numpy as np
from edit_distance import edit_distance
from numpy.typing import NDArray

from digitnet import Recognizer
from digitnet.prediction import UNSURE

SEED = 5
HEIGHTS = (9, 12, 16, 24, 32, 48, 64, 100, 140, 200)
NUMBERS = 2


def main() -> None:
    """Measure, and print a table by height and one by family."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="cnn", help="a model's name or folder (default: cnn)")
    parser.add_argument(
        "--heights", type=int, nargs="+", default=HEIGHTS, metavar="PIXELS", help="of the digits"
    )
    fonts.add_options(parser)
    options = parser.parse_args()
    recognizer = Recognizer.load(options.model)
    faces = fonts.find_faces(options, fonts.PRINT)
    print(
        f"{'height':>7} {'digits':>7} {'right':>7} {'refused':>8} {'numbers':>8} {'right':>7} "
        f"{'their digits':>13}"
    )
    singles: list[Reading] = []
    for height in options.heights:
        readings = list(read(recognizer, faces, height))
        digits = [reading for reading in readings if len(reading.text) == 1]
        numbers = [reading for reading in readings if len(reading.text) > 1]
        written = sum(len(number.text) for number in numbers)
        missed = sum(
            edit_distance(number.text, number.answer.replace(" ", "")) for number in numbers
        )
        print(
            f"{height:7} {len(digits):7,} {share_right(digits):7.1%} "
            f"{np.mean([digit.refused for digit in digits]):8.1%} {len(numbers):8,} "
            f"{share_right(numbers):7.1%} {1 - missed / written:13.1%}",
            flush=True,
        )
        singles += digits
    print("\nsingle digits right, by family:")
    for family in dict.fromkeys(digit.family for digit in singles):
        own = [digit for digit in singles if digit.family == family]
        print(f"{family:24} {share_right(own):6.1%}")
    wrong = [digit for digit in singles if not digit.right]
    faults = Counter(f"{digit.text} read as {digit.answer or 'nothing'}" for digit in wrong)
    print(
        f"\nmost often: {', '.join(f'{name} ({n})' for name, n in faults.most_common(9)) or 'none'}"
    )


@dataclass(frozen=True)
class Reading:
    """What was written in a font of this family, and what was read in it."""

    family: str
    text: str
    answer: str

    @property
    def right(self) -> bool:
        """Whether the whole answer is right."""
        return self.answer == self.text

    @property
    def refused(self) -> bool:
        """Whether no digit is named."""
        return not self.answer.strip(f"{UNSURE} ")


def read(recognizer: Recognizer, faces: dict[str, Path], height: int) -> Iterator[Reading]:
    """Read digits and numbers in each face at a height in pixels."""
    for number, (name, path) in enumerate(faces.items()):
        rng = np.random.default_rng([SEED, height, number])
        for text in texts(rng):
            answer = recognizer.predict(screenshot(text, path, height, rng)).digits
            yield Reading(name.split()[0], text, answer)


def share_right(readings: list[Reading]) -> float:
    """The share whose whole answer is right."""
    return sum(reading.right for reading in readings) / len(readings)


def texts(rng: np.random.Generator) -> list[str]:
    """The ten digits, and some numbers."""
    numbers = ["".join(map(str, rng.integers(0, 10, rng.integers(3, 7)))) for _ in range(NUMBERS)]
    return [*"0123456789", *numbers]


def screenshot(text: str, path: Path, height: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Draw text as a piece of a screen.

    Args:
        text: one line.
        path: of the font.
        height: of the digits in pixels.
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


if __name__ == "__main__":
    main()
