"""Connections to the server: many at once, and slow ones."""

import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import Start
from server_process import PATIENCE_S, port_of, read_url, running_server

MANY = 100
"""Connections, many more than a process with `FEW_FILES` can open."""
FEW_FILES = 80


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not limit open files")
def test_connections_beyond_the_limit_of_open_files_wait_without_a_message(tmp_path: Path) -> None:
    import resource

    def allow_few_files() -> None:
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (FEW_FILES, hard))

    def read_statuses(connection: socket.socket) -> bytes:
        with connection:
            connection.sendall(
                b"GET /static/main.js HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            )
            return connection.makefile("rb").read()[:15]

    with running_server(tmp_path, stderr=subprocess.PIPE, preexec_fn=allow_few_files) as (
        process,
        url,
    ):
        address = ("127.0.0.1", port_of(url))
        connections = [socket.create_connection(address, PATIENCE_S) for _ in range(MANY)]
        with ThreadPoolExecutor(MANY) as pool:
            assert {*pool.map(read_statuses, connections)} == {b"HTTP/1.1 200 OK"}
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=PATIENCE_S)[1] == b""


def test_ctrl_c_ends_the_server_despite_a_hanging_request(start: Start) -> None:
    process = start("draw", "--no-browser", "--port", "0", "--quiet")
    with socket.create_connection(("127.0.0.1", port_of(read_url(process)))) as connection:
        connection.sendall(
            b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n"
        )
        time.sleep(0.2)  # let the request arrive
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (130, b"")
