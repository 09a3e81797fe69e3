"""Who may use a site, and the rules that browsers are given."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chromantic.web.problems import refuse

COOKIE = "chromantic-studio"
LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
OPEN_PATHS = ("/healthz", "/readyz")
"""For those that look after the process, which have no token and call it by its address."""
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob: data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True)
class Admission:
    """Who is let in.

    Attributes:
        names: By which the site may be called; None for any.
        own_names: Of those, the ones under which its own pages are shown, whatever a proxy calls it.
        origins: Other sites whose pages may ask.
        token: What a client must know; None lets everybody in.
    """

    names: Collection[str] | None = LOOPBACK_NAMES
    own_names: Collection[str] = ()
    origins: Collection[str] = ()
    token: str | None = None


class Guard:
    """Middleware that refuses strangers: requests by other names, of other sites' pages, and without the token."""

    def __init__(self, app: ASGIApp, admission: Admission) -> None:
        self._app = app
        self._admission = admission

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(scope) if scope["type"] == "http" else None
        await (refusal or self._app)(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if path in OPEN_PATHS:
            return None
        headers, admission = Headers(scope=scope), self._admission
        host = headers.get("host", "")
        if admission.names is not None and _name_of(host) not in admission.names:  # DNS rebinding
            return refuse(403, "host: not a name of this machine; open the address that was printed, or allow the name")
        known = self._is_token(_bearer(headers))
        if not known and self._is_of_another_site(scope["method"], headers):  # a page cannot guess the token's header
            return refuse(403, "origin: another site's page; open the address that was printed, or allow the site")
        query = parse_qs(scope["query_string"].decode("latin-1"))
        if admission.token and path == "/" and self._is_token(query.get("token", [""])[0]):
            root = scope.get("root_path", "") + "/"
            response = RedirectResponse(root, 303)
            secure = scope["scheme"] == "https"
            response.set_cookie(COOKIE, admission.token, path=root, secure=secure, httponly=True, samesite="strict")
            return response
        if admission.token is None or known or self._is_token(_cookie(headers)):
            return None
        return refuse(
            401,
            "token: missing or wrong; open the address that was printed, or send it as Authorization: Bearer TOKEN",
            {"WWW-Authenticate": "Bearer"},
        )

    def _is_of_another_site(self, method: str, headers: Headers) -> bool:
        """Whether a browser sent it for another site's page. Proxies may change `Host`, but not what browsers say."""
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        if origin in self._admission.origins or (origin is None and (site is None or method in _SAFE_METHODS)):
            return False
        if site is not None:
            return site not in ("same-origin", "none")
        address = (origin or "").partition("://")[2]
        return address != headers.get("host") and _name_of(address) not in self._admission.own_names

    def _is_token(self, given: str | None) -> bool:
        token = self._admission.token
        if given is None or token is None:
            return False
        return secrets.compare_digest(given.encode(errors="replace"), token.encode())


class BrowserRules:
    """Middleware that gives browsers the rules of a page that loads nothing from elsewhere."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _bearer(headers: Headers) -> str | None:
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    return credentials.strip() if scheme.lower() == "bearer" else None


def _cookie(headers: Headers) -> str | None:
    try:
        cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return cookie.value if cookie else None


def _name_of(address: str) -> str:
    try:
        return urlsplit(f"//{address}").hostname or ""
    except ValueError:
        return ""
