"""Test digits as PNG files: through the whole program, compared with the network alone.

Each of the 10,000 official test digits is written as a PNG of 28 x 28 pixels, white on black like
MNIST, and read by `digitnet predict` in its own process, without `--single`; the same digits are
also classified directly. A rejected digit is judged by its best guess; none or several digits count
as wrong. Targets: an error at most 0.10 points above the network's, and at most 1 % rejected.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from typing import Any

import cv2
import numpy as np

from benchmarks.harness import digits, options
from benchmarks.harness.processes import DIGITNET, ENVIRONMENT
from benchmarks.harness.result import Result
from digitnet import Recognizer

TARGETS = {
    "difference": "at most 0.10",
    "PNG through predict, rejected": "at most 1 %",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--model`, `--part` and `--limit`."""
    options.add(parser, model="cnn", part=options.OFFICIAL, limit=None)


def run(options: argparse.Namespace, result: Result) -> None:
    """Measure the network alone and the whole program."""
    images, labels = digits.load_part(options)
    network = Recognizer.load(options.model, None).classify(images).argmax(axis=1) != labels
    with tempfile.TemporaryDirectory() as folder:
        paths = [f"{folder}/{number:05}.png" for number in range(len(images))]
        for path, digit in zip(paths, images, strict=True):
            cv2.imwrite(path, digit)
        answers = read(paths, options.model)
    program = np.array([answer["raw"] for answer in answers]) != labels.astype(str)
    rejected = np.array(["?" in answer["digits"] or not answer["digits"] for answer in answers])
    table = result.table("digits", {"count": ",", "error": ".2%", "rejected": ".2%"})
    table.row("28 x 28 as they are", len(labels), float(network.mean()), None)
    table.row("PNG through predict", len(labels), float(program.mean()), float(rejected.mean()))
    result.figure(
        "difference",
        100 * float(program.mean() - network.mean()),
        "{:+.2f} points through the program (at most +0.10)",
    )


def read(paths: list[str], model: str) -> list[dict[str, Any]]:
    """Run `digitnet predict` on files and return an answer for each."""
    options = ("--format", "jsonl", "--model", model, "--files-from", "-")
    done = subprocess.run(
        [*DIGITNET, "predict", *options],
        input="\n".join(paths),
        stdout=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
        check=False,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    if len(answers) != len(paths):
        sys.exit(f"{len(answers)} answers for {len(paths)} files, exit code {done.returncode}")
    return answers
