"""What is no digit: how much of it is refused, beside how many digits are.

1,100 images that hold no digit are drawn by code (`benchmarks/images/junk.py`), which shares
nothing with what the networks learn from, and read as `digitnet predict` does. *Refused* means that
no digit is named. At least 97 % should be, and of MNIST's test digits, read as images of 28 x 28
pixels in the same way, at most 0.5 %. Letters come from fonts that training has not seen; those
that look like a digit are left out. Which kinds of junk the training draws was decided knowing
which kinds failed here. `--save FOLDER` keeps the images in which a digit was named.
"""

import argparse

import numpy as np

from benchmarks.harness import digits, fonts, options
from benchmarks.harness.cases import save_image
from benchmarks.harness.recognizers import load_recognizer
from benchmarks.harness.result import Result
from benchmarks.images.junk import makers
from digitnet import Prediction


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--images` and others."""
    options.add(
        parser,
        model="cnn",
        reader="reader",
        part=options.OFFICIAL,
        limit=None,
        seed=3,
        fonts=None,
        cache=options.CACHE,
        save=None,
    )
    parser.add_argument("--images", type=int, default=1100, metavar="N", help="how much junk")


def run(options: argparse.Namespace, result: Result) -> None:
    """Read images of each kind, and MNIST's digits."""
    recognizer = load_recognizer(options)
    kinds = makers(
        list(fonts.find_faces(options, fonts.HANDWRITING).values()),
        list(fonts.find_faces(options, fonts.PRINT).values()),
    )
    each = options.images // len(kinds)
    total = 0
    table = result.table("kind", {"images": ",", "refused": ".2%", "aim": ""})
    for number, (kind, make) in enumerate(kinds.items()):
        refused = 0
        for count in range(each):
            image = make(np.random.default_rng([options.seed, number, count]))
            answer = recognizer.predict(image)
            refused += is_refused(answer)
            if options.save and not is_refused(answer):
                save_image(image, options.save / f"{kind} {count} read as {answer.digits}.png")
        total += refused
        table.row(kind, each, refused / each, "")
    table.row("all junk", each * len(kinds), total / (each * len(kinds)), "at least 97%")
    images, _ = digits.load_part(options)
    unsure = sum(not answer.sure for answer in recognizer.predict_many(iter(images)))
    table.row(f"MNIST {options.part}", len(images), unsure / len(images), "at most 0.5%")


def is_refused(answer: Prediction) -> bool:
    """Whether no digit is named."""
    return all(box.digit is None for box in answer.boxes)
