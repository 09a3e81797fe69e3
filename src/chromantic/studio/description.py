"""What the service's OpenAPI says beyond what FastAPI knows of it."""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from chromantic.studio.answers import MEDIA_TYPES, ResultEvent
from chromantic.studio.order import FormOrder, JsonOrder
from chromantic.web import problems
from chromantic.web.guard import COOKIE, OPEN_PATHS
from chromantic.web.log import ID, ID_HEADER

JSON = "application/json"
EVENTS = "text/event-stream"

_REF = "#/components/schemas/{model}"
_REFUSALS = {
    400: "The request cannot be read.",
    401: "The token is missing or wrong.",
    403: "Another site's page asked, or by a name that is not the service's.",
    406: "What is accepted is not to be had; several pictures are no image/*.",
    408: "The request arrived too slowly.",
    413: "The file or the photo is too large.",
    415: "No picture, or no form.",
    422: "The photo or an option cannot be used.",
    429: "All places are taken, or too many uploads are on their way.",
    500: "The service made a mistake.",
    503: "The work took too long.",
}
_RETRY_AFTER = {
    "description": "After so many seconds the request may be sent again.",
    "required": True,
    "schema": {"type": "integer", "minimum": 1},
}
_REQUEST_ID = {
    "name": ID_HEADER,
    "in": "header",
    "description": "Names the request in the log; else it gets an id. The answer tells which.",
    "schema": {"type": "string", "pattern": ID.pattern},
}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The answers of these statuses, as FastAPI takes them."""
    content = {problems.MEDIA_TYPE: _schema(problems.Problem)}
    described: dict[int | str, dict[str, Any]] = {
        status: {"description": _REFUSALS[status], "content": content} for status in statuses
    }
    if 429 in described:
        described[429]["headers"] = {"Retry-After": _RETRY_AFTER}
    return described


def results() -> dict[str, Any]:
    """The kinds of results besides JSON."""
    pictures = {media_type: {"schema": {"type": "string", "format": "binary"}} for media_type in MEDIA_TYPES.values()}
    return {"content": {EVENTS: _schema(ResultEvent, "itemSchema"), **pictures}}


def asked() -> dict[str, Any]:
    """What a request to colorize consists of."""
    content = {"multipart/form-data": _schema(FormOrder), JSON: _schema(JsonOrder)}
    return {"requestBody": {"required": True, "content": content}, "parameters": [_REQUEST_ID]}


def describe(described: dict[str, Any], *, has_token: bool) -> dict[str, Any]:
    """FastAPI's description with the schemas named here, and the ways to give a token."""
    models: list[type[BaseModel]] = [FormOrder, JsonOrder, ResultEvent, problems.Problem]
    _, schemas = models_json_schema([(model, "validation") for model in models], ref_template=_REF)
    described["components"]["schemas"] |= schemas["$defs"]
    if has_token:
        described["components"]["securitySchemes"] = {
            "bearer": {"type": "http", "scheme": "bearer"},
            "cookie": {"type": "apiKey", "in": "cookie", "name": COOKIE},
        }
        described["security"] = [{"bearer": []}, {"cookie": []}]
        for path in OPEN_PATHS:
            described["paths"][path]["get"]["security"] = []
    return described


def _schema(model: type[BaseModel], name: str = "schema") -> dict[str, Any]:
    return {name: {"$ref": _REF.format(model=model.__name__)}}
