"""Engines: do jobs on Ray Data and Apache Beam answer as `digitnet predict` does, whatever happens?

An archive of 10,000 files: MNIST's test digits as PNGs, the samples, photographed pages, scans of
three pages, and files that cannot be read. `predict --format jsonl` reads it once. Then the engines
that are installed read it with four workers each, and all fields of all rows are compared. Ray
reads it twice more. Once a worker is killed (SIGKILL) in the middle, and once the whole job, which
is then started again.

The exit code is 1 if a row is missing, duplicate or different. Nothing is timed. Linux only; as the
engines need environments of their own, it is run once in each.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from benchmarks.harness import digits, options
from benchmarks.harness.jobs import beam_command, ray_command
from benchmarks.harness.processes import DIGITNET, ENVIRONMENT, ROOT
from benchmarks.harness.result import Result, Table
from benchmarks.images.pages import photo
from digitnet.distributed.files import list_files

WORKERS = 4
PAGES, SCANS = 20, 20
BROKEN_SHARE = 50
"""One in this many files cannot be read."""

FILES = 10
"""Approximate number of Parquet files per output. A worker is killed after the second file, a job
after half of them."""

PAUSE_S = 0.1

RAY_WORKER = "ray::MapWorker"
"""Prefix of a worker's command line."""

Job = subprocess.Popen[bytes]
Record = dict[str, Any]
"""A record of JSON Lines, without the path."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--limit`."""
    options.add(parser, limit=10_000)


