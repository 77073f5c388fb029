"""Wall time and peak memory of programs, each run in its own process, in turn.

Work in the benchmark's own process can be timed along with them, as a lower bound to compare with.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KERAS_MODEL = str(ROOT / "models" / "cnn" / "model.keras")
DIGITNET = [sys.executable, "-m", "digitnet"]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": ""}
"""The programs keep their compiled modules, as pip does when it installs them."""

Work = Callable[[], float]
"""Does something once and returns the seconds it took."""


class Program:
    """A program that is run several times.

    Attributes:
        printed: standard output of the last run.
        mebibytes: peak resident memory of all runs, in MiB. It is at least the memory of the
            benchmark process when it starts the program, so benchmarks that print it stay small.
    """

    def __init__(self, command: list[str], exit_codes: tuple[int, ...] = (0,)) -> None:
        self._command = command
        self._exit_codes = exit_codes
        self.printed = b""
        self.mebibytes = 0.0

    def __call__(self) -> float:
        """Run the program once and return its wall time in seconds."""
        began = time.perf_counter()
        process = subprocess.Popen(
            self._command,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
            env=ENVIRONMENT,
        )
        assert process.stdout is not None
        with process.stdout:
            self.printed = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in self._exit_codes:
            sys.exit(f"{self._command[:3]} ended with exit code {process.returncode}")
        self.mebibytes = max(self.mebibytes, usage.ru_maxrss / 1024)
        return seconds


def medians(works: dict[str, Work], runs: int) -> dict[str, float]:
    """Run all tasks in turn, this many times, and return the median seconds of each.

    A warm-up round, which is not counted, fills the disk cache.
    """
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for count in range(runs + 1):
        for name, work in works.items():
            taken = work()
            if count:
                seconds[name].append(taken)
    return {name: statistics.median(values) for name, values in seconds.items()}


def two_cores() -> None:
    """Limit this process and its children to two cores."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
