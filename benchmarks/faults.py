"""Faults and long runs: digitnet killed, given damaged files, and run for a long time.

- A training is killed (SIGKILL) at random moments and resumed after each. After every kill, the
  output must be a complete model, no finished epoch may be lost, and the final model must equal
  that of an uninterrupted training, bit for bit.
- Damaged files are read (tests/fuzz/fuzz.py): each must be read or rejected within 5 s of processor
  time and, if rejected, within 300 MiB.
- `predict` reads a long list with a tenth of unreadable files, and `train` runs many epochs. The
  first tenth is warm-up. Of the rest, the peak of the second half may exceed that of the first by
  10 MiB, four threads (pools start late) and two open files (those being read).

The exit code is 1 if a case failed. The value 0 skips a part. Linux only. The seed is fixed, but
where a kill hits depends on the load of the machine. The defaults are the long form, which takes an
hour or two; `--kills 5 --files 3000 --images 20000 --epochs 40` takes a few minutes.
"""

import argparse
import itertools
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import IO

from benchmarks.harness import options
from benchmarks.harness.processes import DIGITNET, ROOT
from benchmarks.harness.result import Result
from digitnet.errors import DigitnetError
from digitnet.model import bundle
from digitnet.training.checkpoint import Checkpoint, read_rows

FUZZER = ROOT / "tests" / "fuzz" / "fuzz.py"

TINY = ("--dataset", "digits", "--limit", "300", "--network", "mlp", "--hidden", "64")
KILLED = (*TINY, "--epochs", "20", "--patience", "20")

MAX_GROWTH = 10
"""Allowed growth of resident memory, in MiB."""
LATE_THREADS = 4
"""Allowed growth in threads: TensorFlow starts the threads of its pools on first use."""
READERS = 2
"""Workers of `predict`, each of which may have an image open when open files are counted."""


@dataclass(frozen=True)
class Part:
    """A row of the table."""

    name: str
    tried: int
    lost: int
    note: str


@dataclass(frozen=True)
class Resources:
    """Resources of a process: resident memory in MiB, threads, open files."""

    memory: int
    threads: int
    files: int

    @classmethod
    def of(cls, process: int) -> "Resources":
        """Read the resources of a process from `/proc`."""
        status = Path(f"/proc/{process}/status").read_text()
        fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        return cls(
            int(fields["VmRSS"].split()[0]) // 1024,
            int(fields["Threads"]),
            len(os.listdir(f"/proc/{process}/fd")),
        )

    @classmethod
    def most(cls, seen: Sequence["Resources"]) -> "Resources":
        """Return the maximum of each resource."""
        return cls(*map(max, zip(*map(astuple, seen), strict=True)))

    def grown(self, before: "Resources") -> list[str]:
        """List the resources that have grown more than allowed."""
        return [
            f"{name} from {old} to {new}"
            for name, old, new, most in (
                ("MiB", before.memory, self.memory, MAX_GROWTH),
                ("threads", before.threads, self.threads, LATE_THREADS),
                ("files", before.files, self.files, READERS),
            )
            if new > old + most
        ]


def start(
    *arguments: str, stdin: int | None = None, stdout: int | None = None, stderr: int | None = None
) -> "subprocess.Popen[str]":
    """Start `digitnet` from this checkout."""
    paths = (str(ROOT), os.environ.get("PYTHONPATH", ""))
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        # glibc keeps freed memory in up to eight arenas per core, each as large as the most that
        # any thread ever used in it. This growth is bounded, but would hide a leak.
        "MALLOC_ARENA_MAX": "2",
    }
    return subprocess.Popen(
        [*DIGITNET, *arguments],
        text=True,
        env=environment,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
    )


