"""The REST service: `POST /v1/colorize`, and addresses that tell of the service."""

import asyncio
import time
from collections.abc import AsyncIterator

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.sse import EventSourceResponse, format_sse_event
from starlette.requests import ClientDisconnect

from chromantic.errors import ChromanticError
from chromantic.photo import UnknownKindError
from chromantic.studio.accept import check_accept
from chromantic.studio.answers import (
    EVENT_NAMES,
    MEDIA_TYPES,
    EventData,
    Health,
    Models,
    RequestLimits,
    ResultPicture,
    Results,
    Summary,
)
from chromantic.studio.description import EVENTS, JSON, asked, refusals, results
from chromantic.studio.limits import Limits
from chromantic.studio.metrics import CONTENT_TYPE, Metrics, states_of
from chromantic.studio.order import Order, TooLargeError
from chromantic.studio.upload import read_order
from chromantic.studio.uploads import Uploads
from chromantic.studio.worker import CancelledWorkError
from chromantic.studio.workers import FailedWorkError, FullError, LateError, Work, Workers
from chromantic.web.log import DETAILS, GONE
from chromantic.web.problems import Problem, refuse

_PICTURES = {media_type: name for name, media_type in MEDIA_TYPES.items()}


def create_api(workers: Workers, limits: Limits) -> APIRouter:
    """The service's addresses.

    Args:
        workers: Do the work.
        limits: What a request may ask for.
    """
    router = APIRouter()
    uploads = Uploads(limits)
    metrics = Metrics(workers, uploads)
    workers.when_done = metrics.observe_stages

    @router.post(
        "/v1/colorize",
        summary="Colorize a photo",
        response_model=Results,
        response_description="The results.",
        responses={200: results(), **refusals(400, 401, 403, 406, 408, 413, 415, 422, 429, 500, 503)},
        openapi_extra=asked(),
    )
    async def colorize(request: Request) -> Response:
        """Colorizes one photo: the bytes are those that `chromantic colorize` writes for the same options.

        The header `Accept` says how the results come: `application/json` all together, in base64;
        `text/event-stream` each as soon as it is ready, with the progress between them; `image/*`, or one kind of
        picture, as the picture itself, if only one is asked for.

        A request may be sent again at any time: nothing is stored, and the same request to the same weights has the
        same results. No `Idempotency-Key` is needed. After 429 wait the seconds of `Retry-After`, then send it again.
        """
        start = time.monotonic()
        try:
            response = await _colorize(request)
        except Exception as error:
            refusal = _refusal_of(error)
            if refusal is None:
                metrics.requests.labels("500").inc()
                raise
            response = refuse(*refusal)
            if response.status_code == 429:
                response.headers["Connection"] = "close"  # it would be closed while the client waits, unnoticed
        metrics.requests.labels(str(response.status_code)).inc()
        if response.status_code == 200:
            metrics.seconds.observe(time.monotonic() - start)
        return response

    async def _colorize(request: Request) -> Response:
        best = check_accept(request, JSON, EVENTS, *_PICTURES)
        order = await read_order(request, await uploads.read(request))
        answer, order = _choose(best, order)
        work = workers.take(order)
        request.scope.get(DETAILS, {})["stages"] = work.seconds
        watcher = asyncio.create_task(_cancel_when_gone(request, work))
        told = aiter(work)
        try:
            if answer == EVENTS:
                return EventSourceResponse(_events(await anext(told), told, work))
            events = [event async for event in told]
        except BaseException:
            work.cancel()
            raise
        finally:
            if answer != EVENTS:
                watcher.cancel()
        pictures = [event for event in events if isinstance(event, ResultPicture)]
        if answer in _PICTURES:
            return Response(pictures[0].content, media_type=pictures[0].media_type)
        (summary,) = (event for event in events if isinstance(event, Summary))
        content = await asyncio.to_thread(
            lambda: Results(**summary.model_dump(exclude_unset=True), pictures=pictures).to_json()
        )
        return Response(content, media_type=JSON)

    @router.get("/v1/models", summary="The weights in use, and the limits", responses=refusals(401, 403, 406))
    async def models(request: Request) -> Models:
        """Names, sizes and classes of the weights, and how much a request may ask for."""
        check_accept(request, JSON)
        told = RequestLimits.model_validate(limits, from_attributes=True)
        return Models(models=[workers.model], formats=list(MEDIA_TYPES), limits=told)

    @router.get("/healthz", summary="Whether the service is alive", responses=refusals(406))
    async def healthz(request: Request) -> Health:
        """Answers without a token, too. What is stuck is replaced by itself."""
        check_accept(request, JSON)
        return _health(workers)

    @router.get(
        "/readyz",
        summary="Whether the service can work",
        responses={503: {"model": Health, "description": "All processes are stuck or starting."}, **refusals(406)},
    )
    async def readyz(request: Request, response: Response) -> Health:
        """Answers without a token, too."""
        check_accept(request, JSON)
        health = _health(workers)
        response.status_code = 200 if health.status == "ok" else 503
        return health

    @router.get(
        "/metrics",
        summary="Figures for Prometheus",
        response_class=Response,
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **refusals(401, 403, 406)},
    )
    async def figures(request: Request) -> Response:
        """In Prometheus' text format."""
        check_accept(request, "text/plain")
        return Response(metrics.text(), media_type=CONTENT_TYPE)

    return router


def _choose(best: list[str], order: Order) -> tuple[str, Order]:
    """In which of the accepted media types an order is answered, and the order in that format.

    Raises:
        HTTPException: In none.
    """
    asked = order.options.format
    suiting = [
        kind
        for kind in best
        if kind not in _PICTURES or (order.pictures == 1 and (asked is None or asked == _PICTURES[kind]))
    ]
    if not suiting:
        raise HTTPException(406, "accept: image/* holds one picture of the format asked for; accept application/json")
    answer = suiting[0]
    if answer in _PICTURES and asked is None and not set(_PICTURES) <= set(best):
        order = order.in_format(_PICTURES[answer])
    return answer, order


def _health(workers: Workers) -> Health:
    states = states_of(workers)
    if states.idle or states.busy:
        return Health(status="ok", workers=states)
    return Health(status="stuck" if states.stuck else "starting", workers=states)


async def _cancel_when_gone(request: Request, work: Work) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
    work.cancel()


async def _events(first: EventData, told: AsyncIterator[EventData], work: Work) -> AsyncIterator[bytes]:
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
        yield await _encoded(Problem.of(status, detail))
    finally:
        work.cancel()


async def _encoded(event: EventData | Problem) -> bytes:
    data = await asyncio.to_thread(event.model_dump_json, exclude_unset=not isinstance(event, Problem))
    return format_sse_event(event=EVENT_NAMES[type(event)], data_str=data)


def _refusal_of(error: Exception) -> tuple[int, str, dict[str, str]] | None:
    """Status, detail and headers of the answer to an error; None for errors of the studio itself."""
    match error:
        case HTTPException():
            return error.status_code, str(error.detail), dict(error.headers or {})
        case CancelledWorkError() | ClientDisconnect():
            return GONE, "cancelled", {}
        case UnknownKindError():
            return 415, str(error), {}
        case TooLargeError():
            return 413, str(error), {}
        case ChromanticError():
            return 422, str(error), {}
        case FullError():
            return 429, str(error), {"Retry-After": str(error.seconds)}
        case FailedWorkError():
            return 500, str(error), {}
        case LateError():
            return 503, str(error), {}
        case _:
            return None
