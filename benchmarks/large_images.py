"""A page of 12 megapixels: the whole program beside `cv2.imread` of the same file.

    python benchmarks/large_images.py

Two pages of digits are drawn by code, one as a photo with uneven light, blur and grain, one as a
scan with hair-thin strokes of two pixels; each is read as JPEG and as PNG. Printed are medians of
`digitnet predict` on the page, of `digitnet predict` on a digit of 28 x 28 pixels (the cold start),
and of `cv2.imread` in this process, and by how many times `cv2.imread` the page takes longer than
the cold start (aimed at: at most 2.5). The answer has to be that to the pixels of `cv2.imread`.
"""

import argparse
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from processes import DIGITNET, ROOT, Program, Work, medians
from vision_cost import HEIGHT, WIDTH, photo

from digitnet import Recognizer

SMALL = str(ROOT / "samples" / "tiny-28-pixels-5.png")
SOME_UNSURE = 3


def scan(rng: np.random.Generator) -> NDArray[np.uint8]:
    """Rows of digits in strokes of two pixels on white paper: (HEIGHT, WIDTH, 3) BGR."""
    page = np.full((HEIGHT, WIDTH, 3), 250, np.uint8)
    for top in range(400, HEIGHT, 500):
        number = "".join(map(str, rng.integers(0, 10, 8)))
        font = cv2.FONT_HERSHEY_SIMPLEX
        for place, digit in enumerate(number):
            where = (200 + 460 * place, top)
            cv2.putText(page, digit, where, font, 8, (90, 40, 30), 2, cv2.LINE_AA)
    grain = np.rint(1.5 * rng.standard_normal(page.shape, np.float32)).astype(np.int16)
    return np.asarray(np.clip(page + grain, 0, 255), np.uint8)


def reading(path: str) -> Work:
    """The work of reading a file with OpenCV in this process, on one thread."""

    def work() -> float:
        began = time.perf_counter()
        cv2.imread(path)
        return time.perf_counter() - began

    return work


def full_answer(recognizer: Recognizer, path: str) -> str:
    """The digits in all pixels of a file."""
    image = cv2.imread(path)
    if image is None:
        raise SystemExit(f"{path} cannot be read")
    pixels = cv2.cvtColor(image, cv2.COLOR_BGR2RGB).view(np.uint8)
    return recognizer.predict(pixels).digits


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="of each (default: 5)")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    recognizer = Recognizer.load(ROOT / "models" / "cnn")
    pages = {"photo": photo(np.random.default_rng(0)), "scan": scan(np.random.default_rng(0))}
    with tempfile.TemporaryDirectory() as folder:
        for name, page in pages.items():
            for suffix in ("jpg", "png"):
                path = str(Path(folder, f"{name}.{suffix}"))
                cv2.imwrite(path, page)
                whole = Program([*DIGITNET, "predict", path], (0, SOME_UNSURE))
                cold = Program([*DIGITNET, "predict", SMALL])
                works: dict[str, Work] = {"page": whole, "cold": cold, "imread": reading(path)}
                seconds = medians(works, options.runs)
                digits = whole.printed.decode().split("\t")[1]
                if digits != full_answer(recognizer, path):
                    raise SystemExit(f"{path}: another answer than to all pixels")
                times = (seconds["page"] - seconds["cold"]) / seconds["imread"]
                print(
                    f"{name:6}{suffix.upper():5}{1000 * seconds['page']:6.0f} ms"
                    f"   cold start{1000 * seconds['cold']:5.0f} ms"
                    f"   cv2.imread{1000 * seconds['imread']:5.0f} ms"
                    f"   {times:.2f} times (at most 2.5), {len(digits.replace(' ', ''))} digits"
                )


if __name__ == "__main__":
    main()