def kill_trainings(kills: int, seed: int, folder: Path) -> Part:
    """Kill a training this many times and resume it after each kill."""
    chance = random.Random(seed)
    whole, output = folder / "whole", folder / "killed"
    began = time.monotonic()
    finish("train", *KILLED, "--output", str(whole), "--quiet")
    seconds = time.monotonic() - began
    finish("train", *TINY, "--epochs", "1", "--output", str(output), "--quiet")
    # not model.keras, which contains the time of saving
    old, new = (bundle.load(path).card["files"]["model.tflite"] for path in (output, whole))
    state, epochs, losses, moments = Checkpoint(output), 0, [], dict.fromkeys(MOMENTS, 0)
    for _ in range(kills):
        resume = state.options.is_file()
        arguments = ("--resume",) if resume else KILLED
        process = start(
            *("train", *arguments, "--output", str(output), "--force"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        moment = kill_somewhere(process, chance, seconds)
        moments[moment] += 1
        try:
            found = bundle.load(output)
            _ = found.tflite, found.keras_path()
            rows = len(state.read_history())
            if rows:
                state.read_variables(rows)
        except DigitnetError as error:
            losses.append(str(error))
            continue
        done = not state.folder.exists()
        if not done and rows < epochs:
            losses.append(f"{epochs} epochs were finished, {rows} are there")
        if found.card["files"]["model.tflite"] not in (old, new):
            losses.append("the model differs from that of an uninterrupted training")
        epochs = 0 if done else rows
        if done:  # the next training starts over, on top of a model of one epoch
            shutil.rmtree(output)
            finish("train", *TINY, "--epochs", "1", "--output", str(output), "--quiet")
    arguments = ("--resume",) if state.options.is_file() else KILLED
    finish("train", *arguments, "--output", str(output), "--force", "--quiet")
    if bundle.load(output).card["files"]["model.tflite"] != new:
        losses.append("the last model differs from that of an uninterrupted training")
    if len(read_rows(output / "history.csv")) != len(read_rows(whole / "history.csv")):
        losses.append("the length of the last history differs")
    note = ", ".join(f"{count} {moment}" for moment, count in moments.items())
    return Part("kills of a training", kills, len(losses), "; ".join([note, *losses]))


MOMENTS = ("before it learned", "while it learned", "while it wrote the model", "after its end")


def kill_somewhere(process: "subprocess.Popen[str]", chance: random.Random, seconds: float) -> str:
    """Kill a training before it learns, while it learns, or while it writes the model.

    Returns:
        The moment of the kill, one of `MOMENTS`.
    """
    kind = chance.choices(range(3), weights=(1, 6, 3))[0]
    assert process.stderr is not None
    seen = "before it learned"
    if kind:
        # an epoch takes a few milliseconds; the last line before the export is that of epoch 20
        awaited = f"epoch {chance.randint(1, 19) if kind == 1 else 20:2}/20"
        for line in process.stderr:
            if line.startswith("epoch"):
                seen = "while it learned"
            if line.startswith(awaited):
                seen = MOMENTS[kind]
                break
        pause = chance.uniform(0, 0.1 if kind == 1 else seconds / 2)
    else:
        pause = chance.uniform(0, seconds / 2)
    time.sleep(pause)
    ended = process.poll() is not None
    process.kill()
    process.communicate()
    return "after its end" if ended else seen


def finish(*arguments: str) -> None:
    """Run `digitnet` to its end.

    Raises:
        SystemExit: if it fails.
    """
    process = start(*arguments, stdout=subprocess.DEVNULL)
    if process.wait():
        sys.exit(f"digitnet {' '.join(arguments)} ended with {process.returncode}")


def damage_files(files: int, seed: int, jobs: int) -> Part:
    """Run the fuzzer on this many damaged files."""
    options = ("--cases", str(files), "--seed", str(seed), "--jobs", str(jobs))
    ran = subprocess.run(
        [sys.executable, str(FUZZER), *options],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    print(ran.stdout, file=sys.stderr, flush=True)
    total = next(line for line in ran.stdout.splitlines() if line.startswith("all "))
    tried, answered, refused, lost = (int(word.replace(",", "")) for word in total.split()[1:])
    missing = max(lost, int(ran.returncode != 0)) + files - tried
    return Part("damaged files", files, missing, f"{answered:,} answered, {refused:,} refused")


def predict_long(images: int, folder: Path) -> Part:
    """Run `predict` on a long list and watch its resources."""
    (folder / "text.png").write_text("no image")
    (folder / "cut.png").write_bytes((ROOT / "samples" / "paint-3.png").read_bytes()[:300])
    bad = (folder / "text.png", folder / "cut.png", folder / "missing.png")
    small, large = (ROOT / "samples" / name for name in ("tiny-28-pixels-5.png", "crayon-5.png"))
    # one large image takes as long as fifty small ones, and keeps no memory for longer
    names = [*[small] * 26, large, *bad]
    answers, held = 0, []
    with start(
        *("predict", "--files-from", "-", "--format", "jsonl", "--jobs", str(READERS)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        paths = itertools.islice(itertools.cycle(names), images)
        feeder = threading.Thread(target=feed, args=(process.stdin, paths))
        feeder.start()
        for _ in process.stdout:
            answers += 1
            looked_at = answers % max(1, images // 100) == 0
            if looked_at and images // 10 <= answers < images - 200:  # not while it ends
                held.append(Resources.of(process.pid))
        feeder.join()
    return watched("images through predict", images, images - answers, held)


def feed(stream: IO[str], names: Iterator[Path]) -> None:
    """Write paths to a stream, one per line, and close it."""
    with stream as file:
        for name in names:
            file.write(f"{name}\n")


def train_long(epochs: int, folder: Path, *, augment: bool) -> Part:
    """Train for many tiny epochs and watch the resources of the process."""
    finished, held = 0, []
    with start(
        *("train", *TINY, "--epochs", str(epochs), "--patience", str(epochs)),
        *("--augment" if augment else "--no-augment", "--output", str(folder / "long"), "--force"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if not line.startswith("epoch "):
                continue
            finished += 1
            if epochs // 10 <= finished < epochs:
                held.append(Resources.of(process.pid))
    name = f"epochs of train --{'augment' if augment else 'no-augment'}"
    return watched(name, epochs, epochs - finished, held)


def watched(name: str, tried: int, missing: int, held: Sequence[Resources]) -> Part:
    """Make a row of the table from resources sampled at regular intervals."""
    half = len(held) // 2
    if not half:
        return Part(name, tried, max(missing, 1), "it ended before its end")
    first, last = Resources.most(held[:half]), Resources.most(held[half:])
    note = (
        f"{first.memory} -> {last.memory} MiB, {first.threads} -> {last.threads} threads, "
        f"{first.files} -> {last.files} open files"
    )
    grown = last.grown(first)
    return Part(name, tried, missing + len(grown), note + ("; grown" if grown else ""))


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the size of each part and others."""
    parser.add_argument("--kills", type=int, default=20, metavar="N")
    parser.add_argument("--files", type=int, default=50_000, metavar="N")
    parser.add_argument("--images", type=int, default=300_000, metavar="N")
    parser.add_argument("--epochs", type=int, default=200, metavar="N")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="fuzzers at a time")
    options.add(parser, seed=0)


def run(options: argparse.Namespace, result: Result) -> None:
    """Run all parts."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    table = result.table("cases", {"tried": ",", "survived": ",", "lost": ",", "of them": ""})
    with tempfile.TemporaryDirectory() as name:
        for part in parts(options, Path(name)):
            table.row(part.name, part.tried, part.tried - part.lost, part.lost, part.note)
            if part.lost:
                result.failure = "some cases were lost"


def parts(options: argparse.Namespace, folder: Path) -> Iterator[Part]:
    """Run the selected parts."""
    if options.kills:
        yield kill_trainings(options.kills, options.seed, folder)
    if options.files:
        yield damage_files(options.files, options.seed, options.jobs)
    if options.images:
        yield predict_long(options.images, folder)
    if options.epochs:
        for augment in (False, True):
            yield train_long(options.epochs, folder, augment=augment)
