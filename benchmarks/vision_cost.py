"""Cost of vision: a digit of 28 x 28 pixels and pages of 12 megapixels, compared with `cv2.imread`.

Vision is everything before the network: decoding the file, and taking its one digit as it is, or
finding the lines of writing and scaling them to the reader's height. Targets: at most 0.2 ms for
the small image, and at most twice the time of `cv2.imread` for the pages, as JPEG and as PNG. The
pages are drawn by code: one has the light, blur and noise of a photo, the other is a scan with
strokes of two pixels. All are measured in turn, in one process and one thread; times are medians.
Limit: times depend on the machine and its load; the ratios less so.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from benchmarks.harness import options
from benchmarks.harness.result import Result
from benchmarks.images import pages
from digitnet.vision import decode_image, find_lines
from digitnet.vision.find import normal_digit

SMALL_RUNS = 500


TARGETS = {
    "28 x 28 PNG, vision, ms": "at most 0.2",
    "12 MP photo, JPG, times": "at most 2",
    "12 MP photo, PNG, times": "at most 2",
    "12 MP scan, JPG, times": "at most 2",
    "12 MP scan, PNG, times": "at most 2",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--runs`."""
    options.add(parser, runs=9)


def run(options: argparse.Namespace, result: Result) -> None:
    """Measure the small image and all pages."""
    cv2.setNumThreads(1)
    table = result.table("image", {"vision, ms": ".3g", "cv2.imread, ms": ".3g", "times": ".2f"})
    small = cv2.imencode(".png", pages.digit())[1].tobytes()
    if see(small) != 1:
        sys.exit("the small image should have one line")
    times = [seconds(see, small) for _ in range(SMALL_RUNS)]
    table.row("28 x 28 PNG", 1000 * statistics.median(times), None, None)
    made = {
        "photo": pages.photo(np.random.default_rng(0)),
        "scan": pages.scan(np.random.default_rng(0)),
    }
    lines = {"photo": pages.ROWS, "scan": pages.SCAN_ROWS}
    with tempfile.TemporaryDirectory() as folder:
        for name, page in made.items():
            for suffix in ("jpg", "png"):
                path = str(Path(folder, f"{name}.{suffix}"))
                cv2.imwrite(path, page)
                if (found := see(path)) != lines[name]:
                    sys.exit(f"{name}.{suffix} should have {lines[name]} lines, not {found}")
                ours, theirs = [], []
                for _ in range(options.runs):
                    theirs.append(seconds(imread, path))
                    ours.append(seconds(see, path))
                vision, plain = statistics.median(ours), statistics.median(theirs)
                title = f"12 MP {name}, {suffix.upper()}"
                table.row(title, 1000 * vision, 1000 * plain, vision / plain)


def imread(source: str | bytes) -> object:
    """Read a file with OpenCV alone."""
    return cv2.imread(str(source))


def see(source: str | bytes) -> int:
    """Return the number of lines found; a digit in MNIST's format counts as one."""
    gray = decode_image(source)
    return 1 if normal_digit(gray) else len(find_lines(gray).lines)


def seconds(work: Callable[[str | bytes], object], source: str | bytes) -> float:
    """Return the wall time of one call in seconds."""
    began = time.perf_counter()
    work(source)
    return time.perf_counter() - began
