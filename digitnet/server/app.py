"""The routes, for other programs and for the page.

    POST /predict      an image, a multi-page file or a form -> as from `predict --format jsonl`
    GET  /models       the available models
    GET  /healthz      health check
    GET  /openapi.json OpenAPI description of these routes

    GET  /             the page; its files are below /static/
    POST /watch        an image -> the answer and the intermediate results
    POST /layers       28 x 28 bytes -> the activations of a classifier's layers
    POST /occlusion    28 x 28 bytes -> the classifier's output with each patch covered
    GET  /drawings     the folder of saved drawings, and the number of drawings of each digit
    POST /drawings     an image and its label -> a saved drawing

Networks run on a few threads. Further requests wait in order, and none is dropped.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from digitnet import __version__
from digitnet.errors import DigitnetError, ImageError, OutputError
from digitnet.model.litert import SIDE
from digitnet.output.formats import Format, format_answer
from digitnet.reading.pipeline import cores
from digitnet.reading.prediction import JSON_DECIMALS, Prediction
from digitnet.reading.sources import Source, page_sources
from digitnet.server.drawings import count_drawings, save_drawing
from digitnet.server.guard import DEFAULT_BOUNDS, Bounds, Guard
from digitnet.server.models import Models
from digitnet.server.occlusion import PATCH_PX, PATCHES, STEP_PX, occlude
from digitnet.server.openapi import describe_api
from digitnet.server.replies import JSON, JSON_LINES, RequestError, json_reply, refuse
from digitnet.server.watch import describe_layers, describe_reading
from digitnet.vision.decoding.sources import to_gray_image

STATIC = Path(__file__).parent / "static"

PAGE = "index.html"

MEDIA_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
"""Media types of the page's files. On Windows, the registry may have others."""

BODY = "-"
"""The path in the answer for an image without a name, as for `predict -`."""

Result = TypeVar("Result")


def build_app(models: Models, folder: Path, host: str, bounds: Bounds = DEFAULT_BOUNDS) -> ASGIApp:
    """Build the ASGI application.

    Args:
        models: the models that answer requests.
        folder: the folder for saved drawings.
        host: the address that the server listens on.
        bounds: size and time limits of a request.
    """
    server = _Server(models, folder)
    routes = [
        Route("/", server.page),
        Route("/predict", server.predict, methods=["POST"]),
        Route("/models", server.list_models),
        Route("/healthz", server.health),
        Route("/openapi.json", server.openapi),
        Route("/watch", server.watch, methods=["POST"]),
        Route("/layers", server.layers, methods=["POST"]),
        Route("/occlusion", server.occlusion, methods=["POST"]),
        Route("/drawings", server.drawings, methods=["GET", "POST"]),
        Route("/static/{name}", server.static),
    ]
    handlers = {
        HTTPException: _on_http_error,
        RequestError: _on_refusal,
        ClientDisconnect: _on_disconnect,
    }
    return Guard(Starlette(routes=routes, exception_handlers=handlers), host, bounds)


