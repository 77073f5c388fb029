"""Fixtures that run `digitnet draw` and send requests to it."""

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from conftest import ROOT

pytest.importorskip("uvicorn", reason="the extra `serve` is not installed")

PATIENCE_S = 120
"""Timeout in seconds of a server's start, of its end and of a reply, on a busy machine."""


class Reply(NamedTuple):
    status: int
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


Ask = Callable[..., Reply]


def read_url(process: subprocess.Popen[bytes]) -> str:
    """Return the address that a server prints; kill the server if it prints none in time."""
    assert process.stdout is not None
    timer = threading.Timer(PATIENCE_S, process.kill)
    timer.start()
    url = process.stdout.readline().decode().strip()
    timer.cancel()
    assert url, "the server did not start"
    return url


def port_of(url: str) -> int:
    return int(url.rstrip("/").rpartition(":")[2])


@contextlib.contextmanager
def running_server(folder: Path, **how: Any) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Run a server in a folder until the block ends; yields the process and its address."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    process = subprocess.Popen(
        [sys.executable, "-m", "digitnet", "draw", "--no-browser", "--port", "0", "--quiet"],
        stdout=subprocess.PIPE,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        **how,
    )
    try:
        yield process, read_url(process)
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_S)
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the server runs."""
    return tmp_path_factory.mktemp("draw")


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    """The address of a server that runs during the tests of a file."""
    with running_server(folder) as (_, url):
        yield url


@pytest.fixture(scope="module")
def port(url: str) -> int:
    return port_of(url)


@pytest.fixture
def ask(port: int) -> Ask:
    return lambda *request: send(port, *request)


def send(
    port: int, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
) -> Reply:
    """Send a request and return the reply."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return Reply(answer.status, answer.read().decode())
    finally:
        connection.close()
