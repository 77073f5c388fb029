"""How soon an answer comes while the list of paths is still being written.

    python benchmarks/streams.py

Into the open pipe of `digitnet predict --files-from -` one path is written, and its answer awaited
before anything else is written. Printed are medians: of the first answer, from the start of the
program; of later answers, from the writing of their paths, one by one (aimed at: at most 0.2 s);
and beside them of a process of its own for the same image. Limit: a pipe between two processes on
one machine; what writes the list must not hold paths back either.
"""

import statistics
import subprocess
import time

from processes import DIGITNET, ENVIRONMENT, ROOT, Program, medians

IMAGE = str(ROOT / "samples" / "paint-3.png")
RUNS, LATER = 5, 50


class Stream:
    """A `digitnet predict` that reads paths from an open pipe."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [*DIGITNET, "predict", "--files-from", "-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=ENVIRONMENT,
        )

    def ask(self) -> float:
        """Write one path; the seconds to its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        began = time.perf_counter()
        self._process.stdin.write(IMAGE.encode() + b"\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        seconds = time.perf_counter() - began
        if not answer.startswith(IMAGE.encode() + b"\t3\t"):
            raise SystemExit(f"digitnet answered {answer!r}")
        return seconds

    def end(self) -> None:
        """Close the pipe and wait."""
        self._process.communicate()


def first_answer() -> float:
    """From the start of the program to the answer, the pipe left open."""
    began = time.perf_counter()
    stream = Stream()
    stream.ask()
    seconds = time.perf_counter() - began
    stream.end()
    return seconds


def main() -> None:
    """Measure and print."""
    alone = Program([*DIGITNET, "predict", IMAGE])
    names = ("first answer, from the start", "a process of its own")
    seconds = medians(dict(zip(names, (first_answer, alone), strict=True)), RUNS)
    stream = Stream()
    stream.ask()
    later = [stream.ask() for _ in range(LATER)]
    stream.end()
    for name, taken in seconds.items():
        print(f"{name:32}{1000 * taken:8.1f} ms")
    print(f"{'a later answer, from its path':32}{1000 * statistics.median(later):8.1f} ms")
    print(f"{'  the slowest of ' + str(LATER):32}{1000 * max(later):8.1f} ms (at most 200)")


if __name__ == "__main__":
    main()
