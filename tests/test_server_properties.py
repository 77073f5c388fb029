"""The server answers any request in JSON and never with an error of its own."""

import asyncio
import io
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

pytest.importorskip("starlette", reason="the extra `serve` is not installed")

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from starlette.types import ASGIApp, Message

from digitnet.server.app import build_app
from digitnet.server.models import Models
from digitnet.server.openapi import describe_api

DESCRIBED = describe_api()["paths"]
PATHS = [*DESCRIBED, "/", "/openapi.json", "/watch", "/layers", "/occlusion", "/drawings"]
PATHS += ["/static/", "/static/main.js", "/static/..", "/nothing"]

paths = st.sampled_from(PATHS) | st.text(max_size=20).map(lambda text: f"/{text}")
queries = st.dictionaries(
    st.sampled_from(["model", "digit", "picture"]),
    st.sampled_from(["cnn", "mlp", "reader", "3", ""]) | st.text(max_size=10),
)
kinds = st.sampled_from(["image/png", "multipart/form-data", "multipart/form-data; boundary=b"])
headers = st.fixed_dictionaries(
    {},
    optional={
        "content-type": kinds | st.text(max_size=30),
        "content-length": st.text("0123456789-", max_size=8),
        "origin": st.text(max_size=30),
        "host": st.sampled_from(["localhost", "localhost:80", "["]) | st.text(max_size=20),
    },
)


def scan() -> bytes:
    """Return a TIFF of two pages."""
    file = io.BytesIO()
    page = Image.new("L", (6, 5), 255)
    page.save(file, "TIFF", save_all=True, append_images=[page])
    return file.getvalue()


@st.composite
def damaged_scans(draw: st.DrawFn) -> bytes:
    data = bytearray(scan())
    data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data)


part = b'--b\r\nContent-Disposition: form-data; name="a"; filename="%s"\r\n\r\n%s\r\n--b--\r\n'
bodies = (
    st.binary(max_size=200)
    | st.binary(min_size=784, max_size=784)
    | st.tuples(st.binary(max_size=8), st.binary(max_size=50)).map(lambda both: part % both)
    | damaged_scans()
    | st.binary(min_size=12, max_size=12).map(lambda pixels: b"P5 4 3 255\n" + pixels)
)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> ASGIApp:
    folder = tmp_path_factory.mktemp("drawings") / "kept"
    return build_app(Models("cnn", lambda note: None), folder, "127.0.0.1")


def ask(
    app: ASGIApp,
    method: str,
    path: str,
    query: dict[str, str],
    extra_headers: dict[str, str],
    body: bytes,
) -> tuple[int, bytes]:
    """Return the status and body of the reply."""
    messages: list[Message] = []

    sent = False

    async def receive() -> Message:
        nonlocal sent
        if sent:
            await asyncio.Event().wait()  # the client sends no more, but stays connected
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        messages.append(message)

    given_headers = {"host": "localhost"} | extra_headers
    scope: dict[str, Any] = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "scheme": "http",
        "query_string": urlencode(query).encode(),
        "headers": [(k.encode(), v.encode("latin-1", "replace")) for k, v in given_headers.items()],
        "server": ("127.0.0.1", 80),
    }

    async def run() -> None:
        await app(scope, receive, send)

    asyncio.run(run())
    return messages[0]["status"], b"".join(message.get("body", b"") for message in messages)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "HEAD", "OPTIONS"]),
    path=paths,
    query=queries,
    extra_headers=headers,
    body=bodies,
)
def test_any_request_gets_a_described_status_and_no_server_error(
    app: ASGIApp,
    method: str,
    path: str,
    query: dict[str, str],
    extra_headers: dict[str, str],
    body: bytes,
) -> None:
    status, text = ask(app, method, path, query, extra_headers, body)
    assert status < 500
    if operation := DESCRIBED.get(path, {}).get(method.lower()):
        assert str(status) in operation["responses"]
    if status >= 400 and method != "HEAD":
        assert all(json.loads(line)["error"] for line in text.splitlines())


def test_the_description_lists_every_status(app: ASGIApp, samples: Path) -> None:
    described = DESCRIBED["/predict"]["post"]["responses"]
    picture = (samples / "paint-3.png").read_bytes()
    for query, extra_headers, body in (
        ({}, {}, picture),
        ({}, {}, b"no picture"),
        ({"model": "none"}, {}, picture),
        ({}, {"origin": "http://evil.example"}, picture),
        ({}, {"content-length": "many"}, picture),
        ({}, {"content-length": "999999999"}, picture),
    ):
        assert str(ask(app, "POST", "/predict", query, extra_headers, body)[0]) in described
    for path in ("/models", "/healthz"):
        described = DESCRIBED[path]["get"]["responses"]
        for extra_headers in (
            {},
            {"host": "["},
            {"content-length": "many"},
            {"content-length": "9" * 9},
        ):
            assert str(ask(app, "GET", path, {}, extra_headers, b"")[0]) in described
