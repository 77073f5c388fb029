"""Give thousands of damaged files to digitnet, and see that each is answered or refused.

    python tests/fuzz/fuzz.py                     50,000 files: the nightly form
    python tests/fuzz/fuzz.py --cases 2000        what the tests do

A case is made from the seed and its number alone, so it can be made again. Each runs in a process
that may die: a fault is a crash, a hang (more than 5 s of processor time), an error that is not
digitnet's own, or more than 300 MiB for a file that is refused. Printed is a table of what became
of the files; the exit code is 1 if there was a fault. Linux only.
"""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from corpus import Seed, seeds
from mutations import mutate

SECONDS = 5
"""Maximum processor time per file, in seconds."""
TIMEOUT_FACTOR = 20
"""Wall-clock timeout relative to `SECONDS`, for a busy machine."""
MEBIBYTES = 300
"""Maximum memory above idle while a file is refused, in MiB."""


@dataclass
class Tally:
    """Outcomes of the cases."""

    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    slowest: float = 0.0
    largest: int = 0

    def add(self, case: int, kind: str, outcome: str, detail: str = "") -> None:
        """Count a case: `answered`, `refused`, or the name of a fault."""
        if outcome not in ("answered", "refused"):
            self.faults.append(f"case {case}, {kind}: {outcome} {detail}")
            outcome = "lost"
        self.outcomes[kind, outcome] += 1

    def table(self) -> str:
        """Return a table with a row per kind of file, maximum time and memory, and all faults."""
        kinds = sorted({kind for kind, _ in self.outcomes})
        columns = ("answered", "refused", "lost")
        lines = [f"{'file':12}{'cases':>8}" + "".join(f"{name:>10}" for name in columns)]
        for kind in [*kinds, "all"]:
            counts = [
                sum(count for (of, what), count in self.outcomes.items()
                    if what == name and kind in (of, "all"))
                for name in columns
            ]  # fmt: skip
            row = "".join(f"{count:10,}" for count in counts)
            lines.append(f"{kind:12}{sum(counts):8,}{row}")
        lines.append(
            f"slowest {self.slowest:.1f} s of processor time, "
            f"{self.largest} MiB above idle at most while refusing"
        )
        return "\n".join([*lines, *self.faults])


def make_case(files: list[Seed], seed: int, case: int) -> tuple[str, str, bytes]:
    """Make a damaged file; returns its kind, name and bytes."""
    rng = np.random.default_rng([seed, case])
    kind, name, data = files[int(rng.integers(len(files)))]
    return kind, name, mutate(data, [other for _, _, other in files], rng)


def work(seed: int, first: int, last: int, step: int) -> None:
    """Run cases in this process; print a line before and after each."""
    from targets import Targets

    files = seeds()
    with tempfile.TemporaryDirectory() as folder:
        targets = Targets(Path(folder))
        for case in range(first, last, step):
            kind, name, data = make_case(files, seed, case)
            print(json.dumps([case, kind, name]), flush=True)
            Path("/proc/self/clear_refs").write_text("5")  # reset the peak memory
            idle, began = _memory("VmRSS"), time.process_time()
            signal.setitimer(signal.ITIMER_PROF, SECONDS)  # ends the process
            try:
                outcome, detail = "answered" if targets.answers(kind, data) else "refused", ""
            except Exception as error:
                place = traceback.extract_tb(error.__traceback__)[-1]
                outcome = "traceback"
                detail = f"{type(error).__name__}: {error} ({place.filename}:{place.lineno})"
            signal.setitimer(signal.ITIMER_PROF, 0)
            memory = _memory("VmHWM") - idle if outcome == "refused" else 0
            if memory > MEBIBYTES:
                outcome, detail = "memory", f"{memory} MiB"
            print(json.dumps([outcome, detail, time.process_time() - began, memory]), flush=True)


def _memory(name: str) -> int:
    """Return the memory of this process in MiB: `VmRSS` for now, `VmHWM` for the peak."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) // 1024 for line in status if line.startswith(name))


def supervise(tally: Tally, seed: int, first: int, last: int, step: int) -> None:
    """Run cases in worker processes; start a new one whenever one dies."""
    while first < last:
        command = [sys.executable, __file__, "--worker", *map(str, (seed, first, last, step))]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as process:
            assert process.stdout is not None
            begun = False
            for line in process.stdout:
                case, kind, name = json.loads(line)
                begun, first = True, case + step
                watch = threading.Timer(SECONDS * TIMEOUT_FACTOR, process.kill)
                watch.start()
                ended = process.stdout.readline()
                watch.cancel()
                if not ended:
                    process.wait()
                    hung = -process.returncode in (signal.SIGPROF, signal.SIGKILL)
                    outcome = "hang" if hung else f"crash by signal {-process.returncode}"
                    tally.add(case, f"{kind}", outcome, name)
                    break
                outcome, detail, seconds, memory = json.loads(ended)
                tally.add(case, kind, outcome, f"{name}: {detail}")
                tally.slowest = max(tally.slowest, seconds)
                tally.largest = max(tally.largest, memory)
            else:
                if process.wait() or not begun:
                    tally.faults.append(f"the worker of case {first} did not run")
                    return


def fuzz(cases: int, seed: int, jobs: int) -> Tally:
    """Run this many cases in `jobs` processes."""
    tallies = [Tally() for _ in range(jobs)]
    threads = [
        threading.Thread(target=supervise, args=(tally, seed, number, cases, jobs))
        for number, tally in enumerate(tallies)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    total = Tally()
    for tally in tallies:
        total.outcomes += tally.outcomes
        total.faults += tally.faults
        total.slowest = max(total.slowest, tally.slowest)
        total.largest = max(total.largest, tally.largest)
    return total


def main() -> None:
    """Run the fuzzer from the command line and print the table."""
    if sys.argv[1:2] == ["--worker"]:
        work(*map(int, sys.argv[2:]))
        return
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=50_000, metavar="N")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="processes at a time")
    parser.add_argument("--write", nargs=2, metavar=("CASE", "FILE"), help="make one file only")
    options = parser.parse_args()
    if options.write:
        kind, name, data = make_case(seeds(), options.seed, int(options.write[0]))
        Path(options.write[1]).write_bytes(data)
        print(f"{kind} from {name}, {len(data):,} bytes")
        return
    tally = fuzz(options.cases, options.seed, options.jobs)
    print(tally.table())
    sys.exit(1 if tally.faults else 0)


if __name__ == "__main__":
    main()
