"""Requests that the server refuses for their size, duration or host."""

import asyncio
from typing import Any

import pytest

pytest.importorskip("starlette", reason="the extra `serve` is not installed")

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from digitnet.server.guard import Bounds, Guard

BOUNDS = Bounds(body_bytes=10)
IMPATIENT = Bounds(body_bytes=10, silence_s=0.05, body_s=0.15)


async def count_bytes(scope: Scope, receive: Receive, send: Send) -> None:
    body = await Request(scope, receive).body()
    await PlainTextResponse(str(len(body)))(scope, receive, send)


def ask(
    *chunks: bytes | float,
    host: str = "127.0.0.1",
    headers: dict[str, str] | None = None,
    bounds: Bounds = BOUNDS,
) -> tuple[int, str]:
    """Send a body in chunks; floats are pauses in seconds. Return status and text of the reply."""
    messages: list[Message] = []

    async def run() -> None:
        pieces = iter(chunks)
        last = chunks[-1] if chunks else b""

        async def receive() -> Message:
            piece = next(pieces, b"")
            while isinstance(piece, float):
                await asyncio.sleep(piece)
                piece = next(pieces)
            return {"type": "http.request", "body": piece, "more_body": piece is not last}

        async def send(message: Message) -> None:
            messages.append(message)

        all_headers = {"host": "localhost"} | (headers or {})
        scope: dict[str, Any] = {
            "type": "http",
            "method": "POST",
            "path": "/",
            "headers": [(name.encode(), value.encode()) for name, value in all_headers.items()],
        }
        await Guard(count_bytes, host, bounds)(scope, receive, send)

    asyncio.run(run())
    return messages[0]["status"], messages[1]["body"].decode()


def test_a_body_within_the_limits_is_read() -> None:
    assert ask(b"12345", 0.01, b"67890") == (200, "10")


def test_a_body_that_grows_too_large_is_refused() -> None:
    status, text = ask(b"12345", b"678901", b"more")
    assert (status, "more than 10 bytes" in text) == (413, True)


@pytest.mark.parametrize(
    ("length", "status"), [("11", 413), ("-1", 400), ("many", 400), ("9" * 30, 413), ("²", 400)]
)
def test_a_content_length_that_is_too_large_or_invalid_is_refused(length: str, status: int) -> None:
    assert ask(b"", headers={"content-length": length})[0] == status


@pytest.mark.parametrize("chunks", [(b"1", 1.0, b"2"), (b"1", *[0.03, b"2"] * 8, b"3")])
def test_a_body_that_pauses_or_never_ends_is_refused(chunks: tuple[bytes | float, ...]) -> None:
    status, text = ask(*chunks, bounds=IMPATIENT)
    assert (status, "too slowly" in text) == (408, True)


@pytest.mark.parametrize(
    ("listens", "asked", "status"),
    [
        ("127.0.0.1", "127.0.0.1:8028", 200),
        ("127.0.0.1", "[::1]:8028", 200),
        ("127.0.0.1", "LOCALHOST", 200),
        ("127.0.0.1", "192.0.2.7:8028", 403),
        ("127.0.0.1", "localhost.evil.example", 403),
        ("0.0.0.0", "192.0.2.7:8028", 200),
        ("0.0.0.0", "evil.example", 403),
    ],
)
def test_hosts_that_allow_dns_rebinding_are_refused(listens: str, asked: str, status: int) -> None:
    assert ask(b"1", host=listens, headers={"host": asked})[0] == status


def test_a_request_from_the_same_origin_is_accepted() -> None:
    assert ask(b"1", headers={"origin": "http://localhost"})[0] == 200
