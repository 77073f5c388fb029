"""Scale: what it costs to read a million, a billion and a hundred billion images.

MNIST's test digits as PNGs and drawn pages of 12 megapixels as JPEGs are read by `digitnet predict`
with one to eight threads, and, if they are installed, by Ray Data and Apache Beam with one worker
per core. The rate is the difference between all files and the first of them, so that the start of
Python and of the engine does not count. Target: Ray reaches at least 0.8 of `predict`'s rate.

Core hours follow from the rate of one thread; bytes read and written from the sizes of files and of
their rows in Parquet (in JSON Lines if Ray is not installed); requests to object storage from the
number of files: a list call returns 1,000 names, and each file is one request. Shards (a tar or
Parquet file of 1,000 images) need a thousandth of the requests.
"""

import argparse
import itertools
import os
import sys
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np

from benchmarks.harness import digits, options
from benchmarks.harness.processes import DIGITNET, Program, medians
from benchmarks.harness.result import Result, Table
from benchmarks.images.pages import photo

FEW = 32
"""The first files, which tell what the start takes."""

DRAWN = 8
"""Number of drawn pages; the others are links to them."""

JOBS = (1, 2, 4, 8)
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
NUMBERS = {"a million": 10**6, "a billion": 10**9, "a hundred billion": 10**11}
LISTED = 1000
"""Files that a list call of object storage names at most, and pictures of a shard."""

EXIT_CODES = (0, 1, 3)

BEAM = """
import sys
import apache_beam as beam
from apache_beam.io import WriteToParquet, fileio
from apache_beam.options.pipeline_options import PipelineOptions
from digitnet.distributed.beam import ReadDigits
from digitnet.distributed.rows import arrow_schema

folder, workers, output = sys.argv[1:]
options = PipelineOptions(
    runner="DirectRunner", direct_running_mode="multi_processing", direct_num_workers=int(workers)
)
with beam.Pipeline(options=options) as pipeline:
    files = pipeline | fileio.MatchFiles(folder + "/*") | beam.Reshuffle() | fileio.ReadMatches()
    files | ReadDigits() | WriteToParquet(output, arrow_schema(), file_name_suffix=".parquet")
"""


class Job:
    """A program that reads a folder, each time into another output.

    Attributes:
        output: what its last run has written, a file or a folder.
    """

    def __init__(self, command: list[str], scratch: Path) -> None:
        self._command = command
        self._scratch = scratch
        self._count = itertools.count()
        self.output = scratch

    def __call__(self) -> float:
        """Run it once; the seconds that it took."""
        folder = self._scratch / str(next(self._count))
        folder.mkdir(parents=True)
        self.output = folder / "rows"
        return Program([*self._command, str(self.output)], EXIT_CODES)()

    def written(self) -> int:
        """The bytes of its last output."""
        files = self.output.parent.rglob("*")
        return sum(path.stat().st_size for path in files if path.is_file())


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--limit` and `--runs`."""
    options.add(parser, limit=2_000, runs=3)


def run(options: argparse.Namespace, result: Result) -> None:
    """Measure the rates for digits and for pages, and say what they come to."""
    if options.limit <= FEW:
        sys.exit(f"--limit is {options.limit}: more than {FEW} files are needed")
    rates = result.table("program", {"files a second": ",.1f", "start, seconds": ".1f"})
    columns = ("core hours", "GB read", "GB of rows", "list calls", "fetches", "fetches of shards")
    costs = result.table("pictures", dict.fromkeys(columns, ",.0f"))
    for kind, draw in (("digits", draw_digits), ("pages", draw_pages)):
        with tempfile.TemporaryDirectory() as scratch:
            compare(kind, draw, Path(scratch), options, rates, costs, result)


def compare(
    kind: str,
    draw: Callable[[Path, int], None],
    scratch: Path,
    options: argparse.Namespace,
    rates: Table,
    costs: Table,
    result: Result,
) -> None:
    """Measure all programs on one kind of files, and add their rows."""
    count = options.limit
    jobs: dict[str, Job] = {}
    for part, number in (("all", count), ("few", FEW)):
        folder = scratch / part
        folder.mkdir()
        draw(folder, number)
        for name, command in commands(folder).items():
            jobs[f"{part} {name}"] = Job(command, scratch / "rows" / part / name)
    seconds = medians(dict(jobs), options.runs)
    found = {}
    for name in commands(scratch):
        whole, few = seconds[f"all {name}"], seconds[f"few {name}"]
        found[name] = (count - FEW) / max(whole - few, 1e-9)
        rates.row(f"{kind}, {name}", found[name], few - FEW / found[name])
    if RAY in found:
        ratio = found[RAY] / found[predict(CORES)]
        result.figure(
            f"{kind}, Ray", ratio, f"{kind}: Ray reads {{:.2f}} of `predict`'s rate (at least 0.8)"
        )
    read = sum(path.stat().st_size for path in (scratch / "all").iterdir()) / count
    written = jobs[f"all {RAY if RAY in found else predict(1)}"].written() / count
    for name, number in NUMBERS.items():
        hours = number / found[predict(1)] / 3600
        sizes = number * read / 1e9, number * written / 1e9
        costs.row(f"{name} {kind}", hours, *sizes, number / LISTED, number, number / LISTED)


RAY, ON_BEAM = f"Ray, {CORES} workers", f"Beam, {CORES} workers"


def predict(jobs: int) -> str:
    """The name of `predict` with this number of threads."""
    return f"predict --jobs {jobs}"


def commands(folder: Path) -> dict[str, list[str]]:
    """The programs that read a folder; the output is still to be named."""
    format = ["--format", "jsonl", "--output"]
    found = {
        predict(jobs): [*DIGITNET, "predict", str(folder), "--jobs", str(jobs), *format]
        for jobs in sorted({*JOBS, CORES})
    }
    if find_spec("ray"):
        module = [sys.executable, "-m", "digitnet.distributed.ray_data"]
        found[RAY] = [*module, str(folder), "--workers", str(CORES), "--output"]
    if find_spec("apache_beam"):
        found[ON_BEAM] = [sys.executable, "-c", BEAM, str(folder), str(CORES)]
    return found


def draw_digits(folder: Path, count: int) -> None:
    """Write MNIST's test digits, from the first on again where there are too few."""
    mnist = digits.mnist()
    images = mnist.images[mnist.official]
    for number in range(count):
        cv2.imwrite(str(folder / f"{number:06}.png"), images[number % len(images)])


def draw_pages(folder: Path, count: int) -> None:
    """Write photographed pages."""
    for number in range(count):
        path = folder / f"{number:06}.jpg"
        if number < DRAWN:
            cv2.imwrite(str(path), photo(np.random.default_rng(number)))
        else:
            os.link(folder / f"{number % DRAWN:06}.jpg", path)
