"""Scale: what it costs to read a million, a billion and a hundred billion images.

MNIST's test digits as PNGs and drawn pages of 12 megapixels as JPEGs are read by `digitnet predict`
with one thread, with one per core, and with more, and, if they are installed, by Ray Data and
Apache Beam with one worker per core. The rate is the difference between all files and the first
part of them for each worker, so that the start of Python and of the engine does not count. Target:
Ray reaches at least 0.8 of `predict`'s rate.

Core hours follow from the rate of one thread; bytes read and written from the sizes of files and of
their rows in Parquet (in JSON Lines if no engine is installed); the memory of longer lists from
that of the list of these files; requests to object storage from the number of files: a list call
returns 1,000 names, and each file is one request. Shards (a tar or Parquet file of 1,000 images)
need a thousandth of the requests. Finally, two threads read pages of 50 megapixels, the limit.
"""

import argparse
import itertools
import os
import sys
import tempfile
import tracemalloc
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np

from benchmarks.harness import digits, options
from benchmarks.harness.jobs import beam_command, ray_command
from benchmarks.harness.processes import DIGITNET, Program, medians
from benchmarks.harness.result import Result, Table
from benchmarks.images.pages import photo
from digitnet.distributed.files import list_files
from digitnet.distributed.rows import BATCH_FILES

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

FEW = BATCH_FILES * CORES
"""Number of files in the short run, one part per worker, which measures the start-up time."""

PAGES = 192 * CORES
"""Number of pages, six parts for each worker."""

DRAWN = 8
"""Number of drawn pages; the others are links to them."""

JOBS = {"digits": {1, 2, 4, 8, CORES}, "pages": {1, CORES}}
"""Threads of `predict`. Only digits are also read with more threads than cores."""

LARGEST = (6250, 8000)
"""Height and width of the largest allowed page, in pixels."""

NUMBERS = {"a million": 10**6, "a billion": 10**9, "a hundred billion": 10**11}
LISTED = 1000
"""Maximum number of files per list call of object storage, and number of images per shard."""

PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""

EXIT_CODES = (0, 1, 3)


TARGETS = {
    "digits, Ray": "at least 0.8",
    "pages, Ray": "at least 0.8",
}