def run(options: argparse.Namespace, result: Result) -> None:
    """Read the archive with each engine and compare the rows."""
    if not (find_spec("ray") or find_spec("apache_beam")):
        sys.exit("neither Ray nor Beam is installed: pip install 'digitnet[ray]' or [beam]")
    columns = dict.fromkeys(("rows", "errors", "missing", "duplicate", "different"), ",")
    table = result.table("job", columns)
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        archive = scratch / "archive"
        draw(archive, options.limit)
        expected = predicted(list_files([str(archive)]))
        compare("predict", expected.items(), expected, table)
        for job, output in outputs(archive, scratch, max(1, options.limit // FILES)):
            compare(job, written(output), expected, table)
    if any(any(values[2:]) for values in table.rows.values()):
        result.failure = "some rows are missing, duplicate or different"


def draw(archive: Path, count: int) -> None:
    """Write the files of the archive."""
    for name in ("digits", "pages", "scans", "broken"):
        (archive / name).mkdir(parents=True)
    samples = shutil.copytree(ROOT / "samples", archive / "samples")
    good = next(samples.glob("*.png")).read_bytes()
    broken = (b"", good[: len(good) // 2], b"no image", png_of_many_pixels())
    for number in range(count // BROKEN_SHARE):
        (archive / "broken" / f"{number}.png").write_bytes(broken[number % len(broken)])
    for number in range(PAGES):
        cv2.imwrite(str(archive / "pages" / f"{number}.jpg"), photo(np.random.default_rng(number)))
    mnist = digits.mnist()
    images = mnist.images[mnist.official]
    for number in range(SCANS):
        first, *rest = (Image.fromarray(images[3 * number + page]) for page in range(3))
        path = archive / "scans" / f"{number} #1, 100%.tif"
        first.save(path, save_all=True, append_images=rest)
    left = count - len(list_files([str(archive)]))
    if left < 0:
        sys.exit(f"--limit is {count}: {count - left} files are the least")
    for number in range(left):
        cv2.imwrite(str(archive / "digits" / f"{number}.png"), images[number % len(images)])


def png_of_many_pixels() -> bytes:
    """Make a small PNG file whose header claims 2.5 billion pixels."""
    header = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
    return header + (50_000).to_bytes(4, "big") * 2 + b"\x08\0\0\0\0" + bytes(100)


def predicted(files: list[str]) -> dict[str, Record]:
    """Return the answers of `predict`, by the name of the image or page."""
    ran = subprocess.run(
        [*DIGITNET, "predict", "--files-from", "-", "--format", "jsonl", "--quiet"],
        input="\n".join(files),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # errors are records, too
        text=True,
        cwd=ROOT,
        env=ENVIRONMENT,
        check=False,
    )
    if ran.returncode != 1:  # some files cannot be read
        sys.exit(f"predict ended with exit code {ran.returncode}")
    records = map(json.loads, ran.stdout.splitlines())
    return {record.pop("path"): record for record in records}


def outputs(archive: Path, scratch: Path, rows_per_file: int) -> Iterator[tuple[str, Path]]:
    """Run the jobs and yield the name and the output folder of each."""
    if find_spec("apache_beam"):
        output = scratch / "beam"
        finish(start([*beam_command(archive, WORKERS), str(output / "rows")]))
        yield f"Beam, {WORKERS} workers", output
    if not find_spec("ray"):
        return

    def ray_job(output: Path) -> Job:
        rows = ("--rows-per-file", str(rows_per_file))
        return start([*ray_command(archive, WORKERS), str(output), *rows])

    output = scratch / "ray"
    finish(ray_job(output))
    yield f"Ray, {WORKERS} workers", output

    output = scratch / "lost"
    job = ray_job(output)
    wait_for_files(job, output, 2)
    workers = [pid for pid, command in descendants(job.pid) if command.startswith(RAY_WORKER)]
    os.kill(workers[0], signal.SIGKILL)
    finish(job)
    yield "Ray, a worker killed", output

    output = scratch / "stopped"
    job = ray_job(output)
    wait_for_files(job, output, FILES // 2)
    processes = descendants(job.pid)
    job.kill()
    job.wait()
    while any(Path("/proc", str(pid)).exists() for pid, _ in processes):
        time.sleep(PAUSE_S)
    done = len(list(output.glob("*.parquet")))
    finish(ray_job(output))
    yield f"Ray, killed after {done} of {FILES} Parquet files and started again", output


def start(command: list[str]) -> Job:
    """Start a job."""
    return subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT, env=ENVIRONMENT
    )


def finish(job: Job) -> None:
    """Wait for a job to end.

    Raises:
        SystemExit: if it fails.
    """
    if code := job.wait():
        sys.exit(f"a job ended with exit code {code}: {job.args!r}")


def wait_for_files(job: Job, output: Path, count: int) -> None:
    """Wait until a job has written this many Parquet files."""
    while len(list(output.glob("*.parquet"))) < count:
        if job.poll() is not None:
            sys.exit(f"a job ended before it was killed, with exit code {job.returncode}")
        time.sleep(PAUSE_S)


def descendants(parent: int) -> list[tuple[int, str]]:
    """Return the process ID and command line of all descendants of a process."""
    listed = subprocess.check_output(["ps", "-eo", "pid=,ppid=,args="], text=True)
    children = defaultdict(list)
    for line in listed.splitlines():
        pid, parent_pid, command = line.split(maxsplit=2)
        children[int(parent_pid)].append((int(pid), command))
    found = [(parent, "")]
    for number, _ in found:  # the list grows
        found.extend(children[number])
    return found[1:]


def written(output: Path) -> Iterator[tuple[str, Record]]:
    """Yield the rows of an output, as `predict` writes them, with the name of the image or page."""
    from pyarrow import parquet

    for path in output.glob("*.parquet"):
        for row in parquet.read_table(path).to_pylist():
            name, page = row.pop("path"), row.pop("page")
            del row["model"]
            row["boxes"] = json.loads(row["boxes"])
            yield name if page is None else f"{name}#{page}", row


def compare(
    job: str, rows: Iterable[tuple[str, Record]], expected: dict[str, Record], table: Table
) -> None:
    """Compare a job's rows with the expected ones and add a row to the table."""
    found = dict(rows := [*rows])
    table.row(
        job,
        len(rows),
        sum(record["error"] is not None for record in found.values()),
        len(expected.keys() - found.keys()),
        len(rows) - len(found),
        sum(record != expected.get(name) for name, record in found.items()),
    )
