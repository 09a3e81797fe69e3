"""Errors as RFC 9457 has them: `application/problem+json`."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException as StarletteHTTPException

MEDIA_TYPE = "application/problem+json"


class Problem(BaseModel):
    """What is wrong."""

    type: Annotated[str, Field(description="about:blank: the status says all.")] = "about:blank"
    title: Annotated[str, Field(description="Of the status.")]
    status: int
    detail: Annotated[str, Field(description="One line with the remedy.")]

    @classmethod
    def of(cls, status: int, detail: str) -> "Problem":
        known = status in set(HTTPStatus)
        return cls(title=HTTPStatus(status).phrase if known else "Problem", status=status, detail=detail)


def refuse(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """An answer that says what is wrong."""
    return Response(Problem.of(status, detail).model_dump_json(), status, headers, MEDIA_TYPE)


def tell_problems(app: FastAPI) -> None:
    """Has an application answer all errors so."""

    @app.exception_handler(StarletteHTTPException)
    async def refused(_: Request, error: HTTPException) -> Response:
        return refuse(error.status_code, str(error.detail), error.headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        return refuse(422, f"{'.'.join(map(str, first['loc']))}: {first['msg']}")

    @app.exception_handler(Exception)
    async def failed(_: Request, __: Exception) -> Response:  # uvicorn logs it
        return refuse(500, "server: failed; its log says why")