@dataclass(frozen=True)
class _Server:
    """State shared by the routes."""

    models: Models
    folder: Path
    saving: threading.Lock = field(default_factory=threading.Lock)
    files: frozenset[str] = frozenset(path.name for path in STATIC.iterdir())
    pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(cores(), "digitnet-server")
    )

    async def _work(self, work: Callable[..., Result], *arguments: Any) -> Result:
        """Run a slow function on a thread of the pool.

        Raises:
            RequestError: the function raised a `DigitnetError`; the message is the same.
        """
        try:
            return await asyncio.get_running_loop().run_in_executor(self.pool, work, *arguments)
        except ImageError as error:
            raise RequestError(422, str(error)) from None
        except OutputError as error:
            raise RequestError(409, str(error)) from None
        except DigitnetError as error:
            raise RequestError(503, str(error)) from None

    async def page(self, request: Request) -> Response:
        return self._file(PAGE)

    async def static(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in self.files:
            raise HTTPException(404)
        return self._file(name)

    def _file(self, name: str) -> Response:
        return FileResponse(STATIC / name, media_type=MEDIA_TYPES[Path(name).suffix])

    async def health(self, request: Request) -> Response:
        return json_reply({"status": "ok", "version": __version__})

    async def openapi(self, request: Request) -> Response:
        return json_reply(describe_api())

    async def list_models(self, request: Request) -> Response:
        return json_reply({"models": await self._work(self.models.describe)})

    async def predict(self, request: Request) -> Response:
        model = request.query_params.get("model")
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        is_form = kind == "multipart/form-data"
        given = await _take_files(request) if is_form else [Source(BODY, await request.body())]
        answers: list[tuple[str, bool]] = []
        for file in given:
            for picture in await self._work(self._find_pages, model, file):
                if answers and await request.is_disconnected():
                    raise ClientDisconnect
                answers.append(await self._work(self._predict, model, picture))
        status = 200 if any(read for _, read in answers) else 422
        several = is_form or len(answers) > 1
        lines = "".join(line for line, _ in answers)
        return Response(lines, status, media_type=JSON_LINES if several else JSON)

    def _find_pages(self, model: str | None, file: Source) -> list[Source]:
        """Return the pages of a multi-page file; of any other file, the file itself."""
        return [*page_sources(iter([file]), self.models.get(model).recognizer.limits, None)]

    def _predict(self, model: str | None, picture: Source) -> tuple[str, bool]:
        """Return the JSON line of an image's answer, and whether the image could be read."""
        recognizer = self.models.get(model).recognizer
        answer: Prediction | ImageError
        try:
            answer = (
                picture.image
                if isinstance(picture.image, ImageError)
                else recognizer.predict(picture.image)
            )
        except ImageError as error:
            answer = error
        return format_answer(Format.JSONL, picture.name, answer), isinstance(answer, Prediction)

    async def watch(self, request: Request) -> Response:
        body, query = await request.body(), request.query_params

        def watch() -> dict[str, Any]:
            recognizer = self.models.get(query.get("model")).recognizer
            explanation = recognizer.explain(body)
            return {
                "answer": explanation.prediction.to_dict(),
                **describe_reading(explanation, picture="picture" in query),
            }

        return json_reply(await self._work(watch))

    async def layers(self, request: Request) -> Response:
        digit = await _take_digit(request)

        def look() -> dict[str, Any]:
            return describe_layers(digit, self.models.get(request.query_params.get("model")).probe)

        return json_reply(await self._work(look))

    async def occlusion(self, request: Request) -> Response:
        digit = await _take_digit(request)

        def paint_over() -> NDArray[np.float32]:
            model = self.models.get(request.query_params.get("model"))
            return occlude(digit, model.networks)

        probabilities = await self._work(paint_over)
        shown = {"patch": PATCH_PX, "step": STEP_PX, "side": PATCHES}
        return json_reply(
            shown | {"probabilities": probabilities.astype(float).round(JSON_DECIMALS).tolist()}
        )

    async def drawings(self, request: Request) -> Response:
        if request.method != "POST":
            return json_reply({"folder": str(self.folder), "counts": count_drawings(self.folder)})
        body, digit = await request.body(), request.query_params.get("digit", "")
        if len(digit) != 1 or digit not in "0123456789":
            raise RequestError(422, f"{digit[:20]!r} is not a digit: give ?digit=0 to ?digit=9")

        def save() -> dict[str, Any]:
            recognizer = self.models.get(None).recognizer
            gray = to_gray_image(body, recognizer.limits, recognizer.notify)
            with self.saving:
                path, count = save_drawing(self.folder, gray, int(digit))
            return {"path": str(path), "digit": int(digit), "count": count}

        return json_reply(await self._work(save), 201)


async def _take_files(request: Request) -> list[Source]:
    """Read the files in a form, with their names.

    Raises:
        RequestError: the form has no file.
    """
    async with request.form() as form:
        files = [
            Source(part.filename or BODY, await part.read())
            for _, part in form.multi_items()
            if isinstance(part, UploadFile)
        ]
    if not files:
        raise RequestError(422, "the form has no image: send files, as curl -F image=@3.png does")
    return files


async def _take_digit(request: Request) -> NDArray[np.uint8]:
    body = await request.body()
    if len(body) != SIDE * SIDE:
        raise RequestError(422, f"expected 784 bytes (28 x 28 pixels), got {len(body):,}")
    return np.frombuffer(body, np.uint8).reshape(SIDE, SIDE)


async def _on_http_error(request: Request, error: Exception) -> Response:
    """Turn Starlette's own errors into one-line error replies like all others."""
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        reply = refuse(404, f"no such path: {request.scope['path'][:100]!r}: see /openapi.json")
    elif error.status_code == 405:
        reply = refuse(405, f"{request.method[:20]!r} is not allowed here: see /openapi.json")
    else:
        reply = refuse(error.status_code, error.detail)
    reply.headers.update(error.headers or {})
    return reply


async def _on_refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestError)
    return refuse(error.status, str(error))


async def _on_disconnect(request: Request, error: Exception) -> Response:
    """Return an empty reply, as the client has disconnected."""
    return Response(status_code=400)
