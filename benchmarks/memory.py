"""Memory: what a long-lived `Recognizer` holds after many predictions.

One `Recognizer` reads 50,000 images in its own process, three times: with `predict`, with one call
of `predict_many` with two threads, and with calls of it for twenty images each, which start new
threads every time. The images are a hundred colour images of numbers, 28 to 900 pixels a side,
drawn by code and read repeatedly as PNG or JPEG from memory. *Heap* is what malloc has handed out:
a leak would show there; target: at most 5 MiB more at the end than after the first tenth.
*Resident* is larger: glibc keeps freed memory in up to eight arenas per core, each of which grows
to the maximum that any thread ever used. Two arenas are allowed here (`MALLOC_ARENA_MAX=2`);
target: at most 10 MiB more. Linux with glibc only.
"""

import argparse
import ctypes
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np

from benchmarks.harness.processes import ENVIRONMENT, ROOT
from benchmarks.harness.result import Result
from digitnet.reading.recognizer import Recognizer

IMAGES, SMALLEST, LARGEST = 100, 28, 900
TOGETHER = 20
THREADS = 2
SHARES = (0.1, 0.2, 0.5, 1.0)
MAX_HEAP, MAX_RESIDENT = 5.0, 10.0
"""Allowed growth in MiB from the first share to the last. The heap includes the images being read
at that moment."""

CHILD = "import sys; from benchmarks.memory import read; read(sys.argv[1], int(sys.argv[2]))"


def draw() -> list[bytes]:
    """Draw image files of numbers with one to five digits, in dark blue on white."""
    rng = np.random.default_rng(0)
    files = []
    for number in range(IMAGES):
        side = int(np.exp(rng.uniform(np.log(SMALLEST), np.log(LARGEST))))
        page = np.full((side, round(1.2 * side), 3), 255, np.uint8)
        text, place = str(rng.integers(10 ** rng.integers(1, 6))), (side // 10, side * 2 // 3)
        pen = max(1, side // 40)
        cv2.putText(page, text, place, cv2.FONT_HERSHEY_SIMPLEX, side / 100, (90, 30, 10), pen)
        files.append(cv2.imencode((".png", ".jpg")[number % 2], page)[1].tobytes())
    return files


def one_by_one(recognizer: Recognizer, images: Iterator[bytes]) -> Iterator[object]:
    """Call `predict` for each image."""
    return map(recognizer.predict, images)


def at_once(recognizer: Recognizer, images: Iterator[bytes]) -> Iterator[object]:
    """Call `predict_many` once."""
    return recognizer.predict_many(images, jobs=THREADS)


def some_at_once(recognizer: Recognizer, images: Iterator[bytes]) -> Iterator[object]:
    """Call `predict_many` repeatedly, for twenty images each."""
    while batch := list(itertools.islice(images, TOGETHER)):
        yield from recognizer.predict_many(batch, jobs=THREADS)


WAYS: dict[str, Callable[[Recognizer, Iterator[bytes]], Iterator[object]]] = {
    "predict": one_by_one,
    "predict_many": at_once,
    f"predict_many of {TOGETHER}": some_at_once,
}


def read(way: str, count: int) -> None:
    """Read this many images in this process; print resident memory and heap after each share."""
    images = itertools.islice(itertools.cycle(draw()), count)
    moments = {max(1, int(share * count)) for share in SHARES}
    for number, _ in enumerate(WAYS[way](Recognizer.load(), images), 1):
        if number in moments:
            print(json.dumps([resident(), heap()]), flush=True)


def resident() -> float:
    """Return the resident memory of this process in MiB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def heap() -> float:
    """Return the MiB allocated by malloc, in arenas and mapped blocks (glibc's `malloc_info`)."""
    library = ctypes.CDLL(None)
    library.fopen.restype = ctypes.c_void_p
    with tempfile.NamedTemporaryFile() as file:
        stream = ctypes.c_void_p(library.fopen(file.name.encode(), b"w"))
        library.malloc_info(0, stream)
        library.fclose(stream)
        text = file.read().decode()
    total = text[text.rindex("</heap>") :]
    sizes = dict(re.findall(r'type="(\w+)"(?: count="\d+")? size="(\d+)"', total))
    free = int(sizes["fast"]) + int(sizes["rest"])
    return (int(sizes["current"]) - free + int(sizes["mmap"])) / 2**20


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--count`."""
    parser.add_argument("--count", type=int, default=50_000, metavar="N", help="number of images")


def run(options: argparse.Namespace, result: Result) -> None:
    """Read the images in each way and add rows to the tables."""
    columns = {f"after {int(share * options.count):,}": ".1f" for share in SHARES}
    tables = [result.table("MiB", columns, title) for title in ("Resident", "Heap")]
    for way in WAYS:
        child = subprocess.run(
            [sys.executable, "-c", CHILD, way, str(options.count)],
            cwd=ROOT,
            env=ENVIRONMENT | {"MALLOC_ARENA_MAX": "2"},
            stdout=subprocess.PIPE,
            check=True,
        )
        held = [json.loads(line) for line in child.stdout.splitlines()]
        for table, most, values in zip(
            tables, (MAX_RESIDENT, MAX_HEAP), zip(*held, strict=True), strict=True
        ):
            table.row(way, *values)
            if values[-1] > values[0] + most:
                result.failure = "memory has grown"
