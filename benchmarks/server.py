"""HTTP: `POST /predict` of `digitnet draw` compared with `digitnet predict`, and its memory.

Sixteen clients, each with one persistent connection, send the samples repeatedly: 1,000 requests.
`digitnet predict` reads the same number of paths of the same files in one call, start-up included.
Target: half of its throughput. All answers must be equal, except for the path. The clients are
threads of one Python process on the same machine, so the server has less processor time. Further
requests follow, up to 20,000 in all. Target: at most 10 MiB more resident memory at the end than
after the first tenth, with two glibc arenas. Memory is measured on Linux only.
"""

import argparse
import http.client
import itertools
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.harness.draw_server import DrawServer, draw_server
from benchmarks.harness.processes import DIGITNET, ROOT, Program
from benchmarks.harness.result import Result

CLIENTS, REQUESTS, TOTAL = 16, 1000, 20_000
SHARES = (0.1, 0.2, 0.5, 1.0)
MAX_RESIDENT = 10.0
"""Allowed growth in MiB from the first share to the last."""


TARGETS = {
    "relative to predict": "at least 0.5",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--total`."""
    parser.add_argument(
        "--total",
        type=int,
        default=TOTAL,
        metavar="N",
        help="requests after which the memory is read last (default: %(default)s)",
    )


def send(server: DrawServer, bodies: Sequence[bytes]) -> list[dict[str, Any]]:
    """Send requests one after another from one client and return the answers."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    answers = []
    for body in bodies:
        connection.request("POST", "/predict", body)
        answers.append(json.loads(connection.getresponse().read()))
    connection.close()
    return answers


def send_all(server: DrawServer, bodies: Sequence[bytes]) -> list[dict[str, Any]]:
    """Send requests from sixteen clients at once and return the answers in order."""
    with ThreadPoolExecutor(CLIENTS) as pool:
        parts = pool.map(lambda first: send(server, bodies[first::CLIENTS]), range(CLIENTS))
        answers = [iter(part) for part in parts]
    return [next(answers[number % CLIENTS]) for number in range(len(bodies))]


def run(options: argparse.Namespace, result: Result) -> None:
    """Measure throughput, then memory."""
    samples = [
        path for path in sorted((ROOT / "samples").iterdir()) if path.suffix in (".png", ".jpg")
    ]
    paths = list(itertools.islice(itertools.cycle(samples), REQUESTS))
    bodies = [path.read_bytes() for path in paths]
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder, "list.txt")
        listed.write_text("".join(f"{path}\n" for path in paths), "utf-8")
        command = [
            *DIGITNET,
            "predict",
            "--quiet",
            "--format",
            "jsonl",
            "--files-from",
            str(listed),
        ]
        predict = Program(command, exit_codes=(0, 3))
        predict_s = predict()
    expected = [json.loads(line) | {"path": "-"} for line in predict.printed.splitlines()]
    with draw_server(MALLOC_ARENA_MAX="2") as server:
        send_all(server, bodies[: 2 * CLIENTS])  # each thread loads its networks
        began = time.perf_counter()
        answers = send_all(server, bodies)
        server_s = time.perf_counter() - began
        different = sum(one != other for one, other in zip(answers, expected, strict=True))
        table = result.table("program", {"images per second": ".0f"})
        table.row("digitnet predict", REQUESTS / predict_s)
        table.row(f"POST /predict from {CLIENTS} clients", REQUESTS / server_s)
        result.figure(
            "relative to predict",
            predict_s / server_s,
            "the server has {:.2f} times the throughput of `predict` (at least 0.5)",
        )
        result.figure("different answers", different, "{:.0f} answers differ from `predict`'s")
        grown = measure_memory(server, bodies, options.total, result)
    if different or grown > MAX_RESIDENT:
        result.failure = f"{different} answers differ, {grown:.1f} MiB more are resident"


def measure_memory(
    server: DrawServer, bodies: Sequence[bytes], total: int, result: Result
) -> float:
    """Return the growth of resident memory in MiB from the first share of the requests to all."""
    if not os.path.isdir("/proc"):
        sys.exit("the memory of another process is read on Linux only")
    table = result.table("requests", {"MiB resident": ".1f"})
    sent, residents = 0, []
    for share in SHARES:
        while left := round(share * total) - sent:
            sent += len(send_all(server, bodies[:left]))
        residents.append(server.resident)
        table.row(f"{sent:,}", residents[-1])
    return residents[-1] - residents[0]
