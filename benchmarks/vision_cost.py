"""What vision costs: one digit of 28 x 28 pixels, and 12 megapixels of a page beside `cv2.imread`.

    python benchmarks/vision_cost.py

Vision is all that happens before the network: a file is decoded, its digits are found and brought
to 28 x 28. Aimed at: at most 0.2 ms for the small image, and at most twice the time of `cv2.imread`
for the photo, as JPEG and as PNG. All are measured in turn, in one process and one thread; printed
are medians. The page is drawn by code, with the light, blur and grain of a photo. Limit: times
depend on the machine and on what else it does; the ratios less so.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.vision import decode_image, find_digits

SMALL_RUNS, LARGE_RUNS = 500, 9
HEIGHT, WIDTH = 3000, 4000
ROWS, COLUMNS = 5, 9


def digit() -> NDArray[np.uint8]:
    """A 3 as MNIST has it: 28 x 28, white ink on black."""
    large = np.zeros((280, 280), np.uint8)
    for row, start in ((100, -150), (180, -90)):
        cv2.ellipse(large, (140, row), (45, 40), 0, start, start + 240, 255, 26)
    return cv2.resize(large, (28, 28), interpolation=cv2.INTER_AREA).view(np.uint8)


def photo(rng: np.random.Generator) -> NDArray[np.uint8]:
    """Rows of digits on paper of uneven light, as a camera sees them: (HEIGHT, WIDTH, 3) BGR."""
    page = np.zeros((HEIGHT, WIDTH), np.uint8)
    for row in range(ROWS):
        for column in range(COLUMNS):
            place = (250 + 400 * column + int(rng.integers(40)), 600 + 520 * row)
            font = cv2.FONT_HERSHEY_SIMPLEX
            cv2.putText(page, str(rng.integers(10)), place, font, 9, 255, 26, cv2.LINE_AA)
    ink = cv2.GaussianBlur(page, (0, 0), 2).astype(np.float32) / 255
    light = np.linspace(1, 0.7, WIDTH, dtype=np.float32) * np.linspace(0.9, 1, HEIGHT)[:, None]
    gray = light * (225 - 170 * ink) + 3 * rng.standard_normal((HEIGHT, WIDTH), np.float32)
    return np.clip(gray[:, :, None] * (0.94, 0.98, 1), 0, 255).astype(np.uint8)


def imread(source: str | bytes) -> object:
    """OpenCV's own reading of a file."""
    return cv2.imread(str(source))


def see(source: str | bytes) -> int:
    """How many digits there are."""
    return len(find_digits(decode_image(source)))


def seconds(work: Callable[[str | bytes], object], source: str | bytes) -> float:
    """Of one call."""
    began = time.perf_counter()
    work(source)
    return time.perf_counter() - began


def main() -> None:
    """Measure and print."""
    cv2.setNumThreads(1)
    small = cv2.imencode(".png", digit())[1].tobytes()

    if see(small) != 1:
        raise SystemExit("the small image should have one digit")
    times = [seconds(see, small) for _ in range(SMALL_RUNS)]
    print(f"28 x 28 PNG     {1000 * statistics.median(times):8.3f} ms")
    image = photo(np.random.default_rng(0))
    with tempfile.TemporaryDirectory() as folder:
        for name in ("photo.jpg", "photo.png"):
            path = str(Path(folder, name))
            cv2.imwrite(path, image)
            if see(path) != ROWS * COLUMNS:
                raise SystemExit(f"{name} should have {ROWS * COLUMNS} digits")
            ours, theirs = [], []
            for _ in range(LARGE_RUNS):
                theirs.append(seconds(imread, path))
                ours.append(seconds(see, path))
            vision, plain = statistics.median(ours), statistics.median(theirs)
            print(
                f"12 MP {name[-3:].upper():10}{1000 * vision:8.0f} ms"
                f"   cv2.imread {1000 * plain:4.0f} ms   {vision / plain:.2f} times"
            )


if __name__ == "__main__":
    main()
