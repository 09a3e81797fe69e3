"""A web site: a page, what it asks for, and the rules for both."""

import socket
from typing import Any

import uvicorn
from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import RedirectResponse
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from chromantic.errors import ChromanticError
from chromantic.web.connection import Connection
from chromantic.web.deployment import Deployment
from chromantic.web.guard import Admission, BrowserRules, Guard
from chromantic.web.log import ID_HEADER, RequestLog, set_up_log
from chromantic.web.problems import tell_problems

_GRACE_SECONDS = 2  # for requests at work when the site is ended
_SEND_SECONDS = 60  # for a client to take at least a part of what it is sent


class Site(FastAPI):
    """An application with a page, which tells problems and lets in whom it should."""

    def __init__(self, package: str, admission: Admission, root_path: str = "", **options: Any) -> None:
        """Makes one.

        Args:
            package: Whose folder `page` is served.
            admission: Who is let in.
            root_path: Where a proxy shows the site; whether it leaves the path out of requests does not matter.
            **options: For FastAPI.
        """
        super().__init__(docs_url=None, redoc_url=None, **options)  # FastAPI's own pages load scripts from elsewhere
        self._admission = admission
        self._shown_at = root_path
        tell_problems(self)
        self.pages = StaticFiles(packages=[(package, "page")], html=True)
        self.router.default = self.pages  # a mount would hide status 405

    def build_middleware_stack(self) -> ASGIApp:
        """Puts the rules around everything, also around the answer to a failure."""
        app: ASGIApp = Guard(super().build_middleware_stack(), self._admission)
        if self._admission.origins:
            app = CORSMiddleware(
                app,
                allow_origins=self._admission.origins,
                allow_methods=("GET", "POST"),
                allow_headers=("Authorization", ID_HEADER),
                expose_headers=("Retry-After", ID_HEADER),
            )
        return RequestLog(BrowserRules(_Paths(app, self._shown_at)))


class _Paths:
    """Middleware that takes a path with and without the root, and answers HEAD like GET."""

    def __init__(self, app: ASGIApp, root: str) -> None:
        self._app = app
        self._root = root

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path, root = scope["path"], self._root
            if root and path == root:
                await RedirectResponse(f"{root}/", 308)(scope, receive, send)
                return
            path = path if path.startswith(f"{root}/") else root + path
            method = "GET" if scope["method"] == "HEAD" else scope["method"]  # uvicorn leaves out the body
            scope = {**scope, "path": path, "root_path": root, "method": method}
        await self._app(scope, receive, send)


def listen(host: str, port: int) -> socket.socket:
    """Listens from now on, so that an early browser waits.

    Args:
        host: An address of this machine.
        port: 0 takes a free one.

    Raises:
        ChromanticError: There is no such port, or it is taken.
    """
    if not 0 <= port < 1 << 16:
        raise ChromanticError(f"port {port}: give a number from 0 to 65535")
    try:
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise ChromanticError(
            f"{host} port {port}: cannot be listened on ({error.strerror}); choose another port or address"
        ) from error
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # connections inherit it
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 1000 * _SEND_SECONDS)
    return listener


def address_of(listener: socket.socket) -> str:
    """The address of what listens, with a slash at its end."""
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


async def serve(site: Site, listener: socket.socket, deployment: Deployment) -> None:
    """Serves a site until the process is interrupted."""
    set_up_log(deployment.log_format)
    await uvicorn.Server(configured(site, deployment.forwarded_allow_ips)).serve([listener])


def configured(site: Site, forwarded_allow_ips: str = "127.0.0.1", **options: Any) -> uvicorn.Config:
    """How a site is served: no connection lasts for nothing, and nothing outlasts the end by more than a moment."""
    return uvicorn.Config(
        site,
        http=Connection,
        ws="none",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        forwarded_allow_ips=forwarded_allow_ips,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        **options,
    )
