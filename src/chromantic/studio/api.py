"""The REST service: `POST /v1/colorize` and what tells of it."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, StreamingResponse

from chromantic.colorizer import Colorizer
from chromantic.errors import ChromanticError
from chromantic.studio.limits import MEDIA_TYPES, Limits, Options
from chromantic.studio.metrics import CONTENT_TYPE, Metrics
from chromantic.studio.results import Done, Picture, Progress, colorize_upload
from chromantic.studio.upload import JsonOrder, check_photo, read_order
from chromantic.studio.workers import CancelledWorkError, FullError, LateError, Work, Workers

_GONE = 499  # nobody reads it
_EVENTS = {Progress: "progress", Picture: "picture", Done: "done"}
_STREAM = "text/event-stream"


def create_api(colorizer: Colorizer, workers: Workers, limits: Limits, folder: Path) -> APIRouter:
    """The service's addresses.

    Args:
        colorizer: Of the colours.
        workers: Who do the work.
        limits: To keep.
        folder: For temporary files.
    """
    router = APIRouter()
    metrics = Metrics(workers)

    @router.post(
        "/v1/colorize",
        summary="Colorize a photo",
        response_class=JSONResponse,
        responses=_responses(),
        openapi_extra={"requestBody": _request_body()},
    )
    async def colorize(request: Request) -> Response:
        """Colorizes one photo: the bytes are those that `chromantic colorize` writes for the same options.

        The header `Accept` says how the results come: `application/json` all together, in base64;
        `text/event-stream` each as soon as it is ready, with the progress between them; `image/*` as the picture
        itself, if only one is asked for.
        """
        start = time.monotonic()
        try:
            response = await _colorize(request)
        except Exception as error:
            refusal = _refusal_of(error)
            if refusal is None:
                metrics.requests.labels("500").inc()
                raise
            response = refusal
        metrics.requests.labels(str(response.status_code)).inc()
        if response.status_code == 200:
            metrics.seconds.observe(time.monotonic() - start)
        return response

    async def _colorize(request: Request) -> Response:
        accept = request.headers.get("accept", "")
        with workers.place() as place:
            content, options = await read_order(request, limits)
            raw = "image/" in accept and not any(kind in accept for kind in ("*/*", "application/json", _STREAM))
            if raw and ((options.samples or 1) > 1 or options.segmentation or options.uncertainty or options.grey):
                raise HTTPException(406, "several pictures are no image/*; accept application/json instead")
            check_photo(content, limits)
            work = place.start(partial(colorize_upload, colorizer, content, options, limits, folder))
        watcher = asyncio.create_task(_cancel_when_gone(request, work))
        told = aiter(work)
        try:
            if _STREAM in accept:
                first = await anext(told)  # what is wrong with the photo still comes as a status
                return StreamingResponse(_stream(first, told, work), media_type=_STREAM)
            results = [event async for event in told]
        finally:
            if work.ended.is_set():
                watcher.cancel()
        pictures = [event for event in results if isinstance(event, Picture)]
        if raw:
            return Response(pictures[0].content, media_type=pictures[0].media_type)
        (done,) = (event for event in results if isinstance(event, Done))
        answer = await asyncio.to_thread(_answer, done, pictures)
        return Response(answer, media_type="application/json")

    @router.get("/v1/models", summary="The weights in use, and the limits")
    def models() -> dict[str, Any]:
        """Names, sizes and classes of the weights, and how much a request may ask for."""
        network = colorizer.network
        model = {
            "name": colorizer.name,
            "parameters": sum(weight.numel() for weight in network.parameters()),
            "classes": list(network.config.classes) if network.segmentation is not None else [],
        }
        asked = {"upload_bytes": limits.upload_bytes, "pixels": limits.pixels, "work_seconds": limits.work_seconds}
        return {"models": [model], "formats": list(MEDIA_TYPES), "limits": asked}

    @router.get("/healthz", summary="Whether the service is up")
    def healthz() -> dict[str, str]:
        """Answers without a token, too."""
        return {"status": "ok"}

    @router.get("/metrics", summary="Figures for Prometheus", response_class=Response)
    def figures() -> Response:
        """In Prometheus' text format."""
        return Response(metrics.text(), media_type=CONTENT_TYPE)

    return router


