"""Images without digits: how many are rejected, and how many real digits.

1,100 images without a digit are drawn by code (`benchmarks/images/junk.py`) that shares nothing
with the training images, and read as by `digitnet predict`. *Rejected* means that no digit is
answered. Targets: at least 97 % of these images, and at most 0.5 % of MNIST's test digits, read as
images of 28 x 28 pixels. Letters come from fonts not used in training, except letters that look
like digits. The kinds of non-digits in the training set were chosen with knowledge of the kinds
that failed here. `--save FOLDER` saves the images in which a digit was read.
"""

import argparse

import numpy as np

from benchmarks.harness import digits, fonts, options
from benchmarks.harness.cases import save_image
from benchmarks.harness.recognizers import load_recognizer
from benchmarks.harness.result import Result
from benchmarks.images.junk import makers
from digitnet import Prediction

TARGETS = {
    "all non-digits, rejected": "at least 97 %",
    "MNIST official, rejected": "at most 0.5 %",
}


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
    """Read images of each kind, then MNIST digits."""
    recognizer = load_recognizer(options)
    kinds = makers(
        list(fonts.find_faces(options, fonts.HANDWRITING).values()),
        list(fonts.find_faces(options, fonts.PRINT).values()),
    )
    each = options.images // len(kinds)
    total = 0
    table = result.table("kind", {"images": ",", "rejected": ".2%", "target": ""})
    for number, (kind, make) in enumerate(kinds.items()):
        rejected = 0
        for count in range(each):
            image = make(np.random.default_rng([options.seed, number, count]))
            answer = recognizer.predict(image)
            rejected += is_rejected(answer)
            if options.save and not is_rejected(answer):
                save_image(image, options.save / f"{kind} {count} read as {answer.digits}.png")
        total += rejected
        table.row(kind, each, rejected / each, "")
    table.row("all non-digits", each * len(kinds), total / (each * len(kinds)), "at least 97%")
    images, _ = digits.load_part(options)
    unsure = sum(not answer.sure for answer in recognizer.predict_many(iter(images)))
    table.row(f"MNIST {options.part}", len(images), unsure / len(images), "at most 0.5%")


def is_rejected(answer: Prediction) -> bool:
    """Whether the answer has no digit."""
    return all(box.digit is None for box in answer.boxes)
