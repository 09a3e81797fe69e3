"""The REST service: `POST /v1/colorize`, and addresses that tell of the service."""

import asyncio
import time
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.sse import EventSourceResponse, format_sse_event
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse

from chromantic.colorizer import Colorizer
from chromantic.errors import ChromanticError
from chromantic.photo import UnknownKindError
from chromantic.studio.answers import (
    EVENT_NAMES,
    EventData,
    Health,
    LateProblem,
    Models,
    Problem,
    RequestLimits,
    ResultEvent,
    ResultPicture,
    Results,
    ServedModel,
    Summary,
)
from chromantic.studio.fulfil import MEDIA_TYPES, fulfil_order
from chromantic.studio.limits import Limits
from chromantic.studio.metrics import CONTENT_TYPE, Metrics
from chromantic.studio.order import FormOrder, JsonOrder
from chromantic.studio.upload import read_order
from chromantic.studio.workers import CancelledWorkError, FullError, LateError, Work, Workers

_GONE = 499  # nobody reads it
_EVENTS = EventSourceResponse.media_type
_REF = "#/components/schemas/{model}"
_REFUSALS = {
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


def create_api(colorizer: Colorizer, workers: Workers, limits: Limits) -> APIRouter:
    """The service's addresses.

    Args:
        colorizer: Colours the photos.
        workers: Do the work.
        limits: What a request may ask for.
    """
    router = APIRouter()
    metrics = Metrics(workers)

    @router.post(
        "/v1/colorize",
        summary="Colorize a photo",
        response_model=Results,
        response_description="The results.",
        responses=_responses(),
        openapi_extra={"requestBody": {"required": True, "content": _bodies()}},
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
            response = _refuse(*refusal)
        metrics.requests.labels(str(response.status_code)).inc()
        if response.status_code == 200:
            metrics.seconds.observe(time.monotonic() - start)
        return response

    async def _colorize(request: Request) -> Response:
        accept = request.headers.get("accept", "")
        with workers.place() as place:
            order = await read_order(request, limits)
            raw = "image/" in accept and not any(kind in accept for kind in ("*/*", "application/json", _EVENTS))
            if raw and order.pictures > 1:
                raise HTTPException(406, "accept: image/* holds one picture, not several; accept application/json")
            work = place.start(partial(fulfil_order, colorizer, order))
        watcher = asyncio.create_task(_cancel_when_gone(request, work))
        told = aiter(work)
        try:
            if _EVENTS in accept:
                return EventSourceResponse(_events(await anext(told), told, work))
            results = [event async for event in told]
        finally:
            if work.ended.is_set():
                watcher.cancel()
        pictures = [event for event in results if isinstance(event, ResultPicture)]
        if raw:
            return Response(pictures[0].content, media_type=pictures[0].media_type)
        (summary,) = (event for event in results if isinstance(event, Summary))
        answer = await asyncio.to_thread(lambda: Results(**dict(summary), pictures=pictures).to_json())
        return Response(answer, media_type="application/json")

    @router.get("/v1/models", summary="The weights in use, and the limits")
    def models() -> Models:
        """Names, sizes and classes of the weights, and how much a request may ask for."""
        model = ServedModel(
            name=colorizer.name,
            parameters=colorizer.engine.size,
            classes=list(colorizer.class_names),
        )
        asked = RequestLimits.model_validate(limits, from_attributes=True)
        return Models(models=[model], formats=list(MEDIA_TYPES), limits=asked)

    @router.get("/healthz", summary="Whether the service is up")
    def healthz() -> Health:
        """Answers without a token, too."""
        return Health()

    @router.get("/metrics", summary="Figures for Prometheus", response_class=Response)
    def figures() -> Response:
        """In Prometheus' text format."""
        return Response(metrics.text(), media_type=CONTENT_TYPE)

    return router


def schemas() -> dict[str, Any]:
    """Schemas, by name, of what `POST /v1/colorize` reads and writes without FastAPI's help."""
    models: list[type[BaseModel]] = [FormOrder, JsonOrder, ResultEvent]
    _, described = models_json_schema([(model, "validation") for model in models], ref_template=_REF)
    schemas: dict[str, Any] = described["$defs"]
    return schemas


def _bodies() -> dict[str, Any]:
    return {"multipart/form-data": _schema(FormOrder), "application/json": _schema(JsonOrder)}


def _responses() -> dict[int | str, dict[str, Any]]:
    """The kinds of results besides JSON, and the refusals."""
    pictures = {media_type: {"schema": {"type": "string"}} for media_type in MEDIA_TYPES.values()}
    responses: dict[int | str, dict[str, Any]] = {
        status: {"model": Problem, "description": text} for status, text in _REFUSALS.items()
    }
    responses[200] = {"content": {_EVENTS: _schema(ResultEvent, "itemSchema"), **pictures}}
    return responses


def _schema(model: type[BaseModel], name: str = "schema") -> dict[str, Any]:
    return {name: {"$ref": _REF.format(model=model.__name__)}}


async def _cancel_when_gone(request: Request, work: Work[EventData]) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
    work.cancel()


async def _events(first: EventData, told: AsyncIterator[EventData], work: Work[EventData]) -> AsyncIterator[bytes]:
    """Server-sent events. What goes wrong after the first is one, too.

    FastAPI's own endpoints of events answer 200 before the first event, and never with JSON or a picture.
    """
    try:
        yield await _encoded(first)
        async for event in told:
            yield await _encoded(event)
    except Exception as error:
        refusal = _refusal_of(error)
        if refusal is None:
            raise
        status, detail, _ = refusal
        yield await _encoded(LateProblem(status=status, detail=detail))
    finally:
        work.cancel()


async def _encoded(event: EventData) -> bytes:
    data = await asyncio.to_thread(event.to_json)
    return format_sse_event(event=EVENT_NAMES[type(event)], data_str=data)


def _refusal_of(error: Exception) -> tuple[int, str, dict[str, str]] | None:
    """Status, detail and headers of the answer to an error; None for errors of the studio itself."""
    match error:
        case HTTPException():
            return error.status_code, str(error.detail), {}
        case UnknownKindError():
            return 415, str(error), {}
        case ChromanticError():
            return 422, str(error), {}
        case FullError():
            return 429, str(error), {"Retry-After": str(error.seconds)}
        case LateError():
            return 503, str(error), {}
        case CancelledWorkError() | ClientDisconnect():
            return _GONE, "cancelled", {}
        case _:
            return None


def _refuse(status: int, detail: str, headers: dict[str, str]) -> Response:
    return JSONResponse({"detail": detail}, status, headers)
