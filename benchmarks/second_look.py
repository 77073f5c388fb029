"""What a second look brings: errors at first sight, and after digits in doubt are looked at again.

    python benchmarks/second_look.py [MODEL ...]

classifies, with each model (default: cnn, mlp and rnn), digits that none was fitted to: the 5,600
of the validation part as they are, the same four times distorted, and 4,000 that code draws in
shapes that MNIST lacks. Printed is the error at first sight, by the network alone, the error after
the second look (`digitnet/second_look.py`), and how many digits in a hundred get one. Limits: which
views are looked at was chosen on these digits, with five `cnn` of which one ships, so that its gain
is a little flattered; and the validation part has chosen each network's best epoch.
The test part is not looked at.
"""

import argparse

import numpy as np
from numpy.typing import NDArray

from digitnet.answers import DIGIT
from digitnet.learning.augment import distort
from digitnet.learning.datasets import load, split
from digitnet.learning.drawn import draw_digit
from digitnet.litert import Network
from digitnet.recognizer import Recognizer
from digitnet.second_look import in_doubt
from digitnet.vision.normalize import normalize

DISTORTIONS = 4
DRAWN = 4000
BATCH = 32

Digits = tuple[NDArray[np.uint8], NDArray[np.uint8]]


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", nargs="*", default=["cnn", "mlp", "rnn"], metavar="MODEL")
    options = parser.parse_args()
    kinds = make()
    print(f"{'':5} {'':12} {'digits':>7} {'first sight':>12} {'second look':>12} {'in doubt':>9}")
    for model in options.models:
        recognizer = Recognizer.load(model)
        network = Network(recognizer.model.tflite, model)
        for kind, (digits, labels) in kinds.items():
            batches = [digits[start : start + BATCH] for start in range(0, len(digits), BATCH)]
            first = np.concatenate([network.answer(batch) for batch in batches])
            second = recognizer.classify(digits)
            errors = [(said[:, DIGIT].argmax(axis=1) != labels).mean() for said in (first, second)]
            print(
                f"{model:5} {kind:12} {len(digits):7,} {errors[0]:12.2%} {errors[1]:12.2%} "
                f"{len(in_doubt(first)) / len(digits):9.1%}",
                flush=True,
            )


def make() -> dict[str, Digits]:
    """Digits of each kind, and their labels."""
    mnist = load("mnist")
    positions = split(mnist).validation
    digits, labels = mnist.images[positions], mnist.labels[positions]
    distorted = [distort(digits, np.random.default_rng(seed)) for seed in range(DISTORTIONS)]
    rng = np.random.default_rng(0)
    shapes = np.arange(DRAWN, dtype=np.uint8) % 10
    return {
        "as they are": (digits, labels),
        "distorted": (np.concatenate(distorted), np.tile(labels, DISTORTIONS)),
        "drawn": (np.stack([normalize(draw_digit(int(digit), rng)) for digit in shapes]), shapes),
    }


if __name__ == "__main__":
    main()
