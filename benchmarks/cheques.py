"""A thousand amounts: the throughput of `predict`, and of two jobs compared with one.

1,000 JPEGs of about 300 x 100 pixels are drawn by code: three to six of MNIST's test digits, some
with a decimal point, above a ruled line on paper with a fine printed pattern. `digitnet predict`
reads the list on two cores and writes a CSV file, in its own process, start-up included. Targets:
100 images per second, and two jobs at least 1.5 times as fast as one. With `--pictures FOLDER`,
its images of the kind `cheque` are read too, repeated to the same number. Answers are not scored,
but one thread must write the same file as two. Times are medians; all files are in the disk cache.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path

import cv2
import numpy as np

from benchmarks.harness import digits, options
from benchmarks.harness.pictures import labelled
from benchmarks.harness.processes import DIGITNET, Program, medians, two_cores
from benchmarks.harness.result import Result
from benchmarks.images.cheques import draw_cheque
from benchmarks.images.writing import Digits

KIND = "cheque"

JOBS = (2, 1)

SOME_UNSURE = 3

TARGETS = {
    "drawn: per second": "at least 100",
    "drawn: times as fast": "at least 1.5",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--limit` and others."""
    options.add(parser, limit=1000, runs=3, seed=0, pictures=[])


def run(options: argparse.Namespace, result: Result) -> None:
    """Draw amounts and read them with one job and with two."""
    two_cores()
    table = result.table("pictures", {"count": ",", "seconds": ".2f", "per second": ",.0f"})
    with tempfile.TemporaryDirectory() as folder:
        numbers = Digits(*digits.load_whole("official"))
        lists = {"drawn": draw(Path(folder), numbers, options.limit, options.seed)}
        for source in options.pictures:
            files = [picture.path for picture in labelled(source) if picture.kind == KIND]
            if files:
                paths = [file.absolute() for file in islice(cycle(files), options.limit)]
                lists[source.name] = paths
        for name, paths in lists.items():
            seconds = measure(paths, Path(folder), options.runs)
            for jobs, taken in zip(JOBS, seconds, strict=True):
                table.row(f"{name}, --jobs {jobs}", len(paths), taken, len(paths) / taken)
            two, one = seconds
            per_second = "{:.0f} pictures per second with two jobs (at least 100)"
            result.figure(f"{name}: per second", len(paths) / two, f"{name}: {per_second}")
            times = "two jobs are {:.2f} times as fast as one (at least 1.5)"
            result.figure(f"{name}: times as fast", one / two, f"{name}: {times}")


def draw(folder: Path, numbers: Digits, count: int, seed: int) -> list[Path]:
    """Draw this many images into a folder and return their paths."""
    paths = []
    for number in range(count):
        case = draw_cheque(numbers, np.random.default_rng([seed, number]))
        paths.append(folder / f"{number:04}.jpg")
        cv2.imwrite(str(paths[-1]), case.image, [cv2.IMWRITE_JPEG_QUALITY, 90])
    return paths


def measure(paths: Sequence[Path], folder: Path, runs: int) -> list[float]:
    """Return the median seconds with each number of `JOBS`.

    Raises:
        SystemExit: if the answers differ.
    """
    listed = folder / "list.txt"
    listed.write_text("".join(f"{path}\n" for path in paths), "utf-8")
    outputs = [folder / f"answers-{jobs}.csv" for jobs in JOBS]
    works = {}
    for jobs, output in zip(JOBS, outputs, strict=True):
        told = ("--format", "csv", "--jobs", str(jobs), "--output", str(output))
        command = [*DIGITNET, "predict", "--files-from", str(listed), *told]
        works[str(jobs)] = Program(command, (0, SOME_UNSURE))
    seconds = medians(dict(works), runs)
    if len({output.read_bytes() for output in outputs}) > 1:
        sys.exit("one job and two gave different answers")
    return [seconds[str(jobs)] for jobs in JOBS]
