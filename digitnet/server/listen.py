"""Opens a port and runs the server on it until Ctrl-C."""

import asyncio
import errno
import logging
import os
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from digitnet.errors import OutputError, os_error_reason
from digitnet.interruption import WAKE_S

HEADERS_TIMEOUT_S = 30.0
"""Seconds within which the headers of the next request on a connection must arrive."""

SHUTDOWN_TIMEOUT_S = 0.5
"""Seconds that running requests have to finish after Ctrl-C."""

BACKLOG = 2048
"""Maximum number of connections that wait to be accepted."""

MAX_CONNECTIONS = 1000
"""Maximum number of connections that are open at once."""

RESERVED_FILES = 64
"""Open files that are kept for the models, the drawings and the libraries."""

RETRY_S = 0.1
"""Seconds until the next attempt if the system has no resources for another connection."""


def open_port(host: str, port: int) -> socket.socket:
    """Open a port, so that the models are loaded only if it is free.

    Raises:
        OutputError: the port is in use, or the address does not belong to this machine.
    """
    listener = None
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        if os.name == "posix":  # allow a port that was in use a moment ago
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except (OSError, UnicodeError) as error:
        if listener:
            listener.close()
        if getattr(error, "errno", None) == errno.EADDRINUSE:
            raise OutputError(
                f"port {port} is in use: choose another with --port, or --port 0 for any free port"
            ) from None
        raise OutputError(
            f"cannot listen on {host}, port {port}: {os_error_reason(error)}; give another "
            "--host or --port"
        ) from None
    return listener


def serve(app: ASGIApp, listener: socket.socket, on_start: Callable[[], None]) -> None:
    """Serve requests until a signal arrives.

    The server runs on its own thread, so a signal reaches the main thread at once, whatever the
    others do. Requests that do not finish in time are dropped when the program ends.

    Args:
        app: the application.
        listener: an open port.
        on_start: called once, when the server accepts connections.

    Raises:
        KeyboardInterrupt: a signal asked the program to end.
    """
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # do not log malformed requests
    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        lifespan="off",
        loop="asyncio",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=int(HEADERS_TIMEOUT_S),
    )
    server = _Server(config, listener)
    thread = threading.Thread(target=server.run, name="digitnet-http", daemon=True)
    thread.start()
    try:
        on_start()
        while thread.is_alive():
            thread.join(WAKE_S)
    finally:
        server.should_exit = True
        thread.join(SHUTDOWN_TIMEOUT_S)


class _Server(uvicorn.Server):
    """Limits the number of open connections: further ones wait in the queue of the listener.

    asyncio's own server accepts connections until the process cannot open another file. Then
    requests fail, and it logs an error for each place in the queue.
    """

    def __init__(self, config: uvicorn.Config, listener: socket.socket) -> None:
        super().__init__(config)
        self._listener = listener
        self._places = asyncio.Semaphore(_connection_limit())

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=[])
        self._accepting = asyncio.create_task(self._accept())

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._accepting.cancel()
        await super().shutdown(sockets=[self._listener])

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        self._listener.setblocking(False)
        while True:
            await self._places.acquire()
            try:
                connection, _ = await loop.sock_accept(self._listener)
                await loop.connect_accepted_socket(self._protocol, connection)
            except OSError:  # the client is gone, or no file can be opened
                self._places.release()
                await asyncio.sleep(RETRY_S)

    def _protocol(self) -> "_Protocol":
        return _Protocol(self._places, self.config, self.server_state, self.lifespan.state)


def _connection_limit() -> int:
    """Return how many connections may be open; a reply may need a second file."""
    if sys.platform == "win32":
        return MAX_CONNECTIONS
    import resource

    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if files == resource.RLIM_INFINITY:
        return MAX_CONNECTIONS
    return max(1, min(MAX_CONNECTIONS, (files - RESERVED_FILES) // 2))


class _Protocol(H11Protocol):
    """HTTP/1.1 with a timeout for headers.

    Args:
        places: released when the connection ends.
        arguments: those of `H11Protocol`.
    """

    _deadline: asyncio.TimerHandle | None = None

    def __init__(self, places: asyncio.Semaphore, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._places = places

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_request()

    def on_response_complete(self) -> None:
        self._expect_request()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._places.release()
        if self._deadline:
            self._deadline.cancel()

    def _expect_request(self) -> None:
        if self._deadline:
            self._deadline.cancel()
        self._deadline = self.loop.call_later(HEADERS_TIMEOUT_S, self._end_if_silent, self.cycle)

    def _end_if_silent(self, last: object) -> None:
        if self.cycle is last and not self.transport.is_closing():
            self.transport.close()
