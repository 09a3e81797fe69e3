"""Who may use the service, and the rules that browsers are given."""

import secrets
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "chromantic-studio"
_LOOPBACK_NAMES = {"127.0.0.1", "localhost", "::1"}
_OPEN = "/healthz"
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob: data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Guard:
    """Middleware that refuses requests without the token, where there is one, and those of other sites' pages."""

    def __init__(self, app: ASGIApp, token: str | None, host: str) -> None:
        self._app = app
        self._token = token
        self._names = None if token else {*_LOOPBACK_NAMES, host}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await (self._refusal(scope) or self._app)(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if self._names is not None and _name_of(host) not in self._names:  # DNS rebinding
            return _refuse(403, "host: not a name of this machine; open the address that the studio printed")
        origin = headers.get("origin")
        if origin is not None and origin.partition("://")[2] != host:
            return _refuse(403, "origin: another site's page; open the address that the studio printed")
        if self._token is None or scope["path"] == _OPEN:
            return None
        if scope["path"] == "/" and (given := parse_qs(scope["query_string"].decode("latin-1")).get("token")):
            if self._is_token(given[0]):
                response = RedirectResponse("/", 303)
                response.set_cookie(COOKIE, self._token, httponly=True, samesite="strict")
                return response
        elif self._is_token(_given_token(headers)):
            return None
        return _refuse(
            401,
            "token: missing or wrong; open the address that the studio printed, or send it as "
            "Authorization: Bearer TOKEN",
        )

    def _is_token(self, given: str) -> bool:
        return secrets.compare_digest(given.encode(errors="replace"), (self._token or "").encode())


def _given_token(headers: Headers) -> str:
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return credentials.strip()
    try:
        cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return cookie.value if cookie else ""


def _name_of(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _refuse(status: int, detail: str) -> Response:
    return JSONResponse({"detail": detail}, status, {"WWW-Authenticate": "Bearer"} if status == 401 else None)
