"""A list of 200,000 paths: the memory that it takes, and the order of the answers.

    python benchmarks/memory.py

The paths go to `digitnet predict --files-from -` through a pipe, first with `--jobs 1`, then with
two threads. Printed are the resident memory after 10,000 answers and after all (aimed at: at most
10 MiB more), and whether both runs gave the same bytes, each answer in the place of its path. The
images, a thousand that are named again and again, are drawn by code; every hundredth path leads
nowhere.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass

import cv2
import numpy as np
from processes import DIGITNET, ENVIRONMENT

EARLY = 10_000
IMAGES = 1000
SOME_UNREADABLE = 1


def draw(folder: str) -> list[str]:
    """Draw numbers of one or two digits; their paths, and some of files that do not exist."""
    rng = np.random.default_rng(0)
    paths = []
    for number in range(IMAGES):
        side = int(rng.integers(28, 64))
        page = np.full((side, side), 255, np.uint8)
        text, font = str(rng.integers(100)), cv2.FONT_HERSHEY_SIMPLEX
        cv2.putText(page, text, (side // 8, side * 3 // 4), font, side / 50, 0, 2, cv2.LINE_AA)
        paths.append(f"{folder}/{number}.png")
        if number % 100:
            cv2.imwrite(paths[-1], page)
    return paths


@dataclass(frozen=True)
class Run:
    """What one run has shown.

    Attributes:
        early: MiB of resident memory after 10,000 answers.
        late: after all answers, before the program ends.
        digest: SHA-256 of all that it wrote.
    """

    early: float
    late: float
    digest: str


def run(paths: list[str], count: int, jobs: int) -> Run:
    """Read `count` paths, over and over the same ones."""
    command = [*DIGITNET, "predict", "--files-from", "-", "--format", "jsonl", "--quiet"]
    process = subprocess.Popen(
        [*command, "--jobs", str(jobs)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=ENVIRONMENT,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    pipe = process.stdin

    def write() -> None:
        for number in range(count):
            pipe.write(paths[number % len(paths)].encode() + b"\n")
        pipe.flush()

    threading.Thread(target=write, daemon=True).start()
    sha = hashlib.sha256()
    memory = []
    for number in range(count):
        answer = process.stdout.readline()
        sha.update(answer)
        if json.loads(answer or b"{}").get("path") != paths[number % len(paths)]:
            sys.exit(f"answer {number} is {answer!r}")
        if number + 1 in (min(EARLY, count // 2), count):
            memory.append(resident(process.pid))
    sha.update(process.communicate()[0])
    if process.returncode != SOME_UNREADABLE:
        sys.exit(f"digitnet ended with exit code {process.returncode}")
    return Run(memory[0], memory[1], sha.hexdigest())


def resident(number: int) -> float:
    """MiB of a process in memory now."""
    command = ["ps", "-o", "rss=", "-p", str(number)]
    return int(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout) / 1024


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=200_000, metavar="N", help="so many paths")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = draw(folder)
        runs = {jobs: run(paths, options.count, jobs) for jobs in (1, 2)}
    early = min(EARLY, options.count // 2)
    for jobs, one in runs.items():
        print(
            f"--jobs {jobs}   {one.early:6.1f} MiB after {early:,} answers"
            f"   {one.late:6.1f} MiB after {options.count:,}   {one.late - one.early:+5.1f} MiB"
        )
    if runs[1].digest != runs[2].digest:
        sys.exit("the runs have given different bytes")
    print("both gave the same bytes, in the order of the paths")


if __name__ == "__main__":
    main()
