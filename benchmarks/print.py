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
import functools
from collections import Counter
from pathlib import Path

import fonts
import numpy as np
from numpy.typing import NDArray

from digitnet import Recognizer

SEED = 5
HEIGHTS = (9, 12, 16, 24, 32, 48, 64, 100, 140, 200)
NUMBERS = 2


def main() -> None:
    """Measure, and print a table by height and one by face."""
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
    by_face: Counter[str] = Counter()
    confused: Counter[str] = Counter()
    print(
        f"{'height':>7} {'digits':>7} {'right':>7} {'refused':>8} {'numbers':>8} {'right':>7} "
        f"{'their digits':>13}"
    )
    for height in options.heights:
        count: Counter[str] = Counter()
        for number, (name, path) in enumerate(faces.items()):
            rng = np.random.default_rng([SEED, height, number])
            for text in texts(rng):
                answer = recognizer.predict(screenshot(text, path, height, rng)).digits
                kind = "digit" if len(text) == 1 else "number"
                count[kind] += 1
                count[f"{kind} right"] += answer == text
                count["refused"] += kind == "digit" and answer.strip("? ") == ""
                if kind == "number":
                    read = answer.replace(" ", "")
                    count["figures"] += len(text)
                    count["missed"] += min(len(text), edit_distance(text, read))
                elif answer != text:
                    by_face[name] += 1
                    confused[f"{text} read as {answer or 'nothing'}"] += 1
        print(
            f"{height:7} {count['digit']:7,} {count['digit right'] / count['digit']:7.1%} "
            f"{count['refused'] / count['digit']:8.1%} {count['number']:8,} "
            f"{count['number right'] / count['number']:7.1%} "
            f"{1 - count['missed'] / count['figures']:13.1%}",
            flush=True,
        )
    shown = 10 * len(options.heights)
    print(f"\nsingle digits missed, of {shown} a face: {listed(by_face)}")
    print(f"as what: {listed(confused)}")


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


def edit_distance(one: str, other: str) -> int:
    """Levenshtein 1966: how many characters to insert, delete or replace."""

    @functools.cache
    def distance(i: int, j: int) -> int:
        if not i or not j:
            return i + j
        return min(
            distance(i - 1, j) + 1,
            distance(i, j - 1) + 1,
            distance(i - 1, j - 1) + (one[i - 1] != other[j - 1]),
        )

    return distance(len(one), len(other))


def listed(counts: Counter[str]) -> str:
    """The most frequent, in words."""
    return ", ".join(f"{name} ({count})" for name, count in counts.most_common(12)) or "none"


if __name__ == "__main__":
    main()
