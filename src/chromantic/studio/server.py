"""The studio's process: the page and the REST service, served to this machine or, with a token, to others."""

import ipaddress
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import python_multipart  # noqa: F401  # Starlette needs it for forms, and would miss it only at the first one
import uvicorn
from fastapi import FastAPI, Request, Response
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.staticfiles import StaticFiles

from chromantic import __version__
from chromantic.colorizer import Colorizer
from chromantic.devices import DeviceName
from chromantic.errors import ChromanticError
from chromantic.parallel import threads_as_before
from chromantic.studio.api import create_api, schemas
from chromantic.studio.guard import Guard
from chromantic.studio.limits import Limits
from chromantic.studio.workers import Workers

_TOKEN_LENGTH = 16


def serve_studio(
    model: str,
    host: str,
    port: int,
    token: str | None,
    ready: Callable[[str], None],
    device: DeviceName = "cpu",
) -> None:
    """Serves the studio until it is interrupted.

    Args:
        model: Weights, by name or path.
        host: An address of this machine; one that others reach needs a token.
        port: Where to listen; 0 takes a free one.
        token: What a client must know; None lets everybody on this machine in.
        ready: Called with the page's address.
        device: Where the network computes.

    Raises:
        ChromanticError: The address is taken, or open to others without a token, or there are no such weights.
    """
    host = "127.0.0.1" if host == "localhost" else host
    _check(host, port, token)
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family)  # listens now, so that an early browser waits
    except OSError as error:
        raise ChromanticError(
            f"{host} port {port}: cannot be listened on ({error.strerror}); choose another --port or --host"
        ) from error
    with listener:
        app = create_app(Colorizer.from_pretrained(model, device), host=host, token=token)
        address = f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}/"
        ready(f"{address}?token={token}" if token else address)
        config = uvicorn.Config(app, log_level="warning", server_header=False, timeout_graceful_shutdown=2)
        uvicorn.Server(config).run(sockets=[listener])


class _Studio(FastAPI):
    def openapi(self) -> dict[str, Any]:
        """FastAPI's description, with the schemas that it cannot know of."""
        described = super().openapi()
        described["components"]["schemas"] |= schemas()
        return described


def create_app(
    colorizer: Colorizer,
    *,
    host: str = "127.0.0.1",
    token: str | None = None,
    limits: Limits | None = None,
) -> FastAPI:
    """The studio as a web application.

    Args:
        colorizer: Colours the photos.
        host: The address that it listens on, which requests may name.
        token: What a client must know; None for a server that only this machine reaches.
        limits: What a request may ask for; None takes the defaults.
    """
    limits = limits or Limits()
    workers = Workers(limits.waiting, limits.work_seconds)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        with threads_as_before():
            with workers.place() as place:
                place.start(lambda _: _warm(colorizer))
            yield
            workers.close()

    app = _Studio(
        title="Chromantic",
        version=__version__,
        summary="Colorizes grey photographs by understanding what is in them.",
        docs_url=None,  # FastAPI's own pages load scripts from elsewhere
        redoc_url=None,
        lifespan=lifespan,
        middleware=[Middleware(Guard, token=token, host=host)],
    )
    app.include_router(create_api(colorizer, workers, limits))
    pages = StaticFiles(packages=[("chromantic.studio", "page")], html=True)

    @app.get("/docs", include_in_schema=False)
    async def docs(request: Request) -> Response:
        return await pages.get_response("api.html", request.scope)

    app.router.default = pages  # a mount would hide status 405

    @app.exception_handler(Exception)
    async def fail(_: Request, __: Exception) -> Response:  # uvicorn logs it
        return JSONResponse({"detail": "studio: failed; its terminal says why"}, 500)

    return app


def _check(host: str, port: int, token: str | None) -> None:
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError as error:
        raise ChromanticError(f"host {host}: not an address; give one of this machine's, such as 127.0.0.1") from error
    if not loopback and token is None:
        raise ChromanticError(f"host {host}: others reach it; give a --token that they must know")
    if token is not None and (
        len(token) < _TOKEN_LENGTH or not token.isascii() or not token.replace("-", "").isalnum()
    ):
        raise ChromanticError(f"token: too easy to guess; give at least {_TOKEN_LENGTH} letters, digits or hyphens")
    if not 0 <= port < 1 << 16:
        raise ChromanticError(f"port {port}: give a number from 0 to 65535")


def _warm(colorizer: Colorizer) -> None:
    """Does, before the first photo comes, what is slow the first time."""
    colorizer.colorize(np.zeros((8, 8), np.uint8)).images  # noqa: B018
