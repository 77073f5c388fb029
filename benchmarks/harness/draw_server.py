"""`digitnet draw` as a process of its own, for as long as something is measured."""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.harness.processes import DIGITNET, ENVIRONMENT


class DrawServer(NamedTuple):
    """A server that runs.

    Attributes:
        url: of its page.
        port: on this machine.
        process: its number.
    """

    url: str
    port: int
    process: int

    @property
    def resident(self) -> float:
        """MiB of it in memory, on Linux."""
        status = Path(f"/proc/{self.process}/status").read_text("utf-8")
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024


@contextlib.contextmanager
def draw_server(**variables: str) -> Iterator[DrawServer]:
    """Run the server on a free port, with these variables in its environment."""
    process = subprocess.Popen(
        [*DIGITNET, "draw", "--no-browser", "--quiet", "--port", "0"],
        stdout=subprocess.PIPE,
        env=ENVIRONMENT | variables,
        text=True,
    )
    assert process.stdout is not None
    try:
        url = process.stdout.readline().strip()
        yield DrawServer(url, int(url.rstrip("/").rpartition(":")[2]), process.pid)
    finally:
        process.terminate()
        process.communicate()
