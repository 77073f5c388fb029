"""Run `digitnet draw` in its own process during a measurement."""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.harness.processes import DIGITNET, ENVIRONMENT


class DrawServer(NamedTuple):
    """A running server.

    Attributes:
        url: URL of its page.
        port: port on this machine.
        process: process ID.
    """

    url: str
    port: int
    process: int

    @property
    def resident(self) -> float:
        """Resident memory in MiB; Linux only."""
        status = Path(f"/proc/{self.process}/status").read_text("utf-8")
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024


@contextlib.contextmanager
def draw_server(**variables: str) -> Iterator[DrawServer]:
    """Run the server on a free port, with additional environment variables."""
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
