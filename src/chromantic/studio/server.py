"""The studio's process: the page and the REST service, served to this machine or, with a token, to others."""

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import python_multipart  # noqa: F401  # Starlette needs it for forms, and would miss it only at the first one
from fastapi import FastAPI, Request, Response

from chromantic import __version__
from chromantic.devices import DeviceName
from chromantic.errors import ChromanticError
from chromantic.studio.api import create_api
from chromantic.studio.description import describe
from chromantic.studio.limits import Limits
from chromantic.studio.worker import load_colorizer
from chromantic.studio.workers import Workers
from chromantic.web.deployment import Deployment
from chromantic.web.guard import LOOPBACK_NAMES, Admission
from chromantic.web.site import Site, address_of, listen, serve

if TYPE_CHECKING:
    from chromantic.colorizer import Colorizer

_TOKEN_LENGTH = 16


def serve_studio(
    model: str,
    host: str,
    port: int,
    token: str | None,
    ready: Callable[[str], None],
    device: DeviceName = "cpu",
    workers: int | None = None,
    deployment: Deployment | None = None,
) -> None:
    """Serves the studio until it is interrupted.

    Args:
        model: Weights, by name or path.
        host: An address of this machine; one that others reach needs a token.
        port: Where to listen; 0 takes a free one.
        token: What a client must know; None lets everybody on this machine in.
        ready: Called with the page's address.
        device: Where the network computes.
        workers: Photos at once; None takes one a core.
        deployment: What stands before the studio; None is nothing.

    Raises:
        ChromanticError: The address is taken, or open to others without a token, or there are no such weights.
    """
    deployment = deployment or Deployment()
    host = "127.0.0.1" if host == "localhost" else host
    _check(host, token)
    with listen(host, port) as listener:
        app = create_app(
            partial(load_colorizer, model, device), host=host, token=token, workers=workers, deployment=deployment
        )
        asyncio.run(_serve(app, listener, deployment, token, ready))


async def _serve(
    app: "Studio", listener: socket.socket, deployment: Deployment, token: str | None, ready: Callable[[str], None]
) -> None:
    await app.workers.start()  # before the address is told: it raises where the weights are missing
    address = address_of(listener)
    ready(f"{address}?token={token}" if token else address)
    await serve(app, listener, deployment)


class Studio(Site):
    """The studio as a web application.

    Attributes:
        workers: Do the work; they are started with the application, if not before.
    """

    def __init__(self, workers: Workers, admission: Admission, root_path: str = "") -> None:
        """Makes one, without its addresses.

        Args:
            workers: Do the work.
            admission: Who is let in.
            root_path: Where a proxy shows it.
        """
        self.workers = workers
        self._has_token = admission.token is not None

        @asynccontextmanager
        async def lifespan(_: FastAPI) -> AsyncIterator[None]:
            await workers.start()
            yield
            await workers.close()

        super().__init__(
            "chromantic.studio",
            admission,
            root_path,
            title="Chromantic",
            version=__version__,
            summary="Colorizes grey photographs by understanding what is in them.",
            generate_unique_id_function=lambda route: route.name,
            lifespan=lifespan,
        )

    def openapi(self) -> dict[str, Any]:
        """FastAPI's description, with what it cannot know of."""
        return describe(super().openapi(), has_token=self._has_token)


def create_app(
    load: "Callable[[], Colorizer]",
    *,
    host: str = "127.0.0.1",
    token: str | None = None,
    limits: Limits | None = None,
    workers: int | None = None,
    deployment: Deployment | None = None,
) -> Studio:
    """The studio as a web application.

    Args:
        load: Gives what colorizes; called in the processes that work, and therefore picklable.
        host: The address that it listens on, which requests may name.
        token: What a client must know; None for a server that only this machine reaches.
        limits: What a request may ask for; None takes the defaults.
        workers: Photos at once; None takes one a core.
        deployment: What stands before it; None is nothing.
    """
    limits, deployment = limits or Limits(), deployment or Deployment()
    names = {*LOOPBACK_NAMES, host, *deployment.allowed_hosts}
    admission = Admission(
        names=None if token and not deployment.allowed_hosts else names,
        own_names=deployment.allowed_hosts,
        origins=deployment.cors_origin,
        token=token,
    )
    studio = Studio(Workers(load, limits, workers), admission, deployment.root_path)
    studio.include_router(create_api(studio.workers, limits))

    @studio.get("/docs", include_in_schema=False)
    async def docs(request: Request) -> Response:
        return await studio.pages.get_response("api.html", request.scope)

    return studio


def _check(host: str, token: str | None) -> None:
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError as error:
        raise ChromanticError(f"host {host}: not an address; give one of this machine's, such as 127.0.0.1") from error
    if not loopback and token is None:
        raise ChromanticError(f"host {host}: others reach it; give a token that they must know")
    if token is not None and (
        len(token) < _TOKEN_LENGTH or not token.isascii() or not token.replace("-", "").isalnum()
    ):
        raise ChromanticError(f"token: too easy to guess; give at least {_TOKEN_LENGTH} letters, digits or hyphens")
