"""Replies: JSON, and one-line errors."""

import json
from typing import Any

from starlette.responses import Response

JSON = "application/json"
JSON_LINES = "application/x-ndjson"


class RequestError(Exception):
    """A request is rejected.

    Args:
        status: HTTP status, 400 to 503.
        message: one line that says what is wrong and what to do.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def json_reply(content: dict[str, Any], status: int = 200) -> Response:
    """Return a reply with a JSON object on one line of ASCII."""
    return Response(json.dumps(content) + "\n", status, media_type=JSON)


def refuse(status: int, message: str) -> Response:
    """Return an error reply: `{"error": message}`.

    It closes the connection: the rest of the request is not read, so no other request can follow.
    """
    reply = json_reply({"error": message}, status)
    reply.headers["connection"] = "close"
    return reply
