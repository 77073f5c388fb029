"""Checks every request: host and origin, size and time limits.

Pages of other websites must not use this server through a visitor's browser. Such a request either
has the website's Origin header, or is sent to a domain name that the website's owner has pointed to
this machine (DNS rebinding). So the Host header must be an address or a name of this machine, and
an Origin header, if present, must be the same host.
"""

import asyncio
import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digitnet.server.replies import RequestError, refuse
from digitnet.vision import Limits

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The page loads everything from this server and has no inline scripts."""

_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "permissions-policy": "camera=(self), microphone=(), geolocation=()",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-cache",
}


@dataclass(frozen=True)
class Bounds:
    """Limits on a request.

    Attributes:
        body_bytes: maximum size of the body in bytes, the same as for an image file.
        silence_s: maximum pause while the body is received, in seconds.
        body_s: maximum time to receive the whole body, in seconds.
        at_once: maximum number of bodies in memory; further requests wait.
    """

    body_bytes: int = Limits().bytes
    silence_s: float = 10.0
    body_s: float = 120.0
    at_once: int = 16


DEFAULT_BOUNDS = Bounds()


class Guard:
    """ASGI middleware that rejects requests and adds security headers to replies.

    Args:
        app: the application that answers accepted requests.
        host: the address that the server listens on.
        bounds: size and time limits of a request.
    """

    def __init__(self, app: ASGIApp, host: str, bounds: Bounds) -> None:
        self._app = app
        self._bounds = bounds
        self._host = host
        self._names = {"localhost", host.lower()}
        if not _is_loopback(host):
            self._names |= {socket.gethostname().lower(), socket.getfqdn().lower()}
        self._places = asyncio.Semaphore(bounds.at_once)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request to the application, or reply with an error."""
        started = False

        async def send_safely(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                added = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
                message = {**message, "headers": [*message["headers"], *added]}
            await send(message)

        try:
            request = Request(scope)
            self._check_source(request)
            self._check_size(request)
            if request.method in ("GET", "HEAD"):
                await self._app(scope, receive, send_safely)
            else:
                async with self._places:
                    await self._app(scope, self._bounded(receive), send_safely)
        except RequestError as refusal:
            if started:
                raise
            await refuse(refusal.status, str(refusal))(scope, receive, send_safely)

    def _check_source(self, request: Request) -> None:
        """Reject requests from the pages of other websites.

        Raises:
            RequestError: the host or the origin is not this server.
        """
        host = request.headers.get("host", "")
        if not self._is_ours(host):
            raise RequestError(
                403, f"host {host[:100]!r} is not this server: use localhost or its address"
            )
        origin = request.headers.get("origin")
        if origin is not None and origin.lower().partition("://")[2] != host.lower():
            raise RequestError(
                403, f"origin {origin[:100]!r} is another site: cross-origin requests are rejected"
            )

    def _is_ours(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if name in self._names:
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return False
        return address.is_loopback or not _is_loopback(self._host)

    def _check_size(self, request: Request) -> None:
        """Reject a body by its Content-Length, before it is read.

        Raises:
            RequestError: Content-Length is too large or not a number.
        """
        told = request.headers.get("content-length", "0")
        if not (told.isascii() and told.isdigit()):
            raise RequestError(400, f"Content-Length is {told[:100]!r}: give the number of bytes")
        if int(told[:20]) > self._bounds.body_bytes:
            raise self._too_large(f"{int(told[:20]):,}")

    def _too_large(self, received: str) -> RequestError:
        return RequestError(
            413, f"the body has {received} bytes: at most {self._bounds.body_bytes:,} are read"
        )

    def _bounded(self, receive: Receive) -> Receive:
        """Wrap `receive` so that it raises `RequestError` if the body is too large or too slow."""
        loop = asyncio.get_running_loop()
        count = 0
        end = loop.time() + self._bounds.body_s
        whole = False

        async def receive_bounded() -> Message:
            nonlocal count, whole
            if whole:  # this waits for the client to disconnect
                return await receive()
            try:
                async with asyncio.timeout(min(self._bounds.silence_s, end - loop.time())):
                    message = await receive()
            except TimeoutError:
                raise RequestError(
                    408, "the body arrived too slowly: send the whole image at once"
                ) from None
            count += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if count > self._bounds.body_bytes:
                raise self._too_large(f"more than {self._bounds.body_bytes:,}")
            return message

        return receive_bounded


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
