"""MNIST's test digits as PNG files through the whole program, beside the same without vision.

    python benchmarks/png_test.py

writes each of the 10,000 official test digits as a PNG of 28 x 28 pixels, white on black as MNIST
has them, reads all of them with `digitnet predict --single` in a process of its own, and classifies
the same digits as they are, without vision. Printed is the error of both (a refused digit judged by
its best guess, one that was not found counted as wrong) and the share that the program refused. The
program's error should be at most 0.10 points above the other, and at most 1 % be refused.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import parts

from digitnet import Recognizer

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Measure both, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="cnn", help="a model's name or folder (default: cnn)")
    parts.add_options(parser)
    options = parser.parse_args()
    digits, labels = parts.load_part(options)
    network = Recognizer.load(options.model).classify(digits).argmax(axis=1) != labels
    with tempfile.TemporaryDirectory() as folder:
        paths = [f"{folder}/{number:05}.png" for number in range(len(digits))]
        for path, digit in zip(paths, digits, strict=True):
            cv2.imwrite(path, digit)
        answers = read(paths, options.model)
    program = np.array([best_guess(answer) for answer in answers]) != labels
    refused = np.array([answer["digits"] in ("", "?") for answer in answers])
    print(f"{len(digits):,} digits of MNIST's {options.part} part")
    print(f"{'28 x 28 as they are':22} error {network.mean():6.2%}")
    print(f"{'PNG through predict':22} error {program.mean():6.2%}  refused {refused.mean():6.2%}")
    difference = 100 * (program.mean() - network.mean())
    print(f"difference {difference:+.2f} points (at most +0.10), refused at most 1%")


def read(paths: list[str], model: str) -> list[dict[str, Any]]:
    """Run `digitnet predict --single` on files; an answer for each."""
    command = [sys.executable, "-m", "digitnet", "predict", "--single", "--format", "jsonl"]
    done = subprocess.run(
        [*command, "--model", model, "--files-from", "-"],
        input="\n".join(paths),
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        check=False,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    if len(answers) != len(paths):
        sys.exit(f"{len(answers)} answers for {len(paths)} files, exit code {done.returncode}")
    return answers


def best_guess(answer: dict[str, Any]) -> int:
    """The likeliest digit, sure or not; -1 where none was found."""
    boxes = answer["boxes"]
    return int(np.argmax(boxes[0]["probabilities"])) if boxes else -1


if __name__ == "__main__":
    main()