async def _cancel_when_gone(request: Request, work: Work) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
    work.cancel()


async def _stream(first: object, told: AsyncIterator[object], work: Work) -> AsyncIterator[bytes]:
    """Server-sent events; what goes wrong after the first is one, too."""
    try:
        yield await _event(first)
        async for event in told:
            yield await _event(event)
    except Exception as error:
        response = _refusal_of(error)
        if response is None:
            raise
        detail = json.loads(bytes(response.body))["detail"]
        yield _encoded("error", json.dumps({"status": response.status_code, "detail": detail}))
    finally:
        work.cancel()  # which changes nothing once it has ended


async def _event(event: Any) -> bytes:
    return await asyncio.to_thread(lambda: _encoded(_EVENTS[type(event)], json.dumps(event.to_json())))


def _encoded(name: str, data: str) -> bytes:
    return f"event: {name}\ndata: {data}\n\n".encode()


def _answer(done: Done, pictures: list[Picture]) -> bytes:
    return json.dumps({**done.summary, "pictures": [picture.to_json() for picture in pictures]}).encode()


def _refusal_of(error: Exception) -> Response | None:
    """What a client is told of a mistake, or of our state; None for our own mistakes."""
    headers = None
    match error:
        case HTTPException():
            status, detail = error.status_code, str(error.detail)
        case ChromanticError():
            status, detail = 422, str(error)
        case FullError():
            status, detail, headers = 429, str(error), {"Retry-After": str(error.seconds)}
        case LateError():
            status, detail = 503, str(error)
        case CancelledWorkError() | ClientDisconnect():
            status, detail = _GONE, "cancelled"
        case _:
            return None
    return JSONResponse({"detail": detail}, status, headers)


def _request_body() -> dict[str, Any]:
    form = Options.model_json_schema()
    form["properties"] = {
        "photo": {"type": "string", "contentMediaType": "application/octet-stream", "description": "The photo's file."},
        **form["properties"],
    }
    form["required"] = ["photo"]
    schemas = {"multipart/form-data": {"schema": form}, "application/json": {"schema": JsonOrder.model_json_schema()}}
    return {"required": True, "content": schemas}


def _responses() -> dict[int | str, dict[str, Any]]:
    detail = {
        "application/json": {
            "schema": {"type": "object", "properties": {"detail": {"type": "string"}}, "required": ["detail"]}
        }
    }
    said = {
        400: "The request cannot be read.",
        401: "The token is missing or wrong.",
        403: "Another site's page asked.",
        406: "Several pictures are no image/*.",
        408: "The request arrived too slowly.",
        413: "The file or the photo is too large.",
        415: "No picture, or no form.",
        422: "The photo or an option cannot be used.",
        429: "All places are taken; `Retry-After` says for how many seconds.",
        503: "The work took too long.",
    }
    picture = {
        "type": "object",
        "properties": {
            "kind": {"enum": ["expected", "sample", "grey", "segmentation", "uncertainty"]},
            "media_type": {"type": "string"},
            "content": {"type": "string", "contentEncoding": "base64"},
            "width": {"type": "integer"},
            "height": {"type": "integer"},
            "sample": {"type": "integer"},
            "log_likelihood": {"type": "number", "description": "In nats."},
            "classes": {"type": "array", "items": {"type": "object"}},
        },
        "required": ["kind", "media_type", "content", "width", "height"],
    }
    result = {
        "type": "object",
        "properties": {
            "photo": {"type": "object"},
            "model": {"type": "string"},
            "seed": {"type": ["integer", "null"]},
            "temperature": {"type": ["number", "null"]},
            "pictures": {"type": "array", "items": picture},
        },
        "required": ["photo", "model", "seed", "temperature", "pictures"],
    }
    content: dict[str, Any] = {"application/json": {"schema": result}, _STREAM: {"schema": {"type": "string"}}}
    content |= {media_type: {"schema": {"type": "string"}} for media_type in MEDIA_TYPES.values()}
    refusals: dict[int | str, dict[str, Any]] = {
        status: {"description": text, "content": detail} for status, text in said.items()
    }
    return {200: {"description": "The results.", "content": content}} | refusals
