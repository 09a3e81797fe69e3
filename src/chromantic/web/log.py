"""The log of a site: its requests, each with an id that its answer tells, and errors."""

import json
import logging
import re
import time
import uuid
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Literal

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ID_HEADER = "X-Request-ID"
ID = re.compile(r"^[A-Za-z0-9._-]{1,64}$")
"""What an id is made of."""
DETAILS = "chromantic.log"
"""Of a request's scope: what its line is to say besides."""
GONE = 499
"""Status of requests whose clients left before the answer."""
_log = logging.getLogger("chromantic.access")
_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


class RequestLog:
    """Middleware that gives each request an id, that of a proxy if it has one, and logs it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(ID_HEADER, "")
        request_id = given if ID.fullmatch(given) else uuid.uuid4().hex
        _request_id.set(request_id)
        details: dict[str, Any] = {"status": GONE, "bytes": 0}
        start = time.monotonic()

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                details["status"] = message["status"]
                MutableHeaders(scope=message)[ID_HEADER] = request_id
            details["bytes"] += len(message.get("body", b""))
            await send(message)

        try:
            await self._app({**scope, DETAILS: details}, receive, send_with_id)
        finally:
            asked = {"client": (scope["client"] or [None])[0], "method": scope["method"], "path": scope["path"]}
            took = {"seconds": round(time.monotonic() - start, 4)}
            _log.info("%s %s", scope["method"], scope["path"], extra={"fields": asked | details | took})


class JsonFormatter(logging.Formatter):
    """A line of JSON for each record."""

    def format(self, record: logging.LogRecord) -> str:
        """The record in JSON."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id := _request_id.get():
            line["request"] = request_id
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def set_up_log(log_format: Literal["text", "json"]) -> None:
    """Has errors logged, and with `json` also the requests, a line of JSON each."""
    if log_format == "json":
        logging.basicConfig()
        for handler in logging.getLogger().handlers:
            handler.setFormatter(JsonFormatter())
        _log.setLevel(logging.INFO)
