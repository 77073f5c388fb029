"""Digits that touch: how often a number is read right whose digits run into each other.

    python benchmarks/touching.py

Two, three or four of MNIST's test digits are drawn black on white as a user would send them, 48 to
120 pixels high, each a little larger or smaller and higher or lower than the last, and slid to the
left until its ink overlaps the ink before it by up to one of MNIST's pixels: nearly all numbers are
one piece of ink. `Recognizer.predict` reads them with its default options.

Printed for each length: how many numbers are read right, and how many of their digits (by edit
distance), when touching digits are cut apart and when they are not. Aimed at: 0.92 of the pairs;
0.925 was published for a method of this kind on NIST's own touching pairs. Limit: these digits were
written apart and pushed together, so nobody's pen ran from one into the next; and the network has
learned from pieces of numbers that were made in the same way, from training digits. `--limit N`
reads N numbers of each length, made of N digits.
"""

import argparse
from collections.abc import Iterator

import numpy as np
import parts
from edit_distance import edit_distance
from numpy.typing import NDArray

from digitnet import Recognizer
from digitnet.learning.touching import slide_together
from digitnet.vision import find_digits

NUMBERS = {2: 5000, 3: 1000, 4: 1000}
"""How many digits touch, and how many such numbers are read."""

MARGIN = 24
"""Pixels of paper around a number."""


def draw_numbers(
    digits: NDArray[np.uint8], labels: NDArray[np.uint8], length: int, count: int
) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Labels and pictures of so many numbers, each of `length` digits."""
    rng = np.random.default_rng([0, length])
    for _ in range(count):
        chosen = rng.choice(len(digits), length)
        ink = slide_together(list(digits[chosen]), rng, rng.uniform(3, 5)).max(axis=0)
        label = "".join(map(str, labels[chosen]))
        yield label, np.pad(255 - ink, MARGIN, constant_values=255)


def read_whole(recognizer: Recognizer, image: NDArray[np.uint8]) -> str:
    """What is read if no ink is cut: a digit for each piece of ink."""
    found = [region.digit for region in find_digits(image)]
    if not found:
        return ""
    return "".join(str(row.argmax()) for row in recognizer.classify(np.stack(found), jobs=1))


def rates(labels: list[str], answers: list[str]) -> str:
    """Numbers right and digits right, as parts of all."""
    numbers = sum(a == b for a, b in zip(labels, answers, strict=True)) / len(labels)
    missed = sum(min(len(a), edit_distance(a, b)) for a, b in zip(labels, answers, strict=True))
    return f"{numbers:9.4f} {1 - missed / sum(map(len, labels)):9.4f}"


def main() -> None:
    """Read all numbers in both ways and print a row for each length."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="cnn", help="a model's name or folder (default: cnn)")
    parts.add_options(parser)
    options = parser.parse_args()
    recognizer = Recognizer.load(options.model)
    digits, labels = parts.load_part(options)
    print(f"{'':21}    cut apart         left whole      unsure   one piece")
    print(f"{'':21}  numbers    digits  numbers    digits  of numbers  of ink")
    for length, count in NUMBERS.items():
        numbers = draw_numbers(digits, labels, length, min(count, options.limit or count))
        wanted, answers, whole, unsure = [], [], [], 0
        for label, image in numbers:
            prediction = recognizer.predict(image)
            wanted.append(label)
            answers.append(prediction.digits.replace(" ", ""))
            whole.append(read_whole(recognizer, image))
            unsure += not prediction.sure
        joined = sum(len(answer) == 1 for answer in whole)
        print(
            f"{len(wanted):5} of {length} digits    {rates(wanted, answers)} {rates(wanted, whole)}"
            f"{unsure / len(wanted):10.4f} {joined / len(wanted):8.4f}"
        )


if __name__ == "__main__":
    main()