class Job:
    """A program that reads a folder and writes to a new output in each run.

    Attributes:
        output: file or folder written by the last run.
    """

    def __init__(self, command: list[str], scratch: Path) -> None:
        self._command = command
        self._scratch = scratch
        self._count = itertools.count()
        self.output = scratch

    def __call__(self) -> float:
        """Run the program once and return its wall time in seconds."""
        folder = self._scratch / str(next(self._count))
        folder.mkdir(parents=True)
        self.output = folder / "rows"
        return Program([*self._command, str(self.output)], EXIT_CODES)()

    def written(self) -> int:
        """Return the size of the last output in bytes."""
        files = self.output.parent.rglob("*")
        return sum(path.stat().st_size for path in files if path.is_file())


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--limit`, `--pages` and `--runs`."""
    options.add(parser, limit=10_000, runs=2)
    parser.add_argument("--pages", type=int, default=PAGES, metavar="N", help="(%(default)s)")


def run(options: argparse.Namespace, result: Result) -> None:
    """Measure the rates for digits and for pages, and extrapolate the costs."""
    if min(options.limit, options.pages) <= FEW:
        sys.exit(f"more than {FEW} files are needed: --limit and --pages")
    rates = result.table("program", {"files per second": ",.1f", "start, seconds": ".1f"})
    amounts = dict.fromkeys(("core hours", "GB read", "GB of rows", "GB of names"), ",.1f")
    requests = dict.fromkeys(("list calls", "fetches", "fetches of shards"), ",.0f")
    costs = result.table("pictures", {**amounts, **requests})
    for kind, draw, count in (
        ("digits", draw_digits, options.limit),
        ("pages", draw_pages, options.pages),
    ):
        with tempfile.TemporaryDirectory() as scratch:
            for part, number in (("all", count), ("few", FEW)):
                folder = Path(scratch, part)
                folder.mkdir()
                draw(folder, number)
            compare(kind, Path(scratch), options.runs, rates, costs, result)
    with tempfile.TemporaryDirectory() as scratch:
        sentence = "two threads that read pages of 50 megapixels take {:.0f} MiB"
        result.figure("MiB of large pages", memory_of_large_pages(Path(scratch)), sentence)


def compare(
    kind: str, scratch: Path, runs: int, rates: Table, costs: Table, result: Result
) -> None:
    """Measure all programs on one kind of file and add their rows."""
    jobs = {
        (part, name): Job(command, scratch / "rows" / part / name)
        for part in ("all", "few")
        for name, command in commands(scratch / part, JOBS[kind]).items()
    }
    seconds = medians({" ".join(key): job for key, job in jobs.items()}, runs)
    files = [*(scratch / "all").iterdir()]
    found = {}
    for name in commands(scratch, JOBS[kind]):
        whole, few = seconds[f"all {name}"], seconds[f"few {name}"]
        found[name] = (len(files) - FEW) / max(whole - few, 1e-9)
        rates.row(f"{kind}, {name}", found[name], few - FEW / found[name])
    if RAY in found:
        ratio = found[RAY] / found[predict(CORES)]
        result.figure(
            f"{kind}, Ray", ratio, f"{kind}: Ray reads {{:.2f}} of `predict`'s rate (at least 0.8)"
        )
    read = sum(path.stat().st_size for path in files)
    parquet = next((name for name in (RAY, ON_BEAM) if name in found), predict(1))
    bytes_each = [
        size / len(files)
        for size in (read, jobs["all", parquet].written(), memory_of_names(scratch / "all"))
    ]
    for name, number in NUMBERS.items():
        hours = number / found[predict(1)] / 3600
        sizes = (number * size / 1e9 for size in bytes_each)
        costs.row(f"{name} {kind}", hours, *sizes, number / LISTED, number, number / LISTED)


def memory_of_names(folder: Path) -> int:
    """Return the memory of the list of a folder's files, in bytes."""
    tracemalloc.start()
    names = list_files([str(folder)])
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del names
    return taken


def memory_of_large_pages(folder: Path) -> float:
    """Return the peak memory of `predict` with two threads on the largest pages, in MiB."""
    height, width = LARGEST
    page = cv2.resize(photo(np.random.default_rng(0)), (width, height))
    for number in range(2 * DRAWN):
        cv2.imwrite(str(folder / f"{number}.jpg"), page)
    # Started by a small process, as the memory of the parent counts towards the child's peak.
    measure = Program(
        [sys.executable, "-c", PEAK, *DIGITNET, "predict", str(folder), "--jobs", "2"]
    )
    measure()
    return int(measure.printed) / 1024


RAY, ON_BEAM = f"Ray, {CORES} workers", f"Beam, {CORES} workers"


def predict(jobs: int) -> str:
    """Return the name of `predict` with this number of threads."""
    return f"predict --jobs {jobs}"


def commands(folder: Path, threads: set[int]) -> dict[str, list[str]]:
    """Return the commands that read a folder, by name; append the output to each."""
    format = ["--format", "jsonl", "--output"]
    found = {
        predict(jobs): [*DIGITNET, "predict", str(folder), "--jobs", str(jobs), *format]
        for jobs in sorted(threads)
    }
    if find_spec("ray"):
        found[RAY] = ray_command(folder, CORES)
    if find_spec("apache_beam"):
        found[ON_BEAM] = beam_command(folder, CORES)
    return found


def draw_digits(folder: Path, count: int) -> None:
    """Write this many MNIST test digits, repeating them if there are too few."""
    mnist = digits.mnist()
    images = mnist.images[mnist.official]
    for number in range(count):
        cv2.imwrite(str(folder / f"{number:06}.png"), images[number % len(images)])


def draw_pages(folder: Path, count: int) -> None:
    """Write simulated photos of pages."""
    for number in range(count):
        path = folder / f"{number:06}.jpg"
        if number < DRAWN:
            cv2.imwrite(str(path), photo(np.random.default_rng(number)))
        else:
            os.link(folder / f"{number % DRAWN:06}.jpg", path)
