"""How much of what is no digit is refused, beside how many digits are.

    python benchmarks/junk.py

draws 1,100 images that hold no digit (`junk_images.py`, seeded), reads each as `digitnet predict`
does, and prints for each kind how many are refused: no digit is named. At least 95 % should be, and
of MNIST's test digits, read as images of 28 x 28 pixels in the same way, at most 1 %.

Letters come from fonts that training has not seen (`fonts.py`), and those that look like a digit
are left out (`junk_images.LETTERS`). `--save FOLDER` keeps the images in which a digit was named.
"""

import argparse
from pathlib import Path

import cv2
import fonts
import numpy as np
import parts
from junk_images import Pixels, makers

from digitnet import Prediction, Recognizer

SEED = 3
IMAGES = 1100


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="cnn", help="a model's name or folder (default: cnn)")
    parser.add_argument("--images", type=int, default=IMAGES, metavar="N", help="how much junk")
    parser.add_argument("--save", type=Path, metavar="FOLDER", help="keep what was not refused")
    parts.add_options(parser)
    fonts.add_options(parser)
    options = parser.parse_args()
    recognizer = Recognizer.load(options.model)
    kinds = makers(
        list(fonts.find_faces(options, fonts.HANDWRITING).values()),
        list(fonts.find_faces(options, fonts.PRINT).values()),
    )
    each = options.images // len(kinds)
    total = 0
    print(f"{'kind':22} {'images':>7} {'refused':>8}")
    for number, (kind, make) in enumerate(kinds.items()):
        refused = 0
        for count in range(each):
            image = make(np.random.default_rng([SEED, number, count]))
            answer = recognizer.predict(image)
            refused += is_refused(answer)
            if options.save and not is_refused(answer):
                save(image, options.save / f"{kind} {count} read as {answer.digits}.png")
        total += refused
        print(f"{kind:22} {each:7,} {refused / each:8.1%}", flush=True)
    print(
        f"{'all junk':22} {each * len(kinds):7,} {total / (each * len(kinds)):8.1%}  at least 95%"
    )
    digits, _ = parts.load_part(options)
    unsure = sum(not answer.sure for answer in recognizer.predict_many(iter(digits)))
    name = f"MNIST {options.part}"
    print(f"{name:22} {len(digits):7,} {unsure / len(digits):8.2%}  at most 1%")


def is_refused(answer: Prediction) -> bool:
    """Whether no digit is named."""
    return all(box.digit is None for box in answer.boxes)


def save(image: Pixels, path: Path) -> None:
    """Write a gray or RGB image."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), image if image.ndim == 2 else image[:, :, ::-1])


if __name__ == "__main__":
    main()
