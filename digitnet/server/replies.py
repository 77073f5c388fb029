"""Replies: JSON, and refusals of one line."""

import json
from typing import Any

from starlette.responses import Response

JSON = "application/json"
JSON_LINES = "application/x-ndjson"


class RequestError(Exception):
    """A request that is not answered.

    Args:
        status: of HTTP, 400 to 503.
        message: one line: what is wrong and what to do.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def json_reply(content: dict[str, Any], status: int = 200) -> Response:
    """A reply with an object of JSON in plain ASCII on one line."""
    return Response(json.dumps(content) + "\n", status, media_type=JSON)


def refuse(status: int, message: str) -> Response:
    """A reply with the one line that says why: `{"error": "..."}`.

    It closes the connection: the rest of the request is not read, so nothing can follow it.
    """
    reply = json_reply({"error": message}, status)
    reply.headers["connection"] = "close"
    return reply
