"""The OpenAPI description of the routes for other programs."""

from typing import Any

from digitnet import __version__
from digitnet.server.replies import JSON, JSON_LINES

_TEXT = {"type": "string"}
_MAYBE_TEXT = {"type": ["string", "null"]}
_PROBABILITY = {"type": "number", "minimum": 0, "maximum": 1}
_PIXEL = {"type": "integer"}

_BOX = {
    "type": "object",
    "description": "One digit or mark.",
    "properties": {
        "digit": {"type": ["integer", "null"], "minimum": 0, "maximum": 9},
        "symbol": {"type": "string", "description": "the digit or mark, ? if uncertain"},
        "confidence": _PROBABILITY,
        "x": _PIXEL,
        "y": _PIXEL,
        "width": _PIXEL,
        "height": _PIXEL,
        "row": {"type": "integer", "minimum": 0},
        "probabilities": {
            "type": "array",
            "items": _PROBABILITY,
            "description": "of the digits 0 to 9; empty for a mark",
        },
    },
}

_ANSWER = {
    "type": "object",
    "description": "The same as a line of `digitnet predict --format jsonl`.",
    "properties": {
        "path": {
            "type": "string",
            "description": "the file name (- if none); page 2 of a file ends in #2",
        },
        "digits": _MAYBE_TEXT,
        "text": _MAYBE_TEXT,
        "raw": _MAYBE_TEXT,
        "confidence": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
        "boxes": {"type": "array", "items": {"$ref": "#/components/schemas/Box"}},
        "error": _MAYBE_TEXT,
    },
    "required": ["path", "digits", "text", "raw", "confidence", "boxes", "error"],
}

_MODEL = {
    "type": "object",
    "properties": {
        "name": _TEXT,
        "kind": {"enum": ["classifier", "reader"]},
        "network": _TEXT,
        "parameters": {"type": "integer"},
        "default": {"type": "boolean"},
    },
}

_ERROR = {"type": "object", "properties": {"error": _TEXT}, "required": ["error"]}


def _of(schema: str) -> dict[str, Any]:
    return {"schema": {"$ref": f"#/components/schemas/{schema}"}}


def _reply(description: str, **content: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": content}


def describe_api() -> dict[str, Any]:
    """Return the content of `GET /openapi.json`, in OpenAPI 3.1."""
    refused = {
        status: _reply(description, **{JSON: _of("Error")})
        for status, description in {
            "400": "Malformed request.",
            "403": "The Host or Origin header is not this server's.",
            "404": "The model does not exist.",
            "408": "The body arrived too slowly.",
            "413": "The body is too large.",
            "503": "The model cannot be loaded.",
        }.items()
    }
    answers = {JSON: _of("Answer"), JSON_LINES: {"schema": _TEXT}}
    predict = {
        "summary": "Read a picture, or several",
        "description": "The body is a picture's bytes (PNG, JPEG, BMP, TIFF, WebP, ...), or a form "
        "with one or several pictures. A picture is answered by an object. A form, and a file of "
        "several pages (PDF, TIFF, animated GIF or WebP), are answered by one object per picture "
        "or page, one per line, in their order; page 2 is called scan.pdf#2.",
        "operationId": "predict",
        "parameters": [
            {
                "name": "model",
                "in": "query",
                "description": "a classifier of /models",
                "schema": _TEXT,
            }
        ],
        "requestBody": {
            "required": True,
            "content": {
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "properties": {
                            "image": {
                                "type": "array",
                                "items": {"type": "string", "format": "binary"},
                            }
                        },
                    }
                },
            },
        },
        "responses": {
            "200": _reply("The answer, or the answers, one per line.", **answers),
            "422": _reply("The picture cannot be read; `error` says why.", **answers),
            **refused,
        },
    }
    models = {
        "type": "object",
        "properties": {
            "models": {"type": "array", "items": {"$ref": "#/components/schemas/Model"}}
        },
    }
    health = {"type": "object", "properties": {"status": {"const": "ok"}, "version": _TEXT}}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "digitnet",
            "version": __version__,
            "description": "Reads handwritten digits in pictures. Nothing leaves the machine.",
        },
        "paths": {
            "/predict": {"post": predict},
            "/models": {"get": _operation("The models", "listModels", models, refused)},
            "/healthz": {
                "get": _operation("Whether the server answers", "health", health, refused)
            },
        },
        "components": {
            "schemas": {"Answer": _ANSWER, "Box": _BOX, "Model": _MODEL, "Error": _ERROR}
        },
    }


def _operation(
    summary: str, name: str, schema: dict[str, Any], refused: dict[str, Any]
) -> dict[str, Any]:
    """Describe a GET operation."""
    content = {JSON: {"schema": schema}}
    responses = {status: refused[status] for status in ("400", "403", "413")}
    responses["200"] = _reply(summary, **content)
    return {"summary": summary, "operationId": name, "responses": responses}
